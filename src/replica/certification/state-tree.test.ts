import { Certificate, LookupPathStatus } from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../base/assert.ts";
import { equalBytes, fromHex, toHex, utf8 } from "../../base/bytes.ts";
import { prng } from "../../base/prng.ts";
import { decodeCbor, encodeCborTagged, isCborMap } from "../../codec/cbor.ts";
import { childrenOf } from "../../codec/crit-bit.ts";
import { type HashTree, rootHash, treeFromCbor } from "../../codec/hash-tree.ts";
import { encodeLeb } from "../../codec/leb128.ts";
import { isWellFormed, lookup } from "../../codec/witness.ts";
import { encodeBlsDer } from "../../crypto/bls.ts";
import { nobleBls } from "../../crypto/bls-noble.ts";
import { signedBytes } from "../../types/artifact.ts";
import type { IngressRecord } from "../../types/messages.ts";
import { canisterIdOf } from "../../types/principal.ts";
import type { StatePath } from "../interfaces/state-reader.ts";
import { sampleCanister, sampleCode, sampleState, sampleSubnet } from "../state/sample.ts";
import { encodeCertificate } from "./certificate.ts";
import { stateTree } from "./state-tree.ts";

const SECRET = 0x1234567890abcdefn;
const rootKey = encodeBlsDer(nobleBls.publicKeyOf(SECRET));
const subnet = sampleSubnet(4, rootKey);
const c1 = canisterIdOf(1n);
const c2 = canisterIdOf(2n);
const c9 = canisterIdOf(9n);
const request = toHex(new Uint8Array(32).fill(0xab));

const record = (status: IngressRecord["status"]): IngressRecord => ({
  status,
  sender: "04",
  receiver: c1,
  effectiveCanister: c1,
  expiry: 0n,
  changedAt: 0n,
});
const code = sampleCode(
  new Map([
    ["candid:service", { visibility: "public" as const, content: utf8("service : {}") }],
    ["candid", { visibility: "private" as const, content: utf8("a prefix of the other") }],
  ]),
);
const state = sampleState(subnet, 7, {
  previousRoot: new Uint8Array(32).fill(9),
  canisters: [
    sampleCanister(c1, { code, lastInstalledAt: 5n, certifiedData: Uint8Array.of(1, 2) }),
    sampleCanister(c2),
  ],
  ingressHistory: new Map([
    [request, record({ kind: "rejected", reject: { code: 5, message: "boom", error: "IC0503" } })],
    ["cd".repeat(32), record({ kind: "replied", reply: Uint8Array.of(3) })],
    ["ef".repeat(32), record({ kind: "processing" })],
  ]),
  totals: { updates: 3n, cyclesMinted: 0n, cyclesBurned: 2n ** 64n + 5n },
});

const path = (...labels: (string | Uint8Array)[]): StatePath =>
  labels.map((l) => (typeof l === "string" ? utf8(l) : l));
const b = fromHex;

function certificateOf(tree: HashTree, paths: readonly StatePath[]): Uint8Array {
  const root = toHex(rootHash(tree));
  const signature = nobleBls.sign("threshold", SECRET, signedBytes.certification(root));
  return encodeCertificate(tree, { kind: "certification", height: 7, root, signature }, paths);
}

/** Values by path, as far as the tree shows them. */
function* leaves(tree: HashTree, at = ""): Generator<[string, Uint8Array]> {
  if (tree.kind === "leaf") yield [at, tree.value];
  for (const { label, child } of childrenOf(tree)) {
    const isText = label.every((x) => x >= 0x20 && x < 0x7f);
    yield* leaves(child, `${at}/${isText ? new TextDecoder().decode(label) : toHex(label)}`);
  }
}

