import { beforeAll, describe, expect, test } from "vitest";
import wabt from "wabt";
import { concat, fromHex, toHex, utf8 } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { APPLICATION_LIMITS, type SubnetRecord } from "../../../registry/registry.ts";
import type { CanisterId, PrincipalId } from "../../../types/ids.ts";
import type { IngressContent } from "../../../types/messages.ts";
import { canisterIdOf, principalText } from "../../../types/principal.ts";
import type { ImportTable, RunRequest, RunResult, WasmHost } from "../../interfaces/wasm-host.ts";
import type { CanisterState } from "../../state/canister.ts";
import { draftOf, stateOf, type Draft } from "../../state/draft.ts";
import type { CallContext, CallOrigin } from "../../state/messages.ts";
import { loadPages, PAGE, type Pages, readPages, withPages, zeroPages } from "../../state/pages.ts";
import type { ReplicatedState } from "../../state/state.ts";
import { executionFee, freezingLimit, memoryUsed } from "../cycles.ts";
import * as candid from "./candid.ts";
import { decodeArgument } from "./candid-decode.ts";
import { EMPTY_REPLY, encodeReply } from "./candid-encode.ts";
import { Blob, type Type, type ValueOf } from "./candid-types.ts";
import type { ManagementOutcome } from "./call.ts";
import { effectiveCanisterOf } from "./effective-canister.ts";
import { executeManagement } from "./execute.ts";
import { managementIngressRefusal } from "./ingress.ts";
import { METHODS } from "./methods.ts";
import { managementQuery } from "./query.ts";
import { rawRandAnswer } from "./raw-rand.ts";
import { settleStopping } from "./run-state.ts";
import { senderVersionFault } from "./sender-version.ts";

// ---- a subnet of 13 nodes, so that fees are as listed, and a user or canister who calls

const ALICE: PrincipalId = `${"a1".repeat(28)}02`;
const BOB: PrincipalId = `${"b0".repeat(28)}02`;
const T = 1_000_000_000_000n;
const FEE = 500_000_000_000n;

const subnet: SubnetRecord = {
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
  canisterRanges: [{ start: canisterIdOf(16n), end: canisterIdOf(31n) }],
  limits: APPLICATION_LIMITS,
};

const genesis: ReplicatedState = {
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
  postponedRawRand: [],
  totals: { updates: 0n, cyclesMinted: 0n, cyclesBurned: 0n },
};

const roundAfter = (previous: ReplicatedState, time = previous.time + 1_000n): Draft =>
  draftOf(
    previous,
    {
      height: previous.height + 1,
      time,
      randomness: new Uint8Array(32),
      registryVersion: 1,
      ingress: [],
      blockMaker: "00",
    },
    subnet,
  );

const newRound = (): Draft => roundAfter(genesis);

const isReply = (outcome: ManagementOutcome): boolean =>
  outcome.kind === "response" && outcome.payload.kind === "reply";

