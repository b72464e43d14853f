/**
 * Holds DESIGN §3: who may import whom, rooms of the replica never import a sibling, and the core knows no time,
 * chance or IO. Reads sources as text; every file of `src` and `workers` is checked.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const ORDER = ["base", "crypto", "codec", "types", "registry", "replica", "shell", "lab", "ui"];
const rank = (layer: string): number => ORDER.indexOf(layer === "cli" ? "ui" : layer);
const SHARED_IN_REPLICA = new Set(["interfaces", "state", "pools"]);
/** Simulation-only: the stand-in signature scheme. */
const STAND_IN = "src/lab/simulation";

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = globSync("{src,workers}/**/*.{ts,svelte}")
  .map((f) => f.replaceAll("\\", "/"))
  .filter((f) => !f.endsWith(".test.ts") && !f.endsWith(".d.ts"));
const textOf = new Map(files.map((f) => [f, readFileSync(f, "utf8")]));

/** Relative imports as repository paths. */
const imports: Import[] = files.flatMap((from) =>
  [...textOf.get(from)!.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"'?]+)/g)].map((m) => ({
    from,
    to: normalize(join(dirname(from), m[1]!)).replaceAll("\\", "/"),
  })),
);

const layerOf = (path: string): string => path.split("/")[1]!;
const show = (i: Import): string => `${i.from} → ${i.to}`;

describe("layers", () => {
  test("there is something to check", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
  });

  test("imports point left", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (from.startsWith("workers/")) return false;
      if (!to.startsWith("src/")) return !to.startsWith("workers/"); // `new Worker(new URL(...))` names workers
      const [a, b] = [layerOf(from), layerOf(to)];
      if (from === "src/main.ts") return b !== "ui" && b !== "base";
      if (a === b) return false;
      if (a === "compilers") return rank(b) > rank("codec");
      if (b === "compilers") return a !== "ui" && a !== "cli";
      return rank(a) <= rank(b) || rank(b) < 0;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test("the page never touches the replica or the shell", () => {
    const wrong = imports.filter((i) => i.from.startsWith("src/ui/") && /^src\/(replica|shell)\//.test(i.to));
    expect(wrong.map(show)).toEqual([]);
  });

  test("rooms of the replica meet only in interfaces, state and pools", () => {
    const room = (path: string): string => path.split("/")[2]!;
    const wrong = imports.filter(
      ({ from, to }) =>
        from.startsWith("src/replica/") &&
        to.startsWith("src/replica/") &&
        from !== "src/replica/replica.ts" &&
        room(from) !== room(to) &&
        !SHARED_IN_REPLICA.has(room(to)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("interfaces and state know no room", () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        /^src\/replica\/(interfaces|state)\//.test(from) &&
        to.startsWith("src/replica/") &&
        !/^src\/replica\/(interfaces|state)\//.test(to),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("the stand-in signature scheme stays in simulations", () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        to.startsWith(STAND_IN) &&
        !from.startsWith(STAND_IN) &&
        !/^src\/cli\/(fuzz|simulate(\/.*)?)\.ts$/.test(from),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("the core knows no time, chance or IO", () => {
    const core = new Set<string>();
    const add = (f: string): void => {
      if (core.has(f) || !textOf.has(f)) return;
      core.add(f);
      for (const i of imports) if (i.from === f) add(i.to);
    };
    for (const f of files) if (f.startsWith("src/replica/")) add(f);
    expect(core.size).toBeGreaterThan(30);
    const FORBIDDEN =
      /\b(Date|Math\.random|setTimeout|setInterval|queueMicrotask|requestAnimationFrame|fetch|postMessage|localStorage|indexedDB|performance\.now|Promise|await|async|getRandomValues|randomBytes|crypto\.subtle|localeCompare)\b/;
    const wrong = [...core].flatMap((f) =>
      code(textOf.get(f)!)
        .split("\n")
        .map((line, n) => ({ line, n: n + 1, hit: FORBIDDEN.exec(line)?.[0] }))
        .filter(({ hit }) => hit !== undefined)
        .map(({ n, hit }) => `${f}:${n} ${hit}`),
    );
    expect(wrong).toEqual([]);
  });
});

/** The text without comments and string contents, line numbers kept. */
function code(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " "))
    .replace(/(^|[^:"'`])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, (s) => s.replace(/[^\n]/g, "_"));
}
