/** Another project was taken: its canister comes to the front, installed if it was prepared. */
import { canisters } from "../shared/canisters.svelte.ts";
import { loadExample } from "../shared/examples.ts";
import { project } from "../shared/project.svelte.ts";
import { deployPrebuilt } from "./start.ts";

export async function settle(): Promise<void> {
  canisters.diagnostics = [];
  canisters.deployFailure = undefined;
  canisters.done = undefined;
  await deployPrebuilt();
  const mine = canisters.deployedFrom(project.main);
  if (mine !== undefined) canisters.show(mine);
}

export async function takeExample(id: string): Promise<void> {
  const example = await loadExample(id);
  if (example === undefined) return;
  project.create(example);
  await settle();
}
