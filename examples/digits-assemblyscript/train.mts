/**
 * Draws digits, trains a network of 64, 16 and 10 neurons on them, rounds its weights to whole numbers of 8 bits, and
 * writes `weights.ts`. Deterministic: the same seed gives the same file. Run it with
 *
 *   node examples/digits-assemblyscript/train.mts
 *
 * The canister then needs no fractions: a pixel is 0 or 1, so the first layer only adds weights.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const HIDDEN = 16;
const DIGITS = 10;
const TRAINING = 12_000;
const HELD_BACK = 2_000;
const EPOCHS = 24;

type Point = readonly [x: number, y: number];
/** Strokes in a square of side 1. */
const SHAPES: readonly (readonly (readonly Point[])[])[] = [
  [[[0.5, 0.08], [0.25, 0.2], [0.18, 0.5], [0.25, 0.8], [0.5, 0.92], [0.75, 0.8], [0.82, 0.5], [0.75, 0.2], [0.5, 0.08]]],
  [[[0.3, 0.28], [0.55, 0.08], [0.55, 0.92]]],
  [[[0.2, 0.28], [0.35, 0.1], [0.65, 0.1], [0.78, 0.28], [0.68, 0.5], [0.2, 0.9], [0.82, 0.9]]],
  [[[0.2, 0.14], [0.6, 0.08], [0.78, 0.26], [0.65, 0.45], [0.42, 0.48], [0.68, 0.54], [0.8, 0.74], [0.6, 0.92], [0.2, 0.86]]],
  [[[0.62, 0.92], [0.62, 0.08], [0.16, 0.66], [0.86, 0.66]]],
  [[[0.78, 0.1], [0.26, 0.1], [0.22, 0.48], [0.6, 0.42], [0.8, 0.62], [0.7, 0.86], [0.45, 0.92], [0.2, 0.84]]],
  [[[0.68, 0.08], [0.36, 0.28], [0.2, 0.62], [0.32, 0.88], [0.6, 0.92], [0.8, 0.72], [0.66, 0.52], [0.4, 0.52], [0.22, 0.66]]],
  [[[0.18, 0.1], [0.82, 0.1], [0.42, 0.92]]],
  [[[0.5, 0.48], [0.24, 0.36], [0.28, 0.12], [0.5, 0.08], [0.72, 0.12], [0.76, 0.36], [0.5, 0.48], [0.2, 0.66], [0.28, 0.88], [0.5, 0.92], [0.72, 0.88], [0.8, 0.66], [0.5, 0.48]]],
  [[[0.78, 0.36], [0.6, 0.5], [0.34, 0.48], [0.22, 0.28], [0.4, 0.08], [0.68, 0.12], [0.78, 0.36], [0.72, 0.68], [0.5, 0.92]]],
]; // prettier-ignore

/** Numbers in [0, 1) that look random and are always the same (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function distance([px, py]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(px - ax - along * dx, py - ay - along * dy);
}

/** A digit as 64 pixels of 0 and 1; `next` turns, shifts and stretches it, without it is drawn plainly. */
export function draw(digit: number, next?: () => number): Uint8Array {
  const spread = (most: number): number => (next === undefined ? 0 : (2 * next() - 1) * most);
  const [turn, lean, wide, high] = [spread(0.22), spread(0.25), 0.86 + spread(0.14), 0.96 + spread(0.06)];
  const [right, down, pen] = [spread(0.07), spread(0.05), 0.075 + spread(0.015)];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const place = ([x, y]: Point): Point => {
    const [u, v] = [(x - 0.5 + (0.5 - y) * lean) * wide, (y - 0.5) * high];
    return [0.5 + u * cos - v * sin + right + spread(0.02), 0.5 + u * sin + v * cos + down + spread(0.02)];
  };
  const strokes = SHAPES[digit]!.map((stroke) => stroke.map(place));
  return Uint8Array.from({ length: PIXELS }, (_, i) => {
    const at: Point = [((i % SIDE) + 0.5) / SIDE, (Math.floor(i / SIDE) + 0.5) / SIDE];
    const near = strokes.some((s) => s.some((b, k) => k > 0 && distance(at, s[k - 1]!, b) < pen));
    return near !== (next !== undefined && next() < 0.01) ? 1 : 0; // now and then a speck
  });
}

/** As the canister takes it: rows of "#" and ".", parted by "/". */
export const asText = (pixels: Uint8Array): string =>
  Array.from({ length: SIDE }, (_, y) =>
    Array.from(pixels.subarray(y * SIDE, (y + 1) * SIDE), (p) => (p === 1 ? "#" : ".")).join(""),
  ).join("/");

export interface Network {
  /** HIDDEN rows of PIXELS, DIGITS rows of HIDDEN: whole numbers of 8 bits after rounding. */
  readonly first: Float64Array;
  readonly firstBias: Float64Array;
  readonly second: Float64Array;
  readonly secondBias: Float64Array;
}

