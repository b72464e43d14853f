/** Interface §2: request ids, senders, signatures, delegations, sender_info, principals. */
import { ECDSAKeyIdentity, Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Secp256k1KeyIdentity } from "@icp-sdk/core/identity/secp256k1";
import { describe, expect, test } from "vitest";
import { decodeCbor, encodeCborTagged } from "../../../src/codec/cbor.ts";
import { sha256 } from "../../../src/crypto/hash.ts";
import { CanisterIdentity } from "../../agent/canister-signature.ts";
import { AUTHENTICATORS, webAuthnIdentity } from "../../agent/web-authn.ts";
import {
  alice,
  anonymous,
  bob,
  call,
  callContent,
  concat,
  delegation,
  derOf,
  found,
  fromHex,
  inNanos,
  managementAs,
  mapOf,
  newProbe,
  NO_ARG,
  outcome,
  pathOf,
  Principal,
  queryContent,
  readContent,
  readState,
  requestHash,
  send,
  signed,
  signedByChain,
  type Signer,
  textOf,
  toHex,
  utf8,
  type World,
} from "../world.ts";

const keys = Array.from({ length: 22 }, (_, i) =>
  Ed25519KeyIdentity.generate(new Uint8Array(32).fill(60 + i)),
);

/** Status and text of a call, a query and a read by the chain; "200" for what is answered. */
async function verdicts(
  world: World,
  chain: readonly Signer[],
  links: readonly unknown[],
): Promise<string[]> {
  const bodies = [
    ["call", "v4", callContent(world, "echo")],
    ["query", "v3", queryContent(world, "get")],
    ["read_state", "v3", readContent([["time"]])],
  ] as const;
  const verdicts: string[] = [];
  for (const [kind, version, content] of bodies) {
    const body = await signedByChain(content, chain, links as never);
    const answer = await send(world, pathOf(kind, world.probe, version), body);
    verdicts.push(answer.status === 200 ? "200" : textOf(answer));
  }
  return verdicts;
}
const GOOD = ["200", "200", "200"];

export function requestIds(world: () => World): void {
  test("A1–A4 the id is the representation-independent hash of the content, and names the call", async () => {
    const content = callContent(world(), "echo", { arg: utf8("id") });
    const fields = Object.entries(content).map(([name, value]) => {
      const bytes =
        typeof value === "string"
          ? utf8(value)
          : typeof value === "bigint"
            ? leb(value)
            : (value as Uint8Array);
      return toHex(concat(sha256(utf8(name)), sha256(bytes)));
    });
    const byHand = sha256(concat(...fields.sort().map(fromHex)));
    expect(requestHash(content)).toEqual(byHand);
    const { tree } = await call(world(), content);
    expect(found(tree, "request_status", byHand, "status").kind).toBe("found");
  });

  test("A5 paths, an array of arrays of blobs, are hashed level by level", async () => {
    const body = await signed(readContent([["time"], ["subnet"]]), alice);
    expect((await send(world(), pathOf("read_state", world().probe), body)).status).toBe(200);
  });

  test("A6 ids are shown as 0x and 64 lower-case digits", async () => {
    const content = callContent(world(), "echo", { arg: new Uint8Array(2_100_000) });
    const answer = await send(world(), pathOf("call", world().probe, "v4"), anonymous(content));
    expect(textOf(answer)).toContain(`Request 0x${toHex(requestHash(content))} is too large`);
  });

  test("A10 a nonce of 32 bytes, not of 33", async () => {
    for (const [bytes, status] of [
      [0, 200],
      [32, 200],
      [33, 400],
    ] as const) {
      const content = queryContent(world(), "get", { nonce: new Uint8Array(bytes) });
      const answer = await send(world(), pathOf("query", world().probe), await signed(content, alice));
      expect([bytes, answer.status]).toEqual([bytes, status]);
    }
  });

  test("A11 five minutes and thirty seconds ahead, not a minute more; anonymous queries and reads at any time", async () => {
    const at = async (ms: number, as: Signer | undefined, kind: "query" | "read_state" | "call") => {
      const changes = { ingress_expiry: inNanos(ms) };
      const content =
        kind === "read_state"
          ? readContent([["time"]], changes)
          : callContent(world(), kind === "call" ? "echo" : "get", { request_type: kind, ...changes });
      const body = as === undefined ? anonymous(content) : await signed(content, as);
      return (await send(world(), pathOf(kind, world().probe, kind === "call" ? "v4" : "v3"), body)).status;
    };
    for (const kind of ["query", "read_state", "call"] as const) {
      const free = kind === "call" ? 400 : 200;
      expect([kind, await at(300_000, alice, kind)]).toEqual([kind, 200]);
      expect([kind, await at(400_000, alice, kind), await at(-10_000, alice, kind)]).toEqual([
        kind,
        400,
        400,
      ]);
      expect([kind, await at(400_000, undefined, kind), await at(-10_000, undefined, kind)]).toEqual([
        kind,
        free,
        free,
      ]);
    }
  });

  test("A13 the anonymous sign nothing, everybody else signs", async () => {
    const content = queryContent(world(), "get");
    const path = pathOf("query", world().probe);
    const unsigned = { ...content, sender: alice.getPrincipal().toUint8Array() };
    expect(textOf(await send(world(), path, anonymous(unsigned)))).toMatch(
      /^400 Missing signature from user/,
    );
    const pubkey = derOf(alice);
    const both = encodeCborTagged({ content, sender_pubkey: pubkey, sender_sig: new Uint8Array(64) });
    expect(textOf(await send(world(), path, both))).toBe(
      "400 Signature is not allowed for the anonymous user",
    );
  });

  test("A14 the sender is the hash of the key", async () => {
    const body = await signed(queryContent(world(), "get"), {
      sign: (m) => alice.sign(m),
      getPublicKey: () => alice.getPublicKey(),
      getPrincipal: () => bob.getPrincipal(),
    });
    expect(textOf(await send(world(), pathOf("query", world().probe), body))).toMatch(
      /^400 The user id .* does not match the public key/,
    );
  });
}

