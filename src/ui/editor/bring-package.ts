/** Motoko packages from a zip or a folder of the person's, into the project. */
import { belongsToPackage, packagesIn, packagesOf } from "../../compilers/motoko/packages.ts";
import { messages } from "../shared/messages.ts";
import { project } from "../shared/project.svelte.ts";

const ZIP_MAX = 20 * 1024 * 1024;
const FILE_MAX = 2 * 1024 * 1024;

/** One zip, or a folder's files. Returns what became of it, in a sentence. */
export async function bringPackage(chosen: readonly File[]): Promise<string> {
  const [first] = chosen;
  if (first === undefined) return messages.packages.nothing;
  const isZip = chosen.length === 1 && /\.zip$/i.test(first.name);
  const given = isZip ? first.name : (first.webkitRelativePath.split("/")[0] ?? first.name);
  if (isZip && first.size > ZIP_MAX) return messages.packages.tooLarge(given, ZIP_MAX);
  let brought: ReadonlyMap<string, string>;
  try {
    brought = isZip ? await unpacked(first) : await read(chosen);
  } catch (error) {
    return messages.packages.unreadable(given, error instanceof Error ? error.message : String(error));
  }
  const found = packagesIn(brought, given);
  if (typeof found === "string") return found;
  const { open } = project;
  for (const { files } of found) {
    for (const [path, text] of Object.entries(files)) {
      const fault = project.add(path, text);
      if (fault !== undefined) return fault;
    }
  }
  project.show(open);
  const known = packagesOf(project.files);
  const missing = [...new Set(found.flatMap((p) => p.needs))].filter((name) => !known.has(name));
  return messages.packages.added(found, missing);
}

async function unpacked(zip: File): Promise<Map<string, string>> {
  const { unzip } = await import("fflate");
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const entries = await new Promise<Record<string, Uint8Array>>((resolve, reject) =>
    unzip(
      bytes,
      { filter: ({ name, originalSize }) => belongsToPackage(name) && originalSize <= FILE_MAX },
      (error, files) => (error === null ? resolve(files) : reject(error)),
    ),
  );
  const decoder = new TextDecoder();
  return new Map(Object.entries(entries).map(([path, content]) => [path, decoder.decode(content)]));
}

async function read(files: readonly File[]): Promise<Map<string, string>> {
  const kept = files.filter((f) => belongsToPackage(pathOf(f)) && f.size <= FILE_MAX);
  return new Map(await Promise.all(kept.map(async (f) => [pathOf(f), await f.text()] as const)));
}

const pathOf = (file: File): string => (file.webkitRelativePath === "" ? file.name : file.webkitRelativePath);
