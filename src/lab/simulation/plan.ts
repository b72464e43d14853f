/**
 * What a seed stands for: how many nodes, which faults at all, and how much of each. Drawn before the run begins; plain
 * data, printed in the first line.
 *
 * Every kind of fault draws from a stream of its own: leaving one out changes nothing about the others, so that a
 * failure can be cut down to the kinds it needs.
 */
import { type Prng, prng } from "../../base/prng.ts";
import { faultsTolerated } from "../../registry/registry.ts";
import { LIES, type LieName } from "../../types/fault.ts";

/** Seeds draw 13 at most; forty are the largest that mainnet has, and take minutes. */
export type NodeCount = 1 | 4 | 7 | 13 | 40;

/** Nodes by position, times in milliseconds of the first phase. */
export interface Cut {
  readonly fromMs: number;
  readonly toMs: number;
  readonly island: readonly number[];
  /** The island hears, and is not heard; otherwise neither. */
  readonly oneWay: boolean;
}
export interface Freeze {
  readonly fromMs: number;
  readonly toMs: number;
  readonly node: number;
}
/** In the midst of a step, after so many more writings and sendings; back from what it had written down. */
export interface Crash extends Freeze {
  readonly effects: number;
}
/** A node's state changes under its hands; by position. */
export interface Divergence {
  readonly fromMs: number;
  readonly node: number;
}
/** From then on a node's clock is off by so much. */
export interface ClockError {
  readonly fromMs: number;
  readonly node: number;
  readonly byMs: number;
}
export interface Liar {
  readonly node: number;
  readonly lies: readonly LieName[];
}

/** Faults of links are probabilities a message. */
export interface Faults {
  /** What a message's own latency is drawn below. */
  readonly jitter: number;
  /** What a link's own latency is drawn below. */
  readonly distance: number;
  readonly loss: number;
  readonly duplication: number;
  /** Held back by seconds. */
  readonly reordering: number;
  /** A byte of it changed. */
  readonly corruption: number;
  /** Followed by one that the link carried before. */
  readonly replay: number;
  readonly partition: readonly Cut[];
  readonly silence: readonly number[];
  readonly freeze: readonly Freeze[];
  readonly crash: readonly Crash[];
  readonly slowness: readonly { readonly node: number; readonly ms: number }[];
  readonly skew: readonly ClockError[];
  readonly liars: readonly Liar[];
  /** Users' requests during the first phase. */
  readonly requests: number;
  /** Of nodes that do not lie: together they are f at most, for a wrong state spoils votes as a lie does. */
  readonly divergence: readonly Divergence[];
  /** 1: a crash is a failure of the power, every other one during a write, and tears what was not flushed (`torn-disk.ts`). */
  readonly tearing: number;
}
export type FaultKind = keyof Faults;

export const NO_FAULTS: Faults = {
  jitter: 0,
  distance: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  corruption: 0,
  replay: 0,
  partition: [],
  silence: [],
  freeze: [],
  crash: [],
  slowness: [],
  skew: [],
  liars: [],
  requests: 0,
  divergence: [],
  tearing: 0,
};
const FAULT_KINDS = Object.keys(NO_FAULTS) as readonly FaultKind[];

/** What may be left out: a fault, or one of the lies. */
export type Kind = Exclude<FaultKind, "liars"> | LieName;
export const KINDS: readonly Kind[] = [...FAULT_KINDS.filter((kind) => kind !== "liars"), ...LIES];

/** The kinds that are on in a plan. */
export const kindsOf = ({ faults }: Plan): Kind[] =>
  KINDS.filter((kind) => {
    if (!(kind in faults)) return faults.liars.some(({ lies }) => lies.includes(kind as LieName));
    const fault = faults[kind as FaultKind];
    return typeof fault === "number" ? fault > 0 : fault.length > 0;
  });

export interface Plan {
  readonly seed: number;
  readonly nodes: NodeCount;
  readonly heights: number;
  readonly notaryDelayMs: number;
  readonly unitDelayMs: number;
  readonly latencyMs: number;
  /** One in twenty runs signs with BLS12-381. */
  readonly crypto: "stand-in" | "bls";
  readonly faults: Faults;
}

/** What the person at the command line fixes; the seed decides the rest. */
export interface Given {
  readonly nodes?: NodeCount | undefined;
  readonly heights?: number | undefined;
  readonly crypto?: "bls" | undefined;
  /** Of the kinds drawn, these alone. */
  readonly only?: readonly Kind[] | undefined;
}

const HEIGHTS: Readonly<Record<NodeCount, number>> = { 1: 60, 4: 60, 7: 25, 13: 12, 40: 20 };

/** How long the first phase lasts if nothing goes wrong, roughly: what has its time happens within it. */
export const calmMs = ({
  heights,
  notaryDelayMs,
  latencyMs,
}: Pick<Plan, "heights" | "notaryDelayMs" | "latencyMs">): number =>
  heights * (notaryDelayMs + 3 * latencyMs + 50);

