import { expect, test } from "vitest";
import { assert, defined } from "../../base/assert.ts";
import { concat, equalBytes, toHex, utf8 } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import { highThreshold } from "../../registry/registry.ts";
import { signedBytes } from "../../types/artifact.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { Certification, CertificationArtifact, CertificationShare } from "../../types/consensus.ts";
import type { Hash, Height, NodeId } from "../../types/ids.ts";
import type { ReplicaCrypto } from "../interfaces/crypto.ts";
import type { CertifiableStates } from "../interfaces/state-reader.ts";
import { CertificationPool } from "../pools/certification-pool.ts";
import { sampleSubnet } from "../state/sample.ts";
import { type CertifierView, certify } from "./certifier.ts";

const subnet = sampleSubnet(4);
const [n0, n1, n2, n3] = subnet.nodes.map((n) => n.id) as [NodeId, NodeId, NodeId, NodeId];
const rootOf = (height: Height): Hash => toHex(sha256(utf8(`state ${height}`)));

const shareBytes = (signer: NodeId, message: Uint8Array) => sha256(concat(utf8(`share ${signer} `), message));
const fullBytes = (message: Uint8Array) => sha256(concat(utf8("full "), message));

/** As honest as BLS where it matters: a combination is right exactly when threshold-many shares are. It counts. */
function toyCrypto(me: NodeId) {
  const counts = { signs: 0, combines: 0, verifies: 0, singles: 0 };
  const crypto = {
    signThreshold(_: string, message: Uint8Array) {
      counts.signs++;
      return shareBytes(me, message);
    },
    combineThreshold(_: string, shares: ReadonlyMap<NodeId, Uint8Array>) {
      counts.combines++;
      assert(shares.size >= highThreshold(4), "enough shares");
      for (const height of [1, 2, 3]) {
        const message = signedBytes.certification(rootOf(height));
        if ([...shares].every(([s, bytes]) => equalBytes(bytes, shareBytes(s, message))))
          return fullBytes(message);
      }
      return utf8("garbage");
    },
    verifyThreshold(_: string, message: Uint8Array, signature: Uint8Array) {
      counts.verifies++;
      return equalBytes(signature, fullBytes(message));
    },
    verifyThresholdShare(_: string, message: Uint8Array, signer: NodeId, share: Uint8Array) {
      counts.singles++;
      return equalBytes(share, shareBytes(signer, message));
    },
  };
  return { crypto: crypto as unknown as ReplicaCrypto, counts };
}

const committeesOf = ({ nodes }: SubnetRecord): CertifierView["committees"] => ({
  registryVersion: () => 1,
  thresholdCommittee: () => new Set(nodes.map(({ id }) => id)),
});

function world(heights: readonly Height[] = [1]) {
  const pool = new CertificationPool();
  let certified = 0;
  const states = {
    latestCertifiedHeight: () => certified,
    uncertified: () =>
      heights.filter((h) => h > certified).map((height) => ({ height, root: rootOf(height) })),
  } as unknown as CertifiableStates;
  const { crypto, counts } = toyCrypto(n0);
  const view: CertifierView = { pool, states, crypto, me: n0, committees: committeesOf(subnet), signs: true };
  const blamed: string[] = [];
  const made: CertificationArtifact[] = [];
  const run = () => {
    for (let turn = 0; ; turn++) {
      assert(turn < 100, "the certifier comes to rest");
      const changes = certify(view);
      if (changes.length === 0) break;
      for (const c of changes) if (c.kind === "handle-invalid") blamed.push(c.because);
      for (const artifact of pool.apply(changes)) {
        made.push(artifact);
        if (artifact.kind === "certification") certified = Math.max(certified, artifact.height);
      }
    }
  };
  return { pool, run, counts, blamed, made, certifiedHeight: () => certified };
}

const share = (signer: NodeId, height = 1, root = rootOf(height)): CertificationShare => ({
  kind: "certification-share",
  height,
  root,
  signer,
  signature: shareBytes(signer, signedBytes.certification(root)),
});
const full = (height = 1): Certification => ({
  kind: "certification",
  height,
  root: rootOf(height),
  signature: fullBytes(signedBytes.certification(rootOf(height))),
});

test("V1: one share per height of my own root, however often it is asked", () => {
  const w = world([1, 2]);
  w.run();
  w.run();
  expect(w.made.map((a) => [a.kind, a.height, a.root])).toEqual([
    ["certification-share", 1, rootOf(1)],
    ["certification-share", 2, rootOf(2)],
  ]);
  expect(w.counts.signs).toBe(2);
});

test("V4: at 2f+1 shares one combination, one verification, no single verification", () => {
  const w = world();
  w.pool.insert(share(n1));
  w.run();
  expect(w.certifiedHeight()).toBe(0);
  w.pool.insert(share(n3));
  w.run();
  expect(w.pool.certification(1)).toEqual(full());
  expect(w.counts).toEqual({ signs: 1, combines: 1, verifies: 1, singles: 0 });
});

