/** One project as a zip that `icp` builds elsewhere. */
import type { StoredProject } from "../shared/storage.ts";
import { save, zipOf } from "./archive.ts";

/** A sentence about what it lacks. */
export async function saveZip(
  stored: Pick<StoredProject, "id" | "name" | "files" | "main" | "open">,
): Promise<string | undefined> {
  const { buildableElsewhere } = await import("../shared/describe.ts");
  const { files, lacks } = await buildableElsewhere(stored);
  const { name, main, open } = stored;
  save(`${name}.zip`, zipOf({ name, main, open, files }));
  return lacks;
}
