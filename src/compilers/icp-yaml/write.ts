/**
 * `icp.yaml` for a project that has none, so that it can be seen, edited, and built elsewhere by `icp`:
 *
 *   Motoko          the official recipe, which takes compiler and packages from `mops.toml`
 *   WAT             wat2wasm and ic-wasm
 *   AssemblyScript  a module built here, in `target/`: its decorators are at home on this page alone
 *   .wasm           as it is
 */
import type { SourceFiles } from "../compiler.ts";
import { didPathOf } from "../diagnostics.ts";
import { languageOf } from "../languages.ts";

export interface Described {
  readonly name: string;
  readonly main: string;
  /** Candid text, as `icp.yaml` takes it. */
  readonly init: string | undefined;
}

/** The last recipe that takes `main` itself; the versions after it read it from mops.toml. */
const MOTOKO_RECIPE = "@dfinity/motoko@v4.0.0";
/** What this page compiles with. Checked by: icp-yaml.test.ts. */
const MOPS = { moc: "1.8.2", core: "2.5.0" };

export function writeIcpYaml(files: SourceFiles, canisters: readonly Described[]): string {
  if (canisters.length === 0) return "canisters: []\n";
  return `canisters:\n${canisters.map((c) => canisterText(files, c)).join("")}`;
}

function canisterText(files: SourceFiles, { name, main, init }: Described): string {
  const lines = [`  - name: ${scalar(name)}`, ...buildLines(files, main).map((line) => `    ${line}`)];
  if (init?.includes('principal "{') === true) {
    lines.push(
      "    # Terrarium puts the id in. With icp: create that canister first, and write its id here.",
    );
  }
  if (init !== undefined) lines.push(`    init_args: ${quoted(init)}`);
  return `${lines.join("\n")}\n`;
}

function buildLines(files: SourceFiles, main: string): string[] {
  const language = languageOf(main);
  if (language === "motoko")
    return ["recipe:", `  type: "${MOTOKO_RECIPE}"`, "  configuration:", `    main: ${scalar(main)}`];
  if (language !== "wat") {
    const path = language === "upload" ? main : moduleOf(main);
    return ["build:", "  steps:", "    - type: pre-built", `      path: ${scalar(path)}`];
  }
  const did = didPathOf(main);
  const out = '"$ICP_WASM_OUTPUT_PATH"';
  const publish = `ic-wasm ${out} -o ${out} metadata candid:service -f ${did} -v public --keep-name-section`;
  const commands = [
    `wat2wasm --debug-names --enable-all ${main} -o ${out}`,
    ...(Object.hasOwn(files, did) ? [publish] : []),
  ];
  return [
    "build:",
    "  steps:",
    "    - type: script",
    "      commands:",
    ...commands.map((c) => `        - ${c}`),
  ];
}

/** Where an export puts a module that it brings along. */
export const moduleOf = (main: string): string => `target/${main.replace(/\.\w+$/, ".wasm")}`;

/** What other tools want beside it, where the project has not its own. */
export function besideIcpYaml(files: SourceFiles, canisters: readonly Described[]): Record<string, string> {
  const motoko = canisters.some((c) => languageOf(c.main) === "motoko");
  if (!motoko || Object.hasOwn(files, "mops.toml")) return {};
  return { "mops.toml": `[toolchain]\nmoc = "${MOPS.moc}"\n\n[dependencies]\ncore = "${MOPS.core}"\n` };
}

/** Plain where YAML would read nothing else into it. */
const scalar = (text: string): string =>
  /^[A-Za-z_][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);
const quoted = (text: string): string =>
  /[\n\t]/.test(text) ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;

/** A name that `icp` and a file system take. */
export const canisterName = (text: string): string =>
  text.replace(/[^\w-]+/g, "-").replace(/^-+|-+$/g, "") || "canister";
