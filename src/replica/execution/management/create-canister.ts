/**
 * How canisters come to be and how they are given cycles.
 *
 *   CC1  An id is handed out once. After a deletion the index moves past the deleted id, also past one that somebody
 *        chose, and a chosen id below the index is refused.
 *   CC2  `create_canister` takes all cycles attached: the fee is burned, the rest is the balance. On refusal all go back.
 *   CC3  The provisional methods make cycles out of nothing, count them as minted, and return those attached.
 *
 * Source: interface L10–L13, L46, M55; replica E.1.
 */
import { hashOfMap } from "../../../codec/representation-independent-hash.ts";
import type { CanisterId } from "../../../types/ids.ts";
import { inRanges } from "../../../registry/ranges.ts";
import type { Reject } from "../../../types/messages.ts";
import { canisterIdOf } from "../../../types/principal.ts";
import type { CanisterChange, CanisterState } from "../../state/canister.ts";
import { NOTHING_CONSUMED, withConsumed } from "../../state/consumed.ts";
import { NO_PAGES } from "../../state/pages.ts";
import { NO_QUERIES } from "../../state/query-stats.ts";
import { createCanisterFee } from "../cycles.ts";
import type { Draft } from "../draft.ts";
import {
  type CanisterIdArgs,
  CanisterIdReply,
  type CreateCanisterArgs,
  type ProvisionalCreateArgs,
  type ProvisionalTopUpArgs,
  type Settings,
} from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { changed, done, type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import { canisterNotFound, creationFeeMissing, idOutsideSubnet, idTaken, noIdsLeft } from "./rejects.ts";
import { changedSettings, defaultSettings } from "./settings.ts";

const PROVISIONAL_CYCLES = 100_000_000_000_000n;
const MAX_CYCLES = 2n ** 128n - 1n;

export function createCanister(
  call: ManagementCall,
  args: ValueOf<typeof CreateCanisterArgs>,
): ManagementOutcome {
  const { draft, request } = call;
  const fee = createCanisterFee(draft.subnet);
  if (request.cycles < fee) return rejected(call, creationFeeMissing(request.cycles, fee));
  const id = nextId(draft);
  if (id === undefined) return rejected(call, noIdsLeft());
  const made = newCanister(call, id, request.cycles - fee, args.settings, args.sender_canister_version);
  if ("reject" in made) return rejected(call, made.reject);
  draft.canisters.set(id, {
    ...made.canister,
    consumed: withConsumed(made.canister, "canister_creation", fee),
  });
  draft.nextCanisterIndex = indexOf(id) + 1n;
  draft.cyclesBurned += fee;
  return replied(call, CanisterIdReply, { canister_id: id }, request.cycles);
}

export function provisionalCreate(
  call: ManagementCall,
  args: ValueOf<typeof ProvisionalCreateArgs>,
): ManagementOutcome {
  const { draft } = call;
  const id = args.specified_id ?? nextId(draft);
  if (id === undefined) return rejected(call, noIdsLeft());
  const refusal = args.specified_id === undefined ? undefined : idRefusal(draft, id);
  if (refusal !== undefined) return rejected(call, refusal);
  const cycles = capped(args.amount ?? PROVISIONAL_CYCLES);
  const made = newCanister(call, id, cycles, args.settings, args.sender_canister_version);
  if ("reject" in made) return rejected(call, made.reject);
  draft.canisters.set(id, made.canister);
  if (args.specified_id === undefined) draft.nextCanisterIndex = indexOf(id) + 1n;
  draft.cyclesMinted += cycles;
  return replied(call, CanisterIdReply, { canister_id: id });
}

export function provisionalTopUp(
  call: ManagementCall,
  args: ValueOf<typeof ProvisionalTopUpArgs>,
): ManagementOutcome {
  const canister = call.draft.canisters.get(args.canister_id);
  if (canister === undefined) return rejected(call, canisterNotFound(args.canister_id));
  call.draft.cyclesMinted += addCycles(call.draft, canister, args.amount);
  return done(call);
}

export function depositCycles(call: ManagementCall, args: ValueOf<typeof CanisterIdArgs>): ManagementOutcome {
  const { draft, request } = call;
  const canister = draft.canisters.get(args.canister_id);
  if (canister === undefined) return rejected(call, canisterNotFound(args.canister_id));
  draft.cyclesBurned += request.cycles - addCycles(draft, canister, request.cycles);
  return done(call, request.cycles);
}

/** How many were added: a balance ends at 2¹²⁸ − 1 (interface M53). */
function addCycles(draft: Draft, canister: CanisterState, amount: bigint): bigint {
  const cycles = capped(canister.cycles + amount);
  draft.canisters.set(canister.id, { ...canister, cycles });
  return cycles - canister.cycles;
}

const capped = (cycles: bigint): bigint => (cycles < MAX_CYCLES ? cycles : MAX_CYCLES);

/** The lowest id at or after the index that nobody has chosen. */
function nextId(draft: Draft): CanisterId | undefined {
  const ranges = [...draft.subnet.canisterRanges].sort((a, b) => (a.start < b.start ? -1 : 1));
  for (const range of ranges) {
    let index = indexOf(range.start);
    if (index < draft.nextCanisterIndex) index = draft.nextCanisterIndex;
    while (draft.canisters.has(canisterIdOf(index))) index++;
    if (canisterIdOf(index) <= range.end) return canisterIdOf(index);
  }
  return undefined;
}

export const indexOf = (id: CanisterId): bigint => BigInt(`0x${id.slice(0, 16)}`);

function idRefusal(draft: Draft, id: CanisterId): Reject | undefined {
  const wellFormed = id.length === 20 && id.endsWith("0101");
  if (!wellFormed || !inRanges(draft.subnet.canisterRanges, id)) return idOutsideSubnet(id, draft.subnet.id);
  if (draft.canisters.has(id) || indexOf(id) < draft.nextCanisterIndex) return idTaken(id);
  return undefined;
}

function newCanister(
  call: ManagementCall,
  id: CanisterId,
  cycles: bigint,
  given: Settings | undefined,
  senderVersion: bigint | undefined,
): { readonly canister: CanisterState } | { readonly reject: Reject } {
  const { draft, request } = call;
  const empty: CanisterState = {
    id,
    status: { kind: "running" },
    settings: defaultSettings(request.caller),
    cycles,
    reservedCycles: 0n,
    // One less than its first version, because creation is a change.
    version: -1n,
    createdAt: draft.time,
    lastInstalledAt: undefined,
    code: undefined,
    heap: NO_PAGES,
    globals: [],
    stable: NO_PAGES,
    certifiedData: new Uint8Array(0),
    globalTimer: 0n,
    history: [],
    historyTotal: 0n,
    logs: [],
    nextLogIndex: 0n,
    inputs: [],
    contexts: new Map(),
    callbacks: new Map(),
    nextContext: 0,
    nextCallback: 0,
    chargedUntil: draft.time,
    consumed: NOTHING_CONSUMED,
    snapshotsMade: 0,
    lowMemoryHook: "condition_not_satisfied",
    queryStats: NO_QUERIES,
  };
  const judged = given && changedSettings(draft, empty, given, draft.subnet);
  if (judged !== undefined && "reject" in judged) return judged;
  const settings = judged?.settings ?? empty.settings;
  const creation: CanisterChange["details"] = {
    kind: "creation",
    controllers: settings.controllers,
    environmentVariablesHash: given?.environment_variables && variablesHash(settings.environmentVariables),
  };
  return { canister: changed(call, { ...empty, settings }, senderVersion, creation) };
}

/** As requests are hashed: independent of the order. Source: abstract behaviour, `hash_of_map`. */
const variablesHash = (variables: CanisterState["settings"]["environmentVariables"]): Uint8Array =>
  hashOfMap(new Map(variables.map(({ name, value }) => [name, value])));
