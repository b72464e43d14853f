/**
 * Whether a Motoko canister's data survives an upgrade: the official compiler compares the stable signature of what runs
 * with that of the new code. Its sentences are long; what a person needs is the variable and what became of it.
 *
 * Source: the compiler's error codes M0169 (left out), M0170 (another type), M0216 (part of it left out), M0254 (asked for, not there).
 */
import { loadMoc } from "./moc.ts";

export interface StableBreak {
  readonly variable: string | undefined;
  readonly why: string;
}

const BEFORE = "@upgrade/before.most";
const AFTER = "@upgrade/after.most";

/** Empty: every stable variable keeps its value. */
export async function stableBreaks(before: string, after: string): Promise<readonly StableBreak[]> {
  const { moc } = await loadMoc();
  moc.saveFile(BEFORE, before);
  moc.saveFile(AFTER, after);
  try {
    return moc
      .stableCompatible(BEFORE, AFTER)
      .diagnostics.filter((d) => d.severity === 1)
      .map((d) => ({
        variable: /stable variable `([^`]+)`/.exec(d.message)?.[1],
        why: shortened(d.code, d.message),
      }));
  } finally {
    moc.removeFile(BEFORE);
    moc.removeFile(AFTER);
  }
}

const typesIn = /The previous type\s+([\s\S]+?)\s+is not a (?:stable )?subtype of\s+([\s\S]+?)\s+because/;

function shortened(code: string, message: string): string {
  const types = typesIn
    .exec(message)
    ?.slice(1)
    .map((t) => t.replace(/\s+/g, " ").replace(/^var /, ""));
  if (code === "M0169") return "is not in the new code: its value would be lost";
  if (types === undefined) return message.split("\n")[0]!.trim();
  return code === "M0216"
    ? `was ${types[0]} and is now ${types[1]}: part of it would be lost`
    : `was ${types[0]} and cannot become ${types[1]}`;
}
