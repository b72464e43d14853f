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
  const counting = new Uint8Array(functions);
  const found = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const component = new Int32Array(nodes).fill(-1);
  /** Bytes of functions that do not count, on the worst path from here. */
  const uncounted = new Float64Array(nodes);
  const next = new Int32Array(nodes);
  const open: number[] = [];
  const path: number[] = [];
  let time = 0;

  const edgeCount = (n: number): number =>
    n < functions ? graph.starts[n + 1]! - graph.starts[n]! : graph.classes[n - functions]!.length;
  const edge = (n: number, k: number): number => {
    if (n >= functions) return graph.classes[n - functions]![k]!;
    const target = graph.edges[graph.starts[n]! + k]!;
    return target >= 0 ? target : functions - 1 - target;
  };
  const enter = (n: number): void => {
    found[n] = time;
    low[n] = time++;
    open.push(n);
    path.push(n);
  };
  const close = (root: number): void => {
    const members: number[] = [];
    for (let m = -1; m !== root;) {
      m = open.pop()!;
      component[m] = root;
      members.push(m);
    }
    let worst = 0;
    let cyclic = members.length > 1;
    for (const m of members) {
      for (let k = 0; k < edgeCount(m); k++) {
        const target = edge(m, k);
        if (component[target] === root) cyclic ||= target === m;
        else worst = Math.max(worst, uncounted[target]!);
      }
    }
    for (const m of members) {
      const frame = m < functions ? graph.frames[m]! : 0;
      const counts = cyclic || worst + frame > UNCOUNTED_MAX;
      if (counts && m < functions) counting[m] = 1;
      uncounted[m] = counts ? worst : worst + frame;
    }
  };

  for (let root = 0; root < functions; root++) {
    if (found[root] !== -1) continue;
    enter(root);
    while (path.length > 0) {
      const n = path[path.length - 1]!;
      if (next[n]! < edgeCount(n)) {
        const target = edge(n, next[n]!++);
        if (found[target] === -1) enter(target);
        else if (component[target] === -1) low[n] = Math.min(low[n]!, found[target]!);
      } else {
        path.pop();
        const parent = path[path.length - 1];
        if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[n]!);
        if (low[n] === found[n]) close(n);
      }
    }
  }
  return counting;
}
