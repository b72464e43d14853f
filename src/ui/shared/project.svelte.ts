/**
 * The project in the editor: its files, what is open, and that it is kept.
 *
 *   P1  What came with a link is a visitor until the person says otherwise: it is shown, not stored, and does not run.
 *   P2  Whatever is typed is stored within half a second, or the page says why not.
 *   P3  Where another tab wrote first, this tab's version becomes a project of its own.
 *   P4  What is deleted can be had back.
 */
import { entriesOf, isEntry } from "../../compilers/entries.ts";
import { languageOf } from "../../compilers/languages.ts";
import { type LinkContents, plainText, readContents } from "../../lab/link-contents.ts";
import { decodeLink, encodeLink, isSafePath, type SharedProject } from "../../lab/share-link.ts";
import { manifest } from "./manifest.svelte.ts";
import { messages } from "./messages.ts";
import {
  askToPersist,
  keepSetting,
  removeProject,
  saveProject,
  setting,
  type StoredProject,
  storedProject,
  storedProjects,
  whenCleared,
} from "./storage.ts";
import { listenToTabs, tellTabs, type TabWord } from "./tabs.ts";

export type Files = Readonly<Record<string, string | Uint8Array>>;
const SAVE_AFTER_MS = 400;
const DECODER = new TextDecoder();

export interface NewProject {
  readonly name: string;
  readonly files: Files;
  readonly main: string;
  readonly open?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}
export interface Spot {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}
export interface Notice {
  readonly tone: "bad" | "info";
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

class Project {
  id = $state("");
  name = $state("");
  #files = $state.raw<Files>({});
  main = $state("");
  open = $state("");
  kept = $state<keyof typeof messages.keep.states>("saved");
  /** Counts changes that did not come from typing, so that the editor takes the new text. */
  replaced = $state(0);
  /** Where the editor is to go next. */
  place = $state.raw<Spot | undefined>(undefined);
  others = $state.raw<readonly StoredProject[]>([]);
  notice = $state.raw<Notice | undefined>(undefined);
  /** P1: what the link asks for, while nobody has said yes. */
  visiting = $state.raw<LinkContents | undefined>(undefined);
  #extra: Readonly<Record<string, unknown>> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();
  /** By project: the revision that this tab last read or wrote. */
  readonly #seen = new Map<string, string | undefined>();
  /** A visitor that somebody typed in is a project like others, though it still does not run. */
  #touched = false;
  /** The project of one's own that was open before the visitor came. */
  #mine: string | undefined;

  get files(): Files {
    return this.#files;
  }
  set files(files: Files) {
    this.#files = files;
    manifest.follow(files);
  }
  get paths(): string[] {
    return Object.keys(this.files).sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
  }
  /** Which canister Deploy means: the open file's, else the only one of a folder around it, else the project's main one. */
  get target(): string {
    const { open, main, entries } = this;
    if (this.isEntry(open)) return open;
    const folders = open.split("/").slice(0, -1);
    for (let depth = folders.length; depth > 0; depth--) {
      const around = entries.filter((e) => e.startsWith(`${folders.slice(0, depth).join("/")}/`));
      if (around.length === 1) return around[0]!;
    }
    return this.isEntry(main) ? main : (entries.at(-1) ?? main);
  }
  /** The files from which canisters are made, in the order in which to install them. */
  get entries(): string[] {
    const said = manifest.read?.canisters;
    if (said === undefined) return entriesOf(this.files, this.main);
    return [...new Set(said.map((c) => c.main).filter((main) => main !== undefined))];
  }
  /** Where an `icp.yaml` says what the canisters are, nothing else is one. */
  isEntry(path: string): boolean {
    return manifest.read === undefined ? isEntry(this.files, this.main, path) : this.entries.includes(path);
  }
  textOf(path: string): string | undefined {
    const content = Object.hasOwn(this.files, path) ? this.files[path] : undefined;
    return typeof content === "string" ? content : undefined;
  }
  /** What export writes and a link carries beside the files. */
  get extra(): Readonly<Record<string, unknown>> {
    return this.#extra;
  }

