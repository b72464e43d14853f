/**
 * A project that lives in a folder on this computer as well, where the browser lets a page (Chromium). It stays kept in
 * the browser as any other; the folder is read and written when the person says so, and both sides' changes are told.
 */
import { messages } from "../shared/messages.ts";
import { project } from "../shared/project.svelte.ts";
import { keepSetting, setting } from "../shared/storage.ts";
import { toProject } from "./outside-files.ts";
import { carryOut, changedOnDisk, type Plan, planSave, readFolder, type Seen } from "./folder-files.ts";
import { settle } from "./settle.ts";

/** What Chromium has beyond TypeScript's own words. */
interface Permissible {
  queryPermission?(wanted: { mode: "readwrite" }): Promise<PermissionState>;
  requestPermission?(wanted: { mode: "readwrite" }): Promise<PermissionState>;
}
interface Picking {
  showDirectoryPicker?(wanted: { mode: "readwrite"; id: string }): Promise<FileSystemDirectoryHandle>;
}
interface Bound {
  readonly root: FileSystemDirectoryHandle;
  readonly seen: Seen;
}
const picking = globalThis as unknown as Picking;
const settingOf = (id: string): string => `folder ${id}`;
const words = messages.folder;

class Folder {
  /** Elsewhere nothing of it is shown. */
  readonly possible = picking.showDirectoryPicker !== undefined;
  busy = $state(false);
  /** Files that changed on both sides: somebody has to choose. */
  question = $state.raw<Plan | undefined>(undefined);
  #bound = $state.raw<{ readonly id: string; readonly bound: Bound } | undefined>(undefined);

  get name(): string | undefined {
    return this.#bound?.id === project.id ? this.#bound.bound.root.name : undefined;
  }
  /** Which folder the open project has, if one was given to it before. */
  async follow(): Promise<void> {
    if (!this.possible) return;
    const { id } = project;
    if (this.#bound?.id === id) return;
    this.question = undefined;
    const bound = await setting<Bound>(settingOf(id));
    if (project.id !== id || this.#bound?.id === id) return; // given a folder, or another project opened, meanwhile
    this.#bound = bound === undefined ? undefined : { id, bound };
  }
  #bind(bound: Bound): void {
    this.#bound = { id: project.id, bound };
    void keepSetting(settingOf(project.id), bound);
  }

  /** Its files become a project. */
  async open(): Promise<void> {
    await this.#guarded(async () => {
      const root = await pick();
      const read = await readFolder(root);
      if (!read.ok) return tell(read.sentence);
      const made = toProject(encoded(read.files), root.name);
      if (made === undefined) return tell(words.empty(root.name));
      project.create(made);
      project.flush();
      this.#bind({ root, seen: read.seen });
      await settle();
    });
  }
  /** Into its folder, or into one that is chosen now. */
  async save(elsewhere = false): Promise<void> {
    await this.#guarded(async () => {
      const known = elsewhere || this.name === undefined ? undefined : this.#bound?.bound;
      const { root, seen } = known ?? { root: await pick(), seen: {} };
      if (!(await allowed(root))) return tell(words.refused(root.name));
      const plan = await planSave(root, project.files, seen);
      if (typeof plan === "string") return tell(plan);
      this.#bind({ root, seen });
      if (plan.conflicts.length > 0) this.question = plan;
      else await this.#carryOut(plan);
    });
  }
  /** The answer to `question`. */
  async answer(what: "mine" | "theirs" | "later"): Promise<void> {
    const plan = this.question;
    this.question = undefined;
    const bound = this.#bound?.bound;
    if (plan === undefined || bound === undefined || what === "later") return;
    await this.#guarded(async () => {
      const mine = plan.conflicts.filter((p) => Object.hasOwn(project.files, p));
      const gone = plan.conflicts.filter((p) => !Object.hasOwn(project.files, p));
      if (what === "mine")
        await this.#carryOut({ write: [...plan.write, ...mine], remove: [...plan.remove, ...gone] });
      else await this.#take(bound, plan.conflicts);
    });
  }
  async #carryOut(plan: Pick<Plan, "write" | "remove">): Promise<void> {
    const { root } = this.#bound!.bound;
    this.#bind({ root, seen: await carryOut(root, project.files, plan) });
    project.notice = { tone: "info", text: words.saved(root.name, plan.write.length, plan.remove.length) };
  }

  /** What somebody else wrote there meanwhile: told when the page is looked at again, taken when asked. */
  async look(): Promise<void> {
    const bound = this.name === undefined ? undefined : this.#bound?.bound;
    if (bound === undefined || this.busy || this.question !== undefined) return;
    try {
      // Nobody is asked for a permission out of the blue.
      if ((await (bound.root as Permissible).queryPermission?.({ mode: "readwrite" })) === "prompt") return;
      const changed = await changedOnDisk(bound.root, bound.seen);
      if (changed.length === 0) return;
      const run = (): void => void this.#guarded(() => this.#take(bound, changed));
      project.notice = {
        tone: "info",
        text: words.changed(bound.root.name, changed),
        action: { label: words.takeThem, run },
      };
    } catch {
      // The folder is gone or closed to us: saving says so.
    }
  }
  /** The folder's version of these files, with a way back. */
  async #take({ root }: Bound, paths: readonly string[]): Promise<void> {
    const read = await readFolder(root);
    if (!read.ok) return tell(read.sentence);
    const { id, files: before } = project;
    const files: Record<string, string | Uint8Array> = { ...before };
    for (const path of paths) {
      const theirs = read.files[path];
      if (theirs === undefined) delete files[path];
      else files[path] = theirs;
    }
    project.replaceFiles(files);
    this.#bind({ root, seen: read.seen });
    const run = (): void => {
      project.notice = undefined;
      if (project.id === id) project.replaceFiles(before);
    };
    project.notice = {
      tone: "info",
      text: words.taken(root.name, paths),
      action: { label: messages.keep.undo, run },
    };
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      if (name === "AbortError") return; // the person closed the picker
      const folder = this.name ?? words.theFolder;
      if (name === "NotAllowedError" || name === "SecurityError") tell(words.refused(folder));
      else if (name === "NotFoundError") tell(words.gone(folder));
      else tell(words.failed(folder, error instanceof Error ? error.message : String(error)));
    } finally {
      this.busy = false;
    }
  }
}

const tell = (text: string): void => {
  project.notice = { tone: "bad", text };
};
const pick = (): Promise<FileSystemDirectoryHandle> =>
  picking.showDirectoryPicker!({ mode: "readwrite", id: "terrarium" });

async function allowed(root: FileSystemDirectoryHandle): Promise<boolean> {
  const handle = root as Permissible;
  const now = await handle.queryPermission?.({ mode: "readwrite" });
  if (now === undefined || now === "granted") return true;
  return (await handle.requestPermission?.({ mode: "readwrite" })) === "granted";
}
const encoded = (files: Readonly<Record<string, string | Uint8Array>>): Record<string, Uint8Array> => {
  const encoder = new TextEncoder();
  return Object.fromEntries(
    Object.entries(files).map(([p, c]) => [p, typeof c === "string" ? encoder.encode(c) : c]),
  );
};

export const folder = new Folder();
