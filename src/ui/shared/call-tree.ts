/** The calls that one message caused, as a tree: from what executing nodes told. Pure. Checked by: call-tree.test.ts. */
import type { CanisterId, MessageId } from "../../types/ids.ts";
import type { CallTrace } from "../../types/trace.ts";
import type { Chronicle, Execution } from "./chronicle.ts";

export interface CallNode {
  readonly canister: CanisterId;
  readonly method: string;
  /** Sent along. */
  readonly cycles: bigint;
  /** Of the call itself and of the callbacks in its context, in order. Empty: it was never executed, or not yet. */
  readonly executions: readonly Execution[];
  /** How the caller was answered; undefined: not yet. The root answers a user: see the message. */
  readonly answer: CallTrace["ends"];
  readonly calls: readonly CallNode[];
}

const DEPTH_MAX = 20;

export function callTree(chronicle: Chronicle, message: MessageId): CallNode | undefined {
  const mark = chronicle.messages.get(message);
  if (mark?.canister === undefined || mark.executedHeight === undefined) return undefined;
  const { canister, method = "", context } = mark;
  const executions =
    context === undefined
      ? (chronicle.column(mark.executedHeight)?.executions ?? []).filter((x) => x.message === message)
      : (chronicle.contexts.get(`${canister} ${context}`) ?? []);
  const calls = callsOf(chronicle, canister, executions, 0);
  return { canister, method, cycles: 0n, executions, answer: undefined, calls };
}

function callsOf(
  chronicle: Chronicle,
  canister: CanisterId,
  executions: readonly Execution[],
  depth: number,
): CallNode[] {
  if (depth >= DEPTH_MAX) return [];
  return executions.flatMap((x) =>
    (x.call?.sent ?? []).map((sent) => {
      const callee = chronicle.callees.get(`${canister} ${sent.callback}`);
      const context = callee?.call?.context;
      const theirs =
        callee === undefined
          ? []
          : context === undefined
            ? [callee]
            : (chronicle.contexts.get(`${callee.canister} ${context}`) ?? [callee]);
      return {
        canister: sent.canister,
        method: sent.method,
        cycles: sent.cycles,
        executions: theirs,
        answer: executions.find((y) => y.call?.ends?.callback === sent.callback)?.call?.ends,
        calls: callsOf(chronicle, sent.canister, theirs, depth + 1),
      };
    }),
  );
}

export const instructionsOf = (node: CallNode): bigint =>
  node.executions.reduce((sum, x) => sum + x.instructions, 0n);
