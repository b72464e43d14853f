/** For tests: a subnet of 13 nodes, so that fees are as listed, and users and canisters who call `aaaaa-aa`. */
import { utf8, toHex } from "../../../../base/bytes.ts";
import { sha256 } from "../../../../crypto/hash.ts";
import { APPLICATION_LIMITS, type SubnetRecord } from "../../../../registry/registry.ts";
import type { CanisterId, PrincipalId } from "../../../../types/ids.ts";
import { canisterIdOf } from "../../../../types/principal.ts";
import type { WasmHost } from "../../../interfaces/wasm-host.ts";
import type { CanisterState } from "../../../state/canister.ts";
import { type Draft, draftOf } from "../../../state/draft.ts";
import type { CallOrigin } from "../../../state/messages.ts";
import { NOTHING_TOLD } from "../../../state/query-stats.ts";
import { NO_SCHEDULE } from "../../../state/standing.ts";
import type { ReplicatedState } from "../../../state/state.ts";
import { createLongRuns } from "../../long-runs.ts";
import * as candid from "../candid.ts";
import { decodeArgument } from "../candid-decode.ts";
import { EMPTY_REPLY, encodeReply } from "../candid-encode.ts";
import type { Type } from "../candid-types.ts";
import type { ManagementOutcome } from "../call.ts";
import { executeManagement } from "../execute.ts";
import { settleStopping } from "../run-state.ts";

export const ALICE: PrincipalId = `${"a1".repeat(28)}02`;
export const BOB: PrincipalId = `${"b0".repeat(28)}02`;
export const T = 1_000_000_000_000n;
export const FEE = 500_000_000_000n;

export const subnet: SubnetRecord = {
  id: `${"55".repeat(28)}02`,
  type: "application",
  nodes: Array.from({ length: 13 }, (_, i) => ({
    id: `0${i.toString(16)}`,
    publicKey: new Uint8Array(44),
    multiSigKey: new Uint8Array(96),
    multiSigPop: new Uint8Array(48),
  })),
  lowCoefficients: [],
  highCoefficients: [],
  publicKeyDer: new Uint8Array(133),
  initialNotaryDelayMs: 300,
  unitDelayMs: 1000,
  maxIngressBytesPerMessage: 2 ** 21,
  maxIngressMessagesPerBlock: 1000,
  maxBlockPayloadBytes: 2 ** 22,
  queryStatsEpochLength: 600,
  dkgIntervalLength: 499,
  canisterRanges: [{ start: canisterIdOf(16n), end: canisterIdOf(31n) }],
  limits: APPLICATION_LIMITS,
};

export const genesis: ReplicatedState = {
  height: 0,
  time: 1_000n,
  previousRoot: new Uint8Array(0),
  subnet: {
    id: subnet.id,
    type: "application",
    publicKeyDer: subnet.publicKeyDer,
    nodes: [],
    canisterRanges: [],
  },
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
};

export const roundAfter = (previous: ReplicatedState, time = previous.time + 1_000n): Draft =>
  draftOf(
    previous,
    {
      height: previous.height + 1,
      time,
      randomness: new Uint8Array(32),
      registryVersion: 1,
      ingress: [],
      blockMaker: "00",
      failedBlockMakers: [],
    },
    subnet,
  );

export const newRound = (): Draft => roundAfter(genesis);

export const isReply = (outcome: ManagementOutcome): boolean =>
  outcome.kind === "response" && outcome.payload.kind === "reply";

let messages = 0;
/** A user's call, with its entry in the history as induction makes it. */
export function byUser<V>(
  draft: Draft,
  method: string,
  type: Type<V> | undefined,
  args: V | undefined,
  sender: PrincipalId = ALICE,
  host: WasmHost = NO_HOST,
): ManagementOutcome {
  const message = toHex(sha256(utf8(`${messages++}`)));
  draft.ingressHistory.set(message, {
    status: { kind: "processing" },
    sender,
    receiver: "",
    effectiveCanister: "",
    expiry: 0n,
    changedAt: draft.time,
  });
  const origin: CallOrigin = { kind: "ingress", message, user: sender };
  return perform(draft, method, type, args, origin, sender, 0n, host);
}

