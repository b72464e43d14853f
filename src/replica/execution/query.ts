/**
 * Queries by users: one node, one state, nothing kept.
 *
 *   N1  The canister exists, runs, has code and is not frozen (interface H64); the method is a query or a composite
 *       query (H65).
 *   N2  A composite query may call queries on this subnet. Its own changes last across its callbacks and vanish at the
 *       end; every callee starts from the committed state, the composite itself included (M70, M71, M73).
 *   N3  The data certificate is offered to the outermost method only, not to callbacks or callees (C42).
 *   N4  The whole call graph shares one instruction limit, and every nested call costs 50 M of it; it is at most six
 *       calls deep (H67).
 *   N5  A callback that traps is cleaned up after, and the composite is rejected (M72).
 */
import type { SubnetRecord } from "../../registry/registry.ts";
import { IC, rejectOf } from "../../types/errors.ts";
import { MANAGEMENT_CANISTER, type CanisterId, type PrincipalId } from "../../types/ids.ts";
import { type CallerInfo, RejectCode, type Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { Query, QueryExecutor } from "../interfaces/execution.ts";
import type { WasmHost } from "../interfaces/wasm-host.ts";
import type { CanisterState } from "../state/canister.ts";
import type { Closure } from "../state/messages.ts";
import type { ReplicatedState } from "../state/state.ts";
import { isFrozen } from "./cycles.ts";
import { cleanupFailed, methodNotFound, noWasmModule, rejectFrom, type Failure } from "./failure.ts";
import type { Answer } from "./response.ts";
import { managementQuery } from "./management/query.ts";
import { runCanister, type Run } from "./run-canister.ts";
import { answerOf, didNotReply } from "./settle.ts";
import type { OutgoingCall, Situation } from "./system-api/sandbox.ts";

const MAX_REPLY_BYTES = 3 * 1024 * 1024;
const MAX_DEPTH = 6;
const NESTED_CALL_INSTRUCTIONS = 50_000_000n;

/** One user's query: what all of its calls share. */
interface Graph {
  readonly host: WasmHost;
  readonly state: ReplicatedState;
  readonly subnet: SubnetRecord;
  used: bigint;
}

interface Activation {
  readonly graph: Graph;
  readonly depth: number;
  readonly caller: PrincipalId;
  /** Told to the outermost canister, in its method and its callbacks; callees have a canister as caller. */
  readonly callerInfo?: CallerInfo | undefined;
  readonly certificate: Uint8Array | undefined;
}

export const createQueryExecutor = (host: WasmHost): QueryExecutor => ({
  query(state, query, certificate, subnet) {
    if (query.receiver === MANAGEMENT_CANISTER) return managementQuery(state, query, subnet);
    const graph: Graph = { host, state, subnet, used: 0n };
    const caller = query.sender;
    const { callerInfo } = query;
    const answer = answerQuery({ graph, depth: 0, caller, callerInfo, certificate }, query);
    return answer.kind === "reply"
      ? { kind: "replied", reply: answer.data, instructions: graph.used }
      : { kind: "rejected", reject: answer.reject, instructions: graph.used };
  },
});

const rejected = (reject: Reject): Answer => ({ kind: "reject", reject });

function answerQuery(at: Activation, query: Pick<Query, "receiver" | "method" | "arg">): Answer {
  const { graph } = at;
  const canister = graph.state.canisters.get(query.receiver);
  if (canister === undefined) return rejected(notFound(query.receiver));
  const closed = closedToQueries(canister, graph.subnet);
  if (closed !== undefined) return rejected(closed);

  const { queries, compositeQueries } = canister.code!.exports;
  if (queries.includes(query.method)) {
    const entry = { kind: "export", name: `canister_query ${query.method}` } as const;
    return plainAnswer(canister, execute(at, canister, entry, "NRQ", { arg: query.arg }));
  }
  if (compositeQueries.includes(query.method)) return composite(at, canister, query);
  return rejected(rejectFrom(canister.id, methodNotFound("query", query.method)));
}

const notFound = (id: CanisterId): Reject =>
  rejectOf(IC.CanisterNotFound, `Canister ${principalText(id)} not found`);

/** N1. */
function closedToQueries(canister: CanisterState, subnet: SubnetRecord): Reject | undefined {
  const id = principalText(canister.id);
  if (canister.status.kind === "stopped")
    return rejectOf(
      IC.CanisterStopped,
      `Canister ${id} is stopped and therefore does not have a CallContextManager`,
    );
  if (canister.status.kind === "stopping") return rejectOf(IC.CanisterStopping, `Canister ${id} is stopping`);
  if (isFrozen(canister, subnet))
    return rejectOf(
      IC.CanisterOutOfCycles,
      `Canister ${id} is unable to process query calls because it's frozen. Please top up the canister with cycles and try again.`,
    );
  return canister.code === undefined ? rejectFrom(canister.id, noWasmModule) : undefined;
}

function plainAnswer(canister: CanisterState, run: Run): Answer {
  if (run.failure !== undefined) return rejected(rejectFrom(canister.id, run.failure));
  return run.answer === undefined ? rejected(didNotReply(canister)) : answerOf(run.answer);
}

/** One entry point, with what is left of the graph's limit. */
function execute(
  at: Activation,
  canister: CanisterState,
  entry: Parameters<typeof runCanister>[2],
  context: Situation["context"],
  message: Partial<Situation> & { readonly arg: Uint8Array },
): Run {
  const { graph } = at;
  const limit = graph.subnet.limits.query - graph.used;
  const run = runCanister(graph.host, canister, entry, {
    context,
    caller: at.caller,
    callerInfo: at.callerInfo,
    time: graph.state.time,
    subnet: graph.subnet,
    instructionLimit: limit > 0n ? limit : 0n,
    maxReplyBytes: MAX_REPLY_BYTES,
    certificate: context === "NRQ" || context === "CQ" ? at.certificate : undefined,
    call: { id: 0, responded: false, availableCycles: 0n, instructions: 0n, deadline: 0n },
    ...message,
  });
  graph.used += run.instructions;
  return run;
}

/** N2. */
function composite(at: Activation, committed: CanisterState, query: Pick<Query, "method" | "arg">): Answer {
  const entry = { kind: "export", name: `canister_composite_query ${query.method}` } as const;
  const first = execute(at, committed, entry, "CQ", { arg: query.arg });
  if (first.failure !== undefined) return rejected(rejectFrom(committed.id, first.failure));
  let canister = first.canister;
  let answer = first.answer;
  const waiting: OutgoingCall[] = [...first.calls];
  for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
    if (answer !== undefined) break;
    const run = callback(at, canister, call, nested(at, committed.id, call));
    if (run.failure !== undefined) return rejected(rejectFrom(committed.id, run.failure));
    canister = run.canister;
    answer = run.answer;
    waiting.push(...run.calls);
  }
  return answer === undefined ? rejected(didNotReply(committed)) : answerOf(answer);
}

