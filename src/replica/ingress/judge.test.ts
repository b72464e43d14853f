/** The official agent makes the envelopes; we judge them, and bend them. */
import { HttpAgent, type Identity } from "@icp-sdk/core/agent";
import {
  DelegationChain,
  DelegationIdentity,
  ECDSAKeyIdentity,
  Ed25519KeyIdentity,
} from "@icp-sdk/core/identity";
import { Secp256k1KeyIdentity } from "@icp-sdk/core/identity/secp256k1";
import { Principal } from "@icp-sdk/core/principal";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CanisterIdentity } from "../../../tests/agent/canister-signature.ts";
import { concat, equalBytes, fromHex, toHex, utf8 } from "../../base/bytes.ts";
import { type CborInput, decodeCbor, encodeCborTagged, isCborMap } from "../../codec/cbor.ts";
import { labeled, leaf, rootHash, treeToCbor } from "../../codec/hash-tree.ts";
import { hashOfMap, type HashableMap } from "../../codec/representation-independent-hash.ts";
import { domainSeparator, sha256 } from "../../crypto/hash.ts";
import { nanosOf } from "../../types/ids.ts";
import { canisterIdOf } from "../../types/principal.ts";
import type { RequestJudge } from "../interfaces/ingress.ts";
import { SAMPLE_TIME_MS } from "../state/sample.ts";
import { utcText } from "./expiry.ts";
import { createJudge } from "./judge.ts";

const now = nanosOf(SAMPLE_TIME_MS);
const SECOND = 1_000_000_000n;
const canister = canisterIdOf(1n);
const target = Principal.fromHex(canister);
const newJudge = (): RequestJudge =>
  createJudge(
    (method) => (method === "create_canister" ? "any" : method === "start_canister" ? canister : undefined),
    () => false,
  );

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SAMPLE_TIME_MS });
});
afterAll(() => {
  vi.useRealTimers();
});

type Ask = (agent: HttpAgent) => Promise<unknown>;
const ASKS = {
  call: (agent) => agent.call(target, { methodName: "inc", arg: Uint8Array.of(1, 2) }),
  query: (agent) => agent.query(target, { methodName: "get", arg: Uint8Array.of(3) }),
  readState: (agent) => agent.readState({ canisterId: target }, { paths: [[utf8("time")]] }),
} satisfies Record<string, Ask>;
type Kind = keyof typeof ASKS;
const KINDS = Object.keys(ASKS) as Kind[];

/** The bytes that the official agent would send. */
async function envelopeBy(identity: Identity | undefined, ask: Ask): Promise<Uint8Array> {
  const sent: Uint8Array[] = [];
  const agent = HttpAgent.createSync({
    host: "https://terrarium.example",
    retryTimes: 0,
    verifyQuerySignatures: false,
    ...(identity && { identity }),
    fetch: (_, init) => {
      sent.push(new Uint8Array(init?.body as Uint8Array<ArrayBuffer>));
      return Promise.reject(new Error("nothing is sent"));
    },
  });
  await expect(ask(agent)).rejects.toThrow();
  return sent[0]!;
}

/** The envelope as a tree of plain values, to be bent and encoded again. */
function open(bytes: Uint8Array): Map<string, CborInput> {
  const value = decodeCbor(bytes);
  if (!value.ok || !isCborMap(value.value)) throw new Error("no envelope");
  return new Map(value.value);
}
const contentOf = (envelope: Map<string, CborInput>) =>
  new Map(envelope.get("content") as Map<string, CborInput>);

const ed25519 = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(1));
const other = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(2));
const secp256k1 = Secp256k1KeyIdentity.fromSecretKey(new Uint8Array(32).fill(3));
const later = new Date(SAMPLE_TIME_MS + 3_600_000);

async function delegated(from: Identity, links: { targets?: Principal[] }[] = [{}]): Promise<Identity> {
  let chain: DelegationChain | undefined;
  let signer = from as Ed25519KeyIdentity;
  for (const [i, link] of links.entries()) {
    const next = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(50 + i));
    chain = await DelegationChain.create(signer, next.getPublicKey(), later, {
      ...(chain && { previous: chain }),
      ...link,
    });
    signer = next;
  }
  return DelegationIdentity.fromDelegation(signer, chain!);
}