test("V4: a forged share spoils one combination; then it is blamed, the good ones stay and suffice", () => {
  const w = world();
  const forged = { ...share(n1), signature: sha256(utf8("forged")) };
  for (const s of [forged, share(n2)]) w.pool.insert(s);
  w.run();
  expect(w.blamed).toEqual(["signature-invalid"]);
  expect(w.pool.shares(1).map((s) => s.signer)).toEqual([n0, n2].sort());
  expect(w.pool.unvalidatedShares(1)).toEqual([]);
  w.pool.insert(share(n1));
  w.run();
  expect(w.certifiedHeight()).toBe(1);
});

test("every small world: certified exactly when 2f+1 distinct honest shares, or a true certification, are there", () => {
  const kinds = ["none", "good", "forged", "other-root", "both"] as const;
  for (const a of kinds)
    for (const b of kinds)
      for (const c of kinds)
        for (const certification of ["none", "true", "false", "other-root"] as const) {
          const w = world();
          for (const [i, kind] of [a, b, c].entries()) {
            const signer = defined([n1, n2, n3][i], "three peers");
            const forged = { ...share(signer), signature: sha256(utf8(`forged ${signer}`)) };
            if (kind === "forged" || kind === "both") w.pool.insert(forged);
            if (kind === "good" || kind === "both") w.pool.insert(share(signer));
            if (kind === "other-root") w.pool.insert(share(signer, 1, rootOf(99)));
          }
          if (certification === "true") w.pool.insert(full());
          if (certification === "false") w.pool.insert({ ...full(), signature: sha256(utf8("x")) });
          if (certification === "other-root") w.pool.insert({ ...full(2), height: 1 });
          w.run();
          const honest = [a, b, c].filter((k) => k === "good" || k === "both").length;
          const expected = certification === "true" || honest + 1 >= highThreshold(4);
          expect([a, b, c, certification, w.certifiedHeight()]).toEqual([
            a,
            b,
            c,
            certification,
            expected ? 1 : 0,
          ]);
          // V2, V5: nothing false was ever validated, nothing about a certified height stays unlooked at.
          for (const made of w.made) expect(made.root).toBe(rootOf(1));
          if (expected) expect(w.pool.unvalidatedHeights()).toEqual([]);
        }
});

test("V3: the highest certification is adopted first, and no share is signed below it", () => {
  const w = world([1, 2, 3]);
  w.pool.insert(full(2));
  w.pool.insert(full(1));
  w.run();
  expect(w.certifiedHeight()).toBe(2);
  expect(w.made.map((a) => [a.kind, a.height])).toEqual([
    ["certification", 2],
    ["certification-share", 3],
  ]);
});

test("shares of strangers and of another length are refused without a pairing", () => {
  const w = world();
  w.pool.insert(share("aa"));
  w.pool.insert({ ...share(n1), signature: new Uint8Array(3) });
  w.run();
  expect(w.blamed.sort()).toEqual(["signature-length", "signer-not-in-subnet"]);
  expect(w.counts).toEqual({ signs: 1, combines: 0, verifies: 0, singles: 0 });
});

test("one node alone certifies itself", () => {
  const alone = sampleSubnet(1);
  const me = alone.nodes[0]!.id;
  const pool = new CertificationPool();
  const states = {
    latestCertifiedHeight: () => (pool.certification(1) ? 1 : 0),
    uncertified: () => (pool.certification(1) ? [] : [{ height: 1, root: rootOf(1) }]),
  } as unknown as CertifiableStates;
  const crypto = {
    ...toyCrypto(me).crypto,
    combineThreshold: () => fullBytes(signedBytes.certification(rootOf(1))),
  };
  for (let i = 0; i < 5; i++)
    pool.apply(certify({ pool, states, crypto, me, committees: committeesOf(alone), signs: true }));
  expect(pool.certification(1)).toEqual(full());
});

test("the pool: a snapshot keeps it whole, purging keeps old things out, a flood drops the farthest heights (Q1–Q3)", () => {
  const pool = new CertificationPool();
  pool.apply([
    { kind: "add-to-validated", artifact: full(5) },
    { kind: "add-to-validated", artifact: share(n0, 6) },
  ]);
  pool.insert(share(n1, 7));
  expect(pool.insert(full(5))).toBe(false);
  const again = CertificationPool.restore(structuredClone(pool.snapshot()));
  expect(again.snapshot()).toEqual(pool.snapshot());
  pool.apply([{ kind: "purge-below", height: 7 }]);
  expect(pool.validated()).toEqual([]);
  expect(pool.insert(share(n1, 6))).toBe(false);
  for (let i = 0; i < 5000; i++) pool.insert(share(n2, 10_000 + i));
  expect(pool.unvalidatedShares(7)).toHaveLength(1);
  expect(pool.unvalidatedHeights()).toHaveLength(4096);
});
