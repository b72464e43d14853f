import { caller, print, query, stable, update } from "ic";

// Plain variables are the canister's state: they live on between messages. Those with @stable outlive upgrades, too.
@stable let count: u64 = 0;

/** All nodes run it, and agree on the order. */
@update
function inc(): u64 {
  count = next(count);
  print(caller().toString() + " made it " + count.toString());
  return count;
}

/** One node answers. */
@query
function get(): u64 {
  return count;
}

/** No method: run it beside the editor, without a subnet. */
export function next(n: u64): u64 {
  return n + 1;
}
