/**
 * One node of the subnet: `step(event) → effects`. The only file that knows all rooms; it decides nothing but the
 * order in which they are asked, and carries what one says to the next.
 *
 *   R1  Same snapshot, same events, same effects: to the byte.
 *   R2  An event is worked off until no room wants anything more, except the round in hand, which goes on one canister
 *       message at a time: each `continue` executes one, and whatever arrived meanwhile comes first.
 *   R4  What became validated is in the persist effect of the very step, which comes before its sends. A node resumed
 *       from all that was persisted has signed nothing that it does not know of.
 *   R5  An inspection changes nothing, now or later.
 *   R3  What is validated here is announced once; what arrives goes into unvalidated sections only.
 *
 * Source: DESIGN §4.
 */
import { assert, defined, unreachable } from "../base/assert.ts";
import { GENESIS_VERSION, nodesSince, type Registry, subnetAt } from "../registry/registry.ts";
import { createParts, type Parts } from "../codec/parts.ts";
import { decodeArtifact, type EncodedArtifact, encoded, signedBytes } from "../types/artifact.ts";
import type { Batch } from "../types/batch.ts";
import type {
  Artifact,
  CatchUpContent,
  CertificationArtifact,
  ConsensusArtifact,
} from "../types/consensus.ts";
import {
  type BlockHash,
  type Hash,
  type Height,
  type LabTime,
  type NodeId,
  nanosOf,
  type RegistryVersion,
} from "../types/ids.ts";
import type { Fact } from "../types/trace.ts";
import { encodeCertificate } from "./certification/certificate.ts";
import { certify } from "./certification/certifier.ts";
import { createPeerRoots, type Divergence, type PeerRoots } from "./certification/divergence.ts";
import { stateTree } from "./certification/state-tree.ts";
import { type ConsensusSnapshot, createConsensus } from "./consensus/consensus.ts";
import type { Refusal } from "./consensus/intake.ts";
import { createEndpoints, type EndpointReply, type WaitingCall } from "./endpoints/endpoints.ts";
import { createExecution, type Execution } from "./execution/execution.ts";
import { inductionFee, inductionPayer } from "./execution/induction.ts";
import { effectiveCanisterOf } from "./execution/management/effective-canister.ts";
import { type ConductSnapshot, createConduct } from "./gossip/conduct.ts";
import { createGossip, type GossipSnapshot, type Send } from "./gossip/gossip.ts";
import { encodeParts, encodeWant, readMessage } from "./gossip/wire.ts";
import { handleIngress } from "./ingress/ingress-handler.ts";
import { createJudge } from "./ingress/judge.ts";
import { createPayloadBuilder } from "./ingress/payload-builder.ts";
import { inspect, type InspectionView } from "./inspect.ts";
import { inspectMemory } from "./inspect-memory.ts";
import { inspectState } from "./inspect-state.ts";
import type { ReplicaCrypto } from "./interfaces/crypto.ts";
import type { Replica, ReplicaEffect, ReplicaEvent, Stamped } from "./interfaces/events.ts";
import type { Round } from "./interfaces/execution.ts";
import type { PayloadBuilder } from "./interfaces/ingress.ts";
import type { Checkpoint, Part, StorageBatch, StoredNode, StoredParts } from "./interfaces/storage.ts";
import type { WasmHost } from "./interfaces/wasm-host.ts";
import { CertificationPool, type CertificationPoolSnapshot } from "./pools/certification-pool.ts";
import { IngressPool, type IngressPoolSnapshot } from "./pools/ingress-pool.ts";
import { fromStoredPool, toStoredPool } from "./pools/stored-pool.ts";
import { createQueryCounter, type QueryCounts } from "./query-stats/counter.ts";
import { createQueryStatsBuilder } from "./query-stats/section.ts";
import { createBeginRound } from "./routing/begin-round.ts";
import type { ReplicatedState } from "./state/state.ts";
import { genesisState } from "./state/genesis.ts";
import { fromStored, toStored } from "./state/stored.ts";
import { createAnswers, createStateSync } from "./state-sync/state-sync.ts";
import { StateManager, type StateManagerSnapshot } from "./state-manager/state-manager.ts";

