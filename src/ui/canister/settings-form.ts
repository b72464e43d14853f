/** The thirteen settings of a canister as a person types them: texts, units, and what is wrong with which. Pure. */
import { Principal } from "@icp-sdk/core/principal";
import type { CanisterSettings, VisibilityValue } from "../shared/management.ts";

export type SettingName = keyof CanisterSettings;
export type Texts = Record<SettingName, string>;
type Kind = "principals" | "percent" | "bytes" | "seconds" | "cycles" | "visibility" | "variables";

export interface SettingField {
  readonly name: SettingName;
  readonly kind: Kind;
  readonly hint: string;
  readonly max?: bigint;
}
const NAT64 = 2n ** 64n - 1n;
const NAT128 = 2n ** 128n - 1n;
/** Source: interface §6.1. */
export const SETTINGS: readonly SettingField[] = [
  { name: "controllers", kind: "principals", hint: "Who may command it: one principal a line, at most 10. Nobody: it can never be changed again." },
  { name: "compute_allocation", kind: "percent", hint: "Guaranteed share of one core, 0 to 100.", max: 100n },
  { name: "memory_allocation", kind: "bytes", hint: "Guaranteed memory; 0: as it comes.", max: NAT64 },
  { name: "freezing_threshold", kind: "seconds", hint: "It keeps cycles for so long: below that it takes no calls. 30d, 12h or seconds.", max: NAT64 },
  { name: "reserved_cycles_limit", kind: "cycles", hint: "At most so many cycles are set aside for memory. 5T, 100B or a number.", max: NAT128 },
  { name: "minimum_incoming_canister_call_cycles", kind: "cycles", hint: "Calls of canisters with fewer cycles are refused.", max: NAT128 },
  { name: "wasm_memory_limit", kind: "bytes", hint: "A call that grows the heap beyond it traps; 0: no limit.", max: 2n ** 48n },
  { name: "wasm_memory_threshold", kind: "bytes", hint: "With less than that left, its low-memory hook runs.", max: 2n ** 48n },
  { name: "log_memory_limit", kind: "bytes", hint: "How much the log may hold: 0, or 4 KiB to 2 MiB.", max: 2n ** 21n },
  { name: "log_visibility", kind: "visibility", hint: "Who may read its log." },
  { name: "snapshot_visibility", kind: "visibility", hint: "Who may read its snapshots." },
  { name: "status_visibility", kind: "visibility", hint: "Who may read its status." },
  { name: "environment_variables", kind: "variables", hint: "NAME=value, one a line, at most 20." },
]; // prettier-ignore

const isVisibility = (value: object): value is VisibilityValue =>
  "controllers" in value || "public" in value || "allowed_viewers" in value;

export function textsOf(settings: CanisterSettings): Texts {
  const texts = SETTINGS.map(({ name, kind }) => [name, textOf(settings[name], kind)] as const);
  return Object.fromEntries(texts) as Texts;
}
function textOf(value: CanisterSettings[SettingName], kind: Kind): string {
  if (typeof value === "bigint") return withUnit(value, kind);
  if (kind === "principals") return (value as readonly Principal[]).map((p) => p.toText()).join("\n");
  if (kind === "variables")
    return (value as CanisterSettings["environment_variables"]).map((v) => `${v.name}=${v.value}`).join("\n");
  if (!isVisibility(value)) return "";
  if ("allowed_viewers" in value)
    return ["viewers", ...value.allowed_viewers.map((p) => p.toText())].join("\n");
  return "public" in value ? "public" : "controllers";
}

const UNITS: Readonly<Record<string, readonly (readonly [string, bigint])[]>> = {
  bytes: [["GiB", 2n ** 30n], ["MiB", 2n ** 20n], ["KiB", 2n ** 10n]],
  seconds: [["d", 86_400n], ["h", 3_600n], ["m", 60n]],
  cycles: [["T", 10n ** 12n], ["B", 10n ** 9n], ["M", 10n ** 6n]],
}; // prettier-ignore
function withUnit(value: bigint, kind: Kind): string {
  const unit = (UNITS[kind] ?? []).find(([, size]) => value !== 0n && value % size === 0n);
  return unit === undefined ? String(value) : `${value / unit[1]} ${unit[0]}`;
}

export interface ReadSettings {
  /** Those that differ from `before`. */
  readonly changed: Partial<CanisterSettings>;
  readonly faults: Partial<Record<SettingName, string>>;
}
export function readSettings(texts: Texts, before: CanisterSettings): ReadSettings {
  const changed: Partial<Record<SettingName, unknown>> = {};
  const faults: Partial<Record<SettingName, string>> = {};
  const old = textsOf(before);
  for (const field of SETTINGS) {
    const { name } = field;
    if (texts[name].trim() === old[name].trim()) continue;
    try {
      changed[name] = read(texts[name], field);
    } catch (error) {
      faults[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return { changed: changed as Partial<CanisterSettings>, faults };
}

function read(text: string, { kind, max }: SettingField): unknown {
  switch (kind) {
    case "principals":
      return principals(text, 10);
    case "visibility": {
      const [first, ...rest] = lines(text);
      if (first === "viewers") return { allowed_viewers: principals(rest.join("\n"), 10) };
      return { [first === "public" ? "public" : "controllers"]: null };
    }
    case "variables":
      return variables(text);
    default:
      return amount(text, kind, max ?? NAT64);
  }
}

export function amount(text: string, kind: Kind, max: bigint): bigint {
  const match = /^([\d_]+)(?:\.(\d+))?\s*([a-z%]*)$/i.exec(text.trim());
  if (match === null) throw new Error(`"${text}" is no amount.`);
  const [, whole, fraction = "", letters = ""] = match;
  const unit = (UNITS[kind] ?? []).find(([name]) => name.toLowerCase().startsWith(letters.toLowerCase()));
  if (letters !== "" && letters !== "%" && letters !== "s" && unit === undefined)
    throw new Error(
      `${letters} is no unit here${UNITS[kind] ? `: ${UNITS[kind].map(([n]) => n).join(", ")} are` : ""}.`,
    );
  const size = letters === "" || letters === "%" || letters === "s" ? 1n : unit![1];
  const value = (BigInt(whole!.replaceAll("_", "") + fraction) * size) / 10n ** BigInt(fraction.length);
  if (value > max) throw new Error(`At most ${withUnit(max, kind)}.`);
  return value;
}
const lines = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
function principals(text: string, max: number): Principal[] {
  const all = lines(text);
  if (all.length > max) throw new Error(`At most ${max}.`);
  return all.map((line) => {
    try {
      return Principal.fromText(line);
    } catch {
      throw new Error(`"${line}" is no principal.`);
    }
  });
}
function variables(text: string): { name: string; value: string }[] {
  const all = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const at = line.indexOf("=");
      if (at < 1) throw new Error(`"${line}" is not NAME=value.`);
      return { name: line.slice(0, at).trim(), value: line.slice(at + 1) };
    });
  if (all.length > 20) throw new Error("At most 20.");
  const twice = all.find((v, i) => all.findIndex((w) => w.name === v.name) !== i);
  if (twice !== undefined) throw new Error(`${twice.name} is given twice.`);
  return all;
}
