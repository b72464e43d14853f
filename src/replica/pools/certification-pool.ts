/**
 * Certification pool: shares and certifications, by height, in two sections. What this node vouches for is validated;
 * what arrived and was not looked at yet is unvalidated. Components read it and return changes; `apply` is the only
 * way in besides `insert`. Source: replica A.1, A.19; the section contract of DESIGN §4.
 *
 *   Q1  One signer has at most one validated share per height, and a height at most one validated certification.
 *   Q2  The unvalidated section is bounded: the farthest heights leave first, so a flood cannot push out what is needed now.
 *   Q3  Nothing below the purge height stays or comes back.
 */
import { compareBytes, compareText, toHex } from "../../base/bytes.ts";
import type { Certification, CertificationArtifact, CertificationShare } from "../../types/consensus.ts";
import type { Height, NodeId } from "../../types/ids.ts";

export type CertificationChange =
  | { readonly kind: "add-to-validated"; readonly artifact: CertificationArtifact }
  | { readonly kind: "move-to-validated"; readonly artifact: CertificationArtifact }
  /** Not needed any more: superseded, or about a height that is certified. */
  | { readonly kind: "remove-from-unvalidated"; readonly artifact: CertificationArtifact }
  /** Wrong, and its sender or signer is to blame. */
  | { readonly kind: "handle-invalid"; readonly artifact: CertificationArtifact; readonly because: string }
  | { readonly kind: "purge-below"; readonly height: Height };

export interface CertificationPoolReader {
  certification(height: Height): Certification | undefined;
  /** Validated, in order of their signers. */
  shares(height: Height): readonly CertificationShare[];
  /** In an order that depends on content alone. */
  unvalidatedCertifications(height: Height): readonly Certification[];
  unvalidatedShares(height: Height): readonly CertificationShare[];
  /** Heights with anything unvalidated, lowest first. */
  unvalidatedHeights(): readonly Height[];
  /** Everything validated, lowest height first: what a peer may be told of. */
  validated(): readonly CertificationArtifact[];
  readonly purgedBelow: Height;
}

/** Plain data. */
export interface CertificationPoolSnapshot {
  readonly purgedBelow: Height;
  readonly validated: readonly CertificationArtifact[];
  readonly unvalidated: readonly CertificationArtifact[];
}

interface Validated {
  certification: Certification | undefined;
  readonly shares: Map<NodeId, CertificationShare>;
}

const MAX_UNVALIDATED = 4096;

export class CertificationPool implements CertificationPoolReader {
  #purgedBelow: Height = 0;
  readonly #validated = new Map<Height, Validated>();
  readonly #unvalidated = new Map<Height, Map<string, CertificationArtifact>>();
  #unvalidatedCount = 0;

  get purgedBelow(): Height {
    return this.#purgedBelow;
  }

