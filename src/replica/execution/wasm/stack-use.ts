/**
 * Which functions count their stack use, so that no engine's own stack ever decides a canister's fate.
 *
 *   U1  Every function on a cycle of the call graph counts. An indirect call may reach every function of its type whose
 *       reference was taken.
 *   U2  Along any path of calls, the functions that do not count use at most `UNCOUNTED_MAX` bytes together.
 *   U3  `STACK_LIMIT` + `UNCOUNTED_MAX` leaves 100 KiB of the slowest tier's stack to JavaScript above and below.
 *
 * The slowest tier known is a Chromium worker before tier-up: 500 KiB, and a frame of 56 bytes and 8 for each
 * parameter, local and operand (measured by running recursions of 13 shapes until they overflowed). A host with more stack
 * traps at the same depth, because only the estimate decides. Source: DESIGN §6; measurements "Limits of the host".
 */

/** Bytes that counting functions may hold at once. The host sets the counter to it before every run. */
export const STACK_LIMIT = 352 * 1024;
const UNCOUNTED_MAX = 48 * 1024;
const FRAME_BASE = 56;
/** Parameters beyond these are passed on the stack, and kept there once more. */
const REGISTER_PARAMS = 6;

export interface FrameShape {
  readonly params: number;
  readonly results: number;
  readonly locals: number;
  readonly height: number;
  readonly simd: boolean;
}

/** Bytes that one frame takes at most in the slowest tier. */
export function frameBytes(shape: FrameShape): number {
  const passed = Math.max(0, shape.params - REGISTER_PARAMS) + shape.results;
  const slots = shape.params + shape.locals + shape.height + passed;
  return FRAME_BASE + slots * (shape.simd ? 16 : 8);
}

export interface CallGraph {
  /** Bytes of each defined function's frame. */
  readonly frames: ArrayLike<number>;
  /** Edges of function f are edges[starts[f]] … edges[starts[f + 1]]: defined functions, or −1 − class. */
  readonly starts: ArrayLike<number>;
  readonly edges: ArrayLike<number>;
  /** Defined functions that an indirect call of each class may reach. */
  readonly classes: readonly (readonly number[])[];
}

/** 1 for each function that counts. Tarjan's components, found in reverse topological order, without recursion. */
export function countingFunctions(graph: CallGraph): Uint8Array {
  const functions = graph.frames.length;
  const nodes = functions + graph.classes.length;
  const { starts, targets } = flat(graph, functions, nodes);
  const frames = Int32Array.from({ length: nodes }, (_, n) => (n < functions ? graph.frames[n]! : 0));
  const counting = new Uint8Array(functions);
  const found = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const component = new Int32Array(nodes).fill(-1);
  /** Bytes of functions that do not count, on the worst path from here. */
  const uncounted = new Int32Array(nodes);
  const next = starts.slice();
  const open = new Int32Array(nodes);
  const path = new Int32Array(nodes);
  let opened = 0;
  let depth = 0;
  let time = 0;

  for (let root = 0; root < functions; root++) {
    if (found[root] !== -1) continue;
    let entering = root;
    while (entering >= 0 || depth > 0) {
      if (entering >= 0) {
        found[entering] = time;
        low[entering] = time++;
        open[opened++] = entering;
        path[depth++] = entering;
        entering = -1;
      }
      const n = path[depth - 1]!;
      if (next[n]! < starts[n + 1]!) {
        const target = targets[next[n]!++]!;
        if (found[target] === -1) entering = target;
        else if (component[target] === -1 && found[target]! < low[n]!) low[n] = found[target]!;
        continue;
      }
      depth--;
      if (depth > 0 && low[n]! < low[path[depth - 1]!]!) low[path[depth - 1]!] = low[n]!;
      if (low[n] !== found[n]) continue;
      // The open nodes from n on are a component.
      let first = opened - 1;
      while (open[first] !== n) first--;
      for (let k = first; k < opened; k++) component[open[k]!] = n;
      let worst = 0;
      let isCycle = opened - first > 1;
      for (let k = first; k < opened; k++) {
        const m = open[k]!;
        for (let e = starts[m]!; e < starts[m + 1]!; e++) {
          const target = targets[e]!;
          if (component[target] !== n) worst = Math.max(worst, uncounted[target]!);
          else if (target === m) isCycle = true;
        }
      }
      for (let k = first; k < opened; k++) {
        const m = open[k]!;
        const counts = isCycle || worst + frames[m]! > UNCOUNTED_MAX;
        if (counts && m < functions) counting[m] = 1;
        uncounted[m] = counts ? worst : worst + frames[m]!;
      }
      opened = first;
    }
  }
  return counting;
}

/** The same graph with classes as nodes behind the functions. */
function flat(
  graph: CallGraph,
  functions: number,
  nodes: number,
): { readonly starts: Int32Array; readonly targets: Int32Array } {
  const edges = graph.starts[functions]!;
  const starts = new Int32Array(nodes + 1);
  for (let f = 0; f <= functions; f++) starts[f] = graph.starts[f]!;
  graph.classes.forEach((members, c) => {
    starts[functions + c + 1] = starts[functions + c]! + members.length;
  });
  const targets = new Int32Array(starts[nodes]!);
  for (let e = 0; e < edges; e++) {
    const target = graph.edges[e]!;
    targets[e] = target >= 0 ? target : functions - 1 - target;
  }
  graph.classes.forEach((members, c) => {
    targets.set(members, starts[functions + c]!);
  });
  return { starts, targets };
}
