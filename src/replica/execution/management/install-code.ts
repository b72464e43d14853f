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
 *   IN6  The install is prepaid to its limit, and the canister keeps its freezing limit before and after. All that is
 *        refused later than that costs something.
 *   IN8  Within that limit, putting chunks together and compiling cost instructions, too, after pre_upgrade and before
 *        the new module's hooks.
 *   IN9  An install of more instructions than it may use so far is begun again when it may use more, with the canister, the
 *        module and the time with which it began (long-runs.ts); until it is over nothing of it is seen.
 *
 * Run state does not matter. Source: interface L14–L24, M12; replica D.2, E.1.
 */
import { defined } from "../../../base/assert.ts";
import { min } from "../../../base/bigints.ts";
import type { Decoded } from "../../../base/decoded.ts";
import type { Reject } from "../../../types/messages.ts";
import type { CanisterHook, CanisterState } from "../../state/canister.ts";
import { withConsumed } from "../../state/consumed.ts";
import { grownPages, NO_PAGES } from "../../state/pages.ts";
import type { LongInstall, ModuleSource } from "../../state/standing.ts";
import { executionFee, freezingLimit, unusedInstructionsRefund } from "../cycles.ts";
import { noWasmModule, rejectFrom } from "../failure.ts";
import { NotYet, type RunCanister } from "../long-runs.ts";
import { runHook } from "../run-hook.ts";
import type { InstallChunkedCodeArgs, InstallCodeArgs, InstallMode } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import {
  changed,
  controlled,
  done,
  type ManagementCall,
  type ManagementOutcome,
  rejected,
  startOf,
} from "./call.ts";
import { assembled } from "./chunk-store.ts";
import { compileCharge, withCompiled } from "./compile-charge.ts";
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
  readonly source: ModuleSource;
  readonly compiled: LongInstall["compiled"];
  /** Of the source, if it is what was meant. */
  readonly module: Decoded<LoadedModule> | undefined;
  readonly arg: Uint8Array;
  readonly senderVersion: bigint | undefined;
}

export function installCode(call: ManagementCall, args: ValueOf<typeof InstallCodeArgs>): ManagementOutcome {
  if (call.long !== undefined) return install(call, call.long, args);
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  return install(call, begun(call, found.canister, { wasm: args.wasm_module, instructions: 0n }), args);
}

export function installChunkedCode(
  call: ManagementCall,
  args: ValueOf<typeof InstallChunkedCodeArgs>,
): ManagementOutcome {
  if (call.long !== undefined) return install(call, call.long, args);
  const found = controlled(call, args.target_canister);
  if ("reject" in found) return rejected(call, found.reject);
  const source = assembled(call, args);
  if ("reject" in source) return rejected(call, source.reject);
  return install(call, begun(call, found.canister, source), args);
}

const begun = (
  { draft, request }: ManagementCall,
  start: CanisterState,
  source: ModuleSource,
): LongInstall => ({
  request,
  canister: start.id,
  start,
  source,
  compiled: draft.scheduler.compiled,
  height: draft.height,
  time: draft.time,
  slices: 0,
});