/** An envelope by hand, for what the agent would never make. */
async function signed(
  content: Record<string, CborInput>,
  keys: readonly Ed25519KeyIdentity[],
  delegations: readonly Record<string, CborInput>[] = [],
): Promise<Uint8Array> {
  const sign = (key: Ed25519KeyIdentity, domain: string, map: Record<string, CborInput>) =>
    key.sign(concat(domainSeparator(domain), hashOfMap(map as HashableMap)));
  const links: CborInput[] = [];
  for (const [i, delegation] of delegations.entries()) {
    const signature = await sign(keys[i]!, "ic-request-auth-delegation", delegation);
    links.push({ delegation, signature: new Uint8Array(signature) });
  }
  return encodeCborTagged({
    content,
    sender_pubkey: new Uint8Array(keys[0]!.getPublicKey().toDer()),
    sender_sig: new Uint8Array(await sign(keys[delegations.length]!, "ic-request", content)),
    ...(delegations.length > 0 && { sender_delegation: links }),
  });
}
const keyOf = (identity: Ed25519KeyIdentity) => new Uint8Array(identity.getPublicKey().toDer());
const keyChain = Array.from({ length: 23 }, (_, i) =>
  Ed25519KeyIdentity.generate(new Uint8Array(32).fill(100 + i)),
);
const callContent = (sender: Identity, changes: Record<string, CborInput> = {}) => ({
  request_type: "call",
  sender: sender.getPrincipal().toUint8Array(),
  ingress_expiry: now + 60n * SECOND,
  canister_id: fromHex(canister),
  method_name: "inc",
  arg: new Uint8Array(0),
  ...changes,
});
const expiration = now + 3600n * SECOND;

const textOf = (verdict: { ok: boolean; text?: string }) => (verdict.ok ? "accepted" : verdict.text);

describe("envelopes of the official agent", () => {
  const identities: Record<string, () => Promise<Identity | undefined>> = {
    anonymous: async () => undefined,
    ed25519: async () => ed25519,
    secp256k1: async () => secp256k1,
    "ECDSA P-256": () => ECDSAKeyIdentity.generate({ extractable: true }),
    "a delegation": () => delegated(ed25519),
    "three delegations, with targets": () =>
      delegated(ed25519, [
        {},
        { targets: [target, Principal.fromHex(canisterIdOf(9n))] },
        { targets: [target] },
      ]),
    "a delegation from secp256k1": () => delegated(secp256k1),
  };
  for (const [name, make] of Object.entries(identities)) {
    for (const kind of KINDS) {
      test(`${kind} by ${name} is accepted`, async () => {
        const identity = await make();
        const bytes = await envelopeBy(identity, ASKS[kind]);
        const verdict = newJudge()[kind](bytes, now);
        expect(textOf(verdict)).toBe("accepted");
        if (!verdict.ok) return;
        const sender = identity?.getPrincipal().toHex().toLowerCase() ?? "04";
        const { value } = verdict;
        if ("content" in value) {
          expect(value.content).toMatchObject({ sender, canister, method: "inc", arg: Uint8Array.of(1, 2) });
          expect(value.effectiveCanister).toBe(canister);
          expect(value.bytes).toBe(bytes);
        } else if ("query" in value) {
          expect(value.query).toEqual({ sender, receiver: canister, method: "get", arg: Uint8Array.of(3) });
        } else {
          expect(value).toMatchObject({ sender, paths: [[utf8("time")]] });
        }
      });
    }
  }

  test("the request id is the agent's own", async () => {
    const sent: Uint8Array[] = [];
    const agent = HttpAgent.createSync({
      host: "https://terrarium.example",
      identity: ed25519,
      fetch: async (_, init) => {
        sent.push(new Uint8Array(init?.body as Uint8Array<ArrayBuffer>));
        return new Response(new Uint8Array(0), { status: 202 });
      },
    });
    const { requestId } = await agent.call(target, { methodName: "inc", arg: new Uint8Array(0) });
    const verdict = newJudge().call(sent[0]!, now);
    expect(verdict.ok && verdict.value.content.id).toBe(toHex(requestId));
  });
});