  /** A kept project, else undefined: this is a first visit. */
  async restore(): Promise<boolean> {
    listenToTabs((word) => void this.#hear(word));
    whenCleared(() => this.#cleared());
    this.others = await storedProjects();
    const id = await setting<string>("project");
    const mine = this.others.find((p) => p.id === id) ?? this.others[0];
    if (mine === undefined) return false;
    this.#take(mine);
    tellTabs({ kind: "opened", project: this.id });
    return true;
  }

  /** True when the address held a link that opened. A damaged one leaves everything as it was, and says so. */
  async openLink(fragment: string): Promise<boolean> {
    const decoded = await decodeLink(fragment);
    if (!decoded.ok) {
      const own = this.id === "" ? "" : ` ${messages.link.ownUnchanged}`;
      this.notice = { tone: "bad", text: `${decoded.sentence}${own}` };
      return false;
    }
    const { files, main, open } = decoded.project;
    const contents = readContents(decoded.project);
    const first =
      main ?? Object.keys(files).find((p) => languageOf(p) !== undefined) ?? Object.keys(files)[0]!;
    this.flush();
    if (this.visiting === undefined) this.#mine = this.id === "" ? undefined : this.id;
    this.#take({
      id: newId(),
      name: contents.name || plainText(stem(first), 80) || "Shared project",
      files,
      main: first,
      open: contents.open?.file ?? (typeof open === "string" ? open : first),
      extra: contents.extra,
      changedAt: Date.now(),
    });
    this.visiting = contents;
    this.notice = undefined;
    return true;
  }
  /** The person says yes: it is one of their projects now, and may run. */
  welcome(): void {
    this.visiting = undefined;
    this.#changed();
    this.flush();
  }
  /** The person says no. What they typed in it is kept all the same. False: there is nothing to go back to. */
  dismiss(): boolean {
    const { name } = this;
    const touched = this.#touched;
    this.flush();
    const mine = this.others.find((p) => p.id === this.#mine);
    if (mine !== undefined) this.#take(mine);
    this.visiting = undefined;
    if (touched) this.notice = { tone: "info", text: messages.link.editedAndLeft(name) };
    return mine !== undefined;
  }

  /** `asked`: calls, layout and network, for those who want them in. */
  async link(asked: Pick<SharedProject, "calls" | "layout" | "network">, page: string): Promise<string> {
    const shared: Record<string, unknown> = {
      ...this.#extra,
      files: this.files,
      main: this.main,
      name: this.name,
      ...asked,
    };
    if (this.open !== this.main) shared.open = this.open;
    for (const key of Object.keys(shared)) if (shared[key] === undefined) delete shared[key];
    return `${page}${await encodeLink(shared as unknown as SharedProject)}`;
  }

  create(project: NewProject): void {
    this.flush();
    const { name, files, main, extra } = project;
    // An example taken twice, or a second empty one, is the same until it is changed.
    const same = this.others.find((p) => p.name === name && sameFiles(p.files, files));
    if (same !== undefined) {
      this.switchTo(same.id);
      return;
    }
    const open = project.open !== undefined && Object.hasOwn(files, project.open) ? project.open : main;
    this.#take({ id: newId(), name, files, main, open, extra: extra ?? {}, changedAt: Date.now() });
    this.#changed();
  }
  /** The same files under another name, to go on with. */
  copy(name = this.#copyName()): void {
    const { files, main, open } = this;
    const extra = this.#extra;
    this.create({ name, files, main, open, extra });
  }
  #copyName(): string {
    const names = new Set(this.others.map((p) => p.name));
    for (let n = 1; ; n++) {
      const name = `${this.name} (copy${n === 1 ? "" : ` ${n}`})`;
      if (!names.has(name)) return name;
    }
  }
  switchTo(id: string): void {
    this.flush();
    const other = this.others.find((p) => p.id === id);
    if (other === undefined) return;
    this.#take(other);
    void keepSetting("project", this.id);
    tellTabs({ kind: "opened", project: this.id });
  }
  #take(stored: StoredProject): void {
    this.visiting = undefined;
    this.#touched = false;
    this.id = stored.id;
    this.name = stored.name;
    this.files = stored.files;
    this.main = stored.main;
    this.open = Object.hasOwn(stored.files, stored.open) ? stored.open : stored.main;
    this.#extra = stored.extra;
    this.#seen.set(stored.id, stored.revision);
    this.kept = "saved";
    this.replaced++;
  }

