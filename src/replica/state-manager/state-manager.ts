/**
 * State manager: heights → states, their trees and roots, and which of them the subnet has certified.
 *
 *   M1  States come in height by height; each holds the root of the one before it.
 *   M2  A height counts as certified only when its certification names the root computed here.
 *   M3  The latest certified state and all above it stay until a higher one is certified, whatever `purge` says:
 *       queries, certificates and block validation read them.
 *   M5  A state that the subnet vouches for by a catch-up package may take the place of all that is here.
 *   M6  When all that is here proves wrong it goes, but for checkpoints that the subnet vouches for.
 *   M4  A restored state manager has the same roots: trees are made again from the states.
 *
 * How a state becomes a tree, and a tree a certificate, is the certification room's affair; `replica.ts` hands it in.
 * Source: DESIGN §4 ("state is a value per height"); replica C.3.
 */
import { assert, defined } from "../../base/assert.ts";
import { toHex } from "../../base/bytes.ts";
import { type HashTree, rootHash } from "../../codec/hash-tree.ts";
import type { Certification } from "../../types/consensus.ts";
import type { Hash, Height, MessageId } from "../../types/ids.ts";
import type { CertifiableStates, CertifiedStates, StatePath } from "../interfaces/state-reader.ts";
import type { ReplicatedState } from "../state/state.ts";

export interface StateManagerDeps {
  /** `previous`: an earlier state and its tree, whose parts may be reused. */
  readonly treeOf: (
    state: ReplicatedState,
    previous: { readonly state: ReplicatedState; readonly tree: HashTree } | undefined,
  ) => HashTree;
  readonly certificateOf: (
    tree: HashTree,
    certification: Certification,
    paths: readonly StatePath[],
  ) => Uint8Array;
}

/** Plain data. */
export interface StateManagerSnapshot {
  /** Lowest height first, without gaps. */
  readonly states: readonly ReplicatedState[];
  readonly certifications: readonly Certification[];
  readonly checkpoints: ReadonlyMap<Height, Hash>;
}

interface Kept {
  readonly state: ReplicatedState;
  readonly tree: HashTree;
  readonly root: Hash;
  certification: Certification | undefined;
}

export class StateManager implements CertifiedStates, CertifiableStates {
  readonly #deps: StateManagerDeps;
  readonly #kept = new Map<Height, Kept>();
  /** Of each summary height, the name of the state after it. */
  readonly #checkpoints = new Map<Height, Hash>();
  #latest: Height;
  #certified: Height;

  /** `genesis` is known to everybody and needs no certification. */
  constructor(genesis: ReplicatedState, deps: StateManagerDeps) {
    this.#deps = deps;
    this.#latest = genesis.height;
    this.#certified = genesis.height;
    this.#keep(genesis, undefined);
  }

  static restore(snapshot: StateManagerSnapshot, deps: StateManagerDeps): StateManager {
    const [first, ...rest] = snapshot.states;
    const manager = new StateManager(defined(first, "a snapshot holds a state"), deps);
    for (const state of rest) {
      manager.#keep(state, manager.#kept.get(state.height - 1));
      manager.#latest = state.height;
    }
    for (const certification of snapshot.certifications) manager.certify(certification);
    for (const [height, hash] of snapshot.checkpoints) manager.#checkpoints.set(height, hash);
    return manager;
  }

