/**
 * Projects as zip files, out and in. One project is its files with what `icp` needs to build them (`shared/describe.ts`); everything is a folder a project, with names and main
 * files in `terrarium.json`. A zip may come from anybody: numbers, sizes and paths are bounded before bytes are unpacked.
 */
import { strFromU8, strToU8, type Unzipped, unzipSync, type Zippable, zipSync } from "fflate";
import { plainText } from "../../lab/link-contents.ts";
import { isSafePath } from "../../lab/share-link.ts";
import type { NewProject } from "../shared/project.svelte.ts";
import type { StoredProject } from "../shared/storage.ts";
import { FILES_MAX, hidden, toProject, UNPACKED_MAX_BYTES } from "./outside-files.ts";

const MANIFEST = "terrarium.json";
/** Stored with the oldest date that zips know: the same project gives the same zip. */
const MTIME = "1980-01-02";

type Archived = Pick<StoredProject, "name" | "files" | "main" | "open">;
interface Manifest {
  readonly projects: readonly {
    readonly folder: string;
    readonly name: string;
    readonly main: string;
    readonly open: string;
  }[];
}
export type ReadArchive =
  | { readonly ok: true; readonly projects: readonly NewProject[] }
  | { readonly ok: false; readonly sentence: string };

export const zipOf = (project: Archived): Uint8Array => zipSync(entries(project), { mtime: MTIME, level: 9 });

export function zipAll(projects: readonly Archived[]): Uint8Array {
  const taken = new Set<string>();
  const zip: Zippable = {};
  const manifest: Manifest["projects"][number][] = [];
  for (const { name, main, open, files } of projects) {
    const folder = unique(folderName(name), taken);
    manifest.push({ folder, name, main, open });
    zip[folder] = entries({ name, main, open, files });
  }
  zip[MANIFEST] = strToU8(JSON.stringify({ projects: manifest }, null, 1));
  return zipSync(zip, { mtime: MTIME, level: 9 });
}
const entries = ({ files }: Archived): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(files).map(([p, c]) => [p, typeof c === "string" ? strToU8(c) : c]));

export const folderName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || "project";
function unique(name: string, taken: Set<string>): string {
  let found = name;
  for (let n = 2; taken.has(found); n++) found = `${name}-${n}`;
  taken.add(found);
  return found;
}

/** A zip of ours, a zip of any folder, or a single source file. */
export function readArchive(fileName: string, bytes: Uint8Array): ReadArchive {
  if (!fileName.endsWith(".zip")) return single(fileName, bytes);
  let refusal: string | undefined;
  let files = 0;
  let size = 0;
  const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
    if (refusal !== undefined || name.endsWith("/") || hidden(name)) return false;
    files++;
    size += originalSize; // unpacking writes no more than it names here
    if (!isSafePath(name)) refusal = `${fileName} names a file outside of itself: ${plainText(name, 80)}.`;
    else if (files > FILES_MAX) refusal = `${fileName} holds more than ${FILES_MAX} files.`;
    else if (size > UNPACKED_MAX_BYTES) refusal = `${fileName} unpacks to more than 64 MiB.`;
    return refusal === undefined;
  };
  let unpacked: Unzipped | undefined;
  try {
    unpacked = unzipSync(bytes, { filter });
  } catch {
    unpacked = undefined;
  }
  if (refusal !== undefined) return { ok: false, sentence: refusal };
  if (unpacked === undefined) return { ok: false, sentence: `${fileName} is no zip file, or it is damaged.` };
  return projectsIn(fileName, unpacked);
}

function projectsIn(fileName: string, unpacked: Unzipped): ReadArchive {
  const paths = Object.keys(unpacked);
  if (paths.length === 0) return { ok: false, sentence: `${fileName} holds no files.` };
  const listed = Object.hasOwn(unpacked, MANIFEST) ? manifestOf(unpacked[MANIFEST]!) : undefined;
  const projects = listed
    ? listed.map(({ folder, name, main, open }) => toProject(below(unpacked, `${folder}/`), name, main, open))
    : [toProject(below(unpacked, commonFolder(paths)), fileName.replace(/\.zip$/, ""))];
  const found = projects.filter((p) => p !== undefined);
  return found.length === 0
    ? { ok: false, sentence: `${fileName} holds no project.` }
    : { ok: true, projects: found };
}
function manifestOf(bytes: Uint8Array): Manifest["projects"] | undefined {
  try {
    const { projects } = JSON.parse(strFromU8(bytes)) as Manifest;
    const good = projects.every((p) =>
      [p.folder, p.name, p.main, p.open].every((t) => typeof t === "string"),
    );
    return good ? projects : undefined;
  } catch {
    return undefined;
  }
}

const single = (fileName: string, bytes: Uint8Array): ReadArchive =>
  isSafePath(fileName)
    ? {
        ok: true,
        projects: [toProject({ [fileName]: bytes }, fileName.replace(/\.\w+$/, ""))!],
      }
    : { ok: false, sentence: `"${plainText(fileName, 80)}" is no name for a file here.` };

function commonFolder(paths: readonly string[]): string {
  const folder = /^[^/]+\//.exec(paths[0]!)?.[0] ?? "";
  return folder !== "" && paths.every((p) => p.startsWith(folder)) ? folder : "";
}
const below = (files: Unzipped, folder: string): Record<string, Uint8Array> =>
  Object.fromEntries(
    Object.entries(files)
      .filter(([path]) => path.startsWith(folder) && path !== MANIFEST)
      .map(([path, bytes]) => [path.slice(folder.length), bytes]),
  );

/** Hands a file to the browser's downloads. */
export function save(name: string, bytes: Uint8Array, type = "application/zip"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  link.download = name.replace(/[\\/:*?"<>|]/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
