/**
 * The past of a network: what its nodes recorded, held within bounds, and each of them as it was at any moment. A node is
 * replayed when somebody asks about it, and the others rest.
 *
 *   HI1  A moment is a lab time: everything recorded up to it has happened.
 *   HI2  What is kept is bounded. The oldest goes first, for every node up to the same time.
 *   HI3  A difference between a replay and what the node said then is told with the answer, not hidden.
 */
import { assert, defined } from "../base/assert.ts";
import type { Registry } from "../registry/registry.ts";
import type { WasmHost } from "../replica/interfaces/wasm-host.ts";
import { NodePast } from "../shell/history/node-past.ts";
import type { Recorded, RecordedStep } from "../shell/history/recorded.ts";
import { reachableParts } from "../shell/storage/node-store.ts";
import type { Hash, LabTime, NodeId } from "../types/ids.ts";
import type { Inspection, InspectionReply } from "../types/inspection.ts";

export interface HistoryDeps {
  readonly registry: Registry;
  readonly genesis: LabTime;
  readonly wasm: WasmHost;
  readonly bytesMax?: number;
}

/** What can be looked at, and what it takes. */
export interface HistoryRange {
  readonly from: LabTime;
  readonly to: LabTime;
  readonly bytes: number;
  /** There was something before `from`, which is forgotten. */
  readonly isCut: boolean;
}

export interface PastReply {
  readonly reply: InspectionReply;
  /** HI3. */
  readonly fault?: string;
}

const BYTES_MAX = 256 * 1024 * 1024;
/** Of the time that is kept, what forgetting leaves: so it is seldom needed. */
const LEFT = 0.75;
/** About what a step takes beside its bytes. */
const STEP_BYTES = 400;
const SIGNATURE_BYTES = 200;

export class History {
  readonly #deps: HistoryDeps;
  readonly #pasts = new Map<NodeId, NodePast>();
  readonly #parts = new Map<Hash, Uint8Array>();
  #bytes = 0;
  #isCut = false;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  /** True: parts were forgotten, and no node can count on those that it handed over: let all renew their recordings. */
  add(node: NodeId, recorded: Recorded): boolean {
    this.#pastOf(node).add(recorded);
    if (recorded.kind === "steps") for (const step of recorded.steps) this.#bytes += sizeOf(step);
    else
      for (const { hash, bytes } of recorded.parts) {
        if (!this.#parts.has(hash)) this.#bytes += bytes.length;
        this.#parts.set(hash, bytes);
      }
    return this.#bytes > (this.#deps.bytesMax ?? BYTES_MAX) && this.#forget();
  }

  range(): HistoryRange | undefined {
    const ranges = [...this.#pasts.values()].flatMap(({ range }) => range ?? []);
    if (ranges.length === 0) return undefined;
    const from = Math.max(...ranges.map((r) => r.from));
    return { from, to: Math.max(...ranges.map((r) => r.to)), bytes: this.#bytes, isCut: this.#isCut };
  }

  /** The nearest moment before or after at which some node did something. */
  neighbour(time: LabTime, direction: -1 | 1): LabTime | undefined {
    const times = [...this.#pasts.values()].flatMap((past) => past.neighbour(time, direction) ?? []);
    if (times.length === 0) return undefined;
    return direction === 1 ? Math.min(...times) : Math.max(...times);
  }

  /** Asks the node that it was then. */
  inspect(node: NodeId, time: LabTime, what: Inspection): PastReply {
    const then = this.#pastOf(node).at(time);
    if (then.replica === undefined) return { reply: { kind: "not-here", sentence: then.because } };
    const [effect] = then.replica.step({ kind: "inspect", ticket: 0, what, at: time });
    assert(effect?.kind === "inspect-reply", "inspections are answered at once");
    return {
      reply: effect.reply,
      ...(then.fault === undefined ? {} : { fault: then.fault }),
    };
  }

  #pastOf(node: NodeId): NodePast {
    const { registry, genesis, wasm } = this.#deps;
    const stored = {
      has: (hash: Hash): boolean => this.#parts.has(hash),
      part: (hash: Hash): Uint8Array | undefined => this.#parts.get(hash),
    };
    const past = this.#pasts.get(node) ?? new NodePast({ me: node, registry, genesis, wasm, stored });
    this.#pasts.set(node, past);
    return past;
  }

  /** HI2. False: what is there is needed for the newest moments. */
  #forget(): boolean {
    const { from, to } = defined(this.range(), "what takes room is there");
    const pasts = [...this.#pasts.values()];
    const seconds = pasts.flatMap(({ second }) => second ?? []);
    const time = Math.max(to - LEFT * (to - from), Math.min(...seconds));
    const gone = time > to ? [] : pasts.flatMap((past) => past.drop(time));
    if (gone.length === 0) return false;
    for (const step of gone) this.#bytes -= sizeOf(step);
    const roots = pasts.flatMap((past) => past.roots.map((state) => ({ height: 0, state })));
    const stored = { has: () => true, part: (hash: Hash) => this.#parts.get(hash) };
    const live = reachableParts(roots, stored);
    for (const [hash, bytes] of this.#parts) {
      if (live.has(hash)) continue;
      this.#parts.delete(hash);
      this.#bytes -= bytes.length;
    }
    this.#isCut = true;
    return true;
  }
}

const sizeOf = ({ event, signatures }: RecordedStep): number => {
  const bytes =
    event.kind === "peer-bytes" ? event.bytes : event.kind === "http" ? event.request.body : undefined;
  return STEP_BYTES + (bytes?.length ?? 0) + SIGNATURE_BYTES * signatures.length;
};
