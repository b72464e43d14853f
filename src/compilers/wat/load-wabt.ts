/** Loads wabt, once a thread. */
import type wabtFactory from "wabt";

type Wabt = Awaited<ReturnType<typeof wabtFactory>>;

let loading: Promise<Wabt> | undefined;

export function loadWabt(): Promise<Wabt> {
  loading ??= import("wabt").then((module) => module.default());
  return loading;
}

/** What the IC accepts in a module. A second memory is beyond wabt. Source: measurements, Limits of the host. */
export const WAT_FEATURES = {
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  multi_value: true,
  bulk_memory: true,
  reference_types: true,
  simd: true,
  tail_call: true,
  memory64: true,
};