describe("bent envelopes", () => {
  test("any flipped bit of a signed call is refused, by 400, and says something", async () => {
    const good = await envelopeBy(ed25519, ASKS.call);
    const judge = newJudge();
    const faults = new Set<string>();
    for (let i = 0; i < good.length; i++) {
      const bent = good.slice();
      bent[i]! ^= 1 << (i % 8);
      const verdict = judge.call(bent, now);
      expect(verdict).toMatchObject({ ok: false, status: 400 });
      faults.add(textOf(verdict)!.split(" ").slice(0, 2).join(" "));
    }
    expect(faults).toContain("Invalid signature:");
    expect(faults).toContain("Malformed request:");
  });

  test("another's signature, another's sender, another's key", async () => {
    const mine = open(await envelopeBy(ed25519, ASKS.call));
    const theirs = open(await envelopeBy(other, ASKS.call));
    const judge = newJudge();
    const bend = (changes: Record<string, CborInput>) =>
      textOf(judge.call(encodeCborTagged(new Map([...mine, ...Object.entries(changes)])), now));
    expect(bend({})).toBe("accepted");
    expect(bend({ sender_sig: theirs.get("sender_sig")! })).toMatch(
      /^Invalid signature: Invalid basic signature: Ed25519/,
    );
    expect(bend({ sender_pubkey: theirs.get("sender_pubkey")! })).toMatch(/^The user id .* does not match/);
    expect(bend({ content: theirs.get("content")! })).toMatch(/^The user id .* does not match/);
    const renamed = contentOf(mine).set("sender", Uint8Array.of(4));
    expect(bend({ content: renamed })).toBe("Signature is not allowed for the anonymous user");
  });

  test("a remembered verdict is about the envelope, not about the id", async () => {
    const good = await envelopeBy(ed25519, ASKS.call);
    const forged = encodeCborTagged(open(good).set("sender_sig", new Uint8Array(64)));
    const judge = newJudge();
    expect(judge.call(good, now).ok).toBe(true);
    expect(textOf(judge.call(forged, now))).toMatch(/^Invalid signature/);
    expect(judge.call(good.slice(), now).ok).toBe(true);
  });

  test("every mix of key, signature and delegation (H24)", async () => {
    const full = open(await envelopeBy(await delegated(ed25519), ASKS.call));
    const anonymous = open(await envelopeBy(undefined, ASKS.call));
    const judge = newJudge();
    const parts = ["sender_pubkey", "sender_sig", "sender_delegation"];
    for (const [envelope, isAnonymous] of [
      [full, false],
      [anonymous, true],
    ] as const) {
      for (let mask = 0; mask < 8; mask++) {
        const mixed = new Map<string, CborInput>([["content", envelope.get("content")!]]);
        for (const [i, name] of parts.entries()) if (mask & (1 << i)) mixed.set(name, full.get(name)!);
        const text = textOf(judge.call(encodeCborTagged(mixed), now));
        if (mask === 0) expect(text).toMatch(isAnonymous ? /^accepted/ : /^Missing signature from user/);
        else if ((mask & 3) !== 3) expect(text).toMatch(/^Malformed request: envelope/);
        else if (isAnonymous) expect(text).toMatch(/^Signature is not allowed/);
        else if (mask === 7) expect(text).toBe("accepted");
        else expect(text).toMatch(/^Invalid signature/);
      }
    }
  });

  test("a field that we do not know is covered by the id and the signature (H25)", async () => {
    const content = callContent(ed25519, { colour: "green" });
    const judge = newJudge();
    const good = await signed(content, [ed25519]);
    const verdict = judge.call(good, now);
    expect(verdict.ok && verdict.value.content.id).toBe(toHex(hashOfMap(content)));
    const added = contentOf(open(await signed(callContent(ed25519), [ed25519]))).set("colour", "green");
    const bent = open(await signed(callContent(ed25519), [ed25519])).set("content", added);
    expect(textOf(judge.call(encodeCborTagged(bent), now))).toMatch(/^Invalid signature/);
  });

  test("nonces up to 32 bytes; an absent one is fine", async () => {
    const judge = newJudge();
    for (const length of [0, 32]) {
      const bytes = await signed(callContent(ed25519, { nonce: new Uint8Array(length) }), [ed25519]);
      expect(textOf(judge.call(bytes, now))).toBe("accepted");
    }
    const long = await signed(callContent(ed25519, { nonce: new Uint8Array(33) }), [ed25519]);
    expect(textOf(judge.call(long, now))).toMatch(/^Nonce in request is too big: got 33/);
  });

  test("a request at the endpoint of another kind, sender_info, missing and mistyped fields", async () => {
    const judge = newJudge();
    const query = await envelopeBy(undefined, ASKS.query);
    expect(textOf(judge.call(query, now))).toBe(
      'Malformed request: content.request_type: "query" at the endpoint for "call"',
    );
    const refusalOf = (changes: Record<string, CborInput>) =>
      textOf(judge.call(encodeCborTagged({ content: { ...callContent(ed25519), ...changes } }), now));
    expect(refusalOf({ sender_info: { info: new Uint8Array(1) } })).toMatch(/content.sender_info/);
    expect(refusalOf({ arg: "text" })).toBe(
      "Malformed request: content.arg: wrong type, expected a byte string",
    );
    expect(refusalOf({ sender: new Uint8Array(30) })).toMatch(/content.sender: a principal has at most 29/);
    expect(refusalOf({ ingress_expiry: 2n ** 64n })).toMatch(/content.ingress_expiry: .* below 2\^64/);
    expect(refusalOf({ extra: true })).toMatch(/content.extra: holds a boolean/);
    for (const name of Object.keys(callContent(ed25519))) {
      const rest = new Map(Object.entries(callContent(ed25519)));
      rest.delete(name);
      expect(textOf(judge.call(encodeCborTagged({ content: rest }), now))).toBe(
        `Malformed request: content.${name}: missing, expected ${
          { request_type: "text", method_name: "text", ingress_expiry: "a natural number below 2^64" }[
            name
          ] ?? "a byte string"
        }`,
      );
    }
  });
});

