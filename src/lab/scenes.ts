/**
 * Scenes: a subnet, a few faults one after another, and what there is to see of each. Plain values, so that a link can carry
 * one; nodes are numbered as they are shown, from 1.
 *
 *   E1  Whatever the values are that a stranger chose, reading ends with a scene of bounded size that this page can play,
 *       or with none; nothing is guessed.
 *   E2  A scene does only what a person could do here with the faults of `types/fault.ts`, to nodes that there are.
 *
 * Checked by: scenes.test.ts, tests/simulation/scenes.test.ts (each of ours is played to its end).
 */
import { type Fault, LIES, type LieName, type Links } from "../types/fault.ts";
import type { NodeId } from "../types/ids.ts";
import type { LinkedNetwork } from "./link-contents.ts";
import { plainText } from "./plain-text.ts";

/** What a step waits for, read from what the subnet really does. */
export const SIGHTS = [
  "progress",
  "halt",
  "second-choice",
  "two-notarized",
  "far-behind",
  "returned",
  "safety-broken",
] as const;
export type Sight = (typeof SIGHTS)[number];

interface NumberedLinks {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly bothWays: boolean;
}
export type NumberedFault =
  | { readonly kind: "freeze" | "kill"; readonly node: number }
  | { readonly kind: "slow"; readonly node: number; readonly ms: number }
  | { readonly kind: "lie"; readonly node: number; readonly lie: LieName }
  | ({ readonly kind: "cut" } & NumberedLinks)
  | ({ readonly kind: "latency"; readonly ms: number } & NumberedLinks)
  | ({ readonly kind: "loss"; readonly percent: number } & NumberedLinks);

export interface SceneStep {
  readonly say: string;
  /** What is done when the person goes on; "heal": all is undone. */
  readonly act: readonly NumberedFault[] | "heal";
  readonly until: Sight;
}
export interface Scene {
  readonly title: string;
  /** What to look for. */
  readonly look: string;
  readonly steps: readonly SceneStep[];
}
export interface GalleryScene {
  readonly id: string;
  readonly network: LinkedNetwork & { readonly nodes: 4 };
  readonly scene: Scene;
}

const ORDINARY = { nodes: 4, notaryDelayMs: 300, latencyMs: 40 } as const;
const outOf1 = { from: [1], to: [2, 3, 4], bothWays: false } as const;
const healed = (say: string): SceneStep => ({ say, act: "heal", until: "progress" });

export const SCENES: readonly GalleryScene[] = [
  {
    id: "second-choice",
    network: ORDINARY,
    scene: {
      title: "The second choice wins",
      look: "a final block of rank 1: its maker was second in line, and the first was too slow.",
      steps: [
        {
          say: "What n1 says will take three seconds to arrive. Where it is first in line, its block comes too late.",
          act: [{ kind: "latency", ...outOf1, ms: 3000 }],
          until: "second-choice",
        },
        healed("Nobody waited for n1, and nothing was lost. Give it back its links."),
      ],
    },
  },
  {
    id: "two-notarized",
    network: { nodes: 4, notaryDelayMs: 300, latencyMs: 500 },
    scene: {
      title: "Two notarized, one final",
      look: "a height with two blocks, both notarized. Who signed both signs neither as final; a block above decides.",
      steps: [
        {
          say: "Links take half a second here. What n1 says will take 1.7 s: just when the others sign the second choice, the first arrives too.",
          act: [{ kind: "latency", ...outOf1, ms: 1700 }],
          until: "two-notarized",
        },
        healed("Both had enough signatures, and only one became history. Heal the links."),
      ],
    },
  },
  {
    id: "f-down",
    network: ORDINARY,
    scene: {
      title: "f nodes down",
      look: "three signatures a height instead of four, and heights that still come.",
      steps: [
        {
          say: "With four nodes f is one. Freeze n4: where it is first in line the others wait for a second.",
          act: [{ kind: "freeze", node: 4 }],
          until: "progress",
        },
        healed("The subnet bears it. Thaw n4, and it is told what it missed."),
      ],
    },
  },
  {
    id: "halt-and-heal",
    network: ORDINARY,
    scene: {
      title: "f + 1 down: halted, healed",
      look: "Liveness halts, Safety holds: two nodes could be two halves of a split, so they decide nothing.",
      steps: [
        {
          say: "Cut the subnet in two halves. All four run, and no half has three signatures.",
          act: [{ kind: "cut", from: [1, 2], to: [3, 4], bothWays: true }],
          until: "halt",
        },
        healed("Nothing was decided twice, nothing was lost. Join the halves."),
        {
          say: "The same with two nodes frozen: f + 1 are down.",
          act: [
            { kind: "freeze", node: 3 },
            { kind: "freeze", node: 4 },
          ],
          until: "halt",
        },
        healed("What would heal it stands under Network, as a button. Or do it from here."),
      ],
    },
  },
  {
    id: "sleeper",
    network: { nodes: 4, notaryDelayMs: 0, latencyMs: 5 },
    scene: {
      title: "The sleeper returns",
      look: "n4's heights in its card: they jump to a catch-up package of the others instead of climbing.",
      steps: [
        {
          say: "Cut n4 off, and let the others go on for 160 heights: they forget what lies below their catch-up package. It takes a minute.",
          act: [{ kind: "cut", from: [4], to: [1, 2, 3], bothWays: true }],
          until: "far-behind",
        },
        {
          say: "Nobody can send n4 the blocks it lacks any more. Join it again: it gets the package, and the state that this names.",
          act: "heal",
          until: "returned",
        },
      ],
    },
  },
  {
    id: "too-many-liars",
    network: { nodes: 4, notaryDelayMs: 300, latencyMs: 400 },
    scene: {
      title: "More than f liars",
      look: "Safety, under Network: it breaks, and says at which height and between whom.",
      steps: [
        {
          say: "n3 and n4 will propose two blocks of one height and vote for both, and n1 and n2 will not hear each other. One liar could be borne.",
          act: [
            { kind: "cut", from: [1], to: [2], bothWays: true },
            { kind: "lie", node: 3, lie: "equivocates" },
            { kind: "lie", node: 3, lie: "votes-for-all" },
            { kind: "lie", node: 4, lie: "equivocates" },
            { kind: "lie", node: 4, lie: "votes-for-all" },
          ],
          until: "safety-broken",
        },
      ],
    },
  },
];

