/**
 * What an upgrade would do to a running canister, before it is done: to its data, and to those who call it. Pure; the
 * Motoko compiler's own opinion comes in as a function.
 *
 *   V1  A module of Motoko takes over what the compiler says it can; another module than Motoko takes over nothing of it.
 *   V2  A module that keeps its heap passes it only to one that does, too.
 *   V3  A module that never writes to stable memory loses its heap with every upgrade: that is told, not asked.
 *   V4  Callers: the new interface must be a subtype of the one that the canister publishes.
 */
import { parseDid } from "../../compilers/candid/did.ts";
import { incompatibilities } from "../../compilers/candid/subtype.ts";
import type { StableBreak } from "../../compilers/motoko/stable.ts";
import { readSections, customSection, type Section } from "../../compilers/wasm-sections.ts";
import { utf8Lossy } from "../../base/bytes.ts";

/** What the canister's own metadata and module say. */
export interface Running {
  readonly did: string | undefined;
  readonly stable: string | undefined;
  readonly persistence: Persistence;
}
/** How a module carries its data over an upgrade. */
export type Persistence = "heap" | "stable memory" | "nothing";

export interface Successor {
  readonly did: string | undefined;
  readonly stable: string | undefined;
  readonly wasm: Uint8Array;
}

export interface Break {
  readonly what: string;
  readonly why: string;
}
export interface Verdict {
  /** Data that would be lost, or for which the canister would refuse the upgrade. */
  readonly data: readonly Break[];
  readonly callers: readonly Break[];
  /** V3 */
  readonly forgets: boolean;
  /** What to do with the heap (interface L17). */
  readonly heap: "keep" | "replace" | undefined;
}

export async function judgeUpgrade(
  running: Running,
  next: Successor,
  stableBreaks: (before: string, after: string) => Promise<readonly StableBreak[]>,
): Promise<Verdict> {
  const persistence = persistenceOf(next.wasm);
  const keepsHeap = running.persistence === "heap";
  const heap = keepsHeap ? (persistence === "heap" ? "keep" : "replace") : undefined;
  const data = await dataBreaks(running, next, stableBreaks);
  return {
    data,
    callers: callerBreaks(running.did, next.did),
    forgets: data.length === 0 && running.persistence === "nothing",
    heap,
  };
}

async function dataBreaks(
  running: Running,
  next: Successor,
  stableBreaks: (before: string, after: string) => Promise<readonly StableBreak[]>,
): Promise<Break[]> {
  if (running.stable !== undefined && next.stable !== undefined) {
    const breaks = await stableBreaks(running.stable, next.stable);
    return breaks.map((b) => ({ what: b.variable ?? "its data", why: b.why }));
  }
  if (running.stable !== undefined)
    return [{ what: "its data", why: "is Motoko's, and the new module is not Motoko" }];
  if (next.stable !== undefined && running.persistence === "stable memory")
    return [{ what: "its stable memory", why: "was not written by Motoko, which could not read it" }];
  return [];
}

function callerBreaks(before: string | undefined, after: string | undefined): Break[] {
  if (before === undefined) return [];
  const old = parseDid(before);
  if (!old.ok) return [];
  if (after === undefined) return [{ what: "its interface", why: "is no longer published" }];
  const now = parseDid(after);
  if (!now.ok) return [];
  return incompatibilities(now.did, old.did).map((i) => ({
    what: i.where === "" ? i.method : `${i.method}, ${i.where}`,
    why: i.why,
  }));
}

export const isHarmless = (v: Verdict): boolean => v.data.length === 0 && v.callers.length === 0;

/** One line beside Deploy; the rest is in the list under it. */
export function verdictLine(verdict: Verdict, name: string): string {
  const more = verdict.data.length + verdict.callers.length - 1;
  const rest = more > 0 ? `, and ${more} more` : "";
  const [lost] = verdict.data;
  if (lost !== undefined) return `Upgrading ${name} would lose data: ${lost.what} ${lost.why}${rest}.`;
  const [broken] = verdict.callers;
  if (broken !== undefined)
    return `Upgrading ${name} would break its callers: ${broken.what} ${broken.why}${rest}.`;
  if (verdict.forgets) return `Upgrading ${name} empties its memory: it saves nothing to stable memory.`;
  return `Safe to upgrade ${name}: its data stays, and its callers notice nothing.`;
}

const EOP_SECTION = "icp:private enhanced-orthogonal-persistence";
const IMPORTS = 2;

export function persistenceOf(wasm: Uint8Array): Persistence {
  const sections = readSections(wasm);
  if (!sections.ok) return "stable memory"; // compressed: unknown, so nothing alarming is said of it
  if (customSection(sections.value, EOP_SECTION) !== undefined) return "heap";
  return sections.value.some(writesStableMemory) ? "stable memory" : "nothing";
}

/** Whether the import section names `ic0.stable_write` or `ic0.stable64_write`. */
function writesStableMemory({ id, payload }: Section): boolean {
  return id === IMPORTS && /stable(64)?_write/.test(utf8Lossy(payload));
}