export interface ReplicaDeps {
  readonly me: NodeId;
  readonly registry: Registry;
  readonly genesis: LabTime;
  readonly crypto: ReplicaCrypto;
  readonly wasm: WasmHost;
  /** Sees every state that a round made, before it is hashed: for checkers. */
  readonly watch?: (state: ReplicatedState) => void;
  /** How peers' messages are read: where many nodes live in one thread, what was sent to all may be read once. */
  readonly readMessage?: typeof readMessage;
  readonly stored: StoredParts;
  /** See consensus/component.ts. */
  readonly memoryLostAt?: LabTime;
  /** That have read some of `stored`. */
  readonly parts?: Parts;
}

/** Plain data: structuredClone keeps it whole. Rounds in hand are begun again from their batches. */
export interface ReplicaSnapshot {
  /** Undefined of a node that begins with what it is given. */
  readonly registry: Registry | undefined;
  readonly consensus: ConsensusSnapshot;
  readonly certification: CertificationPoolSnapshot;
  readonly peerRoots: PeerRoots;
  readonly ingress: IngressPoolSnapshot;
  readonly states: StateManagerSnapshot;
  readonly waiting: readonly WaitingCall[];
  /** These two: undefined of a node that does not remember. */
  readonly gossip: GossipSnapshot | undefined;
  readonly conduct: ConductSnapshot | undefined;
  readonly queryCounts: QueryCounts | undefined;
  readonly batches: readonly Batch[];
  /** How often the round in hand went on. At 0, a node restored from this waits for the very events that this one does. */
  readonly turns: number;
  /** Heights of the packages from which a node whose state was wrong began again, and did so in vain; -1: none. */
  readonly recovery: { readonly beganAgainAt: Height; readonly failedFrom: Height };
  readonly sequence: number;
}

export const createReplica = (deps: ReplicaDeps): Replica => build(deps, () => undefined);
/** `snapshot`: what `snapshot()` of this node gave; shared parts are not copied, so clone it if its node lives on. */
export const restoreReplica = (deps: ReplicaDeps, snapshot: unknown): Replica =>
  build(deps, () => snapshot as ReplicaSnapshot);
/** From parts of `deps.stored`: the name is that of a `toStoredSnapshot`. Undefined when one is damaged or missing. */
export function restoreStoredReplica(deps: ReplicaDeps, name: Hash): Replica | undefined {
  const parts = createParts();
  const read = parts.read(name, (hash) => deps.stored.part(hash));
  if (!read.ok) return undefined;
  return build({ ...deps, parts }, ({ codeOf }) => fromStoredSnapshot(read.value, codeOf));
}

/** A snapshot as plain data in which nothing is that follows from the rest. */
export function toStoredSnapshot(snapshot: unknown): object {
  const { consensus, states, ...rest } = snapshot as ReplicaSnapshot;
  return {
    ...rest,
    consensus: { ...consensus, pool: toStoredPool(consensus.pool) },
    states: { ...states, states: states.states.map(toStored) },
  };
}

function fromStoredSnapshot(stored: unknown, codeOf: Execution["codeOf"]): ReplicaSnapshot {
  const { consensus, states, ...rest } = stored as ReplicaSnapshot;
  return {
    ...rest,
    consensus: { ...consensus, pool: fromStoredPool(consensus.pool) },
    states: { ...states, states: states.states.map((state) => fromStored(state, codeOf)) },
  };
}

/** From what a node had written down: the newest checkpoint that is whole, and the blocks since to be executed again. */
export const resumeReplica = (deps: ReplicaDeps, node: StoredNode, now: LabTime): Replica =>
  build(deps, (context) => resumed(node, now, { ...deps, ...context }));

/** How far a node resumed from this gets by itself: before that it would answer from an older state than it once did. */
export function replayHeight({ artifacts }: StoredNode): Height {
  const highest = { finalization: 0, "random-tape": 0 };
  for (const bytes of artifacts) {
    const decoded = decodeArtifact(bytes);
    const artifact = decoded.ok ? decoded.value.artifact : undefined;
    if (artifact?.kind !== "finalization" && artifact?.kind !== "random-tape") continue;
    highest[artifact.kind] = Math.max(highest[artifact.kind], artifact.content.height);
  }
  return Math.min(highest.finalization, highest["random-tape"]);
}

