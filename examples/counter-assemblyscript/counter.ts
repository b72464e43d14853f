import { caller, print, stableRead, stableWrite } from "ic";

// Plain variables are the canister's state. They live on between messages, but not over an upgrade.
let count: u64 = 0;

/** Named as an update by counter.did: all nodes run it. */
export function inc(): u64 {
  count = next(count);
  print(caller().toString() + " made it " + count.toString());
  return count;
}

/** Named as a query by counter.did: one node answers. */
export function get(): u64 {
  return count;
}

/** Before an upgrade the old code runs this: what goes into stable memory survives. */
export function preUpgrade(): void {
  const bytes = new Uint8Array(8);
  store<u64>(bytes.dataStart, count);
  stableWrite(0, bytes);
}

/** After it, the new code runs this. */
export function postUpgrade(): void {
  count = load<u64>(stableRead(0, 8).dataStart);
}

/** No method of the service: run it beside the editor, without a subnet. */
export function next(n: u64): u64 {
  return n + 1;
}