/** For the subnet that is here. */
export function faultFor(numbered: NumberedFault, nodes: readonly NodeId[]): Fault {
  const name = (n: number): NodeId => nodes[n - 1]!;
  if ("node" in numbered) return { ...numbered, node: name(numbered.node) };
  const { from, to, bothWays, ...what } = numbered;
  const links: Links = { from: from.map(name), to: to.map(name), bothWays };
  return { ...what, links };
}

/** E2: the highest number of a node that it names. */
export const nodesNamed = ({ steps }: Scene): number =>
  Math.max(
    1,
    ...steps.flatMap(({ act }) =>
      act === "heal" ? [] : act.flatMap((f) => ("node" in f ? [f.node] : [...f.from, ...f.to])),
    ),
  );

const STEPS_MAX = 12;
const FAULTS_MAX = 30;
const NODES_MAX = 13;
const WORDS_MAX = 240;
const MS_MAX = 60_000;

/** E1 */
export function readScene(value: unknown): Scene | undefined {
  if (!isMap(value)) return undefined;
  const [title, look, steps] = ["title", "look", "steps"].map((key) => own(value, key));
  if (typeof title !== "string" || typeof look !== "string" || !Array.isArray(steps)) return undefined;
  if (steps.length === 0 || steps.length > STEPS_MAX) return undefined;
  const read = steps.map(readStep);
  if (!read.every((step) => step !== undefined)) return undefined;
  return { title: plainText(title, 80), look: plainText(look, WORDS_MAX), steps: read };
}

function readStep(value: unknown): SceneStep | undefined {
  if (!isMap(value)) return undefined;
  const [say, act, until] = ["say", "act", "until"].map((key) => own(value, key));
  if (typeof say !== "string" || !isOneOf(SIGHTS, until)) return undefined;
  const words = plainText(say, WORDS_MAX);
  if (act === "heal") return { say: words, act, until };
  if (!Array.isArray(act) || act.length > FAULTS_MAX) return undefined;
  const faults = act.map(readFault);
  return faults.every((f) => f !== undefined) ? { say: words, act: faults, until } : undefined;
}

function readFault(value: unknown): NumberedFault | undefined {
  if (!isMap(value)) return undefined;
  const [kind, node, ms, percent, lie, from, to, bothWays] = [
    "kind", "node", "ms", "percent", "lie", "from", "to", "bothWays",
  ].map((key) => own(value, key)); // prettier-ignore
  switch (kind) {
    case "freeze":
    case "kill":
      return isNode(node) ? { kind, node } : undefined;
    case "slow":
      return isNode(node) && isUpTo(MS_MAX, ms) ? { kind, node, ms } : undefined;
    case "lie":
      return isNode(node) && isOneOf(LIES, lie) ? { kind, node, lie } : undefined;
  }
  if (!isNodes(from) || !isNodes(to) || from.some((n) => to.includes(n))) return undefined;
  const links = { from, to, bothWays: bothWays === true };
  if (kind === "cut") return { kind, ...links };
  if (kind === "latency") return isUpTo(MS_MAX, ms) ? { kind, ...links, ms } : undefined;
  if (kind === "loss") return isUpTo(100, percent) ? { kind, ...links, percent } : undefined;
  return undefined;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
const own = (map: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(map, key) ? map[key] : undefined;
const isOneOf = <T extends string>(all: readonly T[], value: unknown): value is T =>
  (all as readonly unknown[]).includes(value);
const isUpTo = (max: number, value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= max;
const isNode = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= NODES_MAX;
const isNodes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.length < NODES_MAX && value.every(isNode);
