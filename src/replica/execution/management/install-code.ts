/**
 * `install_code`: gives a canister its module, in one of three modes, all or nothing.
 *
 *   IN1  install needs an empty canister, upgrade one with code; reinstall takes any and wipes what the old code made
 *        (heap, stable memory, certified data, timer, log), though not its open calls.
 *   IN2  upgrade keeps stable memory and certified data. The heap is replaced, or kept with `keep`: then globals start
 *        anew and active data segments do not touch it.
 *   IN3  Whoever uses enhanced orthogonal persistence must say what becomes of the heap; `keep` needs a module that
 *        uses it.
 *   IN4  The version rises between pre_upgrade, which sees the old one, and the new module's start, init or
 *        post_upgrade.
 *   IN5  Any failure leaves the canister as it was, save for its log and for the cycles that the attempt cost.
 *   IN7  After an install of more instructions than a round allows one, others are refused until that is worked off.
 *   IN6  The install is prepaid to its limit, and the canister keeps its freezing limit before and after.
 *
 * Run state does not matter. Source: interface L14–L24, M12; replica D.2, E.1.
 */
import type { CanisterId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import type { CanisterHook, CanisterState } from "../../state/canister.ts";
import { withConsumed } from "../../state/consumed.ts";
import { grownPages, NO_PAGES } from "../../state/pages.ts";
import { executionFee, freezingLimit, unusedInstructionsRefund } from "../cycles.ts";
import { noWasmModule, rejectFrom } from "../failure.ts";
import { runHook } from "../run-hook.ts";
import type { InstallChunkedCodeArgs, InstallCodeArgs, InstallMode } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { changed, controlled, done, type ManagementCall, type ManagementOutcome, rejected } from "./call.ts";
import { assembled } from "./chunk-store.ts";
import { loadModule, type LoadedModule } from "./load-module.ts";
import {
  installOutOfCycles,
  installRateLimited,
  invalidWasm,
  memoryDoesNotFit,
  notEmpty,
  persistenceMissing,
  persistenceUnsupported,
} from "./rejects.ts";

interface Install {
  readonly call: ManagementCall;
  readonly mode: InstallMode;
  readonly module: LoadedModule;
  readonly arg: Uint8Array;
  readonly senderVersion: bigint | undefined;
}

export function installCode(call: ManagementCall, args: ValueOf<typeof InstallCodeArgs>): ManagementOutcome {
  const found = installable(call, args.canister_id, args.mode);
  if ("reject" in found) return rejected(call, found.reject);
  return install(call, found.canister, args.wasm_module, args);
}

export function installChunkedCode(
  call: ManagementCall,
  args: ValueOf<typeof InstallChunkedCodeArgs>,
): ManagementOutcome {
  const found = installable(call, args.target_canister, args.mode);
  if ("reject" in found) return rejected(call, found.reject);
  const whole = assembled(call, args);
  if ("reject" in whole) return rejected(call, whole.reject);
  return install(call, found.canister, whole.wasm, args);
}

function installable(call: ManagementCall, id: CanisterId, mode: InstallMode): ReturnType<typeof controlled> {
  const found = controlled(call, id);
  if ("reject" in found) return found;
  const hasCode = found.canister.code !== undefined;
  if (mode.tag === "install" && hasCode) return { reject: notEmpty(id) };
  if ((found.canister.standing?.installDebit ?? 0n) > 0n) return { reject: installRateLimited(id) };
  if (mode.tag === "upgrade" && !hasCode) return { reject: rejectFrom(id, noWasmModule) };
  return found;
}

/** IN5 and IN6: round the attempt, the money. */
function install(
  call: ManagementCall,
  before: CanisterState,
  wasm: Uint8Array,
  args: Pick<ValueOf<typeof InstallCodeArgs>, "mode" | "arg" | "sender_canister_version">,
): ManagementOutcome {
  const { draft } = call;
  const { subnet } = draft;
  const module = loadModule(wasm, call.env.host);
  if (!module.ok) return rejected(call, invalidWasm(before.id, module.because));

  const wasm64 = module.value.code.module.memory?.address === "i64";
  const limit = subnet.limits.install;
  const prepaid = executionFee(limit, wasm64, subnet);
  const missing = prepaid + freezingLimit(before, subnet) - before.cycles;
  if (missing > 0n) return rejected(call, installOutOfCycles(before.id, missing));

  const attempt = new Attempt(call, { ...before, cycles: before.cycles - prepaid }, limit);
  const reject = perform(attempt, {
    call,
    mode: args.mode,
    module: module.value,
    arg: args.arg,
    senderVersion: args.sender_canister_version,
  });

  const cost = prepaid - unusedInstructionsRefund(limit - attempt.instructions, wasm64, subnet);
  const paid = (canister: CanisterState): CanisterState => ({
    ...canister,
    cycles: canister.cycles + prepaid - cost,
    consumed: withConsumed(canister, "instructions", cost),
  });
  draft.cyclesBurned += cost;
  const after = paid(attempt.canister);
  const short = freezingLimit(after, subnet) - after.cycles;
  const failure = reject ?? (short > 0n ? installOutOfCycles(before.id, short) : undefined);
  const { instructions } = attempt;
  if (failure !== undefined) {
    const { logs, nextLogIndex } = attempt.canister;
    draft.canisters.set(before.id, {
      ...paid({ ...before, cycles: before.cycles - prepaid }),
      logs,
      nextLogIndex,
    });
    return { ...rejected(call, failure), instructions };
  }
  draft.cyclesBurned += attempt.burned;
  draft.canisters.set(before.id, args.mode.tag === "reinstall" ? withoutOldLog(after, before) : after);
  return { ...done(call), instructions };
}

/** The log is wiped only at the end, because a failed reinstall must give it back. */
const withoutOldLog = (after: CanisterState, before: CanisterState): CanisterState => ({
  ...after,
  logs: after.logs.filter((record) => record.index >= before.nextLogIndex),
});

/** The canister while its hooks run one after the other, within one limit. */
class Attempt {
  canister: CanisterState;
  instructions = 0n;
  burned = 0n;
  private readonly call: ManagementCall;
  private readonly limit: bigint;

  constructor(call: ManagementCall, canister: CanisterState, limit: bigint) {
    this.call = call;
    this.canister = canister;
    this.limit = limit;
  }

  run(hook: CanisterHook, arg: Uint8Array): Reject | undefined {
    const { env, draft, request } = this.call;
    const result = runHook(env.host, this.canister, hook, {
      arg,
      caller: request.caller,
      time: draft.time,
      subnet: draft.subnet,
      instructionLimit: this.limit - this.instructions,
      messageLimit: this.limit,
    });
    this.canister = result.canister;
    this.instructions += result.instructions;
    this.burned += result.burned;
    for (const text of result.prints)
      draft.facts.push({ kind: "debug-print", canister: this.canister.id, text });
    return result.reject;
  }
}

function perform(attempt: Attempt, install: Install): Reject | undefined {
  return install.mode.tag === "upgrade"
    ? upgrade(attempt, install, install.mode.value)
    : startFresh(attempt, install);
}

function startFresh(attempt: Attempt, install: Install): Reject | undefined {
  const { module } = install;
  attempt.canister = {
    ...deployed(install, attempt.canister),
    heap: module.heap,
    stable: NO_PAGES,
    certifiedData: new Uint8Array(0),
  };
  return attempt.run("canister_start", NOTHING) ?? attempt.run("canister_init", install.arg);
}

function upgrade(
  attempt: Attempt,
  install: Install,
  options: (InstallMode & { readonly tag: "upgrade" })["value"],
): Reject | undefined {
  const { module } = install;
  const old = attempt.canister;
  if (options?.skip_pre_upgrade !== true) {
    const reject = attempt.run("canister_pre_upgrade", NOTHING);
    if (reject !== undefined) return reject;
  }
  const persistence = options?.wasm_memory_persistence?.tag;
  const keep = persistence === "keep";
  if (persistence === undefined && persists(old.code)) return persistenceMissing();
  if (keep && !persists(module.code)) return persistenceUnsupported();
  if (keep && !fits(old, module)) return memoryDoesNotFit();

  const { heap } = attempt.canister;
  attempt.canister = {
    ...deployed(install, attempt.canister),
    heap: keep ? grownPages(heap, Math.max(heap.length, module.heap.length)) : module.heap,
  };
  return attempt.run("canister_start", NOTHING) ?? attempt.run("canister_post_upgrade", install.arg);
}

const NOTHING = new Uint8Array(0);

/** What every mode does: new code, new globals, no timer, a new version, a line in the history. */
function deployed({ call, mode, module, senderVersion }: Install, canister: CanisterState): CanisterState {
  const { code, globals } = module;
  return {
    ...changed(call, canister, senderVersion, {
      kind: "code-deployment",
      mode: mode.tag,
      moduleHash: code.moduleHash,
    }),
    code,
    globals,
    globalTimer: 0n,
    lastInstalledAt: call.draft.time,
  };
}

/** Whether a module says that its heap outlives upgrades. Motoko's compiler writes the section. */
const persists = (code: CanisterState["code"]): boolean =>
  code?.metadata.has("enhanced-orthogonal-persistence") === true;

const WASM_PAGE = 65_536;

/** A 64-bit memory may take over a 32-bit one: how Motoko's older programs move to persistence. */
function fits(old: CanisterState, module: LoadedModule): boolean {
  const memory = module.code.module.memory;
  return old.heap.length <= (memory?.maxPages ?? 0) * WASM_PAGE;
}
