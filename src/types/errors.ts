/**
 * The IC's error codes that we can produce. The first digit is the reject code.
 * Source: interface §9.
 */
import type { Reject, RejectCode } from "./messages.ts";

export const IC = {
  SubnetOversubscribed: "IC0101",
  CanisterQueueFull: "IC0201",
  IngressMessageTimeout: "IC0202",
  CanisterQueueNotEmpty: "IC0203",
  CanisterIdAlreadyExists: "IC0205",
  StopCanisterRequestTimeout: "IC0206",
  CanisterOutOfCycles: "IC0207",
  CertifiedStateUnavailable: "IC0208",
  CanisterInstallCodeRateLimited: "IC0209",
  CanisterHeapDeltaRateLimited: "IC0210",
  CanisterNotFound: "IC0301",
  CanisterSnapshotNotFound: "IC0305",
  InsufficientMemoryAllocation: "IC0402",
  InsufficientCyclesForCreateCanister: "IC0403",
  SubnetNotFound: "IC0404",
  CanisterNotHostedBySubnet: "IC0405",
  CanisterRejectedMessage: "IC0406",
  InvalidManagementPayload: "IC0408",
  CanisterSnapshotImmutable: "IC0409",
  CanisterTrapped: "IC0502",
  CanisterCalledTrap: "IC0503",
  CanisterContractViolation: "IC0504",
  CanisterInvalidWasm: "IC0505",
  CanisterDidNotReply: "IC0506",
  CanisterOutOfMemory: "IC0507",
  CanisterStopped: "IC0508",
  CanisterStopping: "IC0509",
  CanisterNotStopped: "IC0510",
  CanisterStoppingCancelled: "IC0511",
  CanisterInvalidController: "IC0512",
  CanisterFunctionNotFound: "IC0513",
  CanisterNonEmpty: "IC0514",
  InstructionLimitExceeded: "IC0522",
  MemoryAccessLimitExceeded: "IC0524",
  QueryCallGraphTooDeep: "IC0525",
  QueryCallGraphInstructionLimitExceeded: "IC0526",
  CompositeQueryInReplicatedMode: "IC0527",
  InsufficientCyclesInComputeAllocation: "IC0530",
  InsufficientCyclesInMemoryAllocation: "IC0531",
  InsufficientCyclesInMemoryGrow: "IC0532",
  CanisterMethodNotFound: "IC0536",
  CanisterWasmModuleNotFound: "IC0537",
  WasmMemoryLimitExceeded: "IC0539",
  ReservedCyclesLimitIsTooLow: "IC0540",
  CanisterStatusAccessDenied: "IC0542",
  DeadlineExpired: "IC0601",
  ResponseDropped: "IC0602",
} as const;
export type ErrorCode = (typeof IC)[keyof typeof IC];

/** The reject that an error code stands for: the hundreds digit is the reject code. */
export const rejectOf = (error: ErrorCode, message: string): Reject => ({
  code: Number(error[3]) as RejectCode,
  message,
  error,
});