let messages = 0;
/** A user's call, with its entry in the history as induction makes it. */
function byUser<V>(
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

function byCanister<V>(
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
  executeManagement({ host }, draft, {
    kind: "request",
    origin,
    caller,
    receiver: "",
    method,
    payload: type === undefined ? EMPTY_REPLY : encodeReply(type, args as V),
    cycles,
  });

const NO_HOST: WasmHost = {
  run() {
    throw new Error("no code runs here");
  },
  validate: () => undefined,
};

function replyOf<V>(outcome: ManagementOutcome, type: Type<V>): V {
  if (outcome.kind !== "response" || outcome.payload.kind !== "reply")
    throw new Error(JSON.stringify(outcome, big));
  const read = decodeArgument(type, outcome.payload.data);
  if (!read.ok) throw new Error(read.because);
  return read.value;
}

const big = (_key: string, v: unknown): unknown => (typeof v === "bigint" ? v.toString() : v);

const errorOf = (outcome: ManagementOutcome): string | undefined =>
  outcome.kind === "response" && outcome.payload.kind === "reject" ? outcome.payload.reject.error : undefined;
const textOf = (outcome: ManagementOutcome): string =>
  outcome.kind === "response" && outcome.payload.kind === "reject" ? outcome.payload.reject.message : "";

const NOTHING_SET: candid.Settings = {
  controllers: undefined,
  compute_allocation: undefined,
  memory_allocation: undefined,
  freezing_threshold: undefined,
  reserved_cycles_limit: undefined,
  minimum_incoming_canister_call_cycles: undefined,
  log_visibility: undefined,
  snapshot_visibility: undefined,
  status_visibility: undefined,
  wasm_memory_limit: undefined,
  wasm_memory_threshold: undefined,
  environment_variables: undefined,
};

interface Making {
  readonly amount?: bigint;
  readonly settings?: Partial<candid.Settings>;
  readonly specified_id?: CanisterId;
}

const provisional = (draft: Draft, making: Making = {}, sender = ALICE): ManagementOutcome =>
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

const made = (draft: Draft, making: Making = {}, sender = ALICE): CanisterId =>
  replyOf(provisional(draft, making, sender), candid.CanisterIdReply).canister_id;

const on = (draft: Draft, method: string, id: CanisterId, sender = ALICE): ManagementOutcome =>
  byUser(draft, method, candid.CanisterIdArgs, { canister_id: id }, sender);

const canister = (draft: Draft, id: CanisterId): CanisterState => {
  const found = draft.canisters.get(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

const change = (draft: Draft, id: CanisterId, part: Partial<CanisterState>): void => {
  draft.canisters.set(id, { ...canister(draft, id), ...part });
};

/** All cycles in canisters, open calls and ashes: what was minted, always. */
const held = (draft: Draft): bigint => {
  let sum = draft.cyclesBurned;
  for (const c of draft.canisters.values()) {
    sum += c.cycles + c.reservedCycles;
    for (const context of c.contexts.values()) sum += context.availableCycles;
    for (const input of c.inputs) if (input.kind === "response") sum += input.refund;
  }
  return sum;
};

// ---- tests

describe("who reaches what", () => {
  test("unknown methods, foreign arguments, methods not built", () => {
    const draft = newRound();
    expect(textOf(byUser(draft, "start", undefined, undefined))).toBe(
      "Management canister has no method 'start'",
    );
    expect(errorOf(byUser(draft, "start", undefined, undefined))).toBe("IC0407");
    expect(errorOf(byUser(draft, "start_canister", undefined, undefined))).toBe("IC0408");
    expect(errorOf(byCanister(draft, "http_request", undefined, undefined, canisterIdOf(16n), 5n))).toBe(
      "IC0407",
    );
    expect(byCanister(draft, "http_request", undefined, undefined, canisterIdOf(16n), 5n)).toMatchObject({
      refund: 5n,
    });
  });

  test("each method by a user and by a canister: only through the doors of the table", () => {
    for (const [method, rule] of METHODS) {
      const draft = newRound();
      const user = byUser(draft, method, undefined, undefined);
      if (!rule.ingress)
        expect([method, textOf(user)]).toEqual([
          method,
          rule.canisters
            ? `Only canisters can call ic00 method ${method}`
            : `${method} API is only accessible in non-replicated mode`,
        ]);
      else expect(textOf(user)).not.toMatch(/Only canisters|non-replicated/);
      const other = byCanister(draft, method, undefined, undefined, canisterIdOf(16n));
      if (!rule.canisters) expect(errorOf(other)).toBe("IC0406");
    }
  });

  test("43 methods", () => expect(METHODS.size).toBe(43));

  test("methods for controllers refuse everybody else, with every cycle back", () => {
    const draft = newRound();
    const id = made(draft);
    const before = canister(draft, id);
    for (const method of [
      "start_canister",
      "stop_canister",
      "delete_canister",
      "stored_chunks",
      "clear_chunk_store",
    ]) {
      const refused = on(draft, method, id, BOB);
      expect(errorOf(refused)).toBe("IC0512");
      expect(textOf(refused)).toContain(
        `Only the controllers of the canister ${principalText(id)} can control it.`,
      );
      expect(textOf(refused)).toContain(`Sender's ID: ${principalText(BOB)}`);
    }
    expect(errorOf(on(draft, "start_canister", canisterIdOf(30n)))).toBe("IC0301");
    expect(canister(draft, id)).toBe(before);
  });
});

describe("creation", () => {
  test("provisional: 100 T by default, the caller controls, version 0, one line of history", () => {
    const draft = newRound();
    const id = made(draft);
    expect(id).toBe(canisterIdOf(16n));
    expect(canister(draft, id)).toMatchObject({
      cycles: 100n * T,
      version: 0n,
      historyTotal: 1n,
      status: { kind: "running" },
      settings: { controllers: [ALICE], freezingThresholdSeconds: 2_592_000n },
    });
    expect(canister(draft, id).history).toEqual([
      {
        at: draft.time,
        version: 0n,
        origin: { kind: "user", user: ALICE },
        details: { kind: "creation", controllers: [ALICE] },
      },
    ]);
    expect(draft.cyclesMinted).toBe(100n * T);
  });

  test("CC1: ids follow one another, pass over chosen ones, end, and are never used twice", () => {
    const draft = newRound();
    const chosen = made(draft, { specified_id: canisterIdOf(18n) });
    expect(chosen).toBe(canisterIdOf(18n));
    expect(errorOf(provisional(draft, { specified_id: chosen }))).toBe("IC0205");
    expect(errorOf(provisional(draft, { specified_id: canisterIdOf(32n) }))).toBe("IC0405");
    expect(errorOf(provisional(draft, { specified_id: ALICE }))).toBe("IC0405");
    const ids = Array.from({ length: 13 }, () => made(draft));
    expect(ids.slice(0, 3)).toEqual([16n, 17n, 19n].map(canisterIdOf));

    const last = made(draft, { specified_id: canisterIdOf(31n) });
    on(draft, "stop_canister", ids[0]!);
    expect(isReply(on(draft, "delete_canister", ids[0]!))).toBe(true);
    expect(errorOf(provisional(draft, { specified_id: ids[0]! }))).toBe("IC0205");
    on(draft, "stop_canister", last);
    on(draft, "delete_canister", last);
    expect(errorOf(provisional(draft, { specified_id: last }))).toBe("IC0205");
    // 30 was free, but lies below the index now: an id more lost is better than one handed out twice.
    expect(errorOf(provisional(draft))).toBe("IC0101");
  });

  test("CC2: a canister pays the fee out of what it attaches, or gets all of it back", () => {
    const draft = newRound();
    const parent = made(draft);
    const create = (cycles: bigint): ManagementOutcome =>
      byCanister(
        draft,
        "create_canister",
        candid.CreateCanisterArgs,
        { settings: undefined, sender_canister_version: 3n },
        parent,
        cycles,
      );
    const short = create(FEE - 1n);
    expect(errorOf(short)).toBe("IC0403");
    expect(textOf(short)).toContain(`requires a fee of ${FEE}`);
    expect(short).toMatchObject({ refund: FEE - 1n });

    const done = create(FEE + 7n);
    expect(done).toMatchObject({ refund: 0n });
    const { canister_id } = replyOf(done, candid.CanisterIdReply);
    expect(canister(draft, canister_id)).toMatchObject({ cycles: 7n, settings: { controllers: [parent] } });
    expect(canister(draft, canister_id).history[0]!.origin).toEqual({
      kind: "canister",
      canister: parent,
      version: 3n,
    });
    expect(draft.cyclesBurned).toBe(FEE);
    // `()` means no settings, as on mainnet.
    expect(isReply(byCanister(draft, "create_canister", undefined, undefined, parent, FEE))).toBe(true);
  });

  test("the fee of a smaller subnet is n/13 of it", () => {
    const four = { ...subnet, nodes: subnet.nodes.slice(0, 4) };
    const draft = { ...newRound(), subnet: four };
    const args = { settings: undefined, sender_canister_version: undefined };
    const create = (cycles: bigint): ManagementOutcome =>
      byCanister(draft, "create_canister", candid.CreateCanisterArgs, args, canisterIdOf(16n), cycles);
    expect(errorOf(create(153_846_153_845n))).toBe("IC0403");
    expect(isReply(create(153_846_153_846n))).toBe(true);
  });

  test("bad settings make no canister and use up no id", () => {
    const draft = newRound();
    expect(errorOf(provisional(draft, { settings: { compute_allocation: 101n } }))).toBe("IC0504");
    expect(draft.canisters.size).toBe(0);
    expect(made(draft)).toBe(canisterIdOf(16n));
  });

  test("top up mints, deposit moves, both to anyone's canister", () => {
    const draft = newRound();
    const id = made(draft, { amount: 5n });
    const topUp = { canister_id: id, amount: 10n };
    expect(
      isReply(byUser(draft, "provisional_top_up_canister", candid.ProvisionalTopUpArgs, topUp, BOB)),
    ).toBe(true);
    expect(canister(draft, id).cycles).toBe(15n);
    expect(draft.cyclesMinted).toBe(15n);
    const deposit = (target: CanisterId): ManagementOutcome =>
      byCanister(
        draft,
        "deposit_cycles",
        candid.CanisterIdArgs,
        { canister_id: target },
        canisterIdOf(20n),
        4n,
      );
    expect(deposit(id)).toMatchObject({ refund: 0n });
    expect(canister(draft, id).cycles).toBe(19n);
    expect(deposit(canisterIdOf(30n))).toMatchObject({ refund: 4n });
    const all = { canister_id: id, amount: 2n ** 128n };
    byUser(draft, "provisional_top_up_canister", candid.ProvisionalTopUpArgs, all);
    expect(canister(draft, id).cycles).toBe(2n ** 128n - 1n);
  });
});

describe("settings", () => {
  const update = (draft: Draft, id: CanisterId, settings: Partial<candid.Settings>, sender = ALICE) =>
    byUser(
      draft,
      "update_settings",
      candid.UpdateSettingsArgs,
      { canister_id: id, settings: { ...NOTHING_SET, ...settings }, sender_canister_version: undefined },
      sender,
    );

  test("CS1: given fields change, others stay; the version always rises, the history only for controllers", () => {
    const draft = newRound();
    const id = made(draft);
    update(draft, id, {
      freezing_threshold: 60n,
      wasm_memory_limit: 1_000_000n,
      wasm_memory_threshold: 9n,
      reserved_cycles_limit: 8n,
      minimum_incoming_canister_call_cycles: 7n,
      memory_allocation: 65_536n,
      compute_allocation: 1n,
      log_visibility: { tag: "public", value: null },
      snapshot_visibility: { tag: "controllers", value: null },
      status_visibility: { tag: "allowed_viewers", value: [BOB, ALICE, BOB] },
      environment_variables: [
        { name: "b", value: "2" },
        { name: "a", value: "1" },
      ],
    });
    const first = canister(draft, id);
    expect(first.version).toBe(1n);
    expect(first.historyTotal).toBe(1n);
    expect(first.settings).toEqual({
      controllers: [ALICE],
      computeAllocation: 1n,
      memoryAllocation: 65_536n,
      freezingThresholdSeconds: 60n,
      reservedCyclesLimit: 8n,
      logVisibility: { kind: "public" },
      snapshotVisibility: { kind: "controllers" },
      statusVisibility: { kind: "allowed", viewers: [ALICE, BOB] },
      minimumIncomingCallCycles: 7n,
      wasmMemoryLimit: 1_000_000n,
      wasmMemoryThreshold: 9n,
      environmentVariables: [
        { name: "a", value: "1" },
        { name: "b", value: "2" },
      ],
    });
    update(draft, id, { controllers: [BOB, ALICE, BOB] });
    const second = canister(draft, id);
    expect(second.settings).toEqual({ ...first.settings, controllers: [ALICE, BOB] });
    expect(second.history.at(-1)?.details).toEqual({ kind: "controllers-change", controllers: [ALICE, BOB] });
    expect(second.version).toBe(2n);
  });

  const viewers = Array.from({ length: 11 }, (_, i) => canisterIdOf(BigInt(i)));
  const variable = (name: string, value = ""): { name: string; value: string } => ({ name, value });
  test.each<[string, Partial<candid.Settings>]>([
    ["IC0408", { controllers: viewers }],
    ["IC0408", { log_visibility: { tag: "allowed_viewers", value: viewers } }],
    ["IC0504", { compute_allocation: 101n }],
    ["IC0101", { compute_allocation: 100n }],
    ["IC0504", { memory_allocation: 2n ** 64n }],
    ["IC0101", { memory_allocation: 2n ** 41n + 1n }],
    ["IC0504", { freezing_threshold: 2n ** 64n }],
    ["IC0504", { reserved_cycles_limit: 2n ** 128n }],
    ["IC0540", { reserved_cycles_limit: 99n }],
    ["IC0504", { minimum_incoming_canister_call_cycles: 2n ** 128n }],
    ["IC0504", { wasm_memory_limit: 2n ** 48n + 1n }],
    ["IC0504", { wasm_memory_limit: 65_535n }],
    ["IC0504", { wasm_memory_threshold: 2n ** 48n + 1n }],
    ["IC0408", { environment_variables: [variable("a"), variable("a")] }],
    ["IC0408", { environment_variables: Array.from({ length: 21 }, (_, i) => variable(`${i}`)) }],
    ["IC0408", { environment_variables: [variable("é".repeat(65))] }],
    ["IC0408", { environment_variables: [variable("a", "x".repeat(129))] }],
    ["IC0530", { compute_allocation: 40n }],
    ["IC0531", { memory_allocation: 2n ** 40n }],
  ])("CS2: %s refuses all of it: %#", (code, bad) => {
    const draft = newRound();
    made(draft, { settings: { compute_allocation: 80n }, amount: 10_000n * T });
    const id = made(draft);
    change(draft, id, { reservedCycles: 100n, heap: zeroPages(65_536) });
    const before = canister(draft, id);
    const refused = update(draft, id, { freezing_threshold: 1_000_000_000n, ...bad });
    expect(errorOf(refused)).toBe(code);
    expect(canister(draft, id)).toBe(before);
  });

  test("what each text names", () => {
    const draft = newRound();
    const id = made(draft);
    expect(textOf(update(draft, id, { compute_allocation: 1_000n }))).toBe(
      "ComputeAllocation expected to be in the range [0..100], got 1_000",
    );
    expect(textOf(update(draft, id, { memory_allocation: 2n ** 42n }))).toContain(
      "requested 4096.00 GiB of memory",
    );
  });
});

describe("stopping and starting", () => {
  const context = (id: number, part: Partial<CallContext> = {}): CallContext => ({
    id,
    origin: { kind: "system" },
    caller: ALICE,
    responded: false,
    deleted: false,
    availableCycles: 0n,
    outstandingCalls: 1,
    instructions: 0n,
    lastReject: undefined,
    ...part,
  });
  const statuses = (draft: Draft): string[] =>
    [...draft.ingressHistory.values()].map((r) =>
      r.status.kind === "rejected" ? (r.status.reject.error ?? "?") : r.status.kind,
    );

  test("with nothing open it stops at once, and stopping again is fine; each raises the version", () => {
    const draft = newRound();
    const id = made(draft);
    expect(isReply(on(draft, "stop_canister", id))).toBe(true);
    expect(canister(draft, id)).toMatchObject({ status: { kind: "stopped" }, version: 1n });
    expect(isReply(on(draft, "stop_canister", id))).toBe(true);
    expect(isReply(on(draft, "start_canister", id))).toBe(true);
    expect(canister(draft, id)).toMatchObject({ status: { kind: "running" }, version: 3n });
    expect(isReply(on(draft, "start_canister", id))).toBe(true);
    expect(canister(draft, id).version).toBe(4n);
  });

  test("RS1: with a context open all stops wait, and all are answered together", () => {
    const draft = newRound();
    const id = made(draft);
    draft.ingressHistory.clear();
    change(draft, id, { contexts: new Map([[0, context(0)]]) });
    expect(on(draft, "stop_canister", id)).toEqual({ kind: "waiting" });
    expect(on(draft, "stop_canister", id)).toEqual({ kind: "waiting" });
    expect(canister(draft, id)).toMatchObject({ status: { kind: "stopping" }, version: 2n });
    settleStopping(draft);
    expect(statuses(draft)).toEqual(["processing", "processing"]);
    change(draft, id, { contexts: new Map() });
    settleStopping(draft);
    expect(statuses(draft)).toEqual(["replied", "replied"]);
    expect(canister(draft, id)).toMatchObject({ status: { kind: "stopped" }, version: 2n });
  });

  test("RS4: a deleted context and an awaited answer count, too", () => {
    const callback = {
      id: 5,
      context: 0,
      callee: "",
      onReply: { slot: 0n, environment: 0n },
      onReject: { slot: 0n, environment: 0n },
      onCleanup: undefined,
      cyclesSent: 0n,
      prepaidCycles: 0n,
      deadline: 0n,
    };
    for (const open of [
      { contexts: new Map([[0, context(0, { deleted: true, responded: true })]]) },
      { callbacks: new Map([[5, callback]]) },
    ]) {
      const draft = newRound();
      const id = made(draft);
      change(draft, id, open);
      expect(on(draft, "stop_canister", id).kind).toBe("waiting");
    }
  });

  test("RS3: start tells the waiting that it is cancelled, canisters with their cycles", () => {
    const draft = newRound();
    const id = made(draft);
    const other = made(draft, { settings: { controllers: [ALICE] } });
    change(draft, id, {
      contexts: new Map([[0, context(0)]]),
      settings: { ...canister(draft, id).settings, controllers: [ALICE, other] },
    });
    change(draft, other, { callbacks: new Map([[9, {} as never]]) });
    draft.ingressHistory.clear();
    on(draft, "stop_canister", id);
    byCanister(draft, "stop_canister", candid.CanisterIdArgs, { canister_id: id }, other, 11n, 9);
    expect(isReply(on(draft, "start_canister", id))).toBe(true);
    expect(statuses(draft)).toEqual(["IC0511", "processing"]);
    expect(canister(draft, other).inputs).toMatchObject([
      {
        kind: "response",
        callback: 9,
        refund: 11n,
        payload: { kind: "reject", reject: { code: 5, error: "IC0511" } },
      },
    ]);
    expect(canister(draft, id).status).toEqual({ kind: "running" });
  });

  test("RS2: after five minutes the asker hears of it, and the canister stays Stopping", () => {
    const asked = newRound();
    const id = made(asked);
    asked.ingressHistory.clear();
    change(asked, id, { contexts: new Map([[0, context(0)]]) });
    on(asked, "stop_canister", id);
    const late = roundAfter(stateOf(asked, genesis), asked.time + 299_999_999_999n);
    on(late, "stop_canister", id);
    settleStopping(late);
    expect(statuses(late)).toEqual(["processing", "processing"]);
    const later = roundAfter(stateOf(late, genesis), asked.time + 300_000_000_000n);
    settleStopping(later);
    expect(statuses(later)).toEqual(["IC0206", "processing"]);
    expect(canister(later, id).status).toMatchObject({ kind: "stopping", waiting: [{}] });
  });

  test("uninstalling answers whoever waits, keeps contexts with calls out as deleted, and empties the rest", () => {
    const draft = newRound();
    const id = made(draft);
    draft.ingressHistory.clear();
    const message = "77".repeat(32);
    draft.ingressHistory.set(message, {
      status: { kind: "processing" },
      sender: BOB,
      receiver: id,
      effectiveCanister: id,
      expiry: 0n,
      changedAt: 0n,
    });
    const self = { kind: "canister", canister: id, callback: 3, deadline: 0n } as const;
    change(draft, id, {
      contexts: new Map([
        [2, context(2, { origin: self, availableCycles: 40n })],
        [1, context(1, { origin: { kind: "ingress", message, user: BOB } })],
        [4, context(4, { responded: true })],
      ]),
      callbacks: new Map([[3, {} as never]]),
      stable: zeroPages(65_536),
      certifiedData: Uint8Array.of(1),
      globalTimer: 5n,
      logs: [{ index: 0n, at: 0n, content: new Uint8Array(1) }],
      chunkStore: new Map([["aa", new Uint8Array(1)]]),
    });
    const sum = held(draft);
    const args = { canister_id: id, sender_canister_version: undefined };
    expect(isReply(byUser(draft, "uninstall_code", candid.UninstallCodeArgs, args))).toBe(true);
    const after = canister(draft, id);
    expect(after).toMatchObject({ code: undefined, globalTimer: 0n, version: 1n, cycles: 100n * T });
    expect([after.stable.length, after.certifiedData.length, after.logs.length, after.chunkStore]).toEqual([
      0,
      0,
      0,
      undefined,
    ]);
    expect(after.history.at(-1)?.details.kind).toBe("code-uninstall");
    for (const c of after.contexts.values())
      expect(c).toMatchObject({ deleted: true, responded: true, availableCycles: 0n });
    expect(after.callbacks.size).toBe(1);
    expect(after.inputs).toMatchObject([{ refund: 40n, payload: { reject: { code: 4, error: "IC0406" } } }]);
    expect(draft.ingressHistory.get(message)?.status).toMatchObject({
      kind: "rejected",
      reject: { message: "Canister has been uninstalled." },
    });
    expect(held(draft)).toBe(sum);
  });

  test("delete: only a stopped canister with an empty queue, not itself; its cycles are burned", () => {
    const draft = newRound();
    const id = made(draft);
    expect(errorOf(on(draft, "delete_canister", id))).toBe("IC0510");
    on(draft, "stop_canister", id);
    change(draft, id, { inputs: [{ kind: "task", task: "canister_heartbeat" }] });
    expect(errorOf(on(draft, "delete_canister", id))).toBe("IC0203");
    change(draft, id, {
      inputs: [],
      reservedCycles: 1n,
      settings: { ...canister(draft, id).settings, controllers: [ALICE, id] },
    });
    const itself = byCanister(draft, "delete_canister", candid.CanisterIdArgs, { canister_id: id }, id);
    expect(textOf(itself)).toContain("cannot delete itself.");
    expect(isReply(on(draft, "delete_canister", id))).toBe(true);
    expect(draft.canisters.has(id)).toBe(false);
    expect(draft.cyclesBurned).toBe(100n * T + 1n);
  });
});

describe("what is told", () => {
  test("status: all fields, to controllers, to itself, and to whom the setting names", () => {
    const draft = newRound();
    const id = made(draft);
    const status = replyOf(on(draft, "canister_status", id), candid.CanisterStatusReply);
    expect(status).toMatchObject({
      status: { tag: "running" },
      ready_for_migration: false,
      version: 0n,
      module_hash: undefined,
      cycles: 100n * T,
      reserved_cycles: 0n,
      query_stats: { num_calls_total: 0n },
      settings: { controllers: [ALICE], log_visibility: { tag: "controllers" }, wasm_memory_limit: 0n },
    });
    const { memory_metrics } = status;
    expect(Object.values(memory_metrics).reduce((a, b) => a + b)).toBe(status.memory_size);
    expect(status.memory_size).toBe(BigInt(memoryUsed(canister(draft, id))));

    expect(errorOf(on(draft, "canister_status", id, BOB))).toBe("IC0542");
    expect(
      isReply(byCanister(draft, "canister_status", candid.CanisterIdArgs, { canister_id: id }, id)),
    ).toBe(true);
    const seen = (kind: object): boolean => {
      change(draft, id, { settings: { ...canister(draft, id).settings, statusVisibility: kind as never } });
      return isReply(on(draft, "canister_status", id, BOB));
    };
    expect(seen({ kind: "public" })).toBe(true);
    expect(seen({ kind: "allowed", viewers: [BOB] })).toBe(true);
    expect(seen({ kind: "allowed", viewers: [] })).toBe(false);
  });

  test("info: the newest changes asked for, oldest first; twenty are kept, all are counted", () => {
    const draft = newRound();
    const id = made(draft);
    const args = { canister_id: id, sender_canister_version: undefined };
    for (let i = 0; i < 24; i++) byUser(draft, "uninstall_code", candid.UninstallCodeArgs, args);
    const info = (num_requested_changes: bigint | undefined) =>
      replyOf(
        byCanister(
          draft,
          "canister_info",
          candid.CanisterInfoArgs,
          { canister_id: id, num_requested_changes },
          canisterIdOf(30n),
        ),
        candid.CanisterInfoReply,
      );
    expect(info(undefined)).toEqual({
      total_num_changes: 25n,
      recent_changes: [],
      module_hash: undefined,
      controllers: [ALICE],
    });
    expect(info(2n).recent_changes.map((c) => c.canister_version)).toEqual([23n, 24n]);
    expect(info(2n).recent_changes[0]).toMatchObject({
      origin: { tag: "from_user", value: { user_id: ALICE } },
      details: { tag: "code_uninstall" },
    });
    expect(info(1_000n).recent_changes.length).toBe(20);
  });

  test("queries: status and logs by their visibility, and nothing else", () => {
    const draft = newRound();
    const id = made(draft);
    change(draft, id, { logs: [{ index: 4n, at: 9n, content: utf8("hi") }] });
    const state = stateOf(draft, genesis);
    const ask = (method: string, sender: PrincipalId) =>
      managementQuery(
        state,
        { sender, receiver: "", method, arg: encodeReply(candid.CanisterIdArgs, { canister_id: id }) },
        subnet,
      );
    expect(ask("canister_status", ALICE).kind).toBe("replied");
    expect(ask("canister_status", BOB)).toMatchObject({ reject: { error: "IC0542" } });
    const logs = ask("fetch_canister_logs", ALICE);
    expect(logs.kind === "replied" && decodeArgument(candid.FetchLogsReply, logs.reply)).toEqual({
      ok: true,
      value: { canister_log_records: [{ idx: 4n, timestamp_nanos: 9n, content: utf8("hi") }] },
    });
    expect(ask("fetch_canister_logs", BOB)).toMatchObject({
      reject: {
        error: "IC0406",
        message: `Caller ${principalText(BOB)} is not allowed to access canister logs`,
      },
    });
    expect(ask("start_canister", ALICE)).toMatchObject({ reject: { error: "IC0536" } });
  });

  test("raw_rand waits for a later round", () => {
    const draft = newRound();
    const outcome = byCanister(draft, "raw_rand", undefined, undefined, canisterIdOf(16n), 3n);
    expect(outcome).toEqual({ kind: "postponed" });
    expect(draft.postponedRawRand).toMatchObject([{ askedAtHeight: 1, request: { cycles: 3n } }]);
    const answer = rawRandAnswer(new Uint8Array(32).fill(7));
    expect(answer.kind === "reply" && decodeArgument(Blob, answer.data)).toEqual({
      ok: true,
      value: new Uint8Array(32).fill(7),
    });
  });
});

describe("before induction", () => {
  const call = (method: string, arg: Uint8Array, sender = ALICE): IngressContent => ({
    id: "",
    sender,
    canister: "",
    method,
    arg,
    expiry: 0n,
    nonce: undefined,
  });

  test("the filter lets in what the table and the controllers allow", () => {
    const draft = newRound();
    const id = made(draft);
    const state = stateOf(draft, genesis);
    const about = (canister_id: CanisterId): Uint8Array =>
      encodeReply(candid.CanisterIdArgs, { canister_id });
    const refusal = (method: string, arg = about(id), sender = ALICE): string | undefined =>
      managementIngressRefusal(state, call(method, arg, sender))?.message;
    expect(refusal("start_canister")).toBeUndefined();
    expect(refusal("start_canister", about(id), BOB)).toBe(
      `Only controllers of canister ${principalText(id)} can call ic00 method start_canister`,
    );
    expect(refusal("start_canister", about(canisterIdOf(30n)))).toBe(
      `Canister ${principalText(canisterIdOf(30n))} not found`,
    );
    expect(refusal("start_canister", fromHex("010203"))).toBe(
      "Error decoding candid: Cannot parse header 010203",
    );
    expect(refusal("canister_status", about(id), BOB)).toContain("is not allowed to call canister_status");
    expect(refusal("raw_rand")).toBe("Only canisters can call ic00 method raw_rand");
    expect(refusal("create_canister")).toBe("Only canisters can call ic00 method create_canister");
    expect(refusal("fetch_canister_logs")).toContain("non-replicated");
    expect(refusal("nonsense")).toBe("Management canister has no method 'nonsense'");
    expect(refusal("take_canister_snapshot")).toContain("does not offer it yet");
    expect(refusal("provisional_create_canister_with_cycles", EMPTY_REPLY, BOB)).toBeUndefined();
    expect(refusal("provisional_top_up_canister", about(id), BOB)).toBeUndefined();
  });

  test("the canister that a call is about", () => {
    const id = canisterIdOf(20n);
    const about = encodeReply(candid.CanisterIdArgs, { canister_id: id });
    expect(effectiveCanisterOf("install_code", about)).toBe(id);
    expect(effectiveCanisterOf("provisional_create_canister_with_cycles", EMPTY_REPLY)).toBe("any");
    expect(effectiveCanisterOf("install_chunked_code", about)).toBeUndefined();
    const target = encodeReply(candid.TargetCanisterArgs, { target_canister: id });
    expect(effectiveCanisterOf("install_chunked_code", target)).toBe(id);
    expect(effectiveCanisterOf("raw_rand", EMPTY_REPLY)).toBeUndefined();
    expect(effectiveCanisterOf("start_canister", fromHex("00"))).toBeUndefined();
  });

  test("a version that the sender does not have is a fault of the sender", () => {
    const args = { settings: undefined, sender_canister_version: 4n };
    const payload = encodeReply(candid.CreateCanisterArgs, args);
    expect(senderVersionFault("", "create_canister", payload, 4n)).toBeUndefined();
    expect(senderVersionFault("", "create_canister", payload, 5n)).toContain("sender canister version 4");
    expect(senderVersionFault("", "start_canister", payload, 5n)).toBeUndefined();
    expect(senderVersionFault(canisterIdOf(1n), "create_canister", payload, 5n)).toBeUndefined();
  });
});

// ---- code

/**
 * A host whose canisters do what a script says: real modules pass through the rewriter, and their entry points are
 * played here on a real copy of the heap.
 */
type Play = (entry: string, heap: Uint8Array, ic0: ImportTable, request: RunRequest) => void;
interface ScriptedHost extends WasmHost {
  readonly played: string[];
}

const INSTRUCTIONS = 1_000n;
const ILL_TYPED = "Canister's Wasm module is not valid: types";

function scripted(play: Play): ScriptedHost {
  const played: string[] = [];
  return {
    played,
    validate: (raw) => (WebAssembly.validate(raw.slice()) ? undefined : ILL_TYPED),
    run(request: RunRequest): RunResult {
      const name = request.entry.kind === "export" ? request.entry.name : "table";
      played.push(name);
      const length = request.heap?.length ?? 0;
      const memory = new Uint8Array(length);
      if (request.heap !== undefined) loadPages(request.heap, memory);
      let left = request.instructionLimit;
      const ic0 = request.imports({
        memory: () => memory,
        wrote: () => {},
        counter: () => left,
        setCounter: (n) => {
          left = n;
        },
      });
      try {
        play(name, memory, ic0, request);
      } catch (error) {
        if (error !== TRAP) throw error;
        return {
          outcome: { kind: "trapped", trap: "unreachable" },
          instructions: INSTRUCTIONS,
          heap: undefined,
          globals: undefined,
          writtenPages: 0,
        };
      }
      return {
        outcome: { kind: "returned" },
        instructions: INSTRUCTIONS,
        heap: request.heap === undefined ? undefined : whole(request.heap, memory),
        globals: request.globals,
        writtenPages: 0,
      };
    },
  };
}

const TRAP = new Error("trap");
const whole = (old: Pages, memory: Uint8Array): Pages =>
  withPages(
    old,
    new Map(
      Array.from({ length: memory.length / PAGE }, (_, i) => [i, memory.slice(i * PAGE, (i + 1) * PAGE)]),
    ),
  );

const byteAt = (pages: Pages, offset: number): number => {
  const out = new Uint8Array(1);
  readPages(pages, offset, out);
  return out[0]!;
};

describe("install_code", () => {
  let wasm: (text: string) => Uint8Array;
  beforeAll(async () => {
    const w = await wabt();
    wasm = (text) => {
      const module = w.parseWat("test.wat", text);
      const { buffer } = module.toBinary({});
      module.destroy();
      return buffer;
    };
  });

  const HOOKS = ["canister_init", "canister_pre_upgrade", "canister_post_upgrade"];
  /** One page of memory whose byte 0 is `mark`; all hooks; a start function; a mutable global of 7. */
  const moduleText = (mark: string, pages = 1): string => `(module
    (memory ${pages}) (data (i32.const 0) "${mark}")
    (global (mut i32) (i32.const 7))
    (func $start) (start $start)
    ${HOOKS.map((h) => `(func (export "${h}"))`).join("\n")})`;
  const plain = (mark: string, pages = 1): Uint8Array => wasm(moduleText(mark, pages));
  const sectioned = (module: Uint8Array, name: string, content = ""): Uint8Array => {
    const body = concat(Uint8Array.of(name.length), utf8(name), utf8(content));
    return concat(module, Uint8Array.of(0, body.length), body);
  };
  const persistent = (mark: string, pages = 1): Uint8Array =>
    sectioned(plain(mark, pages), "icp:private enhanced-orthogonal-persistence");

  const install = (
    draft: Draft,
    id: CanisterId,
    wasm_module: Uint8Array,
    mode: candid.InstallMode,
    host: WasmHost,
    sender = ALICE,
  ): ManagementOutcome =>
    byUser(
      draft,
      "install_code",
      candid.InstallCodeArgs,
      { mode, canister_id: id, wasm_module, arg: utf8("argument"), sender_canister_version: undefined },
      sender,
      host,
    );
  const INSTALL: candid.InstallMode = { tag: "install", value: null };
  const REINSTALL: candid.InstallMode = { tag: "reinstall", value: null };
  const upgrade = (
    persistence?: "keep" | "replace",
    skip?: boolean,
  ): candid.InstallMode & { readonly tag: "upgrade" } => ({
    tag: "upgrade",
    value: {
      skip_pre_upgrade: skip,
      wasm_memory_persistence: persistence === undefined ? undefined : { tag: persistence, value: null },
    },
  });
  const idle = (): ScriptedHost => scripted(() => {});

  function installed(module: Uint8Array, host: WasmHost = idle()): { draft: Draft; id: CanisterId } {
    const draft = newRound();
    const id = made(draft);
    const outcome = install(draft, id, module, INSTALL, host);
    expect(textOf(outcome)).toBe("");
    return { draft, id };
  }

  test("install: start, then init; data in place, hash of the upload, version, history, price", () => {
    const draft = newRound();
    const id = made(draft);
    const host = idle();
    const module = plain("A");
    expect(isReply(install(draft, id, module, INSTALL, host))).toBe(true);
    expect(host.played).toEqual(["canister_start", "canister_init"]);
    const after = canister(draft, id);
    expect(byteAt(after.heap, 0)).toBe(65);
    expect(after.globals).toEqual([7]);
    expect(after.code?.moduleHash).toEqual(sha256(module));
    expect(after).toMatchObject({ version: 1n, lastInstalledAt: draft.time });
    expect(after.history.at(-1)?.details).toEqual({
      kind: "code-deployment",
      mode: "install",
      moduleHash: sha256(module),
    });
    const cost = executionFee(2n * INSTRUCTIONS, false, subnet);
    expect(after.cycles).toBe(100n * T - cost);
    expect(draft.cyclesBurned).toBe(cost);
  });

  test("init sees its argument, its caller, the new version and a balance without what was prepaid", () => {
    const seen: unknown[] = [];
    const host = scripted((entry, heap, ic0) => {
      if (entry !== "canister_init") return;
      const call = (name: string, ...args: number[]): unknown =>
        (ic0[name] as (...a: number[]) => unknown)(...args);
      call("msg_arg_data_copy", 100, 0, 8);
      seen.push(
        new TextDecoder().decode(heap.subarray(100, 108)),
        call("msg_caller_size"),
        call("canister_version"),
      );
      call("canister_cycle_balance128", 200);
      seen.push(new DataView(heap.buffer).getBigUint64(200, true));
    });
    installed(plain("A"), host);
    const prepaid = executionFee(subnet.limits.install, false, subnet);
    expect(seen).toEqual(["argument", 29, 1n, 100n * T - prepaid]);
  });

  test("IN1: install wants an empty canister, upgrade one with code, reinstall takes any", () => {
    const { draft, id } = installed(plain("A"));
    expect(errorOf(install(draft, id, plain("B"), INSTALL, idle()))).toBe("IC0514");
    const empty = made(draft);
    expect(errorOf(install(draft, empty, plain("B"), upgrade(), idle()))).toBe("IC0537");
    expect(isReply(install(draft, empty, plain("B"), REINSTALL, idle()))).toBe(true);
    expect(errorOf(install(draft, id, plain("B"), REINSTALL, idle(), BOB))).toBe("IC0512");
  });

  test("IN1: reinstall wipes what the old code made and keeps its open calls, settings and chunks", () => {
    const { draft, id } = installed(plain("A", 2));
    const callbacks = new Map([[1, {} as never]]);
    const chunkStore = new Map([["aa", new Uint8Array(1)]]);
    change(draft, id, {
      stable: zeroPages(65_536),
      certifiedData: Uint8Array.of(1),
      globalTimer: 4n,
      logs: [{ index: 0n, at: 0n, content: utf8("old") }],
      nextLogIndex: 1n,
      callbacks,
      chunkStore,
    });
    expect(isReply(install(draft, id, plain("B"), REINSTALL, idle()))).toBe(true);
    const after = canister(draft, id);
    expect(after).toMatchObject({ globalTimer: 0n, logs: [], nextLogIndex: 1n, version: 2n });
    expect([after.heap.length, after.stable.length, after.certifiedData.length]).toEqual([65_536, 0, 0]);
    expect(after.callbacks).toBe(callbacks);
    expect(after.chunkStore).toBe(chunkStore);
  });

  describe("IN2, IN3: upgrade = persistence × old and new module × skip_pre_upgrade", () => {
    for (const persistence of [undefined, "keep", "replace"] as const)
      for (const oldPersists of [false, true])
        for (const newPersists of [false, true])
          for (const skip of [undefined, false, true])
            test(`${persistence} ${oldPersists} ${newPersists} ${skip}`, () => {
              const { draft, id } = installed(oldPersists ? persistent("A", 2) : plain("A", 2));
              const certifiedData = Uint8Array.of(9);
              change(draft, id, { stable: zeroPages(65_536), certifiedData, globalTimer: 4n, globals: [1] });
              const versions: [string, number][] = [];
              const host = scripted((entry, heap, ic0) => {
                // A start function may not ask.
                if (entry === "canister_start") return;
                versions.push([entry, Number((ic0["canister_version"] as () => bigint)())]);
                if (entry === "canister_pre_upgrade") heap[70_000] = 42;
              });
              const before = canister(draft, id);
              const next = newPersists ? persistent("B") : plain("B");
              const outcome = install(draft, id, next, upgrade(persistence, skip), host);

              const pre: [string, number][] = skip === true ? [] : [["canister_pre_upgrade", 1]];
              const refused =
                persistence === undefined ? oldPersists : persistence === "keep" ? !newPersists : false;
              if (refused) {
                expect(errorOf(outcome)).toBe("IC0504");
                expect(textOf(outcome)).toMatch(
                  persistence === "keep" ? /^Invalid upgrade option: / : /^Missing upgrade option: /,
                );
                const { cycles, consumedCycles } = canister(draft, id);
                expect(canister(draft, id)).toEqual({ ...before, cycles, consumedCycles });
                return;
              }
              expect(textOf(outcome)).toBe("");
              expect(versions).toEqual([...pre, ["canister_post_upgrade", 2]]);
              const after = canister(draft, id);
              expect(after).toMatchObject({ version: 2n, globalTimer: 0n, globals: [7], certifiedData });
              expect(after.stable.length).toBe(65_536);
              if (persistence === "keep") {
                expect(after.heap.length).toBe(131_072);
                expect([byteAt(after.heap, 0), byteAt(after.heap, 70_000)]).toEqual([
                  65,
                  skip === true ? 0 : 42,
                ]);
              } else {
                expect(after.heap.length).toBe(65_536);
                expect(byteAt(after.heap, 0)).toBe(66);
              }
            });
  });

  test("keep grows the heap to the new module's smallest size, and refuses a memory that it does not fit", () => {
    const { draft, id } = installed(persistent("A"));
    expect(isReply(install(draft, id, persistent("B", 3), upgrade("keep"), idle()))).toBe(true);
    expect(canister(draft, id).heap.length).toBe(3 * 65_536);
    const small = sectioned(wasm("(module (memory 1 2))"), "icp:private enhanced-orthogonal-persistence");
    expect(errorOf(install(draft, id, small, upgrade("keep"), idle()))).toBe("IC0504");
  });

  for (const trapping of ["canister_start", "canister_init", "canister_pre_upgrade", "canister_post_upgrade"])
    for (const [name, mode] of [
      ["install", INSTALL],
      ["reinstall", REINSTALL],
      ["upgrade", upgrade()],
    ] as const)
      test(`IN5: a trap in ${trapping} during ${name}`, () => {
        const draft = newRound();
        const id = made(draft);
        if (name !== "install") install(draft, id, plain("A"), INSTALL, idle());
        change(draft, id, {
          stable: zeroPages(65_536),
          logs: [{ index: 0n, at: 0n, content: utf8("old") }],
          nextLogIndex: 1n,
        });
        const before = canister(draft, id);
        const burned = draft.cyclesBurned;
        const host = scripted((entry, heap) => {
          if (heap.length > 0) heap[5] = 1;
          if (entry === trapping) throw TRAP;
        });
        const outcome = install(draft, id, plain("B"), mode, host);
        const after = canister(draft, id);
        if (!host.played.includes(trapping)) {
          expect(isReply(outcome)).toBe(true);
          return;
        }
        expect(host.played.at(-1)).toBe(trapping);
        expect(errorOf(outcome)).toBe("IC0502");
        expect(textOf(outcome)).toContain(
          `Error from Canister ${principalText(id)}: Canister trapped: unreachable`,
        );
        const cost = executionFee(BigInt(host.played.length) * INSTRUCTIONS, false, subnet);
        expect(before.cycles - after.cycles).toBe(cost);
        expect(draft.cyclesBurned - burned).toBe(cost);
        expect(after.logs[0]).toEqual(before.logs[0]);
        const { cycles, consumedCycles, logs, nextLogIndex } = after;
        expect(after).toEqual({ ...before, cycles, consumedCycles, logs, nextLogIndex });
      });

  test("IN6: an install must be affordable to its limit, and the canister must not freeze by it", () => {
    const draft = newRound();
    const prepaid = executionFee(subnet.limits.install, false, subnet);
    const id = made(draft, { amount: prepaid });
    const limit = freezingLimit(canister(draft, id), subnet);
    expect(limit).toBeGreaterThan(0n);
    const host = idle();
    const poor = install(draft, id, plain("A"), INSTALL, host);
    expect(errorOf(poor)).toBe("IC0207");
    expect(textOf(poor)).toContain(`at least ${limit} additional cycles`);
    expect(host.played).toEqual([]);

    // Enough to begin with, but the heap of 1000 pages makes the freezing limit rise above it.
    change(draft, id, {
      cycles: prepaid + limit,
      settings: { ...canister(draft, id).settings, freezingThresholdSeconds: 2n ** 40n },
    });
    change(draft, id, { cycles: prepaid + freezingLimit(canister(draft, id), subnet) });
    const before = canister(draft, id);
    const frozen = install(draft, id, plain("A", 1000), INSTALL, idle());
    expect(errorOf(frozen)).toBe("IC0207");
    expect(canister(draft, id)).toMatchObject({ code: undefined, version: before.version });
    expect(before.cycles - canister(draft, id).cycles).toBe(executionFee(2n * INSTRUCTIONS, false, subnet));
  });

  test("a module whose types do not fit is refused by the host's word", () => {
    const draft = newRound();
    const ill = plain("A");
    const w = concat(ill.slice(0, 8), fromHex("01050160017f00030201000a040102000b"));
    const host = idle();
    const refused = install(draft, made(draft), w, INSTALL, { ...host, validate: () => ILL_TYPED });
    expect(textOf(refused)).toContain(ILL_TYPED);
  });

  test("bytes that are no module, and modules with unknown imports, are refused in words", () => {
    const draft = newRound();
    const id = made(draft);
    const before = canister(draft, id);
    for (const bad of [
      utf8("hello"),
      plain("A").subarray(0, 20),
      wasm('(module (import "ic0" "fly" (func)))'),
    ]) {
      const refused = install(draft, id, bad, INSTALL, idle());
      expect(errorOf(refused)).toBe("IC0505");
      expect(textOf(refused)).toContain(
        `Error from Canister ${principalText(id)}: Canister's Wasm module is not valid: `,
      );
    }
    expect(
      textOf(install(draft, id, wasm('(module (import "ic0" "fly" (func)))'), INSTALL, idle())),
    ).toContain("fly");
    expect(canister(draft, id)).toBe(before);
  });

  test("metadata: public to any canister, private to controllers", () => {
    const module = sectioned(sectioned(plain("A"), "icp:public a", "open"), "icp:private b", "secret");
    const { draft, id } = installed(module);
    const ask = (name: string, sender: CanisterId): ManagementOutcome =>
      byCanister(draft, "canister_metadata", candid.CanisterMetadataArgs, { canister_id: id, name }, sender);
    const stranger = canisterIdOf(30n);
    expect(replyOf(ask("a", stranger), candid.CanisterMetadataReply).value).toEqual(utf8("open"));
    expect(errorOf(ask("b", stranger))).toBe("IC0512");
    expect(replyOf(ask("b", ALICE), candid.CanisterMetadataReply).value).toEqual(utf8("secret"));
    expect(errorOf(ask("c", stranger))).toBe("IC0406");
  });

  describe("chunks", () => {
    const upload = (draft: Draft, id: CanisterId, chunk: Uint8Array, sender = ALICE): ManagementOutcome =>
      byUser(draft, "upload_chunk", candid.UploadChunkArgs, { canister_id: id, chunk }, sender);
    const chunked = (
      draft: Draft,
      target: CanisterId,
      part: Partial<ValueOf<typeof candid.InstallChunkedCodeArgs>>,
      sender = ALICE,
    ): ManagementOutcome =>
      byUser(
        draft,
        "install_chunked_code",
        candid.InstallChunkedCodeArgs,
        {
          mode: INSTALL,
          target_canister: target,
          store_canister: undefined,
          chunk_hashes_list: [],
          wasm_module_hash: new Uint8Array(32),
          arg: new Uint8Array(0),
          sender_canister_version: undefined,
          ...part,
        },
        sender,
        idle(),
      );

    test("kept once, listed, cleared; too large or too many refused", () => {
      const draft = newRound();
      const id = made(draft);
      const { hash } = replyOf(upload(draft, id, utf8("part")), candid.UploadChunkReply);
      expect(hash).toEqual(sha256(utf8("part")));
      upload(draft, id, utf8("part"));
      const stored = (): number => replyOf(on(draft, "stored_chunks", id), candid.StoredChunksReply).length;
      expect(stored()).toBe(1);
      expect(errorOf(upload(draft, id, new Uint8Array(2 ** 20 + 1)))).toBe("IC0504");
      expect(errorOf(upload(draft, id, utf8("part"), BOB))).toBe("IC0512");
      for (let i = 0; i < 99; i++) upload(draft, id, Uint8Array.of(i));
      expect(stored()).toBe(100);
      expect(errorOf(upload(draft, id, utf8("one more")))).toBe("IC0504");
      on(draft, "clear_chunk_store", id);
      expect(stored()).toBe(0);
    });

    test("a module out of chunks, from its own store or another that the caller controls", () => {
      const draft = newRound();
      const [target, store] = [made(draft), made(draft)];
      const module = plain("A");
      const parts = [module.subarray(0, 30), module.subarray(30)];
      const chunk_hashes_list = parts.map((p) => replyOf(upload(draft, store, p), candid.UploadChunkReply));
      const wasm_module_hash = sha256(module);
      expect(errorOf(chunked(draft, target, { chunk_hashes_list, wasm_module_hash }))).toBe("IC0504");
      const whole = { chunk_hashes_list, wasm_module_hash, store_canister: store };
      expect(errorOf(chunked(draft, target, { ...whole, wasm_module_hash: new Uint8Array(32) }))).toBe(
        "IC0504",
      );
      change(draft, target, { settings: { ...canister(draft, target).settings, controllers: [ALICE, BOB] } });
      expect(errorOf(chunked(draft, target, whole, BOB))).toBe("IC0512");
      expect(textOf(chunked(draft, target, whole))).toBe("");
      expect(canister(draft, target).code?.moduleHash).toEqual(wasm_module_hash);
    });
  });
});