export function byCanister<V>(
  draft: Draft,
  method: string,
  type: Type<V> | undefined,
  args: V | undefined,
  sender: CanisterId,
  cycles = 0n,
  callback = 0,
): ManagementOutcome {
  const origin: CallOrigin = { kind: "canister", canister: sender, callback, deadline: 0n };
  return perform(draft, method, type, args, origin, sender, cycles, NO_HOST);
}

const perform = <V>(
  draft: Draft,
  method: string,
  type: Type<V> | undefined,
  args: V | undefined,
  origin: CallOrigin,
  caller: PrincipalId,
  cycles: bigint,
  host: WasmHost,
): ManagementOutcome =>
  executeManagement({ host, longRuns: createLongRuns(host) }, draft, {
    kind: "request",
    origin,
    caller,
    receiver: "",
    method,
    payload: type === undefined ? EMPTY_REPLY : encodeReply(type, args as V),
    cycles,
  });

export const NO_HOST: WasmHost = {
  run() {
    throw new Error("no code runs here");
  },
  validate: () => undefined,
};

export function replyOf<V>(outcome: ManagementOutcome, type: Type<V>): V {
  if (outcome.kind !== "response" || outcome.payload.kind !== "reply")
    throw new Error(JSON.stringify(outcome, big));
  const read = decodeArgument(type, outcome.payload.data);
  if (!read.ok) throw new Error(read.because);
  return read.value;
}

export const big = (_key: string, v: unknown): unknown => (typeof v === "bigint" ? v.toString() : v);

export const errorOf = (outcome: ManagementOutcome): string | undefined =>
  outcome.kind === "response" && outcome.payload.kind === "reject" ? outcome.payload.reject.error : undefined;
export const textOf = (outcome: ManagementOutcome): string =>
  outcome.kind === "response" && outcome.payload.kind === "reject" ? outcome.payload.reject.message : "";

export const NOTHING_SET: candid.Settings = {
  controllers: undefined,
  compute_allocation: undefined,
  memory_allocation: undefined,
  freezing_threshold: undefined,
  reserved_cycles_limit: undefined,
  minimum_incoming_canister_call_cycles: undefined,
  log_visibility: undefined,
  log_memory_limit: undefined,
  snapshot_visibility: undefined,
  status_visibility: undefined,
  wasm_memory_limit: undefined,
  wasm_memory_threshold: undefined,
  environment_variables: undefined,
};

export interface Making {
  readonly amount?: bigint;
  readonly settings?: Partial<candid.Settings>;
  readonly specified_id?: CanisterId;
}

export const provisional = (draft: Draft, making: Making = {}, sender = ALICE): ManagementOutcome =>
  byUser(
    draft,
    "provisional_create_canister_with_cycles",
    candid.ProvisionalCreateArgs,
    {
      amount: making.amount,
      settings: making.settings === undefined ? undefined : { ...NOTHING_SET, ...making.settings },
      specified_id: making.specified_id,
      sender_canister_version: undefined,
    },
    sender,
  );

export const made = (draft: Draft, making: Making = {}, sender = ALICE): CanisterId =>
  replyOf(provisional(draft, making, sender), candid.CanisterIdReply).canister_id;

export const on = (draft: Draft, method: string, id: CanisterId, sender = ALICE): ManagementOutcome =>
  byUser(draft, method, candid.CanisterIdArgs, { canister_id: id }, sender);

/** A stop with nothing open is answered at the end of its round. */
export const stop = (draft: Draft, id: CanisterId): void => {
  on(draft, "stop_canister", id);
  settleStopping(draft);
};

export const canister = (draft: Draft, id: CanisterId): CanisterState => {
  const found = draft.canisters.get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

export const change = (draft: Draft, id: CanisterId, part: Partial<CanisterState>): void => {
  draft.canisters.set(id, { ...canister(draft, id), ...part });
};

/** All cycles in canisters, open calls and ashes: what was minted, always. */
export const held = (draft: Draft): bigint => {
  let sum = draft.cyclesBurned;
  for (const c of draft.canisters.values()) {
    sum += c.cycles + c.reservedCycles;
    for (const context of c.contexts.values()) sum += context.availableCycles;
    for (const input of c.inputs) if (input.kind === "response") sum += input.refund;
  }
  return sum;
};
