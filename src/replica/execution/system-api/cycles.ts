/** Cycles: balance, what came with the call, what goes away, what things would cost. Source: interface §4.4, §5.5; replica E.1. */
import { utf8Strict } from "../../../base/bytes.ts";
import { principalText } from "../../../types/principal.ts";
import { createCanisterFee, httpRequestFee, isWasm64, totalCallFee } from "../cycles.ts";
import { fail, toolchainViolation, trapped } from "../failure.ts";
import {
  ANYWHERE,
  ANYWHERE_OR_START,
  CALLBACKS,
  RECEIVING_CYCLES,
  REPLICATED,
  SENDING_CYCLES,
} from "./contexts.ts";
import { define, type ApiFunction } from "./define.ts";
import { heap, liquid, writeCycles, type Sandbox } from "./sandbox.ts";

const U64_MAX = 2n ** 64n - 1n;
const U128_MAX = 2n ** 128n - 1n;
const amountOf = (high: bigint, low: bigint): bigint => (high << 64n) | low;

function narrow(amount: bigint): bigint {
  if (amount > U64_MAX) fail(trapped("cycles amount exceeds 64-bit representation"));
  return amount;
}

/** An answer takes what is left with it only when the execution ends: until then more may be accepted. */
const available = (s: Sandbox): bigint => s.available;

function accept(s: Sandbox, max: bigint): bigint {
  const room = U128_MAX - s.balance;
  const taken = [max, available(s), room].reduce((a, b) => (a < b ? a : b));
  s.available -= taken;
  s.balance += taken;
  return taken;
}

function burn(s: Sandbox, amount: bigint): bigint {
  const most = liquid(s);
  const burnt = amount < most ? amount : most;
  s.balance -= burnt;
  s.burned += burnt;
  return burnt;
}

const to128 = (
  name: string,
  contexts: ApiFunction["contexts"],
  amount: (s: Sandbox) => bigint,
): ApiFunction => define({ params: ["P"], contexts, run: (s, dst) => writeCycles(s, name, dst, amount(s)) });
const to64 = (contexts: ApiFunction["contexts"], amount: (s: Sandbox) => bigint): ApiFunction =>
  define({ params: [], result: "i64", contexts, only32: true, run: (s) => narrow(amount(s)) });

/** No threshold keys exist here yet: a known curve has no key of any name. */
const signatureCost = (name: string, curves: number): ApiFunction =>
  define({
    params: ["P", "P", "i32", "P"],
    result: "i32",
    contexts: ANYWHERE_OR_START,
    run: (s, src, size, curve) => {
      if (utf8Strict(heap(s, `ic0.${name} heap`, src, size)) === undefined)
        fail(toolchainViolation("Failed to decode key name"));
      return curve < curves ? 2 : 1;
    },
  });

export const cyclesFunctions: Readonly<Record<string, ApiFunction>> = {
  msg_cycles_available: to64(RECEIVING_CYCLES, available),
  msg_cycles_available128: to128("msg_cycles_available128", RECEIVING_CYCLES, available),
  msg_cycles_refunded: to64(CALLBACKS, (s) => s.situation.refunded ?? 0n),
  msg_cycles_refunded128: to128("msg_cycles_refunded128", CALLBACKS, (s) => s.situation.refunded ?? 0n),
  msg_cycles_accept: define({
    params: ["i64"],
    result: "i64",
    contexts: RECEIVING_CYCLES,
    only32: true,
    run: accept,
  }),
  msg_cycles_accept128: define({
    params: ["i64", "i64", "P"],
    contexts: RECEIVING_CYCLES,
    run: (s, high, low, dst) => writeCycles(s, "msg_cycles_accept128", dst, accept(s, amountOf(high, low))),
  }),
  canister_cycle_balance: to64(ANYWHERE, (s) => s.balance),
  canister_cycle_balance128: to128("canister_cycle_balance128", ANYWHERE, (s) => s.balance),
  canister_liquid_cycle_balance128: to128("canister_liquid_cycle_balance128", ANYWHERE, liquid),
  cycles_burn128: define({
    params: ["i64", "i64", "P"],
    contexts: REPLICATED,
    run: (s, high, low, dst) => writeCycles(s, "cycles_burn128", dst, burn(s, amountOf(high, low))),
  }),
  /** Only the Cycles Minting Canister of the NNS may; modules that import it are installed all the same. */
  mint_cycles128: define({
    params: ["i64", "i64", "P"],
    contexts: SENDING_CYCLES,
    cost: 0,
    run: (s) =>
      fail(
        toolchainViolation(
          `ic0.mint_cycles128 cannot be executed on non Cycles Minting Canister: ${principalText(s.canister.id)} != rkp4c-7iaaa-aaaaa-aaaca-cai`,
        ),
      ),
  }),

  cost_call: define({
    params: ["i64", "i64", "P"],
    contexts: ANYWHERE_OR_START,
    run: (s, method, payload, dst) => {
      const { subnet } = s.situation;
      writeCycles(s, "cost_call", dst, totalCallFee(method + payload, isWasm64(s.canister), subnet));
    },
  }),
  cost_create_canister: to128("cost_create_canister", ANYWHERE_OR_START, (s) =>
    createCanisterFee(s.situation.subnet),
  ),
  cost_http_request: define({
    params: ["i64", "i64", "P"],
    contexts: ANYWHERE_OR_START,
    run: (s, request, response, dst) =>
      writeCycles(s, "cost_http_request", dst, httpRequestFee(request, response, s.situation.subnet)),
  }),
  cost_sign_with_ecdsa: signatureCost("cost_sign_with_ecdsa", 1),
  cost_sign_with_schnorr: signatureCost("cost_sign_with_schnorr", 2),
  cost_vetkd_derive_key: signatureCost("cost_vetkd_derive_key", 1),
};