/** IN5 and IN6: round the attempt, the money. */
function install(
  call: ManagementCall,
  long: LongInstall,
  args: Pick<ValueOf<typeof InstallCodeArgs>, "mode" | "arg" | "sender_canister_version">,
): ManagementOutcome {
  const { draft, env } = call;
  const { subnet } = draft;
  const { start: before, source, compiled } = long;
  const module = source.fault === undefined ? loadModule(source.wasm, env.host) : undefined;
  const wasm64 = module?.ok === true && module.value.code.module.memory?.address === "i64";
  const limit = subnet.limits.install;
  const prepaid = executionFee(limit, wasm64, subnet);
  const missing = prepaid + freezingLimit(before, subnet) - before.cycles;
  if (missing > 0n) return rejected(call, installOutOfCycles(before.id, missing));

  const { mode, arg, sender_canister_version: senderVersion } = args;
  const execution = `install ${long.canister}@${long.height}`;
  const slices = long.slices + 1;
  const runs = env.longRuns.attempt(execution, BigInt(slices) * subnet.limits.slice);
  const attempt = new Attempt(call, runs, { ...before, cycles: before.cycles - prepaid }, limit);
  const said = draft.facts.length;
  let reject: Reject | undefined;
  try {
    reject = perform(attempt, { call, mode, source, compiled, module, arg, senderVersion });
  } catch (error) {
    if (!(error instanceof NotYet)) throw error;
    draft.facts.splice(said);
    return { kind: "long", install: error.isKnown ? { ...long, slices } : undefined };
  }
  env.longRuns.end(execution);

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
  const { instructions, compiling } = attempt;
  if (failure !== undefined) {
    const { logs, nextLogIndex } = attempt.canister;
    draft.canisters.set(before.id, {
      ...paid({ ...before, cycles: before.cycles - prepaid }),
      logs,
      nextLogIndex,
    });
    return { ...rejected(call, failure), instructions, compiling };
  }
  draft.cyclesBurned += attempt.burned;
  draft.canisters.set(before.id, mode.tag === "reinstall" ? withoutOldLog(after, before) : after);
  const { code } = after;
  if (code !== undefined) draft.scheduler = withCompiled(draft.scheduler, code.moduleHash);
  return { ...done(call), instructions, compiling };
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
  /** Those of the instructions that no hook used. */
  compiling = 0n;
  burned = 0n;
  private readonly call: ManagementCall;
  private readonly runs: RunCanister;
  private readonly limit: bigint;

  constructor(call: ManagementCall, runs: RunCanister, canister: CanisterState, limit: bigint) {
    this.call = call;
    this.runs = runs;
    this.canister = canister;
    this.limit = limit;
  }

  /** As many instructions as are left, at most. */
  compile(instructions: bigint): void {
    const used = min(instructions, this.limit - this.instructions);
    this.instructions += used;
    this.compiling += used;
  }

  run(hook: CanisterHook, arg: Uint8Array): Reject | undefined {
    const { draft, request } = this.call;
    const result = runHook(this.runs, this.canister, hook, {
      arg,
      caller: request.caller,
      time: startOf(this.call),
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
  const { id, code, standing } = attempt.canister;
  if (install.mode.tag === "install" && code !== undefined) return notEmpty(id);
  if ((standing?.installDebit ?? 0n) > 0n) return installRateLimited(id);
  return install.mode.tag === "upgrade"
    ? upgrade(attempt, install, install.mode.value)
    : startFresh(attempt, install);
}

function startFresh(attempt: Attempt, install: Install): Reject | undefined {
  const compiled = compile(attempt, install);
  if ("reject" in compiled) return compiled.reject;
  const { module } = compiled;
  attempt.canister = {
    ...deployed(install, module, attempt.canister),
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
  const old = attempt.canister;
  if (old.code === undefined) return rejectFrom(old.id, noWasmModule);
  if (options?.skip_pre_upgrade !== true) {
    const reject = attempt.run("canister_pre_upgrade", NOTHING);
    if (reject !== undefined) return reject;
  }
  const persistence = options?.wasm_memory_persistence?.tag;
  const keep = persistence === "keep";
  const compiled = compile(attempt, install, (module) => {
    if (persistence === undefined && persists(old.code)) return persistenceMissing();
    return keep && module.ok && !persists(module.value.code) ? persistenceUnsupported() : undefined;
  });
  if ("reject" in compiled) return compiled.reject;
  const { module } = compiled;
  if (keep && !fits(old, module)) return memoryDoesNotFit();

  const { heap } = attempt.canister;
  attempt.canister = {
    ...deployed(install, module, attempt.canister),
    heap: keep ? grownPages(heap, Math.max(heap.length, module.heap.length)) : module.heap,
  };
  return attempt.run("canister_start", NOTHING) ?? attempt.run("canister_post_upgrade", install.arg);
}

/** IN8. `objection`: to the module as it is; nobody pays for compiling such a one. */
function compile(
  attempt: Attempt,
  { source, compiled, module }: Install,
  objection: (module: Decoded<LoadedModule>) => Reject | undefined = () => undefined,
): { readonly module: LoadedModule } | { readonly reject: Reject } {
  attempt.compile(source.instructions);
  if (source.fault !== undefined) return { reject: source.fault };
  const judged = defined(module, "what was meant was loaded");
  const objected = objection(judged);
  if (objected !== undefined) return { reject: objected };
  attempt.compile(compileCharge(source.wasm, judged, compiled));
  return judged.ok ? { module: judged.value } : { reject: invalidWasm(attempt.canister.id, judged.because) };
}

const NOTHING = new Uint8Array(0);

/** What every mode does: new code, new globals, no timer, a new version, a line in the history. */
function deployed(
  { call, mode, senderVersion }: Install,
  { code, globals }: LoadedModule,
  canister: CanisterState,
): CanisterState {
  return {
    ...changed(call, canister, senderVersion, {
      kind: "code-deployment",
      mode: mode.tag,
      moduleHash: code.moduleHash,
    }),
    code,
    globals,
    globalTimer: 0n,
    lastInstalledAt: startOf(call),
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
