/** Builds a canister's module unless it is there, and shows it in the Inspector. */
import { builds } from "./builds.svelte.ts";
import { canisters } from "./canisters.svelte.ts";
import { project } from "./project.svelte.ts";
import { selection } from "./selection.svelte.ts";

export async function lookAtModule(main: string): Promise<void> {
  const fresh = builds.of(main)?.files === project.files;
  if (fresh || (await canisters.build(main))) selection.select({ kind: "module", main });
}
