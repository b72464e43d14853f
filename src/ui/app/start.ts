/** What happens when the page opens: settings from the address, the network, the project, a first canister. */
import { guide } from "./guide.svelte.ts";
import { settingsFrom } from "./settings.ts";
import { LINK_PREFIX } from "../../lab/share-link.ts";
import { canisters } from "../shared/canisters.svelte.ts";
import { FIRST_EXAMPLE, loadExample, prebuiltOf } from "../shared/examples.ts";
import { live } from "../shared/live.svelte.ts";
import { project } from "../shared/project.svelte.ts";
import { setTheme, takeEditorWanted, themeWanted } from "../shared/look.svelte.ts";

export const EMPTY_PROJECT = {
  name: "Untitled",
  main: "main.mo",
  files: { "main.mo": "persistent actor {\n};\n" },
};
const REFRESH_EVERY_MS = 2_000;

export async function start(): Promise<void> {
  const search = new URLSearchParams(location.search);
  const opening = openProject();
  // A link may shape the network; without one the nodes need not wait for the project.
  const settled = location.hash.startsWith(LINK_PREFIX) ? opening : Promise.resolve();
  const network = settled.then(() => live.start(settingsFrom(search, project.linkedNetwork)));
  setTheme(await themeWanted(search.get("theme")), false);
  await takeEditorWanted();
  await opening;
  await network;
  if (live.phase !== "running") return;
  await live.firstCertified;
  setInterval(() => void canisters.refresh(), REFRESH_EVERY_MS);
  await deployPrebuilt();
  if (project.notice === undefined) await guide.welcome(); // whoever followed a link has something to look at
}

async function openProject(): Promise<void> {
  const restored = await project.restore();
  const fragment = location.hash;
  if (fragment.startsWith(LINK_PREFIX)) {
    const opened = await project.openLink(fragment);
    // Taken or refused: a reload must not open it again over what was written since.
    history.replaceState(null, "", location.pathname + location.search);
    if (opened) return;
  }
  if (!restored) {
    const example = await loadExample(FIRST_EXAMPLE);
    project.create(example ?? EMPTY_PROJECT);
  }
}

export async function takeExample(id: string): Promise<void> {
  const example = await loadExample(id);
  if (example === undefined) return;
  project.create(example);
  await settle();
}

/** The new project's canister comes to the front, installed if it was prepared. */
export async function settle(): Promise<void> {
  canisters.diagnostics = [];
  canisters.deployFailure = undefined;
  canisters.done = undefined;
  await deployPrebuilt();
  const mine = canisters.deployedFrom(project.main);
  if (mine !== undefined) canisters.show(mine);
}

/** An unchanged example is there at once: built when the page was built, installed into this new subnet. */
export async function deployPrebuilt(): Promise<void> {
  for (const prebuilt of await prebuiltOf(project.files)) {
    if (canisters.deployedFrom(prebuilt.main) === undefined) await canisters.installPrebuilt(prebuilt);
  }
}
