/**
 * Certifier: makes the subnet vouch for the states that execution computed.
 *
 * Every node signs a share of each root it computed itself; any 2f+1 shares combine into the one certification that
 * users can check against the subnet's key. The signature covers the root alone, so what ties a certification to a
 * height is that this node computed the same root there.
 *
 * Safety
 *   V1  I sign a root only when I computed it, at a height above the latest certified one, and once per height.
 *   V2  A certification becomes validated only when its root is mine at that height and its signature verifies.
 * Liveness
 *   V3  A full certification from a peer is adopted, the highest first: it spares the shares below it.
 *   V4  With shares of 2f+1 signers I combine and verify the combination once. Only when that fails are shares verified
 *       singly; the good ones become validated, so a signer can spoil one combination at most.
 *   V5  Whatever is about heights already certified leaves; certifications stay a while for peers who are behind.
 *
 * Source: replica A.19, A.20; chain-key §1.4.
 */
import { highThreshold } from "../../registry/registry.ts";
import { signedBytes } from "../../types/artifact.ts";
import type { Certification, CertificationShare } from "../../types/consensus.ts";
import type { Hash, Height, NodeId } from "../../types/ids.ts";
import type { ReplicaCrypto } from "../interfaces/crypto.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import type { CertifiableStates } from "../interfaces/state-reader.ts";
import type { CertificationChange, CertificationPoolReader } from "../pools/certification-pool.ts";

/** Why an artifact of certification is refused. Shown to people. */
export type CertificationFault =
  "root-differs-from-mine" | "signature-invalid" | "signature-length" | "signer-not-in-subnet";

/** Heights for which certifications stay in the pool, for peers who are behind. */
const CERTIFICATIONS_KEPT = 60;

export interface CertifierView {
  readonly pool: CertificationPoolReader;
  readonly states: CertifiableStates;
  readonly crypto: ReplicaCrypto;
  readonly me: NodeId;
  /** Who holds shares of the key at a height, by which registry version. */
  readonly committees: Pick<PoolReader, "thresholdCommittee" | "registryVersion">;
  /** False of a node that lost what it had signed: then it signs nothing, and goes by the others' certifications. */
  readonly signs: boolean;
}

/** The first non-empty change set: apply it, deliver what was validated to the state manager, and ask again. */
export function certify(view: CertifierView): CertificationChange[] {
  const pending = view.states.uncertified();
  for (const { height, root } of [...pending].reverse()) {
    const changes = adopt(view, height, root);
    if (changes.length > 0) return changes;
  }
  for (const { height, root } of pending) {
    const changes = share(view, height, root);
    if (changes.length > 0) return changes;
  }
  for (const { height, root } of pending) {
    const changes = combine(view, height, root);
    if (changes.length > 0) return changes;
  }
  return purge(view);
}

/** Why the lowest uncertified root has no certification yet, or undefined when nothing waits. */
export function certifierWaits(
  view: CertifierView,
): { readonly height: Height; readonly because: "too-few-shares" } | undefined {
  const first = view.states.uncertified()[0];
  return first && { height: first.height, because: "too-few-shares" };
}

/** V2, V3. */
function adopt({ pool, crypto }: CertifierView, height: Height, root: Hash): CertificationChange[] {
  const changes: CertificationChange[] = [];
  for (const artifact of pool.unvalidatedCertifications(height)) {
    const fault = certificationFault(crypto, artifact, root);
    if (fault === undefined) return [...changes, { kind: "move-to-validated", artifact }];
    changes.push({ kind: "handle-invalid", artifact, because: fault });
  }
  return changes;
}

function certificationFault(
  crypto: ReplicaCrypto,
  { root, signature }: Certification,
  mine: Hash,
): CertificationFault | undefined {
  if (root !== mine) return "root-differs-from-mine";
  const valid = crypto.verifyThreshold("high", signedBytes.certification(root), signature);
  return valid ? undefined : "signature-invalid";
}

/** V1. */
function share(
  { pool, crypto, me, signs, committees }: CertifierView,
  height: Height,
  root: Hash,
): CertificationChange[] {
  const version = committees.registryVersion(height);
  if (!signs || version === undefined || !committees.thresholdCommittee(height).has(me)) return [];
  if (pool.certification(height) !== undefined) return [];
  if (pool.shares(height).some((s) => s.signer === me)) return [];
  const signature = crypto.signThreshold("high", signedBytes.certification(root), version);
  const artifact: CertificationShare = { kind: "certification-share", height, root, signer: me, signature };
  return [{ kind: "add-to-validated", artifact }];
}

/** V4. */
function combine(view: CertifierView, height: Height, root: Hash): CertificationChange[] {
  const { pool, crypto, committees } = view;
  if (pool.certification(height) !== undefined) return [];
  const { good, bad } = sift(view, height, root);
  const bySigner = new Map<NodeId, CertificationShare>();
  // A share of mine may be of a root that I have dropped since.
  const mine = pool.shares(height).filter((s) => s.root === root);
  for (const s of [...mine, ...good]) if (!bySigner.has(s.signer)) bySigner.set(s.signer, s);
  const version = committees.registryVersion(height);
  const need = highThreshold(committees.thresholdCommittee(height).size);
  if (version === undefined || bySigner.size < need) return bad;

  const chosen = new Map([...bySigner].slice(0, need).map(([signer, s]) => [signer, s.signature]));
  const message = signedBytes.certification(root);
  const signature = crypto.combineThreshold("high", chosen, version);
  if (signature !== undefined && crypto.verifyThreshold("high", message, signature)) {
    return [
      ...bad,
      { kind: "add-to-validated", artifact: { kind: "certification", height, root, signature } },
    ];
  }
  const judged = good.map((artifact): CertificationChange => {
    const { signer } = artifact;
    const valid = crypto.verifyThresholdShare("high", message, signer, artifact.signature, version);
    if (valid) return { kind: "move-to-validated", artifact };
    return { kind: "handle-invalid", artifact, because: "signature-invalid" satisfies CertificationFault };
  });
  return [...bad, ...judged];
}

/** Shares worth combining, and what is to be said of the others without any pairing. */
function sift(
  { pool, committees }: CertifierView,
  height: Height,
  root: Hash,
): { readonly good: readonly CertificationShare[]; readonly bad: CertificationChange[] } {
  const good: CertificationShare[] = [];
  const bad: CertificationChange[] = [];
  const length = pool.shares(height)[0]?.signature.length;
  for (const artifact of pool.unvalidatedShares(height)) {
    const fault = ((): CertificationFault | undefined => {
      if (artifact.root !== root) return "root-differs-from-mine";
      if (!committees.thresholdCommittee(height).has(artifact.signer)) return "signer-not-in-subnet";
      return artifact.signature.length === length ? undefined : "signature-length";
    })();
    if (fault === undefined) good.push(artifact);
    else bad.push({ kind: "handle-invalid", artifact, because: fault });
  }
  return { good, bad };
}

/** V5. */
function purge({ pool, states }: CertifierView): CertificationChange[] {
  const certified = states.latestCertifiedHeight();
  const changes: CertificationChange[] = [];
  for (const height of pool.unvalidatedHeights()) {
    if (height > certified) break;
    for (const artifact of [...pool.unvalidatedCertifications(height), ...pool.unvalidatedShares(height)]) {
      changes.push({ kind: "remove-from-unvalidated", artifact });
    }
  }
  const floor = certified - CERTIFICATIONS_KEPT;
  if (floor > pool.purgedBelow) changes.push({ kind: "purge-below", height: floor });
  return changes;
}