describe("time", () => {
  test("from now to now + 5:30, edges included; refused with the words agents look for (A11, H31)", async () => {
    const judge = newJudge();
    for (const [offset, ok] of [
      [-1n, false],
      [0n, true],
      [330n * SECOND, true],
      [330n * SECOND + 1n, false],
    ] as const) {
      const bytes = await signed(callContent(ed25519, { ingress_expiry: now + offset }), [ed25519]);
      const verdict = judge.call(bytes, now);
      expect([offset, verdict.ok]).toEqual([offset, ok]);
      if (!verdict.ok) expect(verdict.text).toContain("Invalid request expiry: ");
    }
  });

  test("anonymous queries and reads may carry any expiry, calls and other senders may not", async () => {
    const judge = newJudge();
    const kinds = [
      ["query", ASKS.query],
      ["readState", ASKS.readState],
    ] as const;
    for (const [kind, ask] of kinds) {
      const mine = await envelopeBy(ed25519, ask);
      expect(textOf(judge[kind](mine, now + 3600n * SECOND))).toContain("Invalid request expiry: ");
      const nobodys = await envelopeBy(undefined, ask);
      expect(textOf(judge[kind](nobodys, now + 3600n * SECOND))).toBe("accepted");
    }
    const call = await envelopeBy(undefined, ASKS.call);
    expect(textOf(judge.call(call, now + 3600n * SECOND))).toContain("Invalid request expiry: ");
  });

  test("times in words are those of the calendar", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
        const iso = new Date(ms).toISOString();
        const fraction = iso.slice(19, 23).replace(/\.?0+$/, "");
        expect(utcText(nanosOf(ms))).toBe(`${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction} UTC`);
      }),
    );
    expect(utcText(2n ** 64n - 1n)).toBe("2554-07-21 23:34:33.709551615 UTC");
  });
});

