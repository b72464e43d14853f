/** What files from outside become here: bounded in number and size, text where they are text, a project. */
import { languageOf } from "../../compilers/languages.ts";
import { plainText } from "../../lab/link-contents.ts";
import type { NewProject } from "../shared/project.svelte.ts";

export const FILES_MAX = 2_000;
export const UNPACKED_MAX_BYTES = 64 * 1024 * 1024;

export function toProject(
  files: Readonly<Record<string, Uint8Array>>,
  name: string,
  main?: string,
  open?: string,
): NewProject | undefined {
  const read = Object.entries(files).map(([path, bytes]) => [path, contentOf(path, bytes)] as const);
  const paths = read.map(([path]) => path);
  if (paths.length === 0) return undefined;
  const first =
    main !== undefined && paths.includes(main)
      ? main
      : (paths.find((p) => /(^|\/)(main|app)\.\w+$/.test(p) && languageOf(p) !== undefined) ??
        paths.find((p) => languageOf(p) !== undefined) ??
        paths[0]!);
  return {
    name: plainText(name, 80) || "Imported",
    files: Object.fromEntries(read),
    main: first,
    ...(open === undefined ? {} : { open }),
  };
}
/** Text where it is text. */
export function contentOf(path: string, bytes: Uint8Array): string | Uint8Array {
  if (/\.(wasm|gz)$/.test(path)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes;
  }
}
export const hidden = (path: string): boolean =>
  /(^|\/)(\.[^./][^/]*|node_modules|__MACOSX|target)(\/|$)/.test(path);
