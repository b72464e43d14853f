/** Somebody clicked in the frame: a subnet, the link's code on it, and nothing of this browser's own. */
import { mount } from "svelte";
import { live } from "../shared/live.svelte.ts";
import { project } from "../shared/project.svelte.ts";
import { canisters } from "../shared/canisters.svelte.ts";
import FrameRunning from "./FrameRunning.svelte";
import { runLink } from "./linked.ts";
import { settingsFrom } from "./settings.ts";

const REFRESH_EVERY_MS = 2_000;

export async function runFramed(target: HTMLElement, fragment: string): Promise<void> {
  await project.openLink(fragment);
  mount(FrameRunning, { target });
  await live.start(settingsFrom(new URLSearchParams(location.search), project.visiting?.network));
  if (live.phase !== "running") return;
  setInterval(() => void canisters.refresh(), REFRESH_EVERY_MS);
  await runLink();
}
