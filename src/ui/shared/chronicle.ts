/**
 * The chronicle: a fold of the nodes' facts into what the views draw. Holds no protocol state and decides nothing.
 *
 *   C1  A fact said by several nodes, or twice, changes nothing the second time; times are the earliest ones.
 *   C2  At most `COLUMNS_KEPT` heights and `MESSAGES_KEPT` messages are remembered: the oldest go first.
 *   C3  Facts of forgotten heights do not bring their height back.
 *
 * Mutable on purpose: thousands of facts a second pass through. Views read it when `Live.version` moves.
 * Checked by: chronicle.test.ts.
 */
import type {
  ArtifactId,
  BlockHash,
  CanisterId,
  Hash,
  Height,
  LabTime,
  MessageId,
  NodeId,
  Rank,
} from "../../types/ids.ts";
import type { ArtifactKind } from "../../types/consensus.ts";
import type { CallTrace, Fact, TraceEntry } from "../../types/trace.ts";

export const COLUMNS_KEPT = 5_000;
export const MESSAGES_KEPT = 2_000;
const CONTEXTS_KEPT = 5_000;
const PRINTS_KEPT = 500;

export interface Share {
  readonly id: ArtifactId;
  readonly at: LabTime;
}

/** Shares by signer, and the artifact that they became. */
export interface Gathering {
  readonly shares: Map<NodeId, Share>;
  whole: { readonly id: ArtifactId; readonly at: LabTime } | undefined;
}

export interface BlockMark {
  readonly hash: BlockHash;
  maker: NodeId | undefined;
  rank: Rank | undefined;
  /** The proposal's artifact. */
  id: ArtifactId | undefined;
  at: LabTime;
  readonly notarization: Gathering;
  readonly finalization: Gathering;
}

/** One height. */
export interface Column {
  readonly height: Height;
  readonly blocks: Map<BlockHash, BlockMark>;
  readonly beacon: Gathering;
  readonly tape: Gathering;
  readonly certification: Gathering;
  finalized: { readonly block: BlockHash; readonly at: LabTime } | undefined;
  executed: { readonly at: LabTime; readonly messages: number; readonly instructions: bigint } | undefined;
  certifiedAt: LabTime | undefined;
  root: Hash | undefined;
  readonly messages: Set<MessageId>;
  readonly executions: Execution[];
  readonly refusals: { readonly node: NodeId; readonly artifact: ArtifactKind; readonly because: string }[];
  /** What each node's components waited for here, the last word of each: "node component" → because. */
  readonly waits: Map<string, string>;
}

export interface Execution {
  readonly height: Height;
  readonly at: LabTime;
  readonly call: CallTrace | undefined;
  readonly canister: CanisterId;
  readonly method: string;
  readonly message: MessageId | undefined;
  readonly instructions: bigint;
  readonly outcome: "ok" | "trapped" | "rejected";
}

/** A user's message on its way. Times appear in this order; any may be missing if its fact never came. */
export interface MessageMark {
  readonly id: MessageId;
  canister: CanisterId | undefined;
  method: string | undefined;
  acceptedAt: LabTime | undefined;
  acceptedBy: NodeId | undefined;
  /** Under which it travels, when the first other node had it, and which others have. */
  artifact: ArtifactId | undefined;
  gossipedAt: LabTime | undefined;
  readonly heardBy: Set<NodeId>;
  /** The block that carries it: first the earliest proposal, in the end the finalized one. */
  block: BlockHash | undefined;
  height: Height | undefined;
  proposedAt: LabTime | undefined;
  notarizedAt: LabTime | undefined;
  finalizedAt: LabTime | undefined;
  /** Of the last execution so far: a message that calls others goes on when they answer. */
  executedAt: LabTime | undefined;
  executedHeight: Height | undefined;
  /** Of the call context that it opened. */
  context: number | undefined;
  /** All executions of its own context together. */
  instructions: bigint | undefined;
  outcome: "ok" | "trapped" | "rejected" | undefined;
  certifiedAt: LabTime | undefined;
}

export interface NodeMark {
  /** In words, for under its circle. */
  doing: string;
  doingAt: LabTime;
  /** What each component waits for, as its own word. */
  readonly waits: Map<string, { readonly height: Height; readonly because: string }>;
  stopped: string | undefined;
  /** What peers found wrong with what it sent, and how often. */
  readonly blamed: Map<string, { readonly by: Set<NodeId>; times: number }>;
  /** The highest height that it told was final, and the last one whose state it took from others. */
  finalized: Height;
  adopted: Height | undefined;
}