/** What each digit scores, and what the hidden neurons said. */
function forward(
  net: Network,
  pixels: Uint8Array,
): { readonly hidden: Float64Array; readonly scores: Float64Array } {
  const hidden = Float64Array.from({ length: HIDDEN }, (_, h) => {
    let sum = net.firstBias[h]!;
    for (let i = 0; i < PIXELS; i++) if (pixels[i] === 1) sum += net.first[h * PIXELS + i]!;
    return Math.max(0, sum);
  });
  const scores = Float64Array.from({ length: DIGITS }, (_, d) => {
    let sum = net.secondBias[d]!;
    for (let h = 0; h < HIDDEN; h++) sum += net.second[d * HIDDEN + h]! * hidden[h]!;
    return sum;
  });
  return { hidden, scores };
}

export function guess(net: Network, pixels: Uint8Array): number {
  const { scores } = forward(net, pixels);
  return scores.indexOf(Math.max(...scores));
}

export const accuracy = (net: Network, samples: readonly (readonly [number, Uint8Array])[]): number =>
  samples.filter(([digit, pixels]) => guess(net, pixels) === digit).length / samples.length;

export function samples(count: number, seed: number): readonly (readonly [number, Uint8Array])[] {
  const next = numbers(seed);
  return Array.from({ length: count }, (_, k) => [k % DIGITS, draw(k % DIGITS, next)] as const);
}

/** Plain stochastic gradient descent on the cross entropy. */
function train(seed: number): Network {
  const next = numbers(seed);
  const around = (count: number, most: number) =>
    Float64Array.from({ length: count }, () => (2 * next() - 1) * most);
  const net: Network = {
    first: around(HIDDEN * PIXELS, 0.25),
    firstBias: new Float64Array(HIDDEN),
    second: around(DIGITS * HIDDEN, 0.4),
    secondBias: new Float64Array(DIGITS),
  };
  const drawn = samples(TRAINING, seed + 1);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = 0.05 * 0.88 ** epoch;
    for (let k = 0; k < TRAINING; k++) {
      const [digit, pixels] = drawn[Math.floor(next() * TRAINING)]!;
      const { hidden, scores } = forward(net, pixels);
      const top = Math.max(...scores);
      const powers = scores.map((s) => Math.exp(s - top));
      const sum = powers.reduce((a, b) => a + b, 0);
      const back = new Float64Array(HIDDEN);
      for (let d = 0; d < DIGITS; d++) {
        const error = powers[d]! / sum - (d === digit ? 1 : 0);
        for (let h = 0; h < HIDDEN; h++) {
          const at = d * HIDDEN + h;
          back[h]! += error * net.second[at]!;
          net.second[at]! -= rate * error * hidden[h]!;
        }
        net.secondBias[d]! -= rate * error;
      }
      for (let h = 0; h < HIDDEN; h++) {
        if (hidden[h] === 0) continue;
        for (let i = 0; i < PIXELS; i++) if (pixels[i] === 1) net.first[h * PIXELS + i]! -= rate * back[h]!;
        net.firstBias[h]! -= rate * back[h]!;
      }
    }
  }
  return net;
}

/** The largest weight of a layer becomes 127. A bias has the scale of the sums that it joins. */
function rounded(net: Network): Network {
  const largest = (values: Float64Array): number =>
    values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const [one, two] = [127 / largest(net.first), 127 / largest(net.second)];
  return {
    first: net.first.map((w) => Math.round(w * one)),
    firstBias: net.firstBias.map((b) => Math.round(b * one)),
    second: net.second.map((w) => Math.round(w * two)),
    secondBias: net.secondBias.map((b) => Math.round(b * one * two)),
  };
}

export interface Trained {
  readonly net: Network;
  /** Of digits that it has not seen. */
  readonly accuracy: number;
  /** `weights.ts`. */
  readonly source: string;
}

export function trained(seed = 7): Trained {
  const net = rounded(train(seed));
  const right = accuracy(net, samples(HELD_BACK, seed + 1000));
  const list = (values: Float64Array): string =>
    `[\n${Array.from({ length: Math.ceil(values.length / 16) }, (_, r) => `  ${[...values.subarray(r * 16, r * 16 + 16)].join(", ")},\n`).join("")}]`;
  const plain = Array.from({ length: DIGITS }, (_, d) => `  "${asText(draw(d))}",\n`).join("");
  const source = `// Written by train.mts. Of ${HELD_BACK} drawn digits that it had never seen this network knew ${(100 * right).toFixed(1)} %.
// prettier-ignore
export const FIRST: StaticArray<i8> = ${list(net.first)};
// prettier-ignore
export const FIRST_BIAS: StaticArray<i32> = ${list(net.firstBias)};
// prettier-ignore
export const SECOND: StaticArray<i8> = ${list(net.second)};
// prettier-ignore
export const SECOND_BIAS: StaticArray<i32> = ${list(net.secondBias)};

/** Each digit drawn plainly. */
export const PLAIN: StaticArray<string> = [
${plain}];
`;
  return { net, accuracy: right, source };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { accuracy: right, source } = trained();
  writeFileSync(new URL("weights.ts", import.meta.url), source);
  process.stdout.write(`${(100 * right).toFixed(1)} % of the digits held back\n`);
}