const leb = (n: bigint): Uint8Array => {
  const bytes: number[] = [];
  for (let rest = n; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return Uint8Array.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
};

export function schemes(world: () => World): void {
  const plain: [string, () => Promise<Signer>][] = [
    ["Ed25519", async () => Ed25519KeyIdentity.generate()],
    ["P-256", () => ECDSAKeyIdentity.generate()],
    ["secp256k1", async () => Secp256k1KeyIdentity.generate()],
    ...AUTHENTICATORS.map((kind): [string, () => Promise<Signer>] => [
      `WebAuthn ${kind}`,
      async () => webAuthnIdentity(kind),
    ]),
  ];
  for (const [name, make] of plain) {
    test(`A20–A25 ${name}: calls and queries are taken, a changed signature is not`, async () => {
      const signer = await make();
      const content = callContent(world(), "echo", { arg: utf8(name) });
      expect(await outcome(world(), content, world().probe, signer)).toEqual(utf8(name));
      const body = await signed(queryContent(world(), "get"), signer);
      const path = pathOf("query", world().probe);
      expect((await send(world(), path, body)).status).toBe(200);
      const decoded = decodeCbor(body);
      const envelope = new Map(decoded.ok ? (decoded.value as Map<string, Uint8Array>) : []);
      const signature = envelope.get("sender_sig")!;
      envelope.set("sender_sig", signature.with(signature.length - 1, signature.at(-1)! ^ 1));
      expect(textOf(await send(world(), path, encodeCborTagged(envelope)))).toMatch(
        /^400 Invalid signature: /,
      );
    });
  }

  test("A21 an ECDSA signature in DER is none", async () => {
    const { publicKey, privateKey } = (await import("node:crypto")).generateKeyPairSync("ec", {
      namedCurve: "P-256",
    });
    const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
    const { sign } = await import("node:crypto");
    const signer = {
      getPublicKey: () => ({ toDer: () => der }),
      getPrincipal: () => Principal.selfAuthenticating(der),
      sign: async (m: Uint8Array) => new Uint8Array(sign("sha256", m, privateKey)),
    } as unknown as Signer;
    const body = await signed(queryContent(world(), "get"), signer);
    expect(textOf(await send(world(), pathOf("query", world().probe), body))).toMatch(
      /^400 Invalid signature/,
    );
  });
}

export function canisterSignatures(world: () => World): void {
  let signing: { readonly id: Principal; readonly identity: CanisterIdentity } | undefined;
  const certificateOf = async (id: Principal): Promise<Uint8Array> => {
    const query = anonymous(queryContent(world(), "certificate", { canister_id: id.toUint8Array() }));
    const { reply } = mapOf(await send(world(), pathOf("query", id), query));
    return (reply as Map<string, Uint8Array>).get("arg")!;
  };
  /** A canister that certifies whatever it is told, and a user that it vouches for. */
  const signer = async () => {
    if (signing !== undefined) return signing;
    const id = await newProbe(world());
    const certify = async (root: Uint8Array): Promise<Uint8Array> => {
      const to = { canister_id: id.toUint8Array() };
      await outcome(world(), callContent(world(), "set_certified", { ...to, arg: root }), id);
      return certificateOf(id);
    };
    signing = { id, identity: new CanisterIdentity(id.toUint8Array(), utf8("user 1"), certify) };
    return signing;
  };
  /** What `info` says to the request, whose information the canister signed. */
  const withInfo = async (
    content: Record<string, never>,
    info: Uint8Array,
    changes: Record<string, Uint8Array> = {},
  ) => {
    const { id, identity } = await signer();
    const sig = new Uint8Array(await identity.sign(concat(utf8("\x0eic-sender-info"), info)));
    return {
      ...content,
      sender_info: { info, signer: id.toUint8Array(), sig, ...changes },
    };
  };

  test("A26, A27 a canister signs for its user, by the certificate of this very subnet", async () => {
    const { identity } = await signer();
    const content = callContent(world(), "echo", { arg: utf8("signed by a canister") });
    expect(await outcome(world(), content, world().probe, identity)).toEqual(utf8("signed by a canister"));
    const { id } = await signer();
    const stale = await certificateOf(id);
    const late = new CanisterIdentity(id.toUint8Array(), utf8("user 1"), async () => stale);
    const query = await signed(queryContent(world(), "get"), late);
    expect(textOf(await send(world(), pathOf("query", world().probe), query))).toMatch(/is not the root of/);
    const other = new CanisterIdentity(world().probe.toUint8Array(), utf8("user 1"), async (root) => {
      const { identity } = await signer();
      const signature = decodeCbor(new Uint8Array(await identity.sign(root)));
      return (signature.ok ? (signature.value as Map<string, Uint8Array>) : new Map()).get("certificate")!;
    });
    const forged = await signed(queryContent(world(), "get"), other);
    expect(textOf(await send(world(), pathOf("query", world().probe), forged))).toMatch(
      /^400 Invalid signature: Invalid canister signature: /,
    );
  });

  test("A26 and delegates to a session key", async () => {
    const { identity } = await signer();
    const links = [await delegation(identity, keys[0]!)];
    expect(await verdicts(world(), [identity, keys[0]!], links)).toEqual(GOOD);
  });

  test("A50, A51 only the signing canister vouches for its user, for these bytes", async () => {
    const { id, identity } = await signer();
    const query = queryContent(world(), "info_query") as Record<string, never>;
    const path = pathOf("query", world().probe);
    for (const [content, by, words] of [
      [await withInfo(query, utf8("x"), { info: utf8("y") }), identity, /signature verification failed/],
      [
        await withInfo(query, utf8("x"), { signer: world().probe.toUint8Array() }),
        identity,
        /does not match/,
      ],
      [await withInfo(query, utf8("x")), alice, /not a valid canister signature public key/],
    ] as const) {
      const answer = await send(world(), path, await signed(content as never, by));
      expect(textOf(answer)).toMatch(/^400 Invalid sender info: /);
      expect(textOf(answer)).toMatch(words);
    }
    expect(id).toBeDefined();
  });

  test("A52 the called canister sees it, in queries, calls and nowhere else", async () => {
    const { id, identity } = await signer();
    const expected = concat(utf8("her name"), id.toUint8Array());
    const query = await withInfo(
      queryContent(world(), "info_query") as Record<string, never>,
      utf8("her name"),
    );
    const answer = mapOf(
      await send(world(), pathOf("query", world().probe), await signed(query as never, identity)),
    );
    expect(answer.reply).toEqual(new Map([["arg", expected]]));
    const update = await withInfo(callContent(world(), "info") as Record<string, never>, utf8("her name"));
    expect(await outcome(world(), update as never, world().probe, identity)).toEqual(expected);
    expect(await outcome(world(), callContent(world(), "info"), world().probe, alice)).toEqual(NO_ARG);
  });
}

export function delegations(world: () => World): void {
  const chain = async (length: number, more: Record<string, never> = {}) => {
    const signers = keys.slice(0, length + 1);
    const links = [];
    for (let i = 0; i < length; i++) links.push(await delegation(signers[i]!, signers[i + 1]!, more));
    return { signers, links };
  };

  test("A28, A29, A40 a chain of two: each link by the key before it, the request by the last", async () => {
    const { signers, links } = await chain(2);
    expect(await verdicts(world(), signers, links)).toEqual(GOOD);
    expect(await verdicts(world(), signers.slice(0, 2), links)).toEqual(
      Array(3).fill(expect.stringMatching(/^400 Invalid signature/)),
    );
    expect(await verdicts(world(), signers, [...links].reverse())).toEqual(
      Array(3).fill(expect.stringMatching(/^400 Invalid delegation/)),
    );
  });

  test("A41 twenty links, not twenty-one", async () => {
    const twenty = await chain(20);
    expect((await verdicts(world(), twenty.signers, twenty.links))[1]).toBe("200");
    const more = await chain(21);
    expect((await verdicts(world(), more.signers, more.links))[1]).toMatch(
      /^400 Invalid delegation: Chain of delegations is too long: got 21/,
    );
  });

  test("A42 no key twice", async () => {
    const links = [await delegation(keys[0]!, keys[1]!), await delegation(keys[1]!, keys[0]!)];
    expect((await verdicts(world(), [keys[0]!, keys[1]!, keys[0]!], links))[1]).toMatch(/at least one cycle/);
  });

  test("A43 a link that has expired ends the chain", async () => {
    const links = [await delegation(keys[0]!, keys[1]!, { expiration: inNanos(-60_000) })];
    expect(await verdicts(world(), keys.slice(0, 2), links)).toEqual(
      Array(3).fill(expect.stringMatching(/^400 Invalid delegation expiry: /)),
    );
  });

  test("A44 targets: at most 1,000 a link, the intersection of all; aaaaa-aa for management calls", async () => {
    const [probe, other] = [
      world().probe.toUint8Array(),
      Principal.fromHex("00000000000000770101").toUint8Array(),
    ];
    const by = (...targets: Uint8Array[][]) =>
      Promise.all(targets.map((t, i) => delegation(keys[i]!, keys[i + 1]!, { targets: t })));
    expect(await verdicts(world(), keys.slice(0, 2), await by([probe, other]))).toEqual(GOOD);
    expect((await verdicts(world(), keys.slice(0, 2), await by([other]))).slice(0, 2)).toEqual(
      Array(2).fill(expect.stringMatching(/^400 Canister \S+ is not one of the delegation targets/)),
    );
    expect((await verdicts(world(), keys.slice(0, 3), await by([probe, other], [other])))[1]).toMatch(
      /^400 /,
    );
    const many = Array.from({ length: 1001 }, () => probe);
    expect((await verdicts(world(), keys.slice(0, 2), await by(many)))[1]).toMatch(
      /^400 Invalid delegation: /,
    );
    const content = queryContent(world(), "canister_status", { canister_id: NO_ARG });
    for (const [target, words] of [
      [probe, /^400 Canister aaaaa-aa is not one/],
      [NO_ARG, /^200 /],
    ] as const) {
      const body = await signedByChain(content, keys.slice(0, 2), await by([target]));
      const path = pathOf("query", world().subnet, "v3", "subnet");
      expect(textOf(await send(world(), path, body))).toMatch(words);
    }
  });

  test("A45, A46 permissions: queries excludes calls wherever it stands; what nobody knows excludes all", async () => {
    const first = (permissions: string) =>
      Promise.all([delegation(keys[0]!, keys[1]!, { permissions }), delegation(keys[1]!, keys[2]!)]);
    const three = keys.slice(0, 3);
    expect(await verdicts(world(), three, await first("all"))).toEqual(GOOD);
    expect(await verdicts(world(), three, await first("queries"))).toEqual([
      expect.stringMatching(/^400 /),
      "200",
      "200",
    ]);
    const last = [
      await delegation(keys[0]!, keys[1]!),
      await delegation(keys[1]!, keys[2]!, { permissions: "queries" }),
    ];
    expect((await verdicts(world(), three, last)).map((v) => v.slice(0, 3))).toEqual(["400", "200", "200"]);
    expect(await verdicts(world(), three, await first("everything"))).toEqual(
      Array(3).fill(expect.stringMatching(/^400 Invalid delegation/)),
    );
  });

  test("A48 an empty list of links is none", async () => {
    expect(await verdicts(world(), [alice], [])).toEqual(GOOD);
  });

  test("H77 a read through a delegation sees calls to its targets alone", async () => {
    const content = callContent(world(), "echo");
    const { id } = await call(world(), content, world().probe, keys[0]);
    const read = async (target: Uint8Array) => {
      const links = [await delegation(keys[0]!, keys[1]!, { targets: [target] })];
      const body = await signedByChain(readContent([["request_status", id]]), keys.slice(0, 2), links);
      return textOf(await send(world(), pathOf("read_state", world().probe), body)).slice(0, 60);
    };
    expect(await read(world().probe.toUint8Array())).toMatch(/^200 /);
    expect(await read(Principal.fromHex("00000000000000770101").toUint8Array())).toMatch(/^403 /);
  });
}

export function principals(world: () => World): void {
  test("A60 text of principals: any case, right checksum, canonical form", async () => {
    const body = anonymous(queryContent(world(), "get"));
    const text = world().probe.toText();
    const at = async (id: string) => (await send(world(), `/api/v3/canister/${id}/query`, body)).status;
    expect(await at(text)).toBe(200);
    const wrong = text.startsWith("r") ? `s${text.slice(1)}` : `r${text.slice(1)}`;
    expect([await at(wrong), await at(text.replaceAll("-", "")), await at("x".repeat(80))]).toEqual([
      400, 400, 400,
    ]);
    const long = queryContent(world(), "get", { sender: new Uint8Array(30) });
    expect(textOf(await send(world(), pathOf("query", world().probe), anonymous(long)))).toMatch(
      /at most 29 bytes/,
    );
  });

  test("A61, A62, A63 ids: ten bytes that count upwards and end in 0101, never used twice", async () => {
    const first = await newProbe(world());
    const management = managementAs(world(), first);
    await management.stop_canister({ canister_id: first });
    await management.delete_canister({ canister_id: first });
    const next = await newProbe(world());
    for (const id of [first, next]) expect(toHex(id.toUint8Array())).toMatch(/^[0-9a-f]{16}0101$/);
    expect(BigInt(`0x${toHex(next.toUint8Array())}`)).toBeGreaterThan(
      BigInt(`0x${toHex(first.toUint8Array())}`),
    );
    expect(alice.getPrincipal().toUint8Array().at(-1)).toBe(2);
    const gone = await readState(world(), [["canister", first.toUint8Array(), "module_hash"]], first);
    expect(found(gone, "canister", first.toUint8Array(), "module_hash").kind).toBe("absent");
  });
}

export function identities(world: () => World): void {
  describe("request ids", () => requestIds(world));
  describe("schemes", () => schemes(world));
  describe("canister signatures", () => canisterSignatures(world));
  describe("delegations", () => delegations(world));
  describe("principals", () => principals(world));
}
