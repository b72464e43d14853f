/** Height 0: known to everybody, certified by nobody, empty. */
import { EMPTY } from "../../base/bytes.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import { type LabTime, nanosOf } from "../../types/ids.ts";
import { subnetInfo } from "./draft.ts";
import { NOTHING_TOLD } from "./query-stats.ts";
import { NO_SCHEDULE } from "./standing.ts";
import type { ReplicatedState } from "./state.ts";

export const genesisState = (subnet: SubnetRecord, time: LabTime): ReplicatedState => ({
  height: 0,
  time: nanosOf(time),
  previousRoot: EMPTY,
  subnet: subnetInfo(subnet),
  canisters: new Map(),
  nextCanisterIndex: 0n,
  ingressHistory: new Map(),
  subnetQueue: [],
  held: [],
  postponedRawRand: [],
  scheduler: NO_SCHEDULE,
  nodeMetrics: [],
  queryStats: NOTHING_TOLD,
  totals: { updates: 0n, cyclesMinted: 0n, cyclesBurned: 0n },
});