export interface Print {
  readonly canister: CanisterId;
  readonly at: LabTime;
  readonly text: string;
}

const gathering = (): Gathering => ({ shares: new Map(), whole: undefined });

export class Chronicle {
  readonly columns = new Map<Height, Column>();
  readonly messages = new Map<MessageId, MessageMark>();
  readonly nodes = new Map<NodeId, NodeMark>();
  readonly prints: Print[] = [];
  /** Executions by "canister context", in order. */
  readonly contexts = new Map<string, Execution[]>();
  /** What was executed for a call, by "caller callback". */
  readonly callees = new Map<string, Execution>();
  readonly #ingress = new Map<ArtifactId, MessageId>();
  /** Height of each known state root. */
  readonly roots = new Map<Hash, Height>();
  /** Highest height anything was said about, finalized, certified. */
  tip: Height = 0;
  finalized: Height = 0;
  certified: Height = 0;
  lastFinalizedAt: LabTime | undefined;
  /** Lowest height still remembered. */
  first: Height = 1;
  readonly #printed = new Map<string, number>();

  fold(entries: readonly TraceEntry[]): void {
    for (const entry of entries) this.#one(entry.node, entry.at, entry.fact);
    this.#forget();
  }

  column(height: Height): Column | undefined {
    return this.columns.get(height);
  }

