/** A project's `icp.yaml`: its own, or one written from what is known of its canisters. */
import { entriesOf } from "../../compilers/entries.ts";
import { ICP_YAML, readIcpYaml } from "../../compilers/icp-yaml/canisters.ts";
import {
  besideIcpYaml,
  canisterName,
  type Described,
  moduleOf,
  writeIcpYaml,
} from "../../compilers/icp-yaml/write.ts";
import { languageOf } from "../../compilers/languages.ts";
import { IDL } from "@icp-sdk/core/candid";
import { canisters } from "./canisters.svelte.ts";
import { idlOf, readInterface } from "./candid/shape.ts";
import { valueText, WHOLE } from "./candid/value.ts";
import { compile } from "./compiling.ts";
import { messages } from "./messages.ts";
import { project, stem } from "./project.svelte.ts";
import type { StoredProject } from "./storage.ts";

type Known = Pick<StoredProject, "id" | "name" | "files" | "main">;

/** Names as they run here; arguments as they were given at installation. */
function describe({ id, name, files, main }: Known): Described[] {
  const taken = new Set<string>();
  const running = (entry: string) => canisters.all.findLast((c) => c.project === id && c.main === entry);
  const described = entriesOf(files, main).map((entry) => {
    const called = canisterName(
      running(entry)?.name ?? (stem(entry) === "main" ? name.toLowerCase() : stem(entry)),
    );
    let own = called;
    for (let n = 2; taken.has(own); n++) own = `${called}-${n}`;
    taken.add(own);
    return { name: own, main: entry };
  });
  return described.map((one) => ({ ...one, init: initOf(one.main) }));

  function initOf(entry: string): string | undefined {
    const canister = running(entry);
    const arg = canister?.module?.init?.arg;
    if (arg === undefined || canister?.didText === undefined) return undefined;
    const { init, types } = readInterface(canister.didText);
    if (init.length === 0) return undefined;
    const values = IDL.decode(idlOf(init, types), arg) as unknown[];
    let text = `(${values.map((v, i) => valueText(v, init[i]!.type, types, WHOLE)).join(", ")})`;
    for (const other of described) {
      const known = running(other.main)?.id;
      if (known !== undefined) text = text.replaceAll(`principal "${known}"`, `principal "{${other.name}}"`);
    }
    return text;
  }
}

/** Opens the project's `icp.yaml`, written first where there is none. */
export function showIcpYaml(): void {
  if (project.textOf(ICP_YAML) === undefined)
    project.add(ICP_YAML, writeIcpYaml(project.files, describe(project)));
  else project.show(ICP_YAML);
}

export interface Elsewhere {
  readonly files: StoredProject["files"];
  /** What it lacks, in a sentence. */
  readonly lacks: string | undefined;
}
/** The files with what `icp` needs to build them: `icp.yaml`, `mops.toml`, and modules of what only this page compiles. */
export async function buildableElsewhere(stored: Known): Promise<Elsewhere> {
  const own = typeof stored.files[ICP_YAML] === "string";
  const written = own ? undefined : describe(stored);
  const read = own ? await readIcpYaml(stored.files) : undefined;
  const known =
    written ??
    (read?.canisters ?? []).flatMap(({ name, main, init }) =>
      main === undefined ? [] : [{ name, main, init }],
    );
  const files: Record<string, string | Uint8Array> = {
    ...stored.files,
    ...besideIcpYaml(stored.files, known),
  };
  if (written !== undefined && written.length > 0) files[ICP_YAML] = writeIcpYaml(stored.files, written);
  let lacks: string | undefined;
  for (const { main } of known) {
    if (languageOf(main) !== "assemblyscript" || !String(files[ICP_YAML]).includes(moduleOf(main))) continue;
    if (project.visiting !== undefined && project.id === stored.id) {
      lacks = messages.icp.notAsked(main);
      continue;
    }
    const made = await compile("assemblyscript", stored.files, main);
    if (made.ok) files[moduleOf(main)] = made.wasm;
    else lacks = messages.icp.notBuilt(main);
  }
  return { files, lacks };
}