  edit(path: string, text: string): void {
    if (this.files[path] === text) return;
    this.files = { ...this.files, [path]: text };
    askToPersist();
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
  /** Other contents for all files, as somebody brings them. */
  replaceFiles(files: Files): void {
    this.files = files;
    if (!Object.hasOwn(files, this.main)) this.main = this.entries.at(-1) ?? this.paths[0] ?? "";
    if (!Object.hasOwn(files, this.open)) this.open = this.main;
    this.replaced++;
    this.#changed();
  }
  /** Renames or moves. A sentence when it cannot be. */
  move(from: string, to: string): string | undefined {
    if (from === to) return undefined;
    if (!isSafePath(to)) return `"${to}" is no path inside a project.`;
    if (Object.hasOwn(this.files, to)) return `${to} exists already.`;
    this.files = Object.fromEntries(Object.entries(this.files).map(([p, c]) => [p === from ? to : p, c]));
    if (this.main === from) this.main = to;
    if (this.open === from) this.open = to;
    this.replaced++;
    this.#changed();
    return undefined;
  }
  remove(path: string): void {
    const { [path]: gone, ...rest } = this.files;
    if (gone === undefined) return;
    const { id, main, open } = this;
    this.files = rest;
    const next = this.paths.find((p) => languageOf(p) !== undefined) ?? this.paths[0] ?? "";
    if (this.main === path) this.main = next;
    if (this.open === path) this.open = next;
    this.replaced++;
    this.#changed();
    this.#offerUndo(path, () => {
      if (this.id !== id) this.switchTo(id);
      if (this.id !== id || Object.hasOwn(this.files, path)) return;
      this.add(path, gone);
      this.main = main;
      this.open = open;
      this.#changed();
    });
  }
  /** P4: another project goes; the open one gives way to the next first. */
  async delete(id: string): Promise<void> {
    this.flush();
    await this.#saving;
    const gone = this.others.find((p) => p.id === id);
    if (gone === undefined) return;
    this.others = this.others.filter((p) => p.id !== id);
    if (this.id === id) {
      const [next] = this.others;
      if (next === undefined) this.create(EMPTY_PROJECT);
      else this.switchTo(next.id);
    }
    await removeProject(id);
    tellTabs({ kind: "removed", project: id });
    this.#offerUndo(gone.name, async () => {
      const kept = await saveProject(gone, undefined);
      this.others = [gone, ...this.others.filter((p) => p.id !== id)];
      if (kept === "saved") this.switchTo(id);
    });
  }
  #offerUndo(what: string, undo: () => void): void {
    const run = (): void => {
      this.notice = undefined;
      undo();
    };
    this.notice = {
      tone: "info",
      text: messages.keep.removed(what),
      action: { label: messages.keep.undo, run },
    };
  }
  show(path: string): void {
    if (this.open === path) return;
    this.open = path;
    if (this.visiting === undefined || this.#touched) this.#changed();
  }
  goTo(path: string, line: number, column: number, length = 0): void {
    if (this.textOf(path) === undefined) return;
    this.show(path);
    this.place = { path, line, column, length };
  }
  rename(name: string): void {
    this.name = plainText(name, 80) || this.name;
    this.#changed();
  }

  #changed(): void {
    this.#touched = true;
    this.kept = "saving";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SAVE_AFTER_MS);
  }
  /** Stores what is not stored yet. */
  flush(): void {
    if (this.kept !== "saving") return;
    clearTimeout(this.#timer);
    const stored = this.#stored();
    this.others = [stored, ...this.others.filter((p) => p.id !== stored.id)];
    // One after the other: each knows the revision that the one before it wrote.
    this.#saving = this.#saving.then(() => this.#write(stored));
  }
  /** All that was to be stored is, or was refused. */
  settled(): Promise<void> {
    return this.#saving;
  }
  #stored(): StoredProject {
    const { id, name, files, main, open } = this;
    return { id, name, files, main, open, extra: this.#extra, changedAt: Date.now(), revision: newId() };
  }
  async #write(stored: StoredProject): Promise<void> {
    const { id } = stored;
    const kept = await saveProject(stored, this.#seen.get(id));
    if (kept === "saved") {
      this.#seen.set(id, stored.revision);
      void keepSetting("project", this.id);
      if (this.visiting !== undefined) leaveLink(); // a reload opens what was typed, not the link again
      tellTabs({ kind: "saved", project: id, revision: stored.revision! });
    }
    if (kept === "conflict") return this.#keepAsCopy(stored);
    // Typed on meanwhile: the next writing tells.
    if (id !== this.id || this.files !== stored.files) return;
    const before = this.kept;
    this.kept = kept;
    if (kept !== "saved" && before !== kept) this.notice = { tone: "bad", text: messages.keep[kept] };
  }
  /** P3 */
  async #keepAsCopy(stored: StoredProject): Promise<void> {
    const theirs = await storedProject(stored.id);
    if (theirs !== undefined) {
      this.others = [theirs, ...this.others.filter((p) => p.id !== stored.id)];
      this.#seen.set(theirs.id, theirs.revision);
    }
    const name = this.#copyName();
    if (this.id !== stored.id) {
      await saveProject({ ...stored, id: newId(), name }, undefined);
      return;
    }
    this.id = newId();
    const original = this.name;
    this.name = name;
    this.#changed();
    this.flush();
    this.notice = { tone: "info", text: messages.keep.conflict(original, name) };
  }

  async #hear(word: TabWord): Promise<void> {
    const mine = word.project === this.id && this.visiting === undefined;
    if (word.kind === "opened" && mine) tellTabs({ kind: "also-here", project: this.id });
    if (word.kind === "also-here" && mine) {
      const copy = { label: messages.keep.takeCopy, run: () => this.#workOnCopy() };
      this.notice = { tone: "info", text: messages.keep.alsoOpen(this.name), action: copy };
    }
    if (word.kind === "removed") {
      this.others = this.others.filter((p) => p.id !== word.project);
      this.#seen.delete(word.project);
      if (mine) this.notice = { tone: "info", text: messages.keep.removedElsewhere(this.name) };
    }
    if (word.kind !== "saved") return;
    const theirs = await storedProject(word.project);
    if (theirs === undefined) return;
    this.others = [theirs, ...this.others.filter((p) => p.id !== theirs.id)];
    if (theirs.id !== this.id) this.#seen.set(theirs.id, theirs.revision);
    // Something of one's own waits to be stored: the writing will find out, and P3 holds. Else follow.
    else if (this.kept !== "saving") this.#follow(theirs);
  }
  #follow(theirs: StoredProject): void {
    const { open } = this;
    this.#take(theirs);
    if (Object.hasOwn(this.files, open)) this.open = open;
  }
  #workOnCopy(): void {
    this.notice = undefined;
    this.copy();
  }
  #cleared(): void {
    this.#seen.clear();
    this.kept = "blocked";
    const again = (): void => {
      this.notice = undefined;
      for (const other of this.others) if (other.id !== this.id) void saveProject(other, undefined);
      this.#changed();
      this.flush();
    };
    const action = { label: messages.keep.writeAgain, run: again };
    this.notice = { tone: "bad", text: messages.keep.cleared, action };
  }
}

export const EMPTY_PROJECT: NewProject = {
  name: "Untitled",
  main: "main.mo",
  files: { "main.mo": "persistent actor {\n};\n" },
};

export const sameFiles = (a: Files, b: Files): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((path) => a[path] === b[path]);

/** Taken or refused: a reload must not open the link again. */
export const leaveLink = (): void =>
  history.replaceState(history.state, "", location.pathname + location.search);

/** `crypto.randomUUID` is missing where a page came over plain http. */
const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

/** Sources first, then what describes them, then words about them. */
function rankOf(path: string): number {
  if (/\.(did|yaml)$/.test(path)) return 1;
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