describe("delegations", () => {
  const link = (to: Ed25519KeyIdentity, more: Record<string, CborInput> = {}) => ({
    pubkey: keyOf(to),
    expiration,
    ...more,
  });
  const chainOf = (n: number) => keyChain.slice(1, n + 1).map((key) => link(key));
  const callBy = (delegations: readonly Record<string, CborInput>[], content = callContent(keyChain[0]!)) =>
    signed(content, keyChain, delegations);
  const judged = async (delegations: readonly Record<string, CborInput>[]) =>
    textOf(newJudge().call(await callBy(delegations), now));

  test("at most 20 links (A41), none expired (A43), at most 1,000 targets (A44)", async () => {
    expect(await judged(chainOf(20))).toBe("accepted");
    expect(await judged(chainOf(21))).toMatch(
      /^Invalid delegation: Chain of delegations is too long: got 21/,
    );
    expect(await judged([link(keyChain[1]!, { expiration: now })])).toBe("accepted");
    expect(await judged([link(keyChain[1]!, { expiration: now - 1n })])).toMatch(
      /^Invalid delegation expiry: /,
    );
    const targets = (n: number) => Array.from({ length: n }, () => fromHex(canister));
    expect(await judged([link(keyChain[1]!, { targets: targets(1000) })])).toBe("accepted");
    expect(await judged([link(keyChain[1]!, { targets: targets(1001) })])).toMatch(/but got 1001/);
  });

  test("no key twice (A42)", async () => {
    const cycle = [link(keyChain[1]!), link(keyChain[0]!)];
    const bytes = await signed(callContent(keyChain[0]!), [keyChain[0]!, keyChain[1]!, keyChain[0]!], cycle);
    expect(textOf(newJudge().call(bytes, now))).toMatch(/contains at least one cycle/);
    const self = await signed(callContent(keyChain[0]!), [keyChain[0]!, keyChain[0]!], [link(keyChain[0]!)]);
    expect(textOf(newJudge().call(self, now))).toMatch(/contains at least one cycle/);
  });

  test("targets intersect over the chain, and the callee must be left (A44)", async () => {
    const here = fromHex(canister);
    const there = fromHex(canisterIdOf(9n));
    for (const a of [undefined, [here], [there], [here, there], []])
      for (const b of [undefined, [here], [there]]) {
        const chain = [link(keyChain[1]!, a && { targets: a }), link(keyChain[2]!, b && { targets: b })];
        const allowed = (a?.includes(here) ?? true) && (b?.includes(here) ?? true);
        expect(await judged(chain)).toMatch(allowed ? /^accepted$/ : /is not one of the delegation targets$/);
      }
  });

  test("permissions: absent or all; queries for reading only; anything else for nothing (A45)", async () => {
    const judge = newJudge();
    const queryContent = callContent(keyChain[0]!, { request_type: "query" });
    for (const [permissions, calls, queries] of [
      [undefined, true, true],
      ["all", true, true],
      ["queries", false, true],
      ["admin", false, false],
    ] as const) {
      const chain = [link(keyChain[1]!, permissions && { permissions }), link(keyChain[2]!)];
      expect([permissions, judge.call(await callBy(chain), now).ok]).toEqual([permissions, calls]);
      expect([permissions, judge.query(await callBy(chain, queryContent), now).ok]).toEqual([
        permissions,
        queries,
      ]);
    }
  });

  test("an empty list of delegations is none (A48); targets of reads go to the endpoint (H77)", async () => {
    const envelope = open(await envelopeBy(ed25519, ASKS.call)).set("sender_delegation", []);
    expect(textOf(newJudge().call(encodeCborTagged(envelope), now))).toBe("accepted");
    const read = await envelopeBy(await delegated(ed25519, [{ targets: [target] }]), ASKS.readState);
    const verdict = newJudge().readState(read, now);
    expect(verdict.ok && verdict.value.targets).toEqual(new Set([canister]));
  });
});

