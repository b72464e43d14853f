/**
 * Which network this tab runs, and the others that this browser keeps.
 *
 *   W1  One tab at a time runs a kept network. Another one gets a network in memory, and is told so.
 *   W2  A network that a link has shaped lives in memory: a stranger's canisters never run among one's own unasked.
 */
import type { NetworkSettings } from "../../lab/lab.ts";
import type { LinkedNetwork } from "../../lab/link-contents.ts";
import { folderOf, hasFiles, own, removeNetwork } from "../../lab/saved-network.ts";
import { messages } from "./messages.ts";
import { project } from "./project.svelte.ts";
import {
  forgetNetwork,
  saveNetwork,
  storedNetworks,
  type StoredCanister,
  type StoredNetwork,
} from "./storage.ts";

/** Whether the network outlives the tab, else why not. */
export type NetworkHome = "kept" | "blocked" | "elsewhere" | "visit";

/** This tab's network, so that a reload finds the same again. */
const MINE = "terrarium-network";
/** A page that is being left gives its network back a moment after the next one begins. */
const RELOAD_PATIENCE_MS = 5_000;
const PATIENCE_MS = 250;

class Networks {
  all = $state.raw<readonly StoredNetwork[]>([]);
  /** The one that this tab runs; undefined: it lives in memory. */
  current = $state.raw<StoredNetwork | undefined>(undefined);
  home = $state<NetworkHome>("kept");
  /** What another tab runs, and this one was to run. */
  elsewhere = $state.raw<StoredNetwork | undefined>(undefined);
  /** Why the last one could not be written down. */
  trouble = $state<string | undefined>(undefined);

  /** The network used last among those that are as was asked for, else a new one. */
  async choose(asked: LinkedNetwork, otherwise: NetworkSettings, visiting: boolean): Promise<Chosen> {
    const stored = await storedNetworks();
    if (stored === undefined || !(await hasFiles())) return this.#inMemory("blocked", otherwise);
    this.all = stored;
    if (visiting) return this.#inMemory("visit", otherwise);
    const fits = stored.filter((n) => isAsAsked(asked, n.settings));
    const mine = sessionStorage.getItem(MINE);
    const found = fits.find((n) => n.id === mine) ?? fits[0];
    const chosen = found ?? this.#fresh(otherwise);
    if (!(await own(chosen.id, chosen.id === mine ? RELOAD_PATIENCE_MS : PATIENCE_MS))) {
      this.elsewhere = chosen;
      project.notice = { tone: "info", text: messages.networks.elsewhere(chosen.name) };
      return this.#inMemory("elsewhere", chosen.settings);
    }
    sessionStorage.setItem(MINE, chosen.id);
    this.current = chosen;
    this.#write({ usedAt: Date.now() });
    return { settings: chosen.settings, folder: folderOf(chosen.id), canisters: chosen.canisters };
  }
  notOpened(because: string): void {
    const name = this.current?.name ?? "";
    this.current = undefined;
    this.home = "blocked";
    project.notice = { tone: "bad", text: messages.networks.notOpened(name, because) };
  }
  #inMemory(home: NetworkHome, settings: NetworkSettings): Chosen {
    this.home = home;
    return { settings, folder: undefined, canisters: [] };
  }
  #fresh(settings: NetworkSettings): StoredNetwork {
    const taken = new Set(this.all.map((n) => n.name));
    let number = this.all.length + 1;
    while (taken.has(messages.networks.nameOf(number))) number++;
    const name = messages.networks.nameOf(number);
    return { id: crypto.randomUUID(), name, settings, usedAt: Date.now(), canisters: [] };
  }

  /** The page begins anew with a network of its own like this. */
  async create(settings: NetworkSettings): Promise<void> {
    const made = this.#fresh(settings);
    await saveNetwork(made);
    this.#goTo(made.id);
  }
  /** The page begins anew with that network. */
  async open(network: StoredNetwork): Promise<void> {
    await saveNetwork({ ...network, usedAt: Date.now() });
    this.#goTo(network.id);
  }
  #goTo(id: string): void {
    sessionStorage.setItem(MINE, id);
    location.assign(location.pathname); // settings in the address would ask for another one
  }
  rename(network: StoredNetwork, name: string): void {
    const renamed = { ...network, name: name.trim() || network.name };
    if (network.id === this.current?.id) this.#write({ name: renamed.name });
    else this.#keep(renamed);
  }
  /** For good. False: another tab runs it. Of one's own the nodes must have ended. */
  async remove(network: StoredNetwork): Promise<boolean> {
    if (network.id !== this.current?.id && !(await own(network.id, PATIENCE_MS))) return false;
    await forgetNetwork(network.id);
    await removeNetwork(network.id);
    this.all = this.all.filter((n) => n.id !== network.id);
    return true;
  }

  remember(canisters: readonly StoredCanister[]): void {
    this.#write({ canisters });
  }
  #write(change: Partial<StoredNetwork>): void {
    if (this.current === undefined) return;
    this.current = { ...this.current, ...change };
    this.#keep(this.current);
  }
  #keep(network: StoredNetwork): void {
    const others = this.all.filter((n) => n.id !== network.id);
    this.all = [network, ...others].sort((a, b) => b.usedAt - a.usedAt);
    saveNetwork(network).then(
      () => (this.trouble = undefined),
      (error: unknown) => {
        this.trouble = error instanceof Error ? error.message : String(error);
      },
    );
  }
}
export const networks = new Networks();

export interface Chosen {
  readonly settings: NetworkSettings;
  /** Undefined: in memory. */
  readonly folder: string | undefined;
  readonly canisters: readonly StoredCanister[];
}

const isAsAsked = (asked: LinkedNetwork, settings: NetworkSettings): boolean =>
  (Object.keys(asked) as (keyof LinkedNetwork)[]).every((name) => asked[name] === settings[name]);