  snapshot(): StateManagerSnapshot {
    const kept = [...this.#kept.values()];
    return {
      states: kept.map((k) => k.state),
      certifications: kept.flatMap((k) => k.certification ?? []),
      checkpoints: new Map(this.#checkpoints),
    };
  }

  /** M1. Takes what a round made; returns its root. */
  commit(state: ReplicatedState): Hash {
    assert(state.height === this.#latest + 1, `height ${state.height} follows ${this.#latest}`);
    const previous = defined(this.#kept.get(this.#latest), "the latest state is kept");
    const root = this.#keep({ ...state, previousRoot: rootHash(previous.tree) }, previous);
    this.#latest = state.height;
    return root;
  }

  /** M5. Reads and block validation begin from it, as they did from the genesis. */
  adopt(state: ReplicatedState, checkpoint: Hash): void {
    assert(state.height > this.#latest, `the state of ${state.height} is newer than ${this.#latest}`);
    this.#kept.clear();
    this.#keep(state, undefined);
    this.#latest = state.height;
    this.#certified = state.height;
    this.#checkpoints.set(state.height, checkpoint);
  }

  /** M6. `from` is known to everybody. */
  drop(from: ReplicatedState, isVouchedFor: (height: Height, state: Hash) => boolean): void {
    this.#kept.clear();
    this.#keep(from, undefined);
    this.#latest = from.height;
    this.#certified = from.height;
    for (const [height, state] of this.#checkpoints)
      if (!isVouchedFor(height, state)) this.#checkpoints.delete(height);
  }

  /** The state after that height was written down under this name. */
  noteCheckpoint(height: Height, checkpoint: Hash): void {
    this.#checkpoints.set(height, checkpoint);
  }

  checkpointAt(height: Height): Hash | undefined {
    return this.#checkpoints.get(height);
  }

  /** Highest last. */
  checkpoints(): readonly { readonly height: Height; readonly state: Hash }[] {
    return [...this.#checkpoints].map(([height, state]) => ({ height, state }));
  }

  forgetCheckpoints(below: Height): void {
    for (const height of this.#checkpoints.keys()) if (height < below) this.#checkpoints.delete(height);
  }

  /** M2. False when the height is not kept or is certified already. */
  certify(certification: Certification): boolean {
    const kept = this.#kept.get(certification.height);
    if (kept === undefined || kept.certification !== undefined) return false;
    assert(kept.root === certification.root, `the root certified at ${certification.height} is ours`);
    kept.certification = certification;
    this.#certified = Math.max(this.#certified, certification.height);
    return true;
  }

  /** M3. */
  purge(below: Height): void {
    for (const height of this.#kept.keys()) {
      if (height < below && height < this.#certified) this.#kept.delete(height);
    }
  }

  latestHeight(): Height {
    return this.#latest;
  }

  latestCertifiedHeight(): Height {
    return this.#certified;
  }

  stateAt(height: Height): ReplicatedState | undefined {
    return this.#kept.get(height)?.state;
  }

  rootAt(height: Height): Hash | undefined {
    return this.#kept.get(height)?.root;
  }

  inHistory(height: Height, message: MessageId): boolean | undefined {
    return this.#kept.get(height)?.state.ingressHistory.has(message);
  }

  uncertified(): readonly { readonly height: Height; readonly root: Hash }[] {
    const pending: { height: Height; root: Hash }[] = [];
    for (let height = this.#certified + 1; height <= this.#latest; height++) {
      pending.push({ height, root: defined(this.rootAt(height), "states above the certified one are kept") });
    }
    return pending;
  }

  isCertified(height: Height): boolean {
    return this.#kept.get(height)?.certification !== undefined;
  }

  certificate(paths: readonly StatePath[]): Uint8Array | undefined {
    const kept = this.#kept.get(this.#certified);
    if (kept?.certification === undefined) return undefined;
    return this.#deps.certificateOf(kept.tree, kept.certification, paths);
  }

  lowestHeight(): Height {
    return Math.min(...this.#kept.keys());
  }

  /** The whole tree at a kept height, for the page's inspector. */
  treeAt(height: Height): HashTree | undefined {
    return this.#kept.get(height)?.tree;
  }

  #keep(state: ReplicatedState, previous: Kept | undefined): Hash {
    const tree = this.#deps.treeOf(state, previous);
    const root = toHex(rootHash(tree));
    this.#kept.set(state.height, { state, tree, root, certification: undefined });
    return root;
  }
}