export function drawPlan(seed: number, given: Given = {}): Plan {
  const draw = prng(seed);
  const size = draw.below(20);
  const drawnNodes: NodeCount = size === 0 ? 1 : size < 15 ? 4 : size < 19 ? 7 : 13;
  const timing = draw.fork();
  const streams = new Map(FAULT_KINDS.map((kind) => [kind, draw.fork()]));
  const nodes = given.nodes ?? drawnNodes;
  const crypto = given.crypto ?? (seed % 20 === 0 ? "bls" : "stand-in");
  const usual = crypto === "bls" ? HEIGHTS[nodes] / 4 : HEIGHTS[nodes];
  // Drawn whether or not it is given, so that what follows stays as it was.
  const drawnHeights = Math.ceil((usual * (3 + timing.below(4))) / 5);
  const heights = given.heights ?? drawnHeights;
  const pace = {
    heights,
    notaryDelayMs: 100 + timing.below(300),
    // With a short unit delay worse ranks propose while better ones are still on their way.
    unitDelayMs: timing.chance(0.5) ? 1000 : 100 + timing.below(200),
    latencyMs: 5 + timing.below(100),
  };
  const drawn = Object.fromEntries(
    FAULT_KINDS.map((kind) => {
      const stream = streams.get(kind)!;
      const on =
        stream.chance(OFTEN[kind] ?? 0.3) && (kind === "liars" || (given.only?.includes(kind) ?? true));
      return [kind, on ? DRAW[kind](stream, nodes, calmMs(pace)) : NO_FAULTS[kind]];
    }),
  ) as unknown as Faults;
  const faults = { ...drawn, divergence: fitting(drawn, faultsTolerated(nodes)) };
  return {
    seed,
    nodes,
    ...pace,
    crypto,
    faults: { ...faults, liars: telling(faults.liars, given.only) },
  };
}

/** Whether or not the lies are left out: what is left stays as it was. */
function fitting({ divergence, liars }: Faults, faulty: number): Divergence[] {
  const counted = new Set(liars.map(({ node }) => node));
  return divergence.filter(({ node }) => {
    if (liars.some((liar) => liar.node === node)) return false;
    if (counted.size >= faulty && !counted.has(node)) return false;
    counted.add(node);
    return true;
  });
}

/** Those who have a lie left. */
const telling = (liars: readonly Liar[], only: Given["only"]): Liar[] =>
  liars
    .map(({ node, lies }) => ({ node, lies: lies.filter((lie) => only?.includes(lie) ?? true) }))
    .filter(({ lies }) => lies.length > 0);

const OFTEN: Partial<Record<FaultKind, number>> = { jitter: 0.8, liars: 0.5, requests: 0.7, tearing: 0.7 };

const DRAW: { readonly [K in FaultKind]: (draw: Prng, nodes: NodeCount, ms: number) => Faults[K] } = {
  jitter: (draw) => 1 + draw.below(200),
  distance: (draw) => 300 + draw.below(1500),
  loss: (draw) => (1 + draw.below(20)) / 100,
  duplication: (draw) => (1 + draw.below(20)) / 100,
  reordering: (draw) => (1 + draw.below(10)) / 100,
  corruption: (draw) => (1 + draw.below(5)) / 100,
  replay: (draw) => (1 + draw.below(10)) / 100,
  partition: (draw, nodes, ms) =>
    times(1 + draw.below(3), () => ({
      ...drawSpan(draw, ms),
      island: some(draw, nodes, 1 + draw.below(Math.max(1, nodes - 1))),
      oneWay: draw.chance(0.5),
    })),
  silence: (draw, nodes) => some(draw, nodes, draw.below(faultsTolerated(nodes) + 1)),
  freeze: (draw, nodes, ms) =>
    times(1 + draw.below(3), () => ({ ...drawSpan(draw, ms), node: draw.below(nodes) })),
  crash: (draw, nodes, ms) =>
    times(1 + draw.below(2 * nodes), () => ({
      ...drawSpan(draw, ms),
      node: draw.below(nodes),
      effects: draw.below(12),
    })),
  slowness: (draw, nodes) =>
    some(draw, nodes, 1 + draw.below(nodes)).map((node) => ({ node, ms: 1 + draw.below(8) })),
  skew: (draw, nodes, ms) =>
    times(1 + draw.below(2 * nodes), () => ({
      fromMs: draw.chance(0.5) ? 0 : draw.below(ms),
      node: draw.below(nodes),
      byMs: draw.below(4000) - 2000,
    })),
  liars: (draw, nodes) =>
    some(draw, nodes, draw.below(faultsTolerated(nodes)) + 1)
      .slice(0, faultsTolerated(nodes))
      .map((node) => ({ node, lies: LIES.filter(() => draw.chance(0.35)) })),
  requests: (draw) => 10 + draw.below(draw.chance(0.2) ? 200 : 30),
  divergence: (draw, nodes, ms) =>
    times(1 + draw.below(3), () => ({ fromMs: draw.below(ms), node: draw.below(nodes) })),
  tearing: () => 1,
};

const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

function drawSpan(draw: Prng, ms: number): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = draw.below(ms);
  return { fromMs, toMs: fromMs + draw.below(ms / 2) };
}

/** So many different positions, ascending. */
function some(draw: Prng, nodes: number, count: number): number[] {
  const left = times(nodes, () => 0).map((_, i) => i);
  return times(Math.min(count, nodes), () => left.splice(draw.below(left.length), 1)[0]!).sort(
    (a, b) => a - b,
  );
}