  /** Something arrived. False when it is of no use: known, or below the purge height (Q3). */
  insert(artifact: CertificationArtifact): boolean {
    if (artifact.height < this.#purgedBelow || this.#isValidated(artifact)) return false;
    const atHeight = this.#unvalidated.get(artifact.height) ?? new Map<string, CertificationArtifact>();
    const key = keyOf(artifact);
    if (atHeight.has(key)) return false;
    this.#unvalidated.set(artifact.height, atHeight.set(key, artifact));
    this.#unvalidatedCount++;
    if (this.#unvalidatedCount > MAX_UNVALIDATED) this.#dropFarthest();
    return true;
  }

  /** Returns what became validated, in order: what is worth telling peers. */
  apply(changes: readonly CertificationChange[]): CertificationArtifact[] {
    const added: CertificationArtifact[] = [];
    for (const change of changes) {
      if (change.kind === "purge-below") {
        this.#purge(change.height);
        continue;
      }
      if (change.kind !== "add-to-validated") this.#forget(change.artifact);
      if (change.kind === "add-to-validated" || change.kind === "move-to-validated") {
        if (this.#validate(change.artifact)) added.push(change.artifact);
      }
    }
    return added;
  }

  certification(height: Height): Certification | undefined {
    return this.#validated.get(height)?.certification;
  }

  shares(height: Height): readonly CertificationShare[] {
    const shares = [...(this.#validated.get(height)?.shares.values() ?? [])];
    return shares.sort((a, b) => compareText(a.signer, b.signer));
  }

  unvalidatedCertifications(height: Height): readonly Certification[] {
    return this.#unvalidatedAt(height).filter((a) => a.kind === "certification");
  }

  unvalidatedShares(height: Height): readonly CertificationShare[] {
    return this.#unvalidatedAt(height).filter((a) => a.kind === "certification-share");
  }

  unvalidatedHeights(): readonly Height[] {
    return [...this.#unvalidated.keys()].sort((a, b) => a - b);
  }

  validated(): readonly CertificationArtifact[] {
    const heights = [...this.#validated.keys()].sort((a, b) => a - b);
    return heights.flatMap((height): CertificationArtifact[] => {
      const certification = this.certification(height);
      return certification === undefined ? [...this.shares(height)] : [certification, ...this.shares(height)];
    });
  }

  snapshot(): CertificationPoolSnapshot {
    return {
      purgedBelow: this.#purgedBelow,
      validated: this.validated(),
      unvalidated: this.unvalidatedHeights().flatMap((h) => this.#unvalidatedAt(h)),
    };
  }

  static restore(snapshot: CertificationPoolSnapshot): CertificationPool {
    const pool = new CertificationPool();
    pool.#purgedBelow = snapshot.purgedBelow;
    for (const artifact of snapshot.validated) pool.#validate(artifact);
    for (const artifact of snapshot.unvalidated) pool.insert(artifact);
    return pool;
  }

  #validate(artifact: CertificationArtifact): boolean {
    if (artifact.height < this.#purgedBelow || this.#isValidated(artifact)) return false;
    let at = this.#validated.get(artifact.height);
    if (at === undefined) {
      at = { certification: undefined, shares: new Map() };
      this.#validated.set(artifact.height, at);
    }
    if (artifact.kind === "certification") at.certification = artifact;
    else at.shares.set(artifact.signer, artifact);
    return true;
  }

  /** Q1. */
  #isValidated(artifact: CertificationArtifact): boolean {
    const at = this.#validated.get(artifact.height);
    if (at === undefined) return false;
    return artifact.kind === "certification"
      ? at.certification !== undefined
      : at.shares.has(artifact.signer);
  }

  #unvalidatedAt(height: Height): CertificationArtifact[] {
    return [...(this.#unvalidated.get(height)?.values() ?? [])].sort(byContent);
  }

  #forget(artifact: CertificationArtifact): void {
    const at = this.#unvalidated.get(artifact.height);
    if (at?.delete(keyOf(artifact)) !== true) return;
    this.#unvalidatedCount--;
    if (at.size === 0) this.#unvalidated.delete(artifact.height);
  }

  #purge(below: Height): void {
    if (below <= this.#purgedBelow) return;
    this.#purgedBelow = below;
    for (const height of this.#validated.keys()) if (height < below) this.#validated.delete(height);
    for (const [height, at] of this.#unvalidated) {
      if (height >= below) continue;
      this.#unvalidatedCount -= at.size;
      this.#unvalidated.delete(height);
    }
  }

  /** Q2. */
  #dropFarthest(): void {
    const farthest = Math.max(...this.#unvalidated.keys());
    const last = this.#unvalidatedAt(farthest).at(-1);
    if (last !== undefined) this.#forget(last);
  }
}

const signerOf = (artifact: CertificationArtifact): string =>
  artifact.kind === "certification" ? "" : artifact.signer;

/** Signatures are part of it: a forged share must not keep the signer's own one out. */
const keyOf = (artifact: CertificationArtifact): string =>
  `${artifact.kind} ${signerOf(artifact)} ${artifact.root} ${toHex(artifact.signature)}`;

const byContent = (a: CertificationArtifact, b: CertificationArtifact): number =>
  compareText(a.kind, b.kind) ||
  compareText(signerOf(a), signerOf(b)) ||
  compareText(a.root, b.root) ||
  compareBytes(a.signature, b.signature);
