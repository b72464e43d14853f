/**
 * Gossip: decides what this node says to whom.
 *
 * With at most 13 nodes everybody tells everybody: what a node makes or combines goes to all peers at once, and what
 * came from a peer is not passed on. Links lose messages and nodes sleep, so every node also says, now and then, how
 * far it is; who hears that a peer lacks something sends it.
 *
 *   S1  Own artifacts and own aggregates go to every peer, once.
 *   S2  A peer that is clearly behind, or says the same as half a second ago, is sent what it lacks.
 *   S3  Resending is bounded: in bytes per answer, and in answers per peer and time unless the peer moves on.
 *   S4  A node that is behind says so again as soon as it has used half of an answer, to one peer only.
 *   S5  Nothing that a peer says is believed: artifacts are judged by their pools, a status only makes us send.
 *
 * Source: replica A.1, A.8 (look-ahead); issue 2 §3.
 * Checked by: gossip.test.ts.
 */
import type { EncodedArtifact } from "../../types/artifact.ts";
import type { ArtifactId, Hash, LabTime, NodeId } from "../../types/ids.ts";
import type {
  CertificationGossipReader,
  GossipStatus,
  IngressGossipReader,
} from "../interfaces/gossip-readers.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import { HEIGHTS_MAX, missingFor } from "./catch-up.ts";
import {
  ARTIFACTS_PER_MESSAGE_MAX,
  MESSAGE_BYTES_MAX,
  encodeArtifacts,
  encodeStatus,
  type readMessage,
} from "./wire.ts";

/** How often every peer hears how far this node is. */
const STATUS_EVERY_MS = 1000;
/** A node that knows itself behind asks this often. */
const BEHIND_EVERY_MS = 200;
/** A peer that says the same after this long has lost something. */
const STUCK_AFTER_MS = 500;
/** Answers to a peer that does not move on are at least this far apart. */
const ANSWER_EVERY_MS = 400;
/** A user's message that no block took is offered again. */
const INGRESS_EVERY_MS = 2000;
const INGRESS_BYTES_MAX = 256 * 1024;

/** Heights of difference that latency alone explains. */
const ORDINARY_GAP = 2;

export interface GossipDeps {
  readonly me: NodeId;
  /** Without this node: who is in the subnet, and who is to come. */
  readonly peers: () => readonly NodeId[];
  readonly pool: PoolReader;
  readonly certifications: CertificationGossipReader;
  readonly ingress: IngressGossipReader;
  readonly states: StateReader;
  readonly read: typeof readMessage;
}

export interface Send {
  readonly to: NodeId;
  readonly bytes: Uint8Array;
}

export interface Heard {
  /** For the pools, in the order sent, without those that the consensus pool has. */
  readonly artifacts: readonly EncodedArtifact[];
  /** What did not decode, in words. */
  readonly refusals: readonly string[];
  readonly sends: readonly Send[];
  /** Parts of a state that this peer asks for, or that it brings. */
  readonly want: readonly Hash[];
  readonly parts: readonly Uint8Array[];
}
const NOTHING_HEARD: Heard = { artifacts: [], refusals: [], sends: [], want: [], parts: [] };

export interface Gossip {
  /** What was made here, or brought here by a user: for everybody. */
  announce(artifacts: readonly EncodedArtifact[]): Send[];
  receive(from: NodeId, bytes: Uint8Array, now: LabTime): Heard;
  /** To be called after every event: what is due by time or by progress. */
  tick(now: LabTime): Send[];
  nextWake(now: LabTime): LabTime | undefined;
  snapshot(): GossipSnapshot;
}

interface Peer {
  readonly status: GossipStatus;
  readonly at: LabTime;
}
interface Answer {
  readonly status: GossipStatus;
  readonly at: LabTime;
}

/** Plain data. */
export interface GossipSnapshot {
  readonly peers: ReadonlyMap<NodeId, Peer>;
  readonly answers: ReadonlyMap<NodeId, Answer>;
  readonly statusDue: LabTime;
  readonly ingressDue: LabTime;
  readonly asked: { readonly status: GossipStatus; readonly at: LabTime } | undefined;
  readonly pendingIngress: ReadonlySet<ArtifactId>;
}