type Inspect = Extract<ReplicaEvent, { kind: "inspect" }>;

interface Context {
  readonly parts: Parts;
  readonly codeOf: Execution["codeOf"];
}

function build(deps: ReplicaDeps, snapshotFor: (context: Context) => ReplicaSnapshot | undefined): Replica {
  const { me, crypto, stored } = deps;
  const { parts = createParts() } = deps;
  const { executor, queries, ingressFilter, codeOf, forgetRuns } = createExecution(deps.wasm);
  const from = snapshotFor({ parts, codeOf });
  const registry = growing(from?.registry ?? deps.registry);
  /** As it began: of the subnet's name and parameters. */
  const subnet = subnetAt(registry, GENESIS_VERSION);
  const treeDeps = { treeOf: stateTree, certificateOf: encodeCertificate };
  const states =
    from === undefined
      ? new StateManager(genesisState(subnet, deps.genesis), treeDeps)
      : StateManager.restore(from.states, treeDeps);
  const ingress = from === undefined ? new IngressPool() : IngressPool.restore(from.ingress);
  const certifications =
    from === undefined ? new CertificationPool() : CertificationPool.restore(from.certification);

  const peerRoots = createPeerRoots(from?.peerRoots);
  const beginRound = createBeginRound(executor);
  const judge = createJudge(effectiveCanisterOf, (message, signature) =>
    crypto.verifyThreshold("high", message, signature),
  );
  const counter = createQueryCounter(subnet.queryStatsEpochLength, from?.queryCounts);
  const queryStats = createQueryStatsBuilder({ me, subnet, states, closed: counter.closed });
  const calls = createPayloadBuilder({
    pool: ingress,
    states,
    judge,
    inductionFee: (call, record) => {
      const payer = inductionPayer(call);
      return payer === undefined ? undefined : { payer, cycles: inductionFee(call, record) };
    },
    subnetAt: (version) => registry.versions.get(version),
  });
  const payloads: PayloadBuilder = {
    build: (context, past) => ({ ...calls.build(context, past), ...queryStats.build(context, past) }),
    validate(payload, context, past, maker) {
      const verdict = queryStats.validate(payload, context, past, maker);
      return verdict.kind === "valid" ? calls.validate(payload, context, past) : verdict;
    },
  };
  const consensus = createConsensus(
    {
      me,
      registry,
      crypto,
      payloads,
      states,
      decodeIngress: judge.decode,
      ...(deps.memoryLostAt === undefined ? {} : { memoryLostAt: deps.memoryLostAt }),
    },
    deps.genesis,
    from?.consensus,
  );
  /** The version whose nodes are those of the height after the finalized tip. */
  const nextVersion = (): RegistryVersion | undefined =>
    consensus.pool.registryVersion(consensus.pool.finalizedHeight() + 1);
  /** Whoever that height or a later one may belong to. */
  const peers = remembering(
    () => `${nextVersion()} ${registry.latestVersion}`,
    () => nodesSince(registry, nextVersion() ?? GENESIS_VERSION).filter((id) => id !== me),
  );
  const stateSync = createStateSync({ peers, stored });
  const answers = createAnswers(stored);
  const gossip = createGossip(
    {
      me,
      peers,
      pool: consensus.pool,
      certifications: {
        certification: (height) => {
          const found = certifications.certification(height);
          return found && encoded(found);
        },
        ownShare: (height) => {
          const found = certifications.shares(height).find((s) => s.signer === me);
          return found && encoded(found);
        },
      },
      ingress: {
        ownPending: () => [...ingress.own()].map(({ bytes }) => encoded({ kind: "ingress", bytes })),
      },
      states,
      read: deps.readMessage ?? readMessage,
    },
    from?.gossip,
  );
  const conduct = createConduct(from?.conduct);
  const endpoints = createEndpoints(
    {
      states,
      queries,
      counter,
      crypto,
      me,
      pool: ingress,
      judge,
      filter: ingressFilter,
      subnet: () => subnetAt(registry, registry.latestVersion),
    },
    from?.waiting,
  );

  const batches: Batch[] = [...(from?.batches ?? [])];
  let round: Round | undefined;
  let sequence = from?.sequence ?? 0;
  let now: LabTime = deps.genesis;
  let effects: ReplicaEffect[] = [];
  let persisted = NOTHING_TO_PERSIST();
  /** Resumed from the disk: of what it has nobody who watches knows. */
  let untold = from !== undefined && from.sequence === 0;

  /** Its last words are said. */
  let hasStopped = false;
  function step(event: Stamped<ReplicaEvent>): ReplicaEffect[] {
    if (event.kind === "inspect") return [inspected(event)]; // R5
    if (hasStopped) return [];
    effects = [];
    now = Math.max(now, event.at);
    if (untold) say(consensus.facts());
    untold = false;
    take(event);
    settle(event.kind === "clock");
    tellMembers();
    send(gossip.tick(now));
    catchUp();
    persist();
    const wakes = [
      consensus.nextWake(now),
      gossip.nextWake(now),
      endpoints.nextDeadline(),
      stateSync.nextWake(),
    ];
    const due = wakes.filter((at) => at !== undefined);
    if (due.length > 0) effects.push({ kind: "wake", at: Math.min(...due) });
    if (round !== undefined && !waits) effects.push({ kind: "continue" });
    leave();
    return effects;
  }

  const views: Pick<InspectionView, "stateTree" | "memory"> = {
    stateTree: (what) => inspectState(states, what),
    memory: (what) => inspectMemory(states, what),
  };
  function inspected({ ticket, what }: Inspect): ReplicaEffect {
    const view = { me, pool: consensus.pool, certifications, ingress, states, ...views };
    return { kind: "inspect-reply", ticket, reply: inspect(view, what) };
  }

  function take(event: Exclude<ReplicaEvent, Inspect>): void {
    switch (event.kind) {
      case "clock":
        reply(endpoints.onClock(now));
        break;
      case "continue":
        reply(endpoints.onContinue());
        advanceRound();
        break;
      case "peer-bytes":
        hear(event.from, event.bytes);
        break;
      case "http": {
        const outcome = endpoints.handle(event.ticket, event.request, now);
        reply(outcome.replies);
        say(outcome.facts);
        announce(ingress.apply(outcome.ingress).map(({ bytes }) => encoded({ kind: "ingress", bytes })));
        break;
      }
      case "registry":
        registry.versions.set(event.version, event.subnet);
        registry.latestVersion = Math.max(registry.latestVersion, event.version);
        certifiable = true;
        say([{ kind: "registry-version", version: event.version, nodes: event.subnet.nodes.length }]);
        break;
      default:
        unreachable(event);
    }
  }

  function misbehaves(peer: NodeId, because: string): void {
    const said = conduct.note(peer, because, now);
    if (said !== undefined) say([{ kind: "peer-misbehaves", ...said }]);
  }

  function hear(peer: NodeId, bytes: Uint8Array): void {
    if (!conduct.listensTo(peer, now)) return;
    const heard = gossip.receive(peer, bytes, now);
    for (const _ of heard.refusals) misbehaves(peer, "undecodable");
    send(heard.sends);
    const asked = answers.answer(peer, heard.want, now);
    if (asked.length > 0) send([{ to: peer, bytes: encodeParts(asked) }]);
    persisted.parts.push(...stateSync.receive(peer, heard.parts));
    for (const artifact of heard.artifacts) {
      if (artifact.artifact.kind === "ingress") {
        if (ingress.insert(artifact.artifact.bytes))
          say([{ kind: "artifact-received", artifact: "ingress", id: artifact.id, height: 0, from: peer }]);
      } else if (isCertification(artifact.artifact)) {
        if (certifications.insert(artifact.artifact)) certifiable = true;
        peerRoots.hear(
          peer,
          artifact.artifact,
          states.latestCertifiedHeight(),
          ({ height, root, signature }) =>
            root === states.rootAt(height) ||
            crypto.verifyThreshold("high", signedBytes.certification(root), signature),
        );
      } else {
        const { refusal, facts } = consensus.receive(artifact as EncodedArtifact<ConsensusArtifact>, peer);
        say(facts);
        if (refusal !== undefined && FAULTS.has(refusal)) misbehaves(peer, refusal);
      }
    }
  }

  /** R2. Ends because every turn changes a pool or raises the certified height, and both are bounded. */
  function settle(isClock: boolean): void {
    let sweeps = isClock;
    const members = consensus.pool.thresholdCommittee(states.latestCertifiedHeight() + 1).size;
    if (members > 0) notice(peerRoots.found(states, members));
    for (let again = true; again;) {
      // First: somebody waits for these certificates, nobody yet for what consensus does next.
      if (certifyStates()) sweeps = true;
      const ingressView = { pool: ingress, judge, states, maxMessageBytes: subnet.maxIngressBytesPerMessage };
      ingress.apply(handleIngress(ingressView, nanosOf(now), sweeps));
      sweeps = false;
      const run = consensus.run(now);
      announce(run.announce);
      say(run.facts);
      for (const fact of run.facts)
        if (fact.kind === "artifact-refused" && fact.from !== undefined)
          misbehaves(fact.from, fact.because.split(":")[0]!);
      persisted.artifacts.push(...run.validated.map(({ bytes }) => bytes));
      batches.push(...run.batches);
      if (run.validated.length > 0) certifiable = true;
      if (round === undefined) startRound();
      again = certifyStates();
      if (again) sweeps = true;
    }
  }

  function startRound(): void {
    const batch = batches[0];
    if (batch === undefined) return;
    assert(batch.height === states.latestHeight() + 1, `batch ${batch.height} follows the latest state`);
    const previous = defined(states.stateAt(batch.height - 1), "the latest state is kept");
    round = beginRound(previous, batch, subnetAt(registry, batch.registryVersion));
    executed = { messages: 0, instructions: 0n };
    turns = 0;
  }

  /** The round in hand has nothing to do until the host gives a `continue`. */
  let waits = false;
  let turns = 0;
  let executed = { messages: 0, instructions: 0n };
  function advanceRound(): void {
    if (round === undefined) return;
    turns++;
    const progress = round.step();
    waits = !progress.done && progress.waits;
    for (const fact of progress.facts) {
      if (fact.kind !== "message-executed") continue;
      executed.messages++;
      executed.instructions += fact.instructions;
    }
    say(progress.facts);
    if (!progress.done) return;
    deps.watch?.(progress.state);
    const root = states.commit(progress.state);
    certifiable = true;
    say([{ kind: "round-executed", height: progress.state.height, ...executed, root }]);
    if (batches[0]?.isSummary) writeCheckpoint(progress.state.height);
    batches.shift();
    round = undefined;
  }

  /** Replica A.18: only a summary's state is named whole, and written down. */
  function writeCheckpoint(height: Height): void {
    const state = toStored(defined(states.stateAt(height), "the latest state is kept"));
    const hash = parts.write(state, {
      has: (hash) => stored.has(hash),
      keep: (hash, bytes) => persisted.parts.push({ hash, bytes }),
    });
    states.noteCheckpoint(height, hash);
    persisted.checkpoints.push({ height, state: hash });
    say([{ kind: "checkpoint", height, state: hash }]);
  }

  /** Replica A.14: blocks that nobody keeps any more stand between this node's state and the chain. */
  function catchUp(): void {
    const target = consensus.pool.catchUpPackage()?.content;
    const mine = target && states.checkpointAt(target.height);
    if (target !== undefined && mine !== undefined && mine !== target.state)
      notice({ height: target.height, mine, theirs: target.state });
    const delivered = consensus.deliveredHeight();
    const isLost =
      target !== undefined &&
      target.height > failedFrom &&
      (delivered === undefined ||
        (delivered < target.height && consensus.pool.finalizedBlock(delivered + 1)?.maker === undefined));
    stateSync.aim(isLost ? target : undefined);
    if (!isLost) return;
    if (stateSync.isComplete()) adopt(target);
    else if (peers().length === 0) {
      hasStopped = true;
      effects.push({ kind: "stop", because: "its state is damaged, and no other node has it" });
    }
    const question = stateSync.ask(now);
    if (question !== undefined) send([{ to: question.to, bytes: encodeWant(question.parts) }]);
  }

  /**
   * Replica C: what was computed here is not what the subnet computed. All of it goes, and so does what was written down
   * of it: there is no state until the last catch-up package's, so nothing that takes one is signed. Before the first
   * package that is the genesis, from which every block is still here.
   */
  function notice(divergence: Divergence | undefined): void {
    if (divergence === undefined) return;
    say([{ kind: "state-diverged", ...divergence }]);
    const vouched = consensus.pool.catchUpPackage()?.content;
    round = undefined;
    waits = false;
    batches.length = 0;
    forgetRuns();
    states.drop(
      genesisState(subnet, deps.genesis),
      (height, state) => height === vouched?.height && state === vouched.state,
    );
    certifiable = true;
    const height = vouched?.height ?? 0;
    if (height === beganAgainAt) failedFrom = height;
    beganAgainAt = height;
    if (vouched === undefined && failedFrom < 0) consensus.goOnFrom(0);
    else consensus.holdBatches();
    isStale = true;
  }

  let toldVersion = from === undefined || from.sequence === 0 ? undefined : nextVersion();
  function tellMembers(): void {
    const version = nextVersion();
    if (version === undefined || version === toldVersion) return;
    toldVersion = version;
    say([{ kind: "members", height: consensus.pool.finalizedHeight() + 1, version }]);
  }

  /**
   * The nodes of a package's interval can go on alone: whoever is in neither that nor the next, nor in what the registry
   * says since, is not needed any more. Before that those who go still help.
   */
  function leave(): void {
    const block = consensus.pool.catchUpPackage()?.block;
    const summary = block?.payload.summary;
    if (block === undefined || summary === undefined) return;
    const { registryVersion: version, nextRegistryVersion } = summary;
    const isIn = (v: RegistryVersion): boolean =>
      registry.versions.get(v)?.nodes.some(({ id }) => id === me) ?? true;
    if (isIn(version) || isIn(nextRegistryVersion) || isIn(registry.latestVersion)) return;
    hasStopped = true;
    say([{ kind: "left-subnet", height: block.height, version }]);
    effects.push({
      kind: "stop",
      because: "it is not in the subnet any more: the registry does without it",
    });
  }

  /** What went wrong twice from one package would go wrong for ever: then the next one is waited for. */
  let { beganAgainAt, failedFrom } = from?.recovery ?? { beganAgainAt: -1, failedFrom: -1 };

  function adopt({ height, state }: CatchUpContent): void {
    const fresh = new Map(persisted.parts.map(({ hash, bytes }) => [hash, bytes]));
    const read = parts.read(state, (hash) => fresh.get(hash) ?? stored.part(hash));
    assert(read.ok, read.ok ? "" : read.because);
    round = undefined;
    batches.length = 0;
    states.adopt(fromStored(read.value, codeOf), state);
    certifiable = true;
    consensus.goOnFrom(height);
    persisted.checkpoints.push({ height, state });
    say([{ kind: "state-adopted", height, state }]);
    settle(false);
  }

  /** A new catch-up package makes what is older superfluous: then all that is still needed is written anew. */
  let wholeAt = consensus.pool.catchUpHeight();
  /** Checkpoints on the disk are not this node's any more. */
  let isStale = false;
  function persist(): void {
    const catchUpHeight = consensus.pool.catchUpHeight();
    // Whoever is silent keeps the damage on its disk, which tells it so, until it may speak.
    const isWhole =
      consensus.remembers() &&
      (isStale || (catchUpHeight > wholeAt && states.checkpointAt(catchUpHeight) !== undefined));
    isStale = false;
    if (isWhole) {
      wholeAt = catchUpHeight;
      states.forgetCheckpoints(catchUpHeight);
    }
    const batch: StorageBatch = isWhole
      ? {
          artifacts: [...consensus.validated(), ...certifications.validated().map((a) => encoded(a).bytes)],
          parts: persisted.parts,
          checkpoints: states.checkpoints(),
          isWhole,
        }
      : { ...persisted, isWhole };
    persisted = NOTHING_TO_PERSIST();
    const isEmpty = batch.artifacts.length + batch.parts.length + batch.checkpoints.length === 0;
    if (!isEmpty) effects.unshift({ kind: "persist", batch });
  }

  /** R4. What was checked before it was written down is not checked again: only that the state is that state. */
  function certifyKnown(): void {
    for (const { height, root: mine } of states.uncertified()) {
      const known = certifications.certification(height);
      if (known === undefined) continue;
      if (known.root !== mine) {
        notice({ height, mine, theirs: known.root });
        return;
      }
      states.certify(known);
      say([...factsAbout(encoded(known), false), { kind: "certified", height, root: mine }]);
    }
  }

  /** Whether there is a new state, certification or share, or consensus knows more: else all was looked at before. */
  let certifiable = true;

  /** True when a higher height became certified, which lets consensus go on. */
  function certifyStates(): boolean {
    if (!certifiable) return false;
    certifiable = false;
    const before = states.latestCertifiedHeight();
    certifyKnown();
    for (;;) {
      const changes = certify({
        pool: certifications,
        states,
        crypto,
        me,
        committees: consensus.pool,
        signs: consensus.remembers(),
      });
      if (changes.length === 0) break;
      const made = new Set(changes.flatMap((c) => (c.kind === "add-to-validated" ? [c.artifact] : [])));
      for (const change of changes) if (change.kind === "handle-invalid") sayRefused(change);
      for (const artifact of certifications.apply(changes)) {
        const known = encoded(artifact);
        say(factsAbout(known, made.has(artifact)));
        if (made.has(artifact)) announce([known]);
        if (artifact.kind === "certification") persisted.artifacts.push(known.bytes);
        if (artifact.kind === "certification" && states.certify(artifact)) {
          say([{ kind: "certified", height: artifact.height, root: artifact.root }]);
        }
      }
    }
    if (states.latestCertifiedHeight() === before) return false;
    reply(endpoints.onCertified());
    const tip = consensus.pool.finalizedBlock(consensus.pool.finalizedHeight());
    if (tip !== undefined) states.purge(tip.block.context.certifiedHeight);
    return true;
  }

  const say = (facts: readonly Fact[]): void => {
    for (const fact of facts) {
      effects.push({ kind: "trace", entry: { node: me, at: now, sequence: sequence++, fact } });
    }
  };
  const sayRefused = ({ artifact, because }: { artifact: CertificationArtifact; because: string }): void => {
    const { id } = encoded(artifact);
    say([{ kind: "artifact-refused", artifact: artifact.kind, id, height: artifact.height, because }]);
  };
  const reply = (replies: readonly EndpointReply[]): void => {
    for (const { ticket, reply } of replies) effects.push({ kind: "http-reply", ticket, reply });
  };
  const send = (sends: readonly Send[]): void => {
    for (const { to, bytes } of sends) effects.push({ kind: "send", to, bytes });
  };
  const announce = (artifacts: readonly EncodedArtifact[]): void => {
    if (artifacts.length > 0) send(gossip.announce(artifacts));
  };

  startRound(); // of a snapshot
  return {
    step,
    snapshot: (): ReplicaSnapshot => ({
      registry: growing(registry),
      consensus: consensus.snapshot(),
      certification: certifications.snapshot(),
      peerRoots: peerRoots.snapshot(),
      ingress: ingress.snapshot(),
      states: states.snapshot(),
      waiting: endpoints.snapshot(),
      gossip: gossip.snapshot(),
      conduct: conduct.snapshot(),
      queryCounts: counter.snapshot(),
      batches: [...batches],
      turns: round === undefined ? 0 : turns,
      recovery: { beganAgainAt, failedFrom },
      sequence,
    }),
  };
}