test("the leaves of interface §3.4, and no others (T3)", () => {
  const tree = stateTree(state);
  const shown = Object.fromEntries([...leaves(tree)].map(([p, v]) => [p, toHex(v)]));
  const hex = (text: string) => toHex(utf8(text));
  const cbor = (value: Parameters<typeof encodeCborTagged>[0]) => toHex(encodeCborTagged(value));
  const ranges = cbor(subnet.canisterRanges.map((r) => [b(r.start), b(r.end)]));
  const created = toHex(encodeLeb(sampleCanister(c1).createdAt));
  expect(shown).toEqual({
    "/time": toHex(encodeLeb(state.time)),
    "/metadata/height": "07",
    "/metadata/prev_state_hash": "09".repeat(32),
    [`/canister/${c1}/canister_creation_timestamp`]: created,
    [`/canister/${c1}/certified_data`]: "0102",
    [`/canister/${c1}/controllers`]: cbor([Uint8Array.of(4)]),
    [`/canister/${c1}/last_install_timestamp`]: "05",
    [`/canister/${c1}/metadata/candid`]: hex("a prefix of the other"),
    [`/canister/${c1}/metadata/candid:service`]: hex("service : {}"),
    [`/canister/${c1}/module_hash`]: "07".repeat(32),
    [`/canister/${c2}/canister_creation_timestamp`]: created,
    [`/canister/${c2}/controllers`]: cbor([Uint8Array.of(4)]),
    [`/canister_ranges/${subnet.id}/${canisterIdOf(0n)}`]: ranges,
    [`/request_status/${request}/status`]: hex("rejected"),
    [`/request_status/${request}/reject_code`]: "05",
    [`/request_status/${request}/reject_message`]: hex("boom"),
    [`/request_status/${request}/error_code`]: hex("IC0503"),
    [`/request_status/${"cd".repeat(32)}/status`]: hex("replied"),
    [`/request_status/${"cd".repeat(32)}/reply`]: "03",
    [`/request_status/${"ef".repeat(32)}/status`]: hex("processing"),
    [`/subnet/${subnet.id}/canister_ranges`]: ranges,
    [`/subnet/${subnet.id}/metrics`]: shown[`/subnet/${subnet.id}/metrics`],
    [`/subnet/${subnet.id}/public_key`]: toHex(rootKey),
    [`/subnet/${subnet.id}/type`]: hex("application"),
    ...Object.fromEntries(
      subnet.nodes.map((n) => [`/subnet/${subnet.id}/node/${n.id}/public_key`, toHex(n.publicKey)]),
    ),
  });
  expect(isWellFormed(tree)).toBe(true);
  // {0: 2, 1: bytes, 2: {0: 5, 1: 1}, 3: 3}
  expect(shown[`/subnet/${subnet.id}/metrics`]).toMatch(/^a4000201[0-9a-f]+02a2000501010303$/);
});

test("ranges in shards of five, named by their first id; a subnet without ranges has one empty shard", () => {
  const ranges = Array.from({ length: 11 }, (_, i) => ({
    start: canisterIdOf(BigInt(10 * i)),
    end: canisterIdOf(BigInt(10 * i + 5)),
  }));
  const shardsOf = (canisterRanges: typeof ranges) => {
    const other = { ...state, subnet: { ...state.subnet, canisterRanges } };
    const all = [...leaves(stateTree(other))];
    return all.filter(([p]) => p.startsWith("/canister_ranges/")).map(([p]) => p.split("/")[3]);
  };
  expect(shardsOf(ranges)).toEqual([0n, 50n, 100n].map(canisterIdOf));
  expect(shardsOf([])).toEqual([""]);
});

test("a walk of a hundred heights: the tree grown from the one before is the tree made from nothing (T1)", () => {
  const random = prng(1);
  let last = { state: sampleState(subnet, 0), tree: stateTree(sampleState(subnet, 0)) };
  for (let height = 1; height <= 100; height++) {
    const canisters = new Map(last.state.canisters);
    const ingressHistory = new Map(last.state.ingressHistory);
    for (let i = 0; i < 3; i++) {
      const id = canisterIdOf(BigInt(random.below(12)));
      const old = canisters.get(id) ?? sampleCanister(id);
      const choice = random.below(6);
      if (choice === 0) canisters.delete(id);
      if (choice === 1) canisters.set(id, { ...old, cycles: old.cycles - 1n });
      if (choice === 2) canisters.set(id, { ...old, certifiedData: random.bytes(4) });
      if (choice === 3) canisters.set(id, { ...old, code, lastInstalledAt: BigInt(height) });
      if (choice === 4) canisters.set(id, { ...old, code: undefined });
      if (choice === 5) {
        const settings = { ...old.settings, controllers: [toHex(random.bytes(3))] };
        canisters.set(id, { ...old, settings, createdAt: old.createdAt + 1n });
      }
      const message = toHex(random.bytes(1)).repeat(32);
      if (random.chance(0.3)) ingressHistory.delete(message);
      else ingressHistory.set(message, record({ kind: "replied", reply: random.bytes(2) }));
    }
    const next = { ...last.state, height, canisters, ingressHistory };
    const tree = stateTree(next, last);
    expect(toHex(rootHash(tree))).toBe(toHex(rootHash(stateTree(next))));
    last = { state: next, tree };
  }
});

