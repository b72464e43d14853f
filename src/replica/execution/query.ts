/**
 * Queries by users: one node, one state, nothing kept.
 *
 *   N1  The canister exists, is not stopped, and offers the method as a query or a composite query; it is not frozen
 *       and not stopping: asked in this order (interface H64, H65).
 *   N2  A composite query may call queries on this subnet. Its own changes last across its callbacks and vanish at the
 *       end; every callee starts from the committed state, the composite itself included (M70, M71, M73). What it calls
 *       runs in its context, plain queries too.
 *   N3  The data certificate is offered to the canister that the user asked, not to its callbacks or other callees (C42).
 *   N4  Calls are followed depth first, one at a time. The whole graph shares one instruction limit, of which every
 *       nested call costs 50 M; canisters that wait for one another are at most six. Passing either limit ends the
 *       whole query (H67, IC0525, IC0526).
 *   N5  A context answers as in replicated mode: a callback's trap is cleaned up after, and told to the caller when
 *       nothing is outstanding (M72).
 *
 * Source: interface §5.7; [ic] rs/execution_environment/src/query_handler.
 */
import { assert, defined } from "../../base/assert.ts";
import { EMPTY } from "../../base/bytes.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import { IC, rejectOf } from "../../types/errors.ts";
import { MANAGEMENT_CANISTER, type CanisterId, type PrincipalId } from "../../types/ids.ts";
import type { CallerInfo, Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { CanisterQueryStats } from "../../types/query-stats.ts";
import type { Query, QueryExecutor } from "../interfaces/execution.ts";
import type { Entry, WasmHost } from "../interfaces/wasm-host.ts";
import type { CanisterState } from "../state/canister.ts";
import type { Closure } from "../state/messages.ts";
import type { ReplicatedState } from "../state/state.ts";
import { isFrozen } from "./cycles.ts";
import { notFound } from "./deliver.ts";
import { notRunning } from "./execute-request.ts";
import {
  cleanupFailed,
  ellipsized,
  methodNotFound,
  noWasmModule,
  rejectFrom,
  type Failure,
} from "./failure.ts";
import type { Answer } from "./response.ts";
import { createLongRuns, NotYet, type RunCanister } from "./long-runs.ts";
import { managementQuery } from "./management/query.ts";
import type { Run } from "./run-canister.ts";
import { answerOf } from "./settle.ts";
import type { OutgoingCall, Situation } from "./system-api/sandbox.ts";

const MAX_REPLY_BYTES = 3 * 1024 * 1024;
const MAX_DEPTH = 6;
const NESTED_CALL_INSTRUCTIONS = 50_000_000n;

/** One user's query: what all of its calls share. */
interface Graph {
  readonly runs: RunCanister;
  readonly state: ReplicatedState;
  readonly subnet: SubnetRecord;
  readonly asked: CanisterId;
  readonly certificate: Uint8Array | undefined;
  /** Instructions of all executions so far. */
  used: bigint;
  readonly counts: CanisterQueryStats[];
  /** What nested calls cost beside them. */
  overhead: bigint;
}

/** An open call context: a composite query that waits for what it called. */
interface Waiting {
  readonly kind: "waiting";
  readonly canister: CanisterState;
  readonly caller: PrincipalId;
  /** Of the user: told to the outermost canister alone; callees have a canister as caller. */
  readonly callerInfo: CallerInfo | undefined;
  /** Performed and not yet made. */
  readonly calls: readonly OutgoingCall[];
  /** The call that is being made now. */
  readonly open: OutgoingCall | undefined;
  readonly instructions: bigint;
}

/** Long queries that run on other threads at once: more wait their turn. */
const MAX_ELSEWHERE = 2;

export function createQueryExecutor(host: WasmHost): QueryExecutor {
  const longRuns = createLongRuns(host, MAX_ELSEWHERE);
  return {
    query(state, query, certificate, subnet, name) {
      if (query.receiver === MANAGEMENT_CANISTER) return managementQuery(state, query, subnet);
      const runs = longRuns.attempt(name, subnet.limits.query);
      const graph: Graph = {
        runs,
        state,
        subnet,
        asked: query.receiver,
        certificate,
        used: 0n,
        overhead: 0n,
        counts: [],
      };
      try {
        const answer = answerQuery(graph, query);
        longRuns.end(name);
        const used = { instructions: graph.used, counts: graph.counts };
        return answer.kind === "reply"
          ? { kind: "replied", reply: answer.data, ...used }
          : { kind: "rejected", reject: answer.reject, ...used };
      } catch (error) {
        if (!(error instanceof NotYet)) throw error;
        return undefined;
      }
    },
  };
}

const rejected = (reject: Reject): Answer => ({ kind: "reject", reject });

function answerQuery(graph: Graph, query: Query): Answer {
  let latest: Answer | Waiting = start(graph, query, false);
  const stack: Waiting[] = [];
  for (;;) {
    if (latest.kind === "waiting") stack.push(latest);
    const top = stack.pop();
    if (latest.kind !== "waiting" && top === undefined) return latest;
    assert(top !== undefined, "who waits is on the stack");
    const over = limitReached(graph, stack.length);
    if (over !== undefined) return rejected(over);
    if (latest.kind !== "waiting") {
      latest = callBack(graph, top, told(latest));
      continue;
    }
    const [open, ...calls] = top.calls;
    if (open === undefined) {
      latest = rejected(noResponse(top.canister.id));
      continue;
    }
    stack.push({ ...top, calls, open });
    latest = call(graph, top.canister.id, open);
  }
}

/** N4. */
function limitReached(graph: Graph, depth: number): Reject | undefined {
  if (depth >= MAX_DEPTH)
    return rejectOf(IC.QueryCallGraphTooDeep, "Composite query calls exceeded the maximum call depth.");
  if (left(graph) === 0n)
    return rejectOf(
      IC.QueryCallGraphInstructionLimitExceeded,
      "Composite query calls exceeded the instruction limit.",
    );
  return undefined;
}

/** A canister hears of a reject what a user does, without the code and not at any length. */
const told = (answer: Answer): Answer =>
  answer.kind === "reply"
    ? answer
    : rejected({ ...answer.reject, message: ellipsized(answer.reject.message) });

const noResponse = (id: CanisterId): Reject =>
  rejectOf(IC.CanisterDidNotReply, `Canister ${principalText(id)} did not produce a response`);

function call(graph: Graph, caller: CanisterId, { callee, method, payload }: OutgoingCall): Answer | Waiting {
  const query: Query = { sender: caller, receiver: callee, method, arg: payload };
  if (callee !== MANAGEMENT_CANISTER) return start(graph, query, true);
  const result = managementQuery(graph.state, query, graph.subnet);
  return result.kind === "replied" ? { kind: "reply", data: result.reply } : rejected(result.reject);
}

/** The method itself. `nested`: called by a composite query, in whose context it then runs. */
function start(graph: Graph, query: Query, nested: boolean): Answer | Waiting {
  const canister = graph.state.canisters.get(query.receiver);
  if (canister === undefined) return rejected(notFound(query.receiver));
  const closed = stopped(canister) ?? noSuchMethod(canister, query.method);
  if (closed !== undefined) return rejected(closed);
  const shut = frozen(canister, graph.subnet);
  const outcome = shut === undefined ? runMethod(graph, canister, query, nested) : rejected(shut);
  if (nested) graph.overhead += NESTED_CALL_INSTRUCTIONS;
  return outcome;
}

function runMethod(graph: Graph, canister: CanisterState, query: Query, nested: boolean): Answer | Waiting {
  const stopping = notRunning(canister);
  if (stopping !== undefined) {
    count(graph, query, 0n, 0);
    return rejected(stopping);
  }
  const composite = canister.code?.exports.compositeQueries.includes(query.method);
  const name = `canister_${composite ? "composite_query" : "query"} ${query.method}`;
  const context = composite || nested ? "CQ" : "NRQ";
  const { sender: caller, callerInfo } = query;
  const fresh: Waiting = {
    kind: "waiting",
    canister,
    caller,
    callerInfo,
    calls: [],
    open: undefined,
    instructions: 0n,
  };
  const run = execute(graph, fresh, { kind: "export", name }, context, { arg: query.arg });
  const answer = run.failure === undefined && run.answer !== undefined ? answerOf(run.answer) : undefined;
  count(graph, query, run.instructions, answer?.kind === "reply" ? answer.data.length : 0);
  if (run.failure !== undefined) return rejected(rejectFrom(canister.id, run.failure));
  if (answer !== undefined) return answer;
  return { ...fresh, canister: run.canister, calls: run.calls, instructions: run.instructions };
}

/** The method alone: what its callbacks use and answer is not counted. Source: [ic] query_context.rs, execute_query. */
function count({ counts }: Graph, { receiver, arg }: Query, instructions: bigint, replyBytes: number): void {
  const stats = {
    calls: 1n,
    instructions,
    requestBytes: BigInt(arg.length),
    responseBytes: BigInt(replyBytes),
  };
  counts.push({ canister: receiver, stats });
}

function stopped(canister: CanisterState): Reject | undefined {
  if (canister.status.kind !== "stopped") return undefined;
  const id = principalText(canister.id);
  return rejectOf(
    IC.CanisterStopped,
    `Canister ${id} is stopped and therefore does not have a CallContextManager`,
  );
}

function noSuchMethod(canister: CanisterState, method: string): Reject | undefined {
  if (canister.code === undefined) return rejectFrom(canister.id, noWasmModule);
  const { queries, compositeQueries } = canister.code.exports;
  if (queries.includes(method) || compositeQueries.includes(method)) return undefined;
  return rejectFrom(canister.id, methodNotFound("query", method));
}

function frozen(canister: CanisterState, subnet: SubnetRecord): Reject | undefined {
  if (!isFrozen(canister, subnet)) return undefined;
  return rejectOf(
    IC.CanisterOutOfCycles,
    `Canister ${principalText(canister.id)} is unable to process query calls because it's frozen. Please top up the canister with cycles and try again.`,
  );
}

function left({ subnet, used, overhead }: Graph): bigint {
  const rest = subnet.limits.query - used - overhead;
  return rest > 0n ? rest : 0n;
}

/** One entry point, with what is left of the graph's limit. */
function execute(
  graph: Graph,
  { canister, caller, callerInfo, instructions }: Waiting,
  entry: Entry,
  context: Situation["context"],
  message: Partial<Situation> & { readonly arg: Uint8Array },
): Run {
  const certified = (context === "NRQ" || context === "CQ") && canister.id === graph.asked;
  const run = graph.runs(canister, entry, {
    context,
    caller,
    callerInfo,
    time: graph.state.time,
    subnet: graph.subnet,
    instructionLimit: left(graph),
    maxReplyBytes: MAX_REPLY_BYTES,
    certificate: certified ? graph.certificate : undefined,
    call: { id: 0, responded: false, availableCycles: 0n, instructions, deadline: 0n },
    ...message,
  });
  graph.used += run.instructions;
  return run;
}

/** N5. */
function callBack(graph: Graph, waiting: Waiting, answer: Answer): Answer | Waiting {
  const open = defined(waiting.open, "an answer belongs to an open call");
  const callbacks = new Map(waiting.canister.callbacks);
  callbacks.delete(open.callback);
  const before: Waiting = { ...waiting, canister: { ...waiting.canister, callbacks } };
  const run =
    answer.kind === "reply"
      ? execute(graph, before, tableEntry(open.onReply), "CRy", { arg: answer.data })
      : execute(graph, before, tableEntry(open.onReject), "CRt", { arg: EMPTY, reject: answer.reject });
  const { failure, canister, instructions } = cleanedUp(graph, before, open, run);
  if (run.answer !== undefined) return answerOf(run.answer);
  const calls = [...waiting.calls, ...run.calls];
  if (calls.length > 0)
    return {
      ...waiting,
      canister,
      calls,
      open: undefined,
      instructions: waiting.instructions + instructions,
    };
  const { id } = canister;
  return rejected(failure === undefined ? noResponse(id) : rejectFrom(id, failure));
}

function cleanedUp(graph: Graph, before: Waiting, { onCleanup }: OutgoingCall, run: Run): Run {
  if (onCleanup === undefined || run.failure === undefined) return run;
  const cleanup = execute(graph, before, tableEntry(onCleanup), "CC", { arg: EMPTY });
  const failure: Failure =
    cleanup.failure === undefined ? run.failure : cleanupFailed(run.failure, cleanup.failure);
  return { ...cleanup, failure, instructions: run.instructions + cleanup.instructions };
}

const tableEntry = ({ slot, environment }: Closure): Entry => ({ kind: "table", slot, environment });
