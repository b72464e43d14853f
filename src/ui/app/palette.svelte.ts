/** Everything the page can do, by name. */
import { lookAtModule } from "../shared/build-and-look.ts";
import { examples } from "../shared/examples.ts";
import { canisters } from "../shared/canisters.svelte.ts";
import { live } from "../shared/live.svelte.ts";
import { look, setPlainEditor, setPresenter, setTheme } from "../shared/look.svelte.ts";
import { messages } from "../shared/messages.ts";
import { networks } from "../shared/networks.svelte.ts";
import { EMPTY_PROJECT, project } from "../shared/project.svelte.ts";
import { selection } from "../shared/selection.svelte.ts";
import { callMethod, methodsShown } from "./acts.ts";
import { folder } from "./folder.svelte.ts";
import { guide } from "./guide.svelte.ts";
import { showPanel } from "./layout.svelte.ts";
import { settle, takeExample } from "./settle.ts";
import { WALKS } from "./walks.ts";

export interface Command {
  readonly title: string;
  readonly keys?: string;
  readonly run: () => void;
}
export interface CommandGroup {
  readonly name: string;
  readonly commands: readonly Command[];
}

class Palette {
  open = $state(false);
  /** What is sought, from the first key on: the dialog may still be on its way. */
  text = $state("");
  sharing = $state(false);
  toggle(): void {
    this.text = "";
    this.open = !this.open;
  }
}
export const palette = new Palette();

/** What is searched for in all files: it is still there when the search is opened again. */
class Searching {
  open = $state(false);
  text = $state("");
  matchCase = $state(false);
  wholeWord = $state(false);
}
export const searching = new Searching();

/** As things stand: only what can be done now. */
export async function commandGroups(): Promise<readonly CommandGroup[]> {
  const all = await examples();
  const groups: CommandGroup[] = [
    { name: "Canister", commands: [...deployCommands(), ...callCommands()] },
    { name: "Network", commands: networkCommands() },
    {
      name: "Examples and walks",
      commands: [
        ...WALKS.map((w) => ({ title: `Walk: ${w.title}`, run: () => guide.begin(w.id) })),
        ...all.map((e) => ({ title: `Example: ${e.title}`, run: () => void takeExample(e.id) })),
      ],
    },
    { name: "Project", commands: projectCommands() },
    { name: "Page", commands: pageCommands() },
  ];
  return groups.filter((g) => g.commands.length > 0);
}

function deployCommands(): Command[] {
  const { target } = project;
  if (live.phase !== "running" || canisters.progress !== undefined || target === "") return [];
  const deployed = canisters.deployedFrom(target);
  return [
    { title: `Deploy ${target}`, keys: "Ctrl Enter", run: () => void canisters.deploy(target, "upgrade") },
    ...(deployed === undefined
      ? []
      : [
          {
            title: `Reinstall ${deployed.name}, its data lost`,
            run: () => void canisters.deploy(target, "reinstall"),
          },
        ]),
    ...(project.entries.length < 2
      ? []
      : [{ title: "Deploy all canisters of the project", run: () => void canisters.deployAll() }]),
    { title: `Build ${target} and look at the module`, run: () => void lookAtModule(target) },
    { title: `Deploy ${target} as a new canister`, run: () => void canisters.deploy(target, "new") },
  ];
}

function callCommands(): Command[] {
  const { shown } = canisters;
  const calls = methodsShown().map((method) => ({
    title: method.func.args.length === 0 ? `Call ${method.name}` : `Call ${method.name}…`,
    run: () => void callMethod(method),
  }));
  const others = canisters.all.filter((c) => c !== shown);
  return [
    ...calls,
    ...others.map((c) => ({ title: `Show canister ${c.name}`, run: () => canisters.show(c) })),
  ];
}

function networkCommands(): Command[] {
  if (live.network === undefined) return [];
  const nodes = live.nodes.flatMap((node): Command[] => {
    const name = live.nameOf(node);
    const status = live.statusOf(node);
    const inspect = { title: `Inspect ${name}`, run: () => selection.select({ kind: "node", node }) };
    if (live.isPast) return [inspect];
    const kill = { title: `Kill ${name}`, run: () => live.kill(node) };
    if (live.mayRestart(status))
      return [{ title: `Restart ${name}`, run: () => live.restart(node) }, inspect];
    if (status === "running")
      return [{ title: `Freeze ${name}`, run: () => live.freeze(node) }, kill, inspect];
    return status === "frozen"
      ? [{ title: `Thaw ${name}`, run: () => live.thaw(node) }, kill, inspect]
      : [inspect];
  });
  return [
    { title: live.paused ? "Resume the network" : "Pause the network", run: () => live.togglePause() },
    { title: "Step: deliver one message", run: () => live.step() },
    { title: messages.subnet.menu, run: () => selection.select({ kind: "subnet" }) },
    { title: messages.networks.menu, run: () => (networks.managing = true) },
    ...[0.1, 0.25, 1].map((rate) => ({
      title: rate === 1 ? "Run at full speed" : `Run at ${rate} of the speed`,
      run: () => live.setRate(rate),
    })),
    ...nodes,
  ];
}

function projectCommands(): Command[] {
  return [
    {
      title: "Show icp.yaml, the project's canisters",
      run: () => {
        void import("../shared/describe.ts").then(({ showIcpYaml }) => showIcpYaml());
        showPanel("Code");
      },
    },
    ...folderCommands(),
    { title: messages.search.title, keys: "Ctrl Shift F", run: () => (searching.open = true) },
    { title: "Share the project as a link", run: () => (palette.sharing = true) },
    ...project.paths.map((path) => ({
      title: `Open ${path}`,
      run: () => {
        project.show(path);
        showPanel("Code");
      },
    })),
    {
      title: "New, empty project",
      run: () => {
        project.create(EMPTY_PROJECT);
        void settle();
      },
    },
    ...project.others
      .filter((p) => p.id !== project.id)
      .slice(0, 12)
      .map((p) => ({
        title: `Open project ${p.name}`,
        run: () => {
          project.switchTo(p.id);
          void settle();
        },
      })),
  ];
}

function folderCommands(): Command[] {
  if (!folder.possible) return [];
  const { name } = folder;
  const save = { title: `Save into ${name}`, keys: "Ctrl S", run: () => void folder.save() };
  return [
    { title: "Open a folder…", run: () => void folder.open() },
    ...(name === undefined ? [] : [save]),
    { title: "Save into a folder…", run: () => void folder.save(true) },
  ];
}

function pageCommands(): Command[] {
  const dark = look.theme === "dark";
  return [
    { title: dark ? "Light colours" : "Dark colours", run: () => setTheme(dark ? "light" : "dark") },
    {
      title: look.presenter ? "Leave presenter mode" : "Presenter mode: larger type, calm canvas",
      keys: "F9",
      run: () => setPresenter(!look.presenter),
    },
    {
      title: look.plainEditor ? "Code editor" : "Plain text field as editor",
      run: () => setPlainEditor(!look.plainEditor),
    },
    ...(["Code", "Canisters", "Network", "Score"] as const).map((name) => ({
      title: `Go to ${name}`,
      keys: "F6",
      run: () => showPanel(name),
    })),
  ];
}