/** Refusals that no honest node gives cause for. */
const FAULTS: ReadonlySet<Refusal> = new Set(["unknown-signer", "height-zero", "too-many-from-this-peer"]);

/** A copy that takes new versions. */
const growing = ({ latestVersion, versions }: Registry) => ({ latestVersion, versions: new Map(versions) });

function remembering<T>(key: () => string, make: () => T): () => T {
  let known: { readonly key: string; readonly value: T } | undefined;
  return () => {
    const now = key();
    if (known?.key !== now) known = { key: now, value: make() };
    return known.value;
  };
}

const NOTHING_TO_PERSIST = (): { artifacts: Uint8Array[]; parts: Part[]; checkpoints: Checkpoint[] } => ({
  artifacts: [],
  parts: [],
  checkpoints: [],
});

/** R4. */
function resumed(node: StoredNode, now: LabTime, deps: ReplicaDeps & Context): ReplicaSnapshot {
  const artifacts = node.artifacts.flatMap((bytes) => {
    const artifact = decodeArtifact(bytes);
    return artifact.ok ? [artifact.value] : [];
  });
  const validated = artifacts.filter(isConsensus);
  const certifications = artifacts.map(({ artifact }) => artifact).filter(isCertification);
  const isWhole = ({ kind }: CertificationArtifact): boolean => kind === "certification";
  const state = newestState(usable(node.checkpoints, artifacts), deps);
  return {
    registry: undefined,
    consensus: {
      pool: { startedAt: now, validated, unvalidated: [], blamed: [] },
      delivered: state.height,
      holdsBatches: false,
      cursor: 0,
      wakeAt: undefined,
      cutShort: true,
      said: new Map(),
      busySince: undefined,
    },
    certification: {
      purgedBelow: 0,
      validated: certifications.filter(isWhole),
      unvalidated: certifications.filter((artifact) => !isWhole(artifact)),
    },
    peerRoots: new Map(),
    ingress: new IngressPool().snapshot(),
    states: {
      states: [state],
      certifications: [],
      checkpoints: new Map(node.checkpoints.map(({ height, state }) => [height, state])),
    },
    waiting: [],
    gossip: undefined,
    conduct: undefined,
    queryCounts: undefined,
    batches: [],
    turns: 0,
    recovery: { beganAgainAt: -1, failedFrom: -1 },
    sequence: 0,
  };
}

