/**
 * What things cost and what a canister must keep. Every fee is priced for 13 nodes and scaled by n/13 in integer
 * division; a sum of fees is a sum of scaled ones, as mainnet rounds. Source: replica E.1, interface §6.1 (freezing_threshold), M54.
 */
import { max } from "../../base/bigints.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { CanisterState } from "../state/canister.ts";
import { messageMemory } from "../state/message-memory.ts";
import { memoryTotal } from "../state/memory-metrics.ts";

const REFERENCE_NODES = 13n;

/** A fee priced for 13 nodes, on this subnet. */
export const scaled = (fee: bigint, subnet: SubnetRecord): bigint =>
  (fee * BigInt(subnet.nodes.length)) / REFERENCE_NODES;

export const FEES = {
  canisterCreation: 500_000_000_000n,
  updateMessage: 5_000_000n,
  call: 260_000n,
  callByte: 1_000n,
  ingress: 1_200_000n,
  ingressByte: 2_000n,
  gibibyteSecond: 127_000n,
  computePercentSecond: 10_000_000n,
} as const;

export const MAX_RESPONSE_BYTES = 2 * 1024 * 1024;
const GIB = 1024n ** 3n;
const DAY_SECONDS = 86_400n;

export const createCanisterFee = (subnet: SubnetRecord): bigint => scaled(FEES.canisterCreation, subnet);

/** Base fee and instructions of one message. wasm64 pays two cycles an instruction. */
export function executionFee(instructions: bigint, wasm64: boolean, subnet: SubnetRecord): bigint {
  return scaled(FEES.updateMessage + instructions * (wasm64 ? 2n : 1n), subnet);
}

/** What a management method costs its canister for instructions that no Wasm ran. */
export const managementFee = (instructions: bigint, subnet: SubnetRecord): bigint =>
  scaled(instructions, subnet);

/** The part of a prepaid execution that unused instructions give back; the base fee stays. */
export function unusedInstructionsRefund(unused: bigint, wasm64: boolean, subnet: SubnetRecord): bigint {
  return scaled(unused * (wasm64 ? 2n : 1n), subnet);
}

export const isWasm64 = (canister: CanisterState): boolean => canister.code?.module.memory?.address === "i64";

/** `bytes`: argument, method name and nonce together. */
export const ingressFee = (bytes: number, subnet: SubnetRecord): bigint =>
  scaled(FEES.ingress, subnet) + scaled(FEES.ingressByte, subnet) * BigInt(bytes);

/** `bytes`: payload and method name. */
export const requestFee = (bytes: bigint, subnet: SubnetRecord): bigint =>
  scaled(FEES.call, subnet) + scaled(FEES.callByte * bytes, subnet);
export const responseFee = (bytes: number, subnet: SubnetRecord): bigint =>
  scaled(FEES.callByte * BigInt(bytes), subnet);

/** For the longest answer, and for running the callback to its limit: paid with the call, the rest given back. */
export const callPrepayment = (wasm64: boolean, subnet: SubnetRecord): bigint =>
  responseFee(MAX_RESPONSE_BYTES, subnet) + executionFee(subnet.limits.update, wasm64, subnet);

/** The most that a call of so many bytes may cost, refundable parts included. */
export const totalCallFee = (bytes: bigint, wasm64: boolean, subnet: SubnetRecord): bigint =>
  requestFee(bytes, subnet) + callPrepayment(wasm64, subnet);

/** Not scaled by n/13: every node fetches. Sizes in bytes. */
export function httpRequestFee(request: bigint, response: bigint, subnet: SubnetRecord): bigint {
  const n = BigInt(subnet.nodes.length);
  return n * (3_000_000n + 60_000n * n + 400n * request + 800n * response);
}

export const memoryUsed = (canister: CanisterState): number => memoryTotal(canister);

const memoryPerDay = (bytes: bigint, subnet: SubnetRecord): bigint =>
  scaled((bytes * FEES.gibibyteSecond * DAY_SECONDS) / GIB, subnet);

/** Storage is paid for what is used, or allocated if that is more. Messages are no part of it. */
const storagePerDay = ({ settings }: CanisterState, bytes: number, subnet: SubnetRecord): bigint =>
  memoryPerDay(max(BigInt(bytes), settings.memoryAllocation), subnet);
const messagesPerDay = (bytes: number, subnet: SubnetRecord): bigint => memoryPerDay(BigInt(bytes), subnet);
const computePerDay = ({ settings }: CanisterState, subnet: SubnetRecord): bigint =>
  scaled(settings.computeAllocation * FEES.computePercentSecond * DAY_SECONDS, subnet);

/** What so many whole seconds of storage cost, of messages' memory, and of compute allocation: of each its part of a day. */
export const storageFee = (canister: CanisterState, seconds: bigint, subnet: SubnetRecord): bigint =>
  (storagePerDay(canister, memoryUsed(canister), subnet) * seconds) / DAY_SECONDS;
export const messageFee = (canister: CanisterState, seconds: bigint, subnet: SubnetRecord): bigint =>
  (messagesPerDay(messageMemory(canister), subnet) * seconds) / DAY_SECONDS;
export const computeFee = (canister: CanisterState, seconds: bigint, subnet: SubnetRecord): bigint =>
  (computePerDay(canister, subnet) * seconds) / DAY_SECONDS;

const burnPerDayWith = (
  canister: CanisterState,
  bytes: number,
  messages: number,
  subnet: SubnetRecord,
): bigint =>
  storagePerDay(canister, bytes, subnet) + messagesPerDay(messages, subnet) + computePerDay(canister, subnet);

export const idleBurnPerDay = (canister: CanisterState, subnet: SubnetRecord): bigint =>
  burnPerDayWith(canister, memoryUsed(canister), messageMemory(canister), subnet);

/** Cycles that a canister must keep for its freezing threshold, less those it has reserved. */
export const freezingLimit = (canister: CanisterState, subnet: SubnetRecord): bigint =>
  freezingLimitWith(canister, memoryUsed(canister), subnet);

/** The same if it used `bytes` of memory, and its messages so many. */
export function freezingLimitWith(
  canister: CanisterState,
  bytes: number,
  subnet: SubnetRecord,
  messages = messageMemory(canister),
): bigint {
  const perDay = burnPerDayWith(canister, bytes, messages, subnet);
  const limit = (perDay * canister.settings.freezingThresholdSeconds) / DAY_SECONDS;
  return limit > canister.reservedCycles ? limit - canister.reservedCycles : 0n;
}

export const isFrozen = (canister: CanisterState, subnet: SubnetRecord): boolean =>
  canister.cycles < freezingLimit(canister, subnet);
