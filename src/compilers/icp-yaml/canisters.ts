/**
 * `icp.yaml`: which canisters a project is made of, in the format of the official `icp` command. Read is what this page
 * can act on: each canister's name, the file it is made of, and its arguments of installation. Settings, sync steps,
 * networks and environments stay in the file for `icp`, and are not judged.
 *
 *   Y1  What cannot be understood is an error with its line; then no canister is known.
 *   Y2  A canister that cannot be built in a browser is known by name, and a warning says why.
 *   Y3  Canisters come in the order of need: who is named in another's arguments as `principal "{name}"` comes first.
 *
 * Source: icp-cli, docs/reference/configuration.md and its recipes.
 */
import type { Diagnostic, SourceFiles } from "../compiler.ts";
import { diagnostic } from "../diagnostics.ts";
import { languageOf } from "../languages.ts";
import { readYaml, type Yaml, type YamlMap } from "./yaml.ts";

export const ICP_YAML = "icp.yaml";

export interface ProjectCanister {
  readonly name: string;
  /** The file to compile, or the module itself. Undefined: not built here (Y2). */
  readonly main: string | undefined;
  /** Candid text; `principal "{store}"` stands for that canister's id. */
  readonly init: string | undefined;
  readonly needs: readonly string[];
}
export interface IcpYaml {
  readonly canisters: readonly ProjectCanister[];
  readonly faults: readonly Diagnostic[];
}

/** Whose id an argument of installation asks for. */
const NEEDED = /\bprincipal\s*"\{([^"{}]*)\}"/g;
export const withIds = (init: string, idOf: (name: string) => string): string =>
  init.replace(NEEDED, (_, name: string) => `principal "${idOf(name)}"`);

const NAME = /^[\w-]{1,64}$/;
/** A pattern with more stars takes for ever to be compared. */
const STARS_MAX = 3;

/** Undefined without such a file. */
export async function readIcpYaml(files: SourceFiles): Promise<IcpYaml | undefined> {
  const text = files[ICP_YAML];
  if (typeof text !== "string") return undefined;
  const reader = new Reader(files);
  const found = await reader.project(text);
  const broken = reader.faults.some((f) => f.severity === "error");
  return { canisters: broken ? [] : reader.inOrderOfNeed(found), faults: reader.faults };
}

/** Where a value was read, to say what is wrong with it. */
interface Found extends ProjectCanister {
  readonly path: string;
  readonly at: Yaml;
}

