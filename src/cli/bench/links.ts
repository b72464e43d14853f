/** How long the links of the examples are, as the Share dialog makes them: all files and the network. No address. */
import { encodeLink } from "../../lab/share-link.ts";
import { networkForLink } from "../../lab/link-contents.ts";
import { PAGE_SETTINGS } from "../../lab/lab.ts";
import type { Example } from "../../compilers/prebuilt.ts";

export const TYPICAL_MAX = 2_000;
export const FIVE_FILES_MAX = 8_000;

export const linkLength = async ({
  title,
  main,
  readme,
  files,
}: Pick<Example, "title" | "main" | "readme" | "files">) =>
  (
    await encodeLink({
      files: { ...files, "README.md": readme },
      main,
      name: title,
      network: networkForLink(PAGE_SETTINGS),
    })
  ).length;

/** Five different files of real code, the size of an example each. */
export function fiveFiles(examples: readonly Example[]): Example {
  const files = examples.flatMap((e) =>
    Object.entries(e.files).map(([path, text]) => [`${e.id}/${path}`, text] as const),
  );
  const five = files.filter(([path]) => path.endsWith(".mo")).slice(0, 5);
  return { ...examples[0]!, main: five[0]![0], files: Object.fromEntries(five) };
}
