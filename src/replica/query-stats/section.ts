/**
 * The section of a payload that tells what its maker counted of queries.
 *
 * Safety: a section is valid exactly when
 *   QP1  it is at most 128 KiB and in its one encoding;
 *   QP2  it names the block's maker;
 *   QP3  its epoch has begun at the certified height, and is not summed up there;
 *   QP4  it names no canister that its maker has told of in that epoch: not in the state at the certified height, not in
 *        the payloads between it and the block.
 * A state that is not here yet makes the verdict "wait". A block without a section is always valid.
 *
 * Liveness
 *   QP5  What `build` makes, `validate` accepts.
 *   QP6  What does not fit goes into a later block. A node with nothing new to tell makes no section.
 *
 * Source: [ic] rs/query_stats/src/payload_builder.rs.
 */
import type { SubnetRecord } from "../../registry/registry.ts";
import type { BatchPayload, ValidationContext } from "../../types/consensus.ts";
import type { CanisterId, NodeId } from "../../types/ids.ts";
import {
  decodeQueryStats,
  encodedLength,
  encodeQueryStats,
  epochOf,
  type QueryStatsSection,
} from "../../types/query-stats.ts";
import type { PastPayload, PayloadBuilder } from "../interfaces/ingress.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import type { ClosedEpoch } from "./counter.ts";

const SECTION_BYTES_MAX = 128 * 1024;
/** Of the epoch, the maker, and the length of the list, at most. */
const FRAME_BYTES_MAX = 64;

export interface QueryStatsDeps {
  readonly me: NodeId;
  readonly subnet: SubnetRecord;
  readonly states: StateReader;
  /** What this node has to tell. */
  readonly closed: () => ClosedEpoch | undefined;
}

export interface QueryStatsBuilder {
  build(context: ValidationContext, past: readonly PastPayload[]): Pick<BatchPayload, "queryStats">;
  readonly validate: PayloadBuilder["validate"];
}

/** Why a section is invalid. */
export type SectionFault =
  | "query-stats-too-large"
  | "query-stats-malformed"
  | "query-stats-of-another-node"
  | "query-stats-too-early"
  | "query-stats-too-late"
  | "query-stats-repeated";

export function createQueryStatsBuilder({ me, subnet, states, closed }: QueryStatsDeps): QueryStatsBuilder {
  /** QP3, QP4. */
  function judge(
    section: QueryStatsSection,
    context: ValidationContext,
    past: readonly PastPayload[],
  ): { readonly known: ReadonlySet<CanisterId> } | SectionFault | "state-not-here" {
    const raw = states.stateAt(context.certifiedHeight)?.queryStats;
    if (raw === undefined) return "state-not-here";
    const { epoch, maker } = section;
    if (epoch > epochOf(context.certifiedHeight, subnet.queryStatsEpochLength))
      return "query-stats-too-early";
    if (epoch <= raw.summedUp) return "query-stats-too-late";
    const known = new Set(raw.told.get(maker)?.get(epoch)?.keys());
    for (const { payload } of past) {
      const earlier = payload.queryStats === undefined ? undefined : decodeQueryStats(payload.queryStats);
      if (!earlier?.ok || earlier.value.epoch !== epoch || earlier.value.maker !== maker) continue;
      for (const { canister } of earlier.value.stats) known.add(canister);
    }
    return { known };
  }

  return {
    build(context, past) {
      const own = closed();
      if (own === undefined) return {};
      const whole: QueryStatsSection = { ...own, maker: me };
      const judged = judge(whole, context, past);
      if (typeof judged === "string") return {};
      const stats = fitting(own.stats.filter(({ canister }) => !judged.known.has(canister)));
      return stats.length === 0 ? {} : { queryStats: encodeQueryStats({ ...whole, stats }) };
    },
    validate({ queryStats }, context, past, maker) {
      if (queryStats === undefined) return { kind: "valid" };
      if (queryStats.length > SECTION_BYTES_MAX) return { kind: "invalid", because: "query-stats-too-large" };
      const section = decodeQueryStats(queryStats);
      if (!section.ok) return { kind: "invalid", because: "query-stats-malformed" };
      if (section.value.maker !== maker) return { kind: "invalid", because: "query-stats-of-another-node" };
      const judged = judge(section.value, context, past);
      if (judged === "state-not-here") return { kind: "wait", because: judged };
      if (typeof judged === "string") return { kind: "invalid", because: judged };
      const repeated = section.value.stats.some(({ canister }) => judged.known.has(canister));
      return repeated ? { kind: "invalid", because: "query-stats-repeated" } : { kind: "valid" };
    },
  };
}

function fitting(stats: ClosedEpoch["stats"]): ClosedEpoch["stats"] {
  let bytes = FRAME_BYTES_MAX;
  const over = stats.findIndex((entry) => {
    bytes += encodedLength(entry);
    return bytes > SECTION_BYTES_MAX;
  });
  return over < 0 ? stats : stats.slice(0, over);
}