class Reader {
  readonly faults: Diagnostic[] = [];
  readonly #files: SourceFiles;
  constructor(files: SourceFiles) {
    this.#files = files;
  }
  #fault(path: string, at: Yaml, sentence: string, severity: Diagnostic["severity"] = "error"): undefined {
    this.faults.push(diagnostic(path, at.start, sentence, severity, at.end));
    return undefined;
  }
  async #map(path: string, text: string, what: string): Promise<YamlMap | undefined> {
    const read = await readYaml(path, text);
    if ("severity" in read) {
      this.faults.push(read);
      return undefined;
    }
    return read.kind === "map" ? read : this.#fault(path, read, what);
  }

  async project(text: string): Promise<Found[]> {
    const map = await this.#map(ICP_YAML, text, "expected `canisters:`, a list of canisters");
    const list = map?.entries.get("canisters")?.value;
    if (map === undefined) return [];
    if (list === undefined) this.#fault(ICP_YAML, map, "no `canisters:` is named here");
    if (list === undefined || list.kind === "empty") return [];
    if (list.kind !== "list") {
      this.#fault(ICP_YAML, list, "expected a list: each canister begins with a dash");
      return [];
    }
    const found: Found[] = [];
    for (const item of list.items) {
      if (item.kind === "text") found.push(...(await this.#elsewhere(item.text, item)));
      else if (item.kind === "map") found.push(...this.#canister(ICP_YAML, item));
      else this.#fault(ICP_YAML, item, "expected a canister with a `name`, or the path of a canister.yaml");
    }
    this.#distinct(found);
    return found;
  }

  /** A canister of a folder of its own: `backend`, `canisters/*`, `services/**` and `x/canister.yaml`. */
  async #elsewhere(pattern: string, at: Yaml): Promise<Found[]> {
    if ((pattern.match(/\*+/g) ?? []).length > STARS_MAX || pattern.length > 200) {
      this.#fault(ICP_YAML, at, `a path has at most ${STARS_MAX} stars and 200 characters`);
      return [];
    }
    const plain = pattern.replace(/^\.\//, "").replace(/\/$/, "");
    const escaped = plain.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
    const wild = escaped.replace(/\*+/g, (stars) => (stars.length > 1 ? ".*" : "[^/]*"));
    const wanted = new RegExp(`^${wild}(/canister\\.yaml)?$`);
    const paths = Object.keys(this.#files).filter(
      (p) => p.endsWith(".yaml") && p !== ICP_YAML && wanted.test(p),
    );
    if (paths.length === 0) this.#fault(ICP_YAML, at, `no canister.yaml is at ${pattern}`);
    const found: Found[] = [];
    for (const path of paths.sort()) {
      const text = this.#files[path];
      const map =
        typeof text === "string"
          ? await this.#map(path, text, "expected a canister with a `name`")
          : undefined;
      if (map !== undefined) found.push(...this.#canister(path, map));
    }
    return found;
  }

  #canister(path: string, map: YamlMap): Found[] {
    const name = this.#text(path, map, "name", "a canister needs a `name`");
    if (name === undefined) return [];
    const at = map.entries.get("name")!.value;
    if (!NAME.test(name)) this.#fault(path, at, "a name is of letters, digits, - and _, at most 64 of them");
    const recipe = map.entries.get("recipe")?.value;
    const build = map.entries.get("build")?.value;
    let main: string | undefined;
    if (recipe !== undefined && build !== undefined)
      this.#fault(path, recipe, `${name} has both a \`recipe\` and a \`build\`: one of them makes it`);
    else if (recipe !== undefined) main = this.#fromRecipe(path, name, recipe);
    else if (build !== undefined) main = this.#fromSteps(path, name, build);
    else this.#fault(path, at, `${name} needs a \`recipe\` or \`build\` steps`);
    const init = this.#init(path, map.entries.get("init_args")?.value);
    const needs = [...(init ?? "").matchAll(NEEDED)].map((m) => m[1]!);
    return [{ name, main, init, needs, path, at: map.entries.get("init_args")?.value ?? at }];
  }

  #fromRecipe(path: string, name: string, recipe: Yaml): string | undefined {
    if (recipe.kind !== "map") return this.#fault(path, recipe, "expected a `type` and its `configuration`");
    const type = this.#text(path, recipe, "type", "a recipe needs a `type`");
    if (type === undefined) return undefined;
    const [, official] = /^@dfinity\/([\w-]+)@/.exec(type) ?? [];
    const option = { motoko: "main", prebuilt: "path" }[official ?? ""];
    const at = recipe.entries.get("type")!.value;
    if (/^@[^@]*$/.test(type)) return this.#fault(path, at, `${type} needs a version, as in ${type}@v4.0.0`);
    if (option === undefined)
      return this.#notHere(path, at, name, `its recipe ${type} needs tools beyond this page`);
    const configuration = recipe.entries.get("configuration")?.value;
    if (configuration?.kind !== "map")
      return this.#fault(path, at, `${type} needs a \`configuration\` with \`${option}\``);
    const file = this.#text(path, configuration, option, `${type} needs \`${option}\` in its configuration`);
    return file === undefined
      ? undefined
      : this.#present(path, configuration.entries.get(option)!.value, file);
  }

  /** The first step that names a file from which this page can make a module. */
  #fromSteps(path: string, name: string, build: Yaml): string | undefined {
    const steps = build.kind === "map" ? build.entries.get("steps")?.value : undefined;
    if (steps?.kind !== "list" || steps.items.length === 0)
      return this.#fault(path, build, `${name} needs \`steps\` to build it, a list`);
    for (const step of steps.items) {
      if (step.kind !== "map") return this.#fault(path, step, "expected a step with a `type`");
      const type = this.#text(path, step, "type", "a step needs a `type`: pre-built or script");
      if (type === undefined) return undefined;
      const kind = step.entries.get("type")!.value;
      if (type === "pre-built") return this.#prebuilt(path, name, step);
      if (type !== "script")
        return this.#fault(path, kind, `${type} is no type of step: pre-built or script`);
      const source = this.#scripted(path, step);
      if (source !== undefined) return source;
    }
    return this.#notHere(
      path,
      build,
      name,
      "none of its steps names a source of this project that this page compiles",
    );
  }
  #prebuilt(path: string, name: string, step: YamlMap): string | undefined {
    const url = step.entries.get("url")?.value;
    if (url !== undefined) return this.#notHere(path, url, name, "its module is fetched from elsewhere");
    const file = this.#text(path, step, "path", "a pre-built step needs a `path`");
    return file === undefined ? undefined : this.#present(path, step.entries.get("path")!.value, file);
  }
  /** A command is a shell's: of its words, the first that is a source. */
  #scripted(path: string, step: YamlMap): string | undefined {
    const command = step.entries.get("command")?.value;
    const commands = step.entries.get("commands")?.value;
    const lines = commands?.kind === "list" ? commands.items : command === undefined ? [] : [command];
    if (lines.length === 0) return this.#fault(path, step, "a script step needs `commands`");
    const words = lines.flatMap((l) => (l.kind === "text" ? l.text.split(/[\s"']+/) : []));
    return words
      .map((w) => below(path, w))
      .find(
        (p) => languageOf(p) !== undefined && languageOf(p) !== "upload" && Object.hasOwn(this.#files, p),
      );
  }

  /** `target/x.wasm` is what an export puts there; its source, where that is at hand, comes first. */
  #present(path: string, at: Yaml, file: string): string | undefined {
    const whole = below(path, file);
    const [, stem] = /^target\/(.*)\.wasm$/.exec(whole) ?? [];
    const source = [".mo", ".ts", ".wat"]
      .map((e) => `${stem}${e}`)
      .find((p) => Object.hasOwn(this.#files, p));
    const found = stem === undefined ? undefined : source;
    if (found !== undefined) return found;
    if (!Object.hasOwn(this.#files, whole)) return this.#fault(path, at, `${whole} is not in this project`);
    if (languageOf(whole) === undefined) return this.#fault(path, at, `no compiler here is for ${whole}`);
    return whole;
  }
  #notHere(path: string, at: Yaml, name: string, why: string): undefined {
    const way = "Build it elsewhere, add its .wasm, and name that in a pre-built step.";
    return this.#fault(path, at, `${name} is not built here: ${why}. ${way}`, "warning");
  }

  #init(path: string, given: Yaml | undefined): string | undefined {
    if (given === undefined || given.kind === "empty") return undefined;
    if (given.kind === "text") return given.text;
    if (given.kind === "list") return this.#fault(path, given, 'expected Candid text, as in "(42)"');
    const format = given.entries.get("format")?.value;
    if (format?.kind === "text" && format.text !== "candid")
      return this.#fault(
        path,
        format,
        `arguments in the format ${format.text} are not read here: write them as Candid text`,
      );
    const file = given.entries.get("path")?.value;
    if (file?.kind !== "text") return this.#text(path, given, "value", "expected a `value` or a `path`");
    const text = this.#files[below(path, file.text)];
    return typeof text === "string"
      ? text
      : this.#fault(path, file, `${file.text} is not a text of this project`);
  }

  #text(path: string, map: YamlMap, key: string, missing: string): string | undefined {
    const value = map.entries.get(key)?.value;
    if (value === undefined || value.kind === "empty")
      return this.#fault(path, value ?? firstKey(map), missing);
    return value.kind === "text" ? value.text : this.#fault(path, value, `\`${key}\` is to be a text`);
  }

  #distinct(found: readonly Found[]): void {
    const names = new Set<string>();
    const mains = new Map<string, string>();
    for (const { name, main, path, at } of found) {
      if (names.has(name)) this.#fault(path, at, `two canisters are called ${name}`);
      names.add(name);
      const other = main === undefined ? undefined : mains.get(main);
      if (other !== undefined)
        this.#fault(
          path,
          at,
          `${main} makes ${other} already: Deploy keeps one canister a file here`,
          "warning",
        );
      if (main !== undefined) mains.set(main, name);
    }
    for (const { name, needs, path, at } of found) {
      for (const needed of needs) {
        if (!names.has(needed))
          this.#fault(path, at, `${name} asks for the id of ${needed}, which is no canister here`);
        if (needed === name) this.#fault(path, at, `${name} asks for its own id before it is there`);
      }
    }
  }

  /** Y3. As they are listed, but for what is needed before. */
  inOrderOfNeed(found: readonly Found[]): ProjectCanister[] {
    const placed = new Map<string, ProjectCanister>();
    const onTheWay = new Set<string>();
    const place = (canister: Found): void => {
      if (placed.has(canister.name)) return;
      if (onTheWay.has(canister.name)) {
        this.#fault(
          canister.path,
          canister.at,
          `${canister.name} needs an id that needs its own: nobody can be first`,
        );
        return;
      }
      onTheWay.add(canister.name);
      for (const needed of canister.needs) {
        const other = found.find((c) => c.name === needed);
        if (other !== undefined) place(other);
      }
      const { name, main, init, needs } = canister;
      placed.set(name, { name, main, init, needs });
    };
    for (const canister of found) place(canister);
    return [...placed.values()];
  }
}

/** A path inside the project, of what a file of a folder names. */
function below(path: string, named: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of named.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** A whole map as the place of a fault would paint the page red. */
function firstKey(map: YamlMap): Yaml {
  const [first] = map.entries.values();
  return { kind: "empty", start: first?.key.start ?? map.start, end: first?.key.end ?? map.end };
}