  #columnFor(height: Height): Column | undefined {
    const known = this.columns.get(height);
    if (known !== undefined || height < this.first) return known; // C3
    const fresh: Column = {
      height,
      blocks: new Map(),
      beacon: gathering(),
      tape: gathering(),
      certification: gathering(),
      finalized: undefined,
      executed: undefined,
      certifiedAt: undefined,
      root: undefined,
      messages: new Set(),
      executions: [],
      refusals: [],
      waits: new Map(),
    };
    this.columns.set(height, fresh);
    if (height > this.tip) this.tip = height;
    return fresh;
  }

  #one(node: NodeId, at: LabTime, fact: Fact): void {
    switch (fact.kind) {
      case "artifact-made":
        this.#artifact(fact.artifact, fact.id, fact.height, node, at, fact.block, undefined);
        this.#does(node, at, doingWords(fact.artifact, fact.height));
        return;
      case "artifact-received": {
        const id = fact.artifact === "ingress" ? this.#ingress.get(fact.id) : undefined;
        if (id === undefined) return;
        const mark = this.#message(id);
        mark.heardBy.add(node);
        mark.gossipedAt = Math.min(mark.gossipedAt ?? at, at);
        return;
      }
      case "artifact-validated":
        this.#artifact(fact.artifact, fact.id, fact.height, fact.signer, at, fact.block, fact.rank);
        return;
      case "artifact-refused": {
        const refusals = this.#columnFor(fact.height)?.refusals;
        if (refusals !== undefined && refusals.length < 50) {
          refusals.push({ node, artifact: fact.artifact, because: fact.because });
        }
        return;
      }
      case "block-made": {
        const block = this.#block(fact.height, fact.block, at);
        if (block !== undefined) {
          block.maker = node;
          block.rank = fact.rank;
        }
        this.#carries(fact.height, fact.block, fact.ingress, at);
        this.#does(node, at, `makes ${fact.height}`);
        return;
      }
      case "waits": {
        const mark = this.#node(node);
        mark.waits.set(fact.component, { height: fact.height, because: fact.because });
        this.#columnFor(fact.height)?.waits.set(`${node} ${fact.component}`, fact.because);
        return;
      }
      case "state-adopted":
        this.#node(node).adopted = fact.height;
        return;
      case "finalized": {
        const teller = this.#node(node);
        teller.finalized = Math.max(teller.finalized, fact.height);
        if (fact.height > this.finalized) {
          this.finalized = fact.height;
          this.lastFinalizedAt = at;
        }
        const block = this.#block(fact.height, fact.block, at);
        if (block !== undefined) {
          block.maker = fact.maker;
          block.rank = fact.rank;
        }
        const column = this.#columnFor(fact.height);
        if (column !== undefined) column.finalized ??= { block: fact.block, at };
        this.#carries(fact.height, fact.block, fact.ingress, at);
        for (const id of fact.ingress) {
          const mark = this.#message(id);
          mark.block = fact.block;
          mark.height = fact.height;
          mark.finalizedAt ??= at;
          mark.notarizedAt ??= block?.notarization.whole?.at;
        }
        return;
      }
      case "round-executed": {
        this.roots.set(fact.root, fact.height);
        const column = this.#columnFor(fact.height);
        if (column === undefined) return;
        column.executed ??= { at, messages: fact.messages, instructions: fact.instructions };
        column.root ??= fact.root;
        return;
      }
      case "message-executed": {
        const column = this.#columnFor(fact.height);
        const { height, canister, method, message, instructions, outcome, call } = fact;
        const execution = { height, at, canister, method, message, instructions, outcome, call };
        const isNews = column !== undefined && this.#firstSaid(`x${height}`, node);
        if (isNews) {
          column.executions.push(execution);
          this.#relate(execution);
        }
        if (message === undefined) return;
        const mark = this.#message(message);
        mark.canister ??= canister;
        mark.method ??= method;
        mark.context ??= call?.context;
        if (mark.executedHeight === undefined || height > mark.executedHeight) {
          mark.executedHeight = height;
          mark.executedAt = at;
          mark.certifiedAt = undefined;
        }
        if (isNews) {
          mark.instructions = (mark.instructions ?? 0n) + instructions;
          mark.outcome = outcome;
        }
        column?.messages.add(message);
        this.#does(node, at, `runs ${method}`);
        return;
      }
      case "certified": {
        this.roots.set(fact.root, fact.height);
        if (fact.height > this.certified) this.certified = fact.height;
        const column = this.#columnFor(fact.height);
        if (column === undefined) return;
        column.certifiedAt ??= at;
        column.root ??= fact.root;
        for (const id of column.messages) {
          const mark = this.#message(id);
          if (mark.executedHeight === fact.height) mark.certifiedAt ??= at;
        }
        return;
      }
      case "ingress-accepted": {
        const mark = this.#message(fact.message);
        mark.canister ??= fact.canister;
        mark.method ??= fact.method;
        mark.acceptedAt ??= at;
        mark.acceptedBy ??= node;
        mark.artifact ??= fact.artifact;
        this.#ingress.set(fact.artifact, fact.message);
        return;
      }
      case "debug-print": {
        if (!this.#firstSaid(`p${fact.canister}`, node)) return;
        this.prints.push({ canister: fact.canister, at, text: fact.text });
        if (this.prints.length > PRINTS_KEPT) this.prints.splice(0, this.prints.length - PRINTS_KEPT);
        return;
      }
      case "peer-misbehaves": {
        const { blamed } = this.#node(fact.peer);
        const known = blamed.get(fact.because);
        if (known === undefined) blamed.set(fact.because, { by: new Set([node]), times: fact.times });
        else {
          known.by.add(node);
          known.times += fact.times;
        }
        return;
      }
      case "stopped":
        this.#node(node).stopped = fact.because;
        return;
    }
  }

  #relate(execution: Execution): void {
    const { canister, call } = execution;
    if (call?.context !== undefined) {
      const key = `${canister} ${call.context}`;
      const known = this.contexts.get(key);
      if (known === undefined) this.contexts.set(key, [execution]);
      else known.push(execution);
    }
    if (call?.from !== undefined) this.callees.set(`${call.from.canister} ${call.from.callback}`, execution);
  }

  #artifact(
    kind: ArtifactKind,
    id: ArtifactId,
    height: Height,
    signer: NodeId | undefined,
    at: LabTime,
    block: BlockHash | undefined,
    rank: Rank | undefined,
  ): void {
    const column = this.#columnFor(height);
    if (column === undefined) return;
    const share = (into: Gathering | undefined): void => {
      if (into !== undefined && signer !== undefined && !into.shares.has(signer))
        into.shares.set(signer, { id, at });
    };
    const whole = (into: Gathering | undefined): void => {
      if (into !== undefined) into.whole ??= { id, at };
    };
    const marked = (): BlockMark | undefined =>
      block === undefined ? undefined : this.#block(height, block, at);
    switch (kind) {
      case "random-beacon-share":
        share(column.beacon);
        return;
      case "random-beacon":
        whole(column.beacon);
        return;
      case "random-tape-share":
        share(column.tape);
        return;
      case "random-tape":
        whole(column.tape);
        return;
      case "certification-share":
        share(column.certification);
        return;
      case "certification":
        whole(column.certification);
        return;
      case "notarization-share":
        share(marked()?.notarization);
        return;
      case "finalization-share":
        share(marked()?.finalization);
        return;
      case "finalization":
        whole(marked()?.finalization);
        return;
      case "notarization": {
        whole(marked()?.notarization);
        for (const message of column.messages) {
          const mark = this.#message(message);
          if (mark.block === block) mark.notarizedAt ??= at;
        }
        return;
      }
      case "block-proposal": {
        const mark = marked();
        if (mark === undefined) return;
        mark.id ??= id;
        mark.maker ??= signer;
        mark.rank ??= rank;
        return;
      }
      case "equivocation-proof":
      case "ingress":
        return;
    }
  }

  #block(height: Height, hash: BlockHash, at: LabTime): BlockMark | undefined {
    const column = this.#columnFor(height);
    if (column === undefined) return undefined;
    const known = column.blocks.get(hash);
    if (known !== undefined) return known;
    const fresh: BlockMark = {
      hash,
      maker: undefined,
      rank: undefined,
      id: undefined,
      at,
      notarization: gathering(),
      finalization: gathering(),
    };
    column.blocks.set(hash, fresh);
    return fresh;
  }

  #carries(height: Height, block: BlockHash, ingress: readonly MessageId[], at: LabTime): void {
    const column = this.#columnFor(height);
    for (const id of ingress) {
      column?.messages.add(id);
      const mark = this.#message(id);
      mark.proposedAt ??= at;
      mark.block ??= block;
      mark.height ??= height;
    }
  }

  #message(id: MessageId): MessageMark {
    const known = this.messages.get(id);
    if (known !== undefined) return known;
    const fresh: MessageMark = {
      id,
      canister: undefined,
      method: undefined,
      acceptedAt: undefined,
      acceptedBy: undefined,
      artifact: undefined,
      gossipedAt: undefined,
      heardBy: new Set(),
      block: undefined,
      height: undefined,
      proposedAt: undefined,
      notarizedAt: undefined,
      finalizedAt: undefined,
      executedAt: undefined,
      executedHeight: undefined,
      context: undefined,
      instructions: undefined,
      outcome: undefined,
      certifiedAt: undefined,
    };
    this.messages.set(id, fresh);
    return fresh;
  }

  #node(id: NodeId): NodeMark {
    const known = this.nodes.get(id);
    if (known !== undefined) return known;
    const fresh: NodeMark = {
      doing: "",
      doingAt: 0,
      waits: new Map(),
      stopped: undefined,
      blamed: new Map(),
      finalized: 0,
      adopted: undefined,
    };
    this.nodes.set(id, fresh);
    return fresh;
  }

  #does(node: NodeId, at: LabTime, words: string | undefined): void {
    if (words === undefined) return;
    const mark = this.#node(node);
    mark.doing = words;
    mark.doingAt = at;
  }

  /** C1 for repeated facts without a name: replicas say the same sequence, so the k-th of each node is one fact. */
  #firstSaid(topic: string, node: NodeId): boolean {
    const mine = (this.#printed.get(`${topic}/${node}`) ?? 0) + 1;
    this.#printed.set(`${topic}/${node}`, mine);
    if (mine <= (this.#printed.get(topic) ?? 0)) return false;
    this.#printed.set(topic, mine);
    return true;
  }

  /** C2 */
  #forget(): void {
    while (this.columns.size > COLUMNS_KEPT) {
      const gone = this.columns.get(this.first);
      this.columns.delete(this.first);
      if (gone?.root !== undefined) this.roots.delete(gone.root);
      if (gone !== undefined && gone.executions.length > 0) {
        this.#printed.delete(`x${gone.height}`);
        for (const node of this.nodes.keys()) this.#printed.delete(`x${gone.height}/${node}`);
      }
      this.first++;
    }
    trim(this.messages, MESSAGES_KEPT);
    trim(this.#ingress, MESSAGES_KEPT);
    trim(this.contexts, CONTEXTS_KEPT);
    trim(this.callees, CONTEXTS_KEPT);
  }
}

function trim(map: Map<unknown, unknown>, kept: number): void {
  for (const key of map.keys()) {
    if (map.size <= kept) return;
    map.delete(key);
  }
}

export function doingWords(artifact: ArtifactKind, height: Height): string | undefined {
  switch (artifact) {
    case "block-proposal":
      return `makes ${height}`;
    case "notarization-share":
      return `signed ${height}`;
    case "finalization-share":
      return `finalizes ${height}`;
    case "certification-share":
      return `certifies ${height}`;
    default:
      return undefined;
  }
}