function nested(at: Activation, caller: CanisterId, call: OutgoingCall): Answer {
  const { graph, depth } = at;
  if (depth + 1 >= MAX_DEPTH)
    return rejected({
      code: RejectCode.CanisterError,
      message: "Composite query call graph is too deep",
      error: "IC0525",
    });
  graph.used += NESTED_CALL_INSTRUCTIONS;
  if (graph.used >= graph.subnet.limits.query)
    return rejected({
      code: RejectCode.CanisterError,
      message: "Composite query used more instructions in total than allowed",
      error: "IC0526",
    });
  const query = { sender: caller, receiver: call.callee, method: call.method, arg: call.payload };
  if (call.callee === MANAGEMENT_CANISTER) {
    const result = managementQuery(graph.state, query, graph.subnet);
    return result.kind === "replied" ? { kind: "reply", data: result.reply } : rejected(result.reject);
  }
  return answerQuery({ graph, depth: depth + 1, caller, certificate: undefined }, query);
}

/** N5. */
function callback(at: Activation, canister: CanisterState, call: OutgoingCall, answer: Answer): Run {
  const reject = answer.kind === "reject" ? answer.reject : undefined;
  const arg = answer.kind === "reply" ? answer.data : new Uint8Array(0);
  const run =
    reject === undefined
      ? execute(at, canister, tableEntry(call.onReply), "CRy", { arg })
      : execute(at, canister, tableEntry(call.onReject), "CRt", { arg, reject });
  if (run.failure === undefined || call.onCleanup === undefined) return run;
  const cleanup = execute(at, canister, tableEntry(call.onCleanup), "CC", { arg: new Uint8Array(0) });
  const failure: Failure =
    cleanup.failure === undefined ? run.failure : cleanupFailed(run.failure, cleanup.failure);
  return { ...run, failure };
}

const tableEntry = (closure: Closure) =>
  ({ kind: "table", slot: closure.slot, environment: closure.environment }) as const;
