import { Certificate, lookupResultToBuffer } from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { expect, test } from "vitest";
import vectors from "../../tests/vectors/keys.json" with { type: "json" };
import { concat, fromHex, utf8 } from "../base/bytes.ts";
import { prng } from "../base/prng.ts";
import { encodeCborTagged } from "../codec/cbor.ts";
import { buildTree } from "../codec/crit-bit.ts";
import { type HashTree, leaf, rootHash, treeToCbor } from "../codec/hash-tree.ts";
import { encodeLeb } from "../codec/leb128.ts";
import { prune } from "../codec/witness.ts";
import { nobleBls } from "../crypto/bls-noble.ts";
import { domainSeparator } from "../crypto/hash.ts";
import { subnetAt } from "../registry/registry.ts";
import { createNodeCrypto } from "../shell/node-crypto.ts";
import { canisterIdOf, parsePrincipal, principalText, selfAuthenticating } from "../types/principal.ts";
import { keysOn, makeGenesis } from "./genesis.ts";
import { makeStandInGenesis } from "./simulation/stand-in.ts";

const SETTINGS = { nodes: 4, notaryDelayMs: 300, unitDelayMs: 1000 } as const;
const KEYS = keysOn(nobleBls);
const { registry, secrets } = makeGenesis(SETTINGS, prng(1).bytes, KEYS);
const subnet = subnetAt(registry, 1);

test("names follow from keys, nodes stand in byte order (G1, G2)", () => {
  const ids = subnet.nodes.map((n) => n.id);
  expect(ids).toEqual([...ids].sort());
  expect(secrets.map((s) => s.node)).toEqual(ids);
  for (const node of subnet.nodes) {
    expect(node.id).toBe(selfAuthenticating(node.publicKey));
    expect(node.publicKey.length).toBe(44);
  }
  expect(subnet.id).toBe(selfAuthenticating(subnet.publicKeyDer));
  expect(subnet.publicKeyDer.length).toBe(133);
  const root = fromHex(vectors.mainnetRootKey.der);
  expect(principalText(selfAuthenticating(root))).toBe(vectors.mainnetRootKey.subnet);
});

test("every registered key proves its possession (G3)", () => {
  for (const [i, node] of subnet.nodes.entries()) {
    expect(nobleBls.verifyPossession(node.multiSigKey, node.multiSigPop)).toBe(true);
    expect(nobleBls.publicKeyOf(secrets[i]!.multiSigSecret)).toEqual(node.multiSigKey);
  }
});

test("the same bytes make the same genesis, and it survives a clone", () => {
  const again = makeGenesis(SETTINGS, prng(1).bytes, KEYS);
  expect(again).toEqual({ registry, secrets });
  expect(structuredClone(again)).toEqual(again);
  expect(makeGenesis(SETTINGS, prng(2).bytes, KEYS).registry).not.toEqual(registry);
});

test("the stand-in's record has the real one's shape", () => {
  const stand = subnetAt(makeStandInGenesis(SETTINGS, prng(1).bytes).registry, 1);
  const shape = (value: unknown): unknown =>
    value instanceof Uint8Array
      ? value.length
      : Array.isArray(value)
        ? value.map(shape)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shape(v)]))
          : typeof value;
  expect(shape(stand)).toEqual(shape(subnet));
});

/** What the subnet certifies: `/time`, a canister and neighbours that stay hidden. */
const now = 1_800_000_000_000_000_000n;
const canister = canisterIdOf(7n);
const map = (entries: Record<string, HashTree>): HashTree =>
  buildTree(
    Object.entries(entries)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [utf8(k), v]),
  );
const tree = map({
  canister: buildTree(
    [6n, 7n, 8n].map((i) => [
      fromHex(canisterIdOf(i)),
      map({ certified_data: leaf(utf8(`data ${i}`)), module_hash: leaf(utf8("hash")) }),
    ]),
  ),
  subnet: map({}),
  time: leaf(encodeLeb(now)),
});
const path = [utf8("canister"), fromHex(canister), utf8("certified_data")];

function certificate(signedRoot: Uint8Array): Uint8Array {
  const message = concat(domainSeparator("ic-state-root"), signedRoot);
  const cryptos = secrets.map((s) => createNodeCrypto(s, subnet, nobleBls));
  const shares = new Map(
    secrets.slice(1).map((s, i) => [s.node, cryptos[i + 1]!.signThreshold("high", message)]),
  );
  const signature = cryptos[0]!.combineThreshold("high", shares)!;
  return encodeCborTagged({ tree: treeToCbor(prune(tree, [[utf8("time")], path])), signature });
}
const judged = (bytes: Uint8Array, rootKey = subnet.publicKeyDer) =>
  Certificate.create({
    certificate: bytes,
    rootKey,
    principal: { canisterId: Principal.fromHex(canister) },
    disableTimeVerification: true,
  });

test("the official agent accepts a certificate that three of four nodes signed, and reads it", async () => {
  const accepted = await judged(certificate(rootHash(tree)));
  expect(lookupResultToBuffer(accepted.lookup_path(path))).toEqual(utf8("data 7"));
  expect(accepted.lookup_path([utf8("canister"), fromHex(canister), utf8("module_hash")]).status).toBe(
    "Unknown",
  );
});

test("the official agent refuses another root, another key, a changed byte", async () => {
  await expect(judged(certificate(new Uint8Array(32)))).rejects.toThrow();
  const good = certificate(rootHash(tree));
  const other = subnetAt(makeGenesis(SETTINGS, prng(3).bytes, KEYS).registry, 1);
  await expect(judged(good, other.publicKeyDer)).rejects.toThrow();
  const at = Buffer.from(good).indexOf("data 7");
  await expect(judged(good.with(at, 0x44))).rejects.toThrow();
});

test("principals of the specification", () => {
  for (const [hex, text] of Object.entries(vectors.principals)) {
    expect(principalText(hex)).toBe(text);
    expect(parsePrincipal(text)).toBe(hex);
  }
  expect(parsePrincipal("rwlgt-iiaaa-aaaaa-aaaaa-caj")).toBeUndefined();
});
