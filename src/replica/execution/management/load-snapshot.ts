/**
 * `load_canister_snapshot`: makes a canister compute from what a snapshot holds.
 *
 *   LS1  The snapshot may be another canister's, if the caller controls both.
 *   LS2  Code, memories, globals, certified data and chunks are the snapshot's. Balance, settings, run state, open
 *        calls, log and snapshots stay. No hook runs.
 *   LS3  Timer and low-memory hook stay as they are, unless somebody uploaded the snapshot and said what they shall be.
 *   LS4  What somebody uploaded must fit: module and memories to each other, globals to the module, the hook's status to
 *        the memory.
 *   LS5  It costs 2 B instructions, one for each byte of the snapshot, and what its module takes to compile. A failure
 *        costs nothing.
 *
 * Source: interface L63–L65; replica D.2.
 */
import { toHex } from "../../../base/bytes.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import type { GlobalValue, RewrittenModule } from "../../interfaces/wasm-host.ts";
import type { CanisterState, LowMemoryHook } from "../../state/canister.ts";
import { sliceOf } from "../../state/pages.ts";
import {
  type CanisterSnapshot,
  ownerOf,
  type SnapshotGlobal,
  type SnapshotId,
} from "../../state/snapshot.ts";
import { memoryUsed } from "../cycles.ts";
import { memoryIsLow } from "../low-memory-hook.ts";
import { changed, controlled, done, type ManagementCall, type ManagementOutcome, rejected } from "./call.ts";
import type { LoadSnapshotArgs } from "./candid-snapshots.ts";
import type { ValueOf } from "./candid-types.ts";
import { compileCharge } from "./compile-charge.ts";
import { loadModule } from "./load-module.ts";
import { isController } from "./permissions.ts";
import { invalidWasm } from "./rejects.ts";
import { snapshotInconsistent, snapshotNotController, snapshotNotFound } from "./rejects-snapshots.ts";
import { type Paid, paid, rateFault, SNAPSHOT_INSTRUCTIONS, snapshotsOf } from "./snapshot-store.ts";

export function loadSnapshot(
  call: ManagementCall,
  args: ValueOf<typeof LoadSnapshotArgs>,
): ManagementOutcome {
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const limited = rateFault(found.canister);
  if (limited !== undefined) return rejected(call, limited);
  const id = toHex(args.snapshot_id);
  const source = loadable(call, id, args.canister_id);
  if ("reject" in source) return rejected(call, source.reject);

  const { draft } = call;
  const loaded = load(call, found.canister, source.snapshot);
  if ("reject" in loaded) return rejected(call, loaded.reject);
  draft.cyclesBurned += loaded.cost;
  const { takenAt, version, source: made } = source.snapshot;
  const owner = ownerOf(id);
  const canister = changed(call, loaded.canister, args.sender_canister_version, {
    kind: "load-snapshot",
    snapshot: id,
    from: owner === found.canister.id ? undefined : owner,
    version,
    takenAt,
    source: made,
  });
  draft.canisters.set(canister.id, { ...canister, lastInstalledAt: draft.time });
  return { ...done(call), instructions: loaded.instructions };
}

/** LS1. */
function loadable(
  { draft, request }: ManagementCall,
  id: SnapshotId,
  onto: CanisterId,
): { readonly snapshot: CanisterSnapshot } | { readonly reject: Reject } {
  const owner = draft.canisters.get(ownerOf(id));
  const snapshot = owner && snapshotsOf(owner).get(id);
  if (owner === undefined || snapshot === undefined) return { reject: snapshotNotFound(id, onto) };
  if (!isController(owner, request.caller))
    return { reject: snapshotNotController(id, onto, request.caller) };
  return { snapshot };
}

/** LS2–LS5. */
function load(call: ManagementCall, before: CanisterState, snapshot: CanisterSnapshot): Paid {
  const wasm = sliceOf(snapshot.wasm, 0, snapshot.wasm.length);
  const module = loadModule(wasm, call.env.host);
  if (!module.ok) return { reject: invalidWasm(before.id, module.because) };
  const { code, globals } = module.value;
  const uploaded = snapshot.source === "metadata_upload";
  const misfit = uploaded
    ? (globalsFault(code.module, snapshot) ?? memoryFault(code.module, snapshot))
    : undefined;
  if (misfit !== undefined) return { reject: snapshotInconsistent(misfit) };

  const { chunkStore: _old, ...kept } = before;
  const after: CanisterState = {
    ...kept,
    code,
    heap: snapshot.heap,
    stable: snapshot.stable,
    globals: globals.map((initial, i) => restored(code.module, snapshot.globals, i) ?? initial),
    certifiedData: snapshot.certifiedData,
    ...(snapshot.chunkStore.size > 0 ? { chunkStore: snapshot.chunkStore } : {}),
    ...(uploaded && snapshot.globalTimer !== undefined ? { globalTimer: snapshot.globalTimer } : {}),
    ...(uploaded && snapshot.lowMemoryHook !== undefined ? { lowMemoryHook: snapshot.lowMemoryHook } : {}),
  };
  const hook = uploaded ? hookFault(snapshot.lowMemoryHook, memoryIsLow(after)) : undefined;
  if (hook !== undefined) return { reject: snapshotInconsistent(hook) };
  return paid(call, after, {
    instructions:
      SNAPSHOT_INSTRUCTIONS +
      BigInt(snapshot.size) +
      compileCharge(wasm, module, call.draft.scheduler.compiled),
    memory: { before: memoryUsed(before), after: memoryUsed(after) },
  });
}

function restored(
  module: RewrittenModule,
  globals: readonly SnapshotGlobal[],
  place: number,
): GlobalValue | undefined {
  const at = module.exportedGlobals.findIndex((global) => "mutable" in global && global.mutable === place);
  const value = globals[at]?.value;
  const { type } = module.globals[place]!;
  if (value === undefined) return undefined;
  return type.endsWith("32") ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);
}

/** LS4. */
function globalsFault(
  { exportedGlobals, globals }: RewrittenModule,
  snapshot: CanisterSnapshot,
): string | undefined {
  const types = exportedGlobals.map((g) => ("type" in g ? g.type : globals[g.mutable]!.type));
  const same =
    types.length === snapshot.globals.length && types.every((t, i) => t === snapshot.globals[i]!.type);
  return same ? undefined : "Wasm exported globals of canister module and snapshot metadata do not match.";
}

const WASM_PAGE = 65_536;

/** Mainnet has no words for it; an engine could not run such a module. */
function memoryFault({ memory }: RewrittenModule, { heap }: CanisterSnapshot): string | undefined {
  const pages = heap.length / WASM_PAGE;
  const fits = memory === undefined ? pages === 0 : pages >= memory.minPages && pages <= memory.maxPages;
  return fits ? undefined : "Wasm memory size of canister module and snapshot metadata do not match.";
}

const HOOK_NAMES = {
  condition_not_satisfied: "ConditionNotSatisfied",
  ready: "Ready",
  executed: "Executed",
} as const;

function hookFault(status: LowMemoryHook | undefined, isLow: boolean): string | undefined {
  if (status === undefined || (status !== "condition_not_satisfied") === isLow) return undefined;
  return `Hook status (Some(${HOOK_NAMES[status]})) of uploaded snapshot is inconsistent with the canister's state (hook condition satisfied: ${isLow}).`;
}
