/**
 * `take_canister_snapshot`: copies what a canister computes from, and on request uninstalls it in the same step.
 *
 *   TS1  Only code can be copied: an empty canister is refused.
 *   TS2  Whoever uninstalls at once pays for the memory that remains, so that a large canister needs not be paid twice.
 *   TS3  It costs 2 B instructions and one for each byte of the snapshot.
 *
 * Source: interface L60–L62; replica D.2.
 */
import { fromHex } from "../../../base/bytes.ts";
import type { GlobalValue, RewrittenModule } from "../../interfaces/wasm-host.ts";
import type { Nanos } from "../../../types/ids.ts";
import type { CanisterState, InstalledCode } from "../../state/canister.ts";
import { snapshotBytes } from "../../state/memory-metrics.ts";
import { pagesOf } from "../../state/pages.ts";
import type { CanisterSnapshot, SnapshotGlobal } from "../../state/snapshot.ts";
import { memoryUsed } from "../cycles.ts";
import {
  changed,
  controlled,
  type ManagementCall,
  type ManagementOutcome,
  rejected,
  replied,
} from "./call.ts";
import { Snapshot, type TakeSnapshotArgs } from "./candid-snapshots.ts";
import type { ValueOf } from "./candid-types.ts";
import { snapshotOfEmptyCanister } from "./rejects-snapshots.ts";
import { paid, rateFault, roomFault, SNAPSHOT_INSTRUCTIONS, withNewSnapshot } from "./snapshot-store.ts";
import { emptied, uninstall } from "./uninstall-code.ts";

export function takeSnapshot(
  call: ManagementCall,
  args: ValueOf<typeof TakeSnapshotArgs>,
): ManagementOutcome {
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const before = found.canister;
  const full = roomFault(before, args.replace_snapshot) ?? rateFault(before);
  if (full !== undefined) return rejected(call, full);
  if (before.code === undefined) return rejected(call, snapshotOfEmptyCanister(before.id));

  const { draft } = call;
  const snapshot = snapshotOf(before, before.code, draft.time);
  const kept = withNewSnapshot(before, snapshot, args.replace_snapshot);
  const uninstalls = args.uninstall_code === true;
  const after = memoryUsed(uninstalls ? emptied(kept.canister) : kept.canister);
  const instructions = SNAPSHOT_INSTRUCTIONS + BigInt(snapshot.size);
  const memory = { before: memoryUsed(before), after };
  const settled = paid(call, kept.canister, { instructions, memory });
  if ("reject" in settled) return rejected(call, settled.reject);
  draft.cyclesBurned += settled.cost;
  draft.canisters.set(before.id, settled.canister);
  if (uninstalls)
    uninstall(
      draft,
      changed(call, settled.canister, args.sender_canister_version, { kind: "code-uninstall" }),
    );
  const reply = { id: fromHex(kept.id), taken_at_timestamp: draft.time, total_size: BigInt(snapshot.size) };
  return { ...replied(call, Snapshot, reply), instructions };
}

function snapshotOf(canister: CanisterState, code: InstalledCode, takenAt: Nanos): CanisterSnapshot {
  return {
    source: "taken_from_canister",
    takenAt,
    version: canister.version,
    size: snapshotBytes(canister),
    wasm: pagesOf(code.uploaded),
    globals: globalsOf(code.module, canister.globals),
    heap: canister.heap,
    stable: canister.stable,
    certifiedData: canister.certifiedData,
    chunkStore: canister.chunkStore ?? new Map(),
    globalTimer: canister.globalTimer,
    lowMemoryHook: canister.lowMemoryHook,
  };
}

function globalsOf(module: RewrittenModule, values: readonly GlobalValue[]): SnapshotGlobal[] {
  return module.exportedGlobals.map((global) => {
    if ("type" in global) return { type: global.type, value: shown(global.type, global.bits) };
    const { type } = module.globals[global.mutable]!;
    return { type, value: shown(type, values[global.mutable]!) };
  });
}

/** Integers are signed, floats their bits. */
function shown(type: "i32" | "i64" | "f32" | "f64", value: GlobalValue): bigint {
  const width = Number(type.slice(1));
  return type.startsWith("i") ? BigInt.asIntN(width, BigInt(value)) : BigInt.asUintN(width, BigInt(value));
}