/**
 * Blocks to come may name any certified height from the finalized tip's on, and their payloads are judged by the state
 * there: a checkpoint above it would leave this node unable to vote. Of the catch-up package's own that is known
 * (consensus K3).
 */
function usable(checkpoints: readonly Checkpoint[], artifacts: readonly EncodedArtifact[]): Checkpoint[] {
  let tip: Height = 0;
  let named: Height = 0;
  const blocks = new Map<BlockHash, Height>();
  for (const { artifact } of artifacts) {
    if (artifact.kind === "catch-up-package") named = Math.max(named, artifact.content.height);
    if (artifact.kind === "block-proposal") blocks.set(artifact.hash, artifact.block.context.certifiedHeight);
    if (artifact.kind !== "finalization" || artifact.content.height <= tip) continue;
    tip = artifact.content.height;
    named = Math.max(named, blocks.get(artifact.content.block) ?? 0);
  }
  return checkpoints.filter(({ height }) => height <= named);
}

/** One that is damaged or not whole is as good as none: its parts are fetched from peers. */
function newestState(
  checkpoints: readonly Checkpoint[],
  { registry, genesis, stored, parts, codeOf }: ReplicaDeps & Context,
): ReplicatedState {
  for (const { state } of [...checkpoints].sort((a, b) => b.height - a.height)) {
    const read = parts.read(state, (hash) => stored.part(hash));
    if (read.ok) return fromStored(read.value, codeOf);
  }
  return genesisState(subnetAt(registry, GENESIS_VERSION), genesis);
}

const isConsensus = (entry: EncodedArtifact): entry is EncodedArtifact<ConsensusArtifact> =>
  entry.artifact.kind !== "ingress" && !isCertification(entry.artifact);

const isCertification = (artifact: Artifact): artifact is CertificationArtifact =>
  artifact.kind === "certification" || artifact.kind === "certification-share";

function factsAbout({ id, artifact }: EncodedArtifact<CertificationArtifact>, made: boolean): Fact[] {
  const about = { artifact: artifact.kind, id, height: artifact.height } as const;
  const validated: Fact = {
    kind: "artifact-validated",
    ...about,
    ...(artifact.kind === "certification-share" ? { signer: artifact.signer } : {}),
  };
  return made ? [{ kind: "artifact-made", ...about }, validated] : [validated];
}