describe("canister signatures and what they say of a sender (A50, A51)", () => {
  const signer = canisterIdOf(7n);
  /** Stands for the subnet's signature: these tests are about who may say what. */
  const rootSignature = (message: Uint8Array) => sha256(message);
  const judge = createJudge(
    () => undefined,
    (message, signature) => equalBytes(signature, rootSignature(message)),
  );
  const certify = (root: Uint8Array): Promise<Uint8Array> => {
    const tree = labeled(
      utf8("canister"),
      labeled(fromHex(signer), labeled(utf8("certified_data"), leaf(root))),
    );
    const signature = rootSignature(concat(domainSeparator("ic-state-root"), rootHash(tree)));
    return Promise.resolve(encodeCborTagged({ tree: treeToCbor(tree), signature }));
  };
  const identity = new CanisterIdentity(fromHex(signer), utf8("seed"), certify);
  const info = utf8("her name");
  const sign = async (domain: string, bytes: Uint8Array) =>
    new Uint8Array(await identity.sign(concat(domainSeparator(domain), bytes)));

  async function envelope(
    senderInfo: CborInput | undefined,
    kind = "call",
    by: CanisterIdentity | Ed25519KeyIdentity = identity,
  ): Promise<Uint8Array> {
    const content = {
      ...callContent(by, { request_type: kind }),
      ...(senderInfo !== undefined && { sender_info: senderInfo }),
    };
    const message = concat(domainSeparator("ic-request"), hashOfMap(content as HashableMap));
    return encodeCborTagged({
      content,
      sender_pubkey: new Uint8Array(by.getPublicKey().toDer()),
      sender_sig: new Uint8Array(await by.sign(message)),
    });
  }

  test("a canister's signature carries calls and queries, also through a delegation", async () => {
    expect(textOf(judge.call(await envelope(undefined), now))).toBe("accepted");
    const through = await envelopeBy(await delegated(identity), ASKS.query);
    expect(textOf(judge.query(through, now))).toBe("accepted");
  });

  test("the information reaches the call and the query", async () => {
    const given = { info, signer: fromHex(signer), sig: await sign("ic-sender-info", info) };
    const call = judge.call(await envelope(given), now);
    expect(call.ok && call.value.content.callerInfo).toEqual({ info, signer });
    const query = judge.query(await envelope(given, "query"), now);
    expect(query.ok && query.value.query.callerInfo).toEqual({ info, signer });
    const decoded = judge.decode(await envelope(given));
    expect(decoded.ok && decoded.value.content.callerInfo).toEqual({ info, signer });
  });

  test("it is refused from anyone else, about anything else, in any other form", async () => {
    const good = { info, signer: fromHex(signer), sig: await sign("ic-sender-info", info) };
    const refusal = async (bytes: Promise<Uint8Array>) => textOf(judge.call(await bytes, now));
    expect(await refusal(envelope({ ...good, info: utf8("x") }))).toMatch(
      /^Invalid sender info: signature ver/,
    );
    expect(await refusal(envelope({ ...good, sig: await sign("ic-request", info) }))).toMatch(
      /^Invalid sender info: signature verification failed/,
    );
    expect(await refusal(envelope({ ...good, signer: fromHex(canister) }))).toMatch(
      /^Invalid sender info: signer rrkah.* does not match canister ID .* in sender_pubkey$/,
    );
    expect(await refusal(envelope(good, "call", ed25519))).toBe(
      "Invalid sender info: sender_pubkey is not a valid canister signature public key",
    );
    const anonymous = { ...callContent(ed25519), sender: Uint8Array.of(4), sender_info: good };
    expect(textOf(judge.call(encodeCborTagged({ content: anonymous }), now))).toMatch(
      /^Invalid sender info: /,
    );
    for (const lost of ["info", "signer", "sig"] as const) {
      const { [lost]: _, ...rest } = good;
      expect(await refusal(envelope(rest))).toMatch(/^Malformed request: content.sender_info/);
    }
  });
});

test("effective canister: the callee, or whom a management call is about (H80–H85)", async () => {
  const judge = newJudge();
  const effectiveOf = async (id: string, method: string) => {
    const content = callContent(ed25519, { canister_id: fromHex(id), method_name: method });
    const verdict = judge.decode(await signed(content, [ed25519]));
    return verdict.ok && verdict.value.effectiveCanister;
  };
  expect(await effectiveOf(canister, "start_canister")).toBe(canister);
  expect(await effectiveOf("", "start_canister")).toBe(canister);
  expect(await effectiveOf("", "create_canister")).toBe("");
  expect(await effectiveOf("", "unheard_of")).toBe("");
});

test("paths: 1,000 of 127 labels, no more (H70)", async () => {
  const judge = newJudge();
  const read = (paths: CborInput) =>
    textOf(
      judge.readState(
        encodeCborTagged({
          content: { request_type: "read_state", sender: Uint8Array.of(4), ingress_expiry: 0, paths },
        }),
        now,
      ),
    );
  const label = utf8("a");
  expect(read(Array(1000).fill([label]))).toBe("accepted");
  expect(read(Array(1001).fill([label]))).toMatch(/^Too many paths in read state request: got 1001/);
  expect(read([Array(127).fill(label)])).toBe("accepted");
  expect(read([Array(128).fill(label)])).toMatch(/is too deep: got 128 labels/);
  expect(read([["text"]])).toMatch(/content.paths\[0\]\[0\]: wrong type/);
});

test("no bytes make the judge throw", () => {
  const judge = newJudge();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const kind of KINDS) expect(judge[kind](bytes, now)).toMatchObject({ ok: false, status: 400 });
    }),
    { numRuns: 500 },
  );
});
