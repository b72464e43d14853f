/** The project in the editor: its files, what is open, and that it is kept. */
import { decodeLink, encodeLink, isSafePath } from "../../lab/share-link.ts";
import { languageOf } from "../../compilers/languages.ts";
import { keepSetting, saveProject, setting, type StoredProject, storedProjects } from "./storage.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;
const SAVE_AFTER_MS = 400;
const DECODER = new TextDecoder();

export interface NewProject {
  readonly name: string;
  readonly files: Files;
  readonly main: string;
  readonly open?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

class Project {
  id = $state("");
  name = $state("");
  files = $state.raw<Files>({});
  main = $state("");
  open = $state("");
  kept = $state<"saved" | "saving" | "not kept">("saved");
  /** Counts changes that did not come from typing, so that the editor takes the new text. */
  replaced = $state(0);
  others = $state.raw<readonly StoredProject[]>([]);
  /** What became of a link in the address. */
  notice = $state.raw<{ readonly tone: "bad" | "info"; readonly text: string } | undefined>(undefined);
  /** The shape of the network that the opened link asks for. */
  linkedNetwork: unknown = undefined;
  #extra: Readonly<Record<string, unknown>> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  get paths(): string[] {
    return Object.keys(this.files).sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
  }
  /** Which canister Deploy means: the open file's, else the project's main one. */
  get target(): string {
    return this.isEntry(this.open) ? this.open : this.main;
  }
  isEntry(path: string): boolean {
    const content = this.files[path];
    const language = languageOf(path);
    if (content === undefined || language === undefined) return false;
    if (path === this.main) return true;
    if (language === "motoko")
      return /\bactor\b/.test(String(content)) && !/^\s*module\b/m.test(String(content));
    if (language === "assemblyscript")
      return !path.endsWith(".d.ts") && /^\s*@(?:query|update)\b/m.test(String(content));
    return true;
  }
  textOf(path: string): string | undefined {
    const content = this.files[path];
    return typeof content === "string" ? content : undefined;
  }

  /** A kept project, else undefined: this is a first visit. */
  async restore(): Promise<boolean> {
    this.others = await storedProjects();
    const id = await setting<string>("project");
    const mine = this.others.find((p) => p.id === id) ?? this.others[0];
    if (mine === undefined) return false;
    this.#take(mine);
    return true;
  }

  /** True when the address held a link that opened. A damaged one leaves everything as it was, and says so. */
  async openLink(fragment: string): Promise<boolean> {
    const decoded = await decodeLink(fragment);
    if (!decoded.ok) {
      const own = this.id === "" ? "" : " Your own work is here, unchanged.";
      this.notice = { tone: "bad", text: `${decoded.sentence}${own}` };
      return false;
    }
    const { files, main, open, ...extra } = decoded.project;
    const first =
      main ?? Object.keys(files).find((p) => languageOf(p) !== undefined) ?? Object.keys(files)[0]!;
    const own = this.id === "" ? "" : " Your own work is kept under your projects.";
    const name = typeof extra.name === "string" ? extra.name.slice(0, 80) : stem(first);
    this.create({ name, files, main: first, extra, ...(typeof open === "string" ? { open } : {}) });
    this.linkedNetwork = extra.network;
    this.notice = { tone: "info", text: `You opened a shared project.${own}` };
    return true;
  }

  async link(network: unknown): Promise<string> {
    const shared = {
      ...this.#extra,
      files: this.files,
      main: this.main,
      open: this.open,
      network,
      name: this.name,
    };
    return `${location.href.split("#")[0]}${await encodeLink(shared)}`;
  }

  create(project: NewProject): void {
    this.flush();
    const { name, files, main, extra } = project;
    const open = project.open !== undefined && Object.hasOwn(files, project.open) ? project.open : main;
    this.#take({
      id: crypto.randomUUID(),
      name,
      files,
      main,
      open,
      extra: extra ?? {},
      changedAt: Date.now(),
    });
    this.#changed();
  }
  switchTo(id: string): void {
    this.flush();
    const other = this.others.find((p) => p.id === id);
    if (other !== undefined) this.#take(other);
    void keepSetting("project", this.id);
  }
  #take(stored: StoredProject): void {
    this.id = stored.id;
    this.name = stored.name;
    this.files = stored.files;
    this.main = stored.main;
    this.open = Object.hasOwn(stored.files, stored.open) ? stored.open : stored.main;
    this.#extra = stored.extra;
    this.replaced++;
  }

  edit(path: string, text: string): void {
    if (this.files[path] === text) return;
    this.files = { ...this.files, [path]: text };
    this.#changed();
  }
  /** A sentence when the file cannot be added. */
  add(path: string, content: string | Uint8Array): string | undefined {
    if (!isSafePath(path)) return `"${path}" is no path inside a project.`;
    this.files = { ...this.files, [path]: content };
    if (this.main === "" && languageOf(path) !== undefined) this.main = path;
    this.open = path;
    this.replaced++;
    this.#changed();
    return undefined;
  }
  remove(path: string): void {
    const { [path]: _gone, ...rest } = this.files;
    this.files = rest;
    const next = this.paths.find((p) => languageOf(p) !== undefined) ?? this.paths[0] ?? "";
    if (this.main === path) this.main = next;
    if (this.open === path) this.open = next;
    this.replaced++;
    this.#changed();
  }
  show(path: string): void {
    this.open = path;
    this.#changed();
  }
  rename(name: string): void {
    this.name = name;
    this.#changed();
  }

  #changed(): void {
    this.kept = "saving";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SAVE_AFTER_MS);
  }
  flush(): void {
    if (this.kept !== "saving") return;
    clearTimeout(this.#timer);
    const stored: StoredProject = {
      id: this.id,
      name: this.name,
      files: this.files,
      main: this.main,
      open: this.open,
      extra: this.#extra,
      changedAt: Date.now(),
    };
    this.others = [stored, ...this.others.filter((p) => p.id !== stored.id)];
    void keepSetting("project", this.id);
    void saveProject(stored).then((ok) => {
      this.kept = ok ? "saved" : "not kept";
    });
  }
}

/** Sources first, then their interfaces, then words about them. */
function rankOf(path: string): number {
  if (path.endsWith(".did")) return 1;
  if (path.endsWith(".md")) return 2;
  return languageOf(path) === undefined ? 3 : 0;
}
export const stem = (path: string): string =>
  path
    .split("/")
    .at(-1)!
    .replace(/\.(wasm\.gz|[^.]+)$/, "");
export const textFrom = (content: string | Uint8Array): string =>
  typeof content === "string" ? content : DECODER.decode(content);

export const project = new Project();