export function createGossip(deps: GossipDeps, from?: GossipSnapshot): Gossip {
  const { me, pool, certifications, ingress, states } = deps;
  const peers = new Map<NodeId, Peer>(from?.peers);
  const answers = new Map<NodeId, Answer>(from?.answers);
  let statusDue = from?.statusDue ?? 0;
  let ingressDue = from?.ingressDue ?? 0;
  let asked = from?.asked;
  let pendingIngress: ReadonlySet<ArtifactId> = from?.pendingIngress ?? new Set();

  const broadcast = (bytes: Uint8Array): Send[] => deps.peers().map((to) => ({ to, bytes }));

  const status = (): GossipStatus => ({
    finalized: pool.finalizedHeight(),
    notarized: pool.notarizedHeight(),
    beacon: pool.beaconHeight(),
    tape: pool.tapeHeight(),
    certified: states.latestCertifiedHeight(),
    executed: states.latestHeight(),
    catchUp: pool.catchUpHeight(),
  });

  /** S2, S3. */
  function hearStatus(peer: NodeId, theirs: GossipStatus, now: LabTime): Send[] {
    const before = peers.get(peer);
    const same = before !== undefined && equal(before.status, theirs);
    // The clock of "says the same" starts when it was first said.
    peers.set(peer, { status: theirs, at: same ? before.at : now });
    const stuck = same && now - before.at >= STUCK_AFTER_MS;
    if (!stuck && !behind(theirs, status())) return [];
    const last = answers.get(peer);
    if (last !== undefined && now - last.at < ANSWER_EVERY_MS && equal(last.status, theirs)) return [];
    const artifacts = missingFor(theirs, pool, certifications, me);
    if (artifacts.length === 0) return [];
    answers.set(peer, { status: theirs, at: now });
    return split(artifacts).map((part) => ({ to: peer, bytes: encodeArtifacts(part) }));
  }

  /** S4: the peer that is furthest ahead, by order of ids among equals. */
  function helper(mine: GossipStatus): NodeId | undefined {
    let best: NodeId | undefined;
    for (const peer of deps.peers()) {
      const theirs = peers.get(peer)?.status;
      if (theirs === undefined || !behind(mine, theirs)) continue;
      const other = best && peers.get(best)?.status;
      if (other === undefined || theirs.notarized > other.notarized) best = peer;
    }
    return best;
  }

  function ask(now: LabTime): Send[] {
    const mine = status();
    const to = helper(mine);
    if (to === undefined) {
      asked = undefined;
      return [];
    }
    const moved = asked === undefined || progress(asked.status, mine) >= HEIGHTS_MAX / 2;
    if (!moved && asked !== undefined && now - asked.at < BEHIND_EVERY_MS) return [];
    asked = { status: mine, at: now };
    return [{ to, bytes: encodeStatus(mine) }];
  }

  function offerIngress(): Send[] {
    const pending = ingress.ownPending();
    const again = pending.filter(({ id }) => pendingIngress.has(id));
    pendingIngress = new Set(pending.map(({ id }) => id));
    let room = INGRESS_BYTES_MAX;
    const offered = again.filter(({ bytes }) => {
      room -= bytes.length;
      return room >= 0;
    });
    return announce(offered);
  }

  function announce(artifacts: readonly EncodedArtifact[]): Send[] {
    return split(artifacts).flatMap((part) => broadcast(encodeArtifacts(part)));
  }

  return {
    announce,
    receive(peer, bytes, now) {
      const message = deps.read(bytes);
      if (!message.ok) return { ...NOTHING_HEARD, refusals: [message.because] };
      switch (message.value.kind) {
        case "status":
          return { ...NOTHING_HEARD, sends: hearStatus(peer, message.value.status, now) };
        case "want":
          return { ...NOTHING_HEARD, want: message.value.parts };
        case "parts":
          return { ...NOTHING_HEARD, parts: message.value.parts };
        case "artifacts":
      }
      const artifacts: EncodedArtifact[] = [];
      const refusals: string[] = [];
      for (const part of message.value.artifacts) {
        // Every peer sends the same aggregates: hashing costs a tenth of decoding.
        if (pool.has(part.id)) continue;
        const artifact = part.decoded();
        if (artifact.ok) artifacts.push(artifact.value);
        else refusals.push(artifact.because);
      }
      return { ...NOTHING_HEARD, artifacts, refusals };
    },
    tick(now) {
      const sends: Send[] = [];
      if (now >= statusDue) {
        statusDue = now + STATUS_EVERY_MS;
        sends.push(...broadcast(encodeStatus(status())));
      } else {
        sends.push(...ask(now));
      }
      if (now >= ingressDue) {
        ingressDue = now + INGRESS_EVERY_MS;
        sends.push(...offerIngress());
      }
      return sends;
    },
    nextWake(now) {
      if (deps.peers().length === 0) return undefined;
      const due = Math.min(statusDue, ingressDue);
      return asked === undefined ? due : Math.max(now, Math.min(due, asked.at + BEHIND_EVERY_MS));
    },
    snapshot: () => ({
      peers: new Map(peers),
      answers: new Map(answers),
      statusDue,
      ingressDue,
      asked,
      pendingIngress,
    }),
  };
}

const equal = (a: GossipStatus, b: GossipStatus): boolean =>
  a.finalized === b.finalized &&
  a.notarized === b.notarized &&
  a.beacon === b.beacon &&
  a.tape === b.tape &&
  a.certified === b.certified &&
  a.executed === b.executed &&
  a.catchUp === b.catchUp;

/** Whether `a` lacks more of the chain than latency explains. */
const behind = (a: GossipStatus, b: GossipStatus): boolean =>
  b.finalized - a.finalized > ORDINARY_GAP ||
  b.notarized - a.notarized > ORDINARY_GAP ||
  b.beacon - a.beacon > ORDINARY_GAP ||
  b.tape - a.tape > ORDINARY_GAP;

const progress = (a: GossipStatus, b: GossipStatus): number =>
  Math.max(b.finalized - a.finalized, b.notarized - a.notarized, b.tape - a.tape);

/** In messages that stay well below the size at which a peer refuses to read. */
function split(artifacts: readonly EncodedArtifact[]): EncodedArtifact[][] {
  const parts: EncodedArtifact[][] = [];
  let room = 0;
  for (const artifact of artifacts) {
    const last = parts.at(-1);
    room -= artifact.bytes.length;
    if (last !== undefined && room >= 0 && last.length < ARTIFACTS_PER_MESSAGE_MAX) {
      last.push(artifact);
    } else {
      parts.push([artifact]);
      room = MESSAGE_BYTES_MAX / 2 - artifact.bytes.length;
    }
  }
  return parts;
}