test("a height in which nothing shown changed hashes no canister again, and one changed canister costs a path (T2)", () => {
  const many = Array.from({ length: 500 }, (_, i) => sampleCanister(canisterIdOf(BigInt(i)), { code }));
  const before = sampleState(subnet, 1, { canisters: many });
  const tree = stateTree(before);
  rootHash(tree);
  const touched = new Map([...before.canisters].map(([id, c]) => [id, { ...c, cycles: c.cycles - 1n }]));
  const unhashed = (t: HashTree): number => {
    if (t.kind === "empty" || t.hash !== undefined) return 0;
    if (t.kind === "fork") return 1 + unhashed(t.left) + unhashed(t.right);
    return 1 + (t.kind === "labeled" ? unhashed(t.child) : 0);
  };
  const still = stateTree({ ...before, height: 2, canisters: touched }, { state: before, tree });
  const canister = (t: HashTree) => defined([...childrenOf(t)][0], "canisters come first").child;
  expect(unhashed(canister(still))).toBe(0);
  const one = new Map(before.canisters).set(c9, { ...many[9]!, certifiedData: Uint8Array.of(1) });
  const changed = stateTree({ ...before, height: 2, canisters: one }, { state: before, tree });
  expect(unhashed(canister(changed))).toBeLessThan(50);
});

describe("certificates, as the official agent sees them", () => {
  const tree = stateTree(state);
  const create = (certificate: Uint8Array) =>
    Certificate.create({
      certificate,
      rootKey,
      principal: { canisterId: Principal.fromHex(c1) },
      disableTimeVerification: true,
    });
  let certificate: Certificate;
  const paths = [
    path("canister", b(c1), "module_hash"),
    path("canister", b(c9), "module_hash"),
    path("request_status", b(request)),
    path("subnet"),
  ];
  beforeAll(async () => {
    certificate = await create(certificateOf(tree, paths));
  });

  test("it verifies, and shows what was asked and the time", () => {
    const found = (...p: (string | Uint8Array)[]) => {
      const result = certificate.lookup_path(p);
      return result.status === LookupPathStatus.Found ? toHex(result.value as Uint8Array) : result.status;
    };
    expect(found("time")).toBe(toHex(encodeLeb(state.time)));
    expect(found("canister", b(c1), "module_hash")).toBe("07".repeat(32));
    expect(found("request_status", b(request), "reject_message")).toBe(toHex(utf8("boom")));
    expect(found("subnet", b(subnet.id), "node", b(subnet.nodes[2]!.id), "public_key")).toBe(
      toHex(subnet.nodes[2]!.publicKey),
    );
    expect(found("canister", b(c1), "certified_data")).not.toBe("0102");
  });

  test("any changed byte makes it fail or changes nothing that it says", async () => {
    const good = certificateOf(tree, [path("canister", b(c2), "controllers")]);
    for (const i of [5, 20, Math.floor(good.length / 2), good.length - 3]) {
      const bent = good.slice();
      bent[i]! ^= 1;
      await expect(create(bent)).rejects.toThrow();
    }
  });

  test("it has no delegation, not even null (C1), and no signature but the subnet's", () => {
    const value = decodeCbor(certificateOf(tree, []));
    expect(value.ok && isCborMap(value.value) && [...value.value.keys()].sort()).toEqual([
      "signature",
      "tree",
    ]);
  });

  test("what is not there is provably not there; what was not asked is not shown (Z1, Z2)", () => {
    const shownBy = (asked: StatePath[]): HashTree => {
      const value = decodeCbor(certificateOf(tree, asked));
      if (!value.ok || !isCborMap(value.value)) throw new Error("no certificate");
      const shown = treeFromCbor(value.value.get("tree"));
      if (!shown.ok) throw new Error(shown.because);
      return shown.value;
    };
    const absent = [
      path("canister", b(c9)),
      path("canister", b(canisterIdOf(0n)), "module_hash"),
      path("canister", b(c2), "module_hash"),
      path("canister", b(c1), "metadata", "candid:"),
      path("request_status", new Uint8Array(32)),
      path("request_status", new Uint8Array(32).fill(0xff)),
      path("request_status", b(request), "reply"),
      path("api_boundary_nodes"),
      path("zebra"),
    ];
    for (const asked of absent) {
      const shown = shownBy([asked]);
      expect(lookup(shown, asked)).toEqual({ kind: "absent" });
      expect(equalBytes(rootHash(shown), rootHash(tree))).toBe(true);
      expect([...leaves(shown)].map(([p]) => p)).toEqual(["/time"]);
    }
    const all = [...leaves(tree)];
    for (const [p, v] of all) {
      const asked = p
        .slice(1)
        .split("/")
        .map((l) => (/^([0-9a-f]{2}){3,}$/.test(l) ? b(l) : utf8(l)));
      const shown = shownBy([asked]);
      expect(lookup(shown, asked)).toEqual({ kind: "found", value: v });
      expect([...leaves(shown)]).toHaveLength(p === "/time" ? 1 : 2);
    }
  });
});
