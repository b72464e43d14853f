/** The room's door: everything that other rooms may ask of execution, over one Wasm host. */
import { assert } from "../../base/assert.ts";
import { MANAGEMENT_CANISTER, type CanisterId } from "../../types/ids.ts";
import type {
  IngressFilter,
  MessageExecutor,
  QueryExecutor,
  SubnetAttempt,
} from "../interfaces/execution.ts";
import type { WasmHost } from "../interfaces/wasm-host.ts";
import type { InstalledCode } from "../state/canister.ts";
import { canisterOf, type Draft } from "../state/draft.ts";
import { type LongInstall, NO_STANDING } from "../state/standing.ts";
import type { SubnetMessage } from "../state/messages.ts";
import { deliver } from "./deliver.ts";
import { exchange, exchangeHeld } from "./exchange.ts";
import { executeNextInput } from "./execute-input.ts";
import { markProcessing } from "./execute-request.ts";
import { scheduleTasks } from "./execute-task.ts";
import { chargeInduction } from "./induction.ts";
import { createIngressFilter } from "./ingress-filter.ts";
import { createLongRuns, type LongRuns, NotYet } from "./long-runs.ts";
import { withLowMemoryHook } from "./low-memory-hook.ts";
import type { ManagementEnv } from "./management/call.ts";
import { effectiveCanisterOf, managementPayer } from "./management/effective-canister.ts";
import { loadModule } from "./management/load-module.ts";
import { executeManagement } from "./management/execute.ts";
import { rawRandAnswer } from "./management/raw-rand.ts";
import { settleStopping } from "./management/run-state.ts";
import { createQueryExecutor } from "./query.ts";
import { respond } from "./response.ts";
import { waiterOf } from "./settle.ts";
import { chargeForResources, expireCalls } from "./upkeep.ts";

export interface Execution {
  readonly executor: MessageExecutor;
  readonly queries: QueryExecutor;
  readonly ingressFilter: IngressFilter;
  /** Of a module that was installed once: what its upload makes today. */
  readonly codeOf: (uploaded: Uint8Array) => InstalledCode;
  /** Heights will be executed again: what is known of long executions is not theirs. */
  readonly forgetRuns: () => void;
}

export const createExecution = (host: WasmHost, longRuns = createLongRuns(host)): Execution => ({
  executor: {
    ...inputExecutor(longRuns),
    restingCanister,
    chargeInduction,
    deliver,
    exchange,
    exchangeHeld,
    scheduleTasks,
    expireCalls,
    settleStopping,
    chargeForResources,
    executeSubnetMessage: (draft, request, long) =>
      executeSubnetMessage({ host, longRuns }, draft, request, long),
    answerRawRand: (draft, request, bytes) =>
      respond(draft, request.origin, MANAGEMENT_CANISTER, rawRandAnswer(bytes), request.cycles),
  },
  forgetRuns: () => longRuns.forget(),
  queries: createQueryExecutor(host),
  ingressFilter: createIngressFilter(host),
  codeOf(uploaded) {
    const loaded = loadModule(uploaded, host);
    assert(loaded.ok, "what was installed can be loaded");
    return loaded.value.code;
  },
});

/** Settings, code and memory may have changed, so that memory is scarce now or no longer is. */
function askForMemory(draft: Draft, { method, payload }: SubnetMessage): void {
  const id = effectiveCanisterOf(method, payload);
  const canister = id === undefined ? undefined : draft.canisters.get(id);
  const asked = canister && withLowMemoryHook(canister);
  if (asked !== undefined && asked !== canister) draft.canisters.set(asked.id, asked);
}

const inputExecutor = (longRuns: LongRuns): Pick<MessageExecutor, "executeInput"> => ({
  executeInput(draft, id, execution, paid) {
    const canister = canisterOf(draft, id);
    const { cyclesBurned } = draft;
    try {
      const instructions = executeNextInput(longRuns.attempt(execution, paid), draft, id);
      longRuns.end(execution);
      return { kind: "done", instructions };
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      draft.canisters.set(id, canister);
      draft.cyclesBurned = cyclesBurned;
      return { kind: error.isKnown ? "long" : "unknown" };
    }
  },
});

/** Calls that only look at a canister, or give it cycles, do not mind a message in progress. */
const UNDISTURBING: ReadonlySet<string> = new Set([
  "canister_status",
  "canister_info",
  "canister_metadata",
  "canister_metrics",
  "deposit_cycles",
  "provisional_top_up_canister",
]);

function restingCanister({ method, payload }: SubnetMessage): CanisterId | undefined {
  const id = UNDISTURBING.has(method) ? undefined : effectiveCanisterOf(method, payload);
  return id === "any" ? undefined : id;
}

function executeSubnetMessage(
  env: ManagementEnv,
  draft: Draft,
  request: SubnetMessage,
  long: LongInstall | undefined,
): SubnetAttempt {
  if (long === undefined) markProcessing(draft, request);
  const outcome = executeManagement(env, draft, request, long);
  if (outcome.kind === "long")
    return outcome.install === undefined ? { kind: "unknown" } : { kind: "long", install: outcome.install };
  const instructions = outcome.kind === "response" ? outcome.instructions : 0n;
  if (outcome.kind === "response")
    respond(draft, request.origin, MANAGEMENT_CANISTER, outcome.payload, outcome.refund);
  debitInstall(draft, request, instructions);
  askForMemory(draft, request);
  const rejected = outcome.kind === "response" && outcome.payload.kind === "reject";
  draft.updates += 1n;
  draft.facts.push({
    kind: "message-executed",
    height: draft.height,
    canister: MANAGEMENT_CANISTER,
    method: request.method,
    ...(request.origin.kind === "ingress" ? { message: request.origin.message } : {}),
    instructions,
    outcome: rejected ? "rejected" : "ok",
    ...(request.origin.kind === "canister" ? { call: { from: waiterOf(request.origin), sent: [] } } : {}),
  });
  const compiling = outcome.kind === "response" ? (outcome.compiling ?? 0n) : 0n;
  return { kind: "done", instructions, compiling };
}

/** What an install used, failed or not, counts against the next one on the same canister. Source: replica D.2. */
function debitInstall(draft: Draft, { method, payload }: SubnetMessage, instructions: bigint): void {
  if (instructions === 0n || (method !== "install_code" && method !== "install_chunked_code")) return;
  const canister = draft.canisters.get(managementPayer(method, payload) ?? "");
  if (canister === undefined) return;
  const standing = canister.standing ?? NO_STANDING;
  const installDebit = standing.installDebit + instructions;
  draft.canisters.set(canister.id, { ...canister, standing: { ...standing, installDebit } });
}
