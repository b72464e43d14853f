/** What happens when the page opens: settings from the address, the network, the project, a first canister. */
import { LINK_PREFIX } from "../../lab/share-link.ts";
import { canisters } from "../shared/canisters.svelte.ts";
import { coming } from "../shared/coming.svelte.ts";
import { FIRST_EXAMPLE, loadExample, prebuiltOf } from "../shared/examples.ts";
import { live } from "../shared/live.svelte.ts";
import { type Chosen, networks } from "../shared/networks.svelte.ts";
import { setTheme, takeEditorWanted, themeWanted } from "../shared/look.svelte.ts";
import { EMPTY_PROJECT, leaveLink, project } from "../shared/project.svelte.ts";
import { callMethod } from "./acts.ts";
import { guide } from "./guide.svelte.ts";
import { offline } from "./offline.svelte.ts";
import { askedIn, settingsFrom } from "./settings.ts";

const REFRESH_EVERY_MS = 2_000;
const DOZING_SKIPS = 5;

export async function start(): Promise<void> {
  const search = new URLSearchParams(location.search);
  const opening = openProject();
  window.addEventListener("hashchange", () => void openLink());
  // A link may shape the network; without one the nodes need not wait for the project.
  const settled = location.hash.startsWith(LINK_PREFIX) ? opening : Promise.resolve();
  const choosing = settled.then(() => choose(search));
  const network = choosing.then(({ settings, folder }) =>
    live.start(settings, folder, (because) => networks.notOpened(because)),
  );
  setTheme(await themeWanted(search.get("theme")), false);
  await takeEditorWanted();
  await opening;
  // Whoever followed a link has something to look at.
  if (project.notice === undefined && project.visiting === undefined) await guide.welcome();
  const { canisters: known, calls } = await choosing;
  const prebuilt = project.visiting === undefined ? (await prebuiltOf(project.files)).at(-1) : undefined;
  const isThere = known.some((c) => c.main === prebuilt?.main && c.project === project.id);
  if (prebuilt !== undefined && !isThere) coming.expect(project.id, prebuilt);
  await network;
  if (live.phase !== "running") return void coming.end();
  if (networks.current !== undefined) canisters.restore(known, calls);
  canisters.keep();
  networks.keepSize();
  await deployPrebuilt();
  await live.firstCertified;
  setInterval(refresh, REFRESH_EVERY_MS);
  void offline.prepare();
  const pressed = coming.end();
  const canister = prebuilt && canisters.deployedFrom(prebuilt.main);
  for (const method of canister?.did?.methods ?? []) {
    if (pressed.includes(method.name)) void callMethod(method, canister);
  }
}

function choose(search: URLSearchParams): Promise<Chosen> {
  const settings = settingsFrom(search, project.visiting?.network);
  return networks.choose(askedIn(search), settings, project.visiting !== undefined);
}

/** What dozes changes rarely, and asking it wakes a node. */
let skipped = 0;
function refresh(): void {
  if (live.network?.dozing === true && ++skipped < DOZING_SKIPS) return;
  skipped = 0;
  void canisters.refresh();
}

async function openProject(): Promise<void> {
  const restored = await project.restore();
  if ((await openLink()) || restored) return;
  await firstExample();
}
export async function firstExample(): Promise<void> {
  project.create((await loadExample(FIRST_EXAMPLE)) ?? EMPTY_PROJECT);
}

/** The link stays in the address until somebody decides: until then a reload shows the same, and nothing ran. */
async function openLink(): Promise<boolean> {
  if (!location.hash.startsWith(LINK_PREFIX)) return false;
  const opened = await project.openLink(location.hash);
  if (!opened) leaveLink();
  return opened;
}

/** An unchanged example is there at once: built when the page was built, installed into this new subnet. */
export async function deployPrebuilt(): Promise<void> {
  const { files } = project;
  const found = await prebuiltOf(files);
  for (const prebuilt of found) {
    if (project.visiting === undefined) await canisters.installPrebuilt(prebuilt, files);
  }
}
