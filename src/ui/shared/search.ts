/** Finds a text in all files of a project, line by line. */
export interface Hit {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The line around it, cut where it is long: before, what was found, after. */
  readonly around: readonly [before: string, found: string, after: string];
}
export interface FileHits {
  readonly path: string;
  readonly hits: readonly Hit[];
}
export interface Findings {
  readonly files: readonly FileHits[];
  readonly count: number;
  /** There is more than is shown. */
  readonly cut: boolean;
}
export interface Wanted {
  readonly text: string;
  readonly matchCase: boolean;
  readonly wholeWord: boolean;
}

export const HITS_MAX = 500;
const BEFORE_MAX = 40;
const AROUND_MAX = 160;

/** `paths` in the order in which to show them; what is no text is passed over. */
export function searchFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  paths: readonly string[],
  wanted: Wanted,
): Findings {
  const pattern = patternOf(wanted);
  const found: FileHits[] = [];
  let count = 0;
  let cut = false;
  for (const path of paths) {
    const text = files[path];
    if (pattern === undefined || typeof text !== "string" || cut) continue;
    const hits: Hit[] = [];
    for (const [i, line] of text.split("\n").entries()) {
      if (cut) break;
      for (const match of line.matchAll(pattern)) {
        cut = count === HITS_MAX;
        if (cut) break;
        hits.push(hitAt(line, i + 1, match.index, match[0].length));
        count++;
      }
    }
    if (hits.length > 0) found.push({ path, hits });
  }
  return { files: found, count, cut };
}

function patternOf({ text, matchCase, wholeWord }: Wanted): RegExp | undefined {
  if (text === "") return undefined;
  const plain = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const word = wholeWord ? `(?<![\\p{L}\\p{N}_])${plain}(?![\\p{L}\\p{N}_])` : plain;
  return new RegExp(word, matchCase ? "gu" : "giu");
}

function hitAt(line: string, number: number, at: number, length: number): Hit {
  const before = line.slice(0, at).trimStart();
  const start = before.length > BEFORE_MAX ? `…${before.slice(-BEFORE_MAX)}` : before;
  const rest = line.slice(at + length).trimEnd();
  const end = rest.length > AROUND_MAX ? `${rest.slice(0, AROUND_MAX)}…` : rest;
  return { line: number, column: at + 1, length, around: [start, line.slice(at, at + length), end] };
}
