/** Labels and values of the state tree in words, and what differs between two. Pure. Checked by: state-words.test.ts. */
import { fromHex, toHex } from "../../base/bytes.ts";
import type { StateEntry } from "../../types/inspection.ts";
import { principalText } from "../../types/principal.ts";

const HASH_BYTES = 32;
const printable = (bytes: Uint8Array): boolean => bytes.length > 0 && bytes.every((b) => b >= 32 && b < 127);
const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
/** Below these labels stand principals. */
const OF_PRINCIPALS = new Set(["canister", "subnet", "node", "canister_ranges"]);

/** `parent`: the label above, hex. */
export function labelText(label: string, parent: string | undefined): string {
  const bytes = fromHex(label);
  const above = parent === undefined ? "" : ascii(fromHex(parent));
  if (OF_PRINCIPALS.has(above) && bytes.length > 0 && bytes.length < HASH_BYTES) return principalText(label);
  if (printable(bytes)) return ascii(bytes);
  return bytes.length === HASH_BYTES ? `${label.slice(0, 16)}…` : label || "(empty)";
}

const NUMBERS = new Set([
  "time",
  "height",
  "reject_code",
  "canister_creation_timestamp",
  "last_install_timestamp",
]);

export function valueText({ path, leaf }: Pick<StateEntry, "path" | "leaf">): string {
  if (leaf === undefined) return "";
  const name = ascii(fromHex(path.at(-1) ?? ""));
  if (NUMBERS.has(name)) {
    const n = leb128(leaf.start);
    return name === "time" || name.endsWith("timestamp")
      ? new Date(Number(n / 1_000_000n)).toISOString()
      : n.toLocaleString("en");
  }
  const cut = leaf.bytes > leaf.start.length ? "…" : "";
  if (leaf.bytes === 0) return "(no bytes)";
  if (printable(leaf.start)) return `“${ascii(leaf.start)}${cut}”`;
  return `${toHex(leaf.start.subarray(0, 48))}${leaf.bytes > 48 ? "…" : ""}`;
}

export function leb128(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const [i, byte] of bytes.entries()) value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  return value;
}

export interface Change {
  readonly kind: "added" | "removed" | "changed";
  readonly path: readonly string[];
  readonly before: StateEntry | undefined;
  readonly after: StateEntry | undefined;
}

/** Of values, by path; in the order of the tree. */
export function changesBetween(before: readonly StateEntry[], after: readonly StateEntry[]): Change[] {
  const old = new Map(before.map((entry) => [entry.path.join("/"), entry]));
  const changes: Change[] = [];
  for (const entry of after) {
    const key = entry.path.join("/");
    const was = old.get(key);
    old.delete(key);
    if (was?.hash === entry.hash) continue;
    changes.push({
      kind: was === undefined ? "added" : "changed",
      path: entry.path,
      before: was,
      after: entry,
    });
  }
  for (const gone of old.values())
    changes.push({ kind: "removed", path: gone.path, before: gone, after: undefined });
  return changes;
}
