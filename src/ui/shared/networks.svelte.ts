/**
 * Which network this tab runs, and the others that this browser keeps.
 *
 *   W1  One tab at a time runs a kept network. Another one gets a network in memory, and is told so.
 *   W2  A network that a link has shaped lives in memory: a stranger's canisters never run among one's own unasked.
 */
import { untrack } from "svelte";
import type { NetworkFile, NetworkSettings } from "../../lab/lab.ts";
import type { LinkedNetwork } from "../../lab/link-contents.ts";
import {
  filesOf,
  folderOf,
  hasFiles,
  nodesIn,
  own,
  removeNetwork,
  writeNetwork,
} from "../../lab/saved-network.ts";
import { live } from "./live.svelte.ts";
import { messages } from "./messages.ts";
import { askOtherTab, whenAsked } from "./network-copies.ts";
import type { Notice } from "./project.svelte.ts";
import {
  forgetNetwork,
  saveNetwork,
  storedNetworks,
  type StoredCall,
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

export type PackedNetwork = Omit<StoredNetwork, "id" | "usedAt" | "calls">;
export interface PackedFiles {
  readonly network: PackedNetwork;
  readonly files: readonly NetworkFile[];
}

class Networks {
  all = $state.raw<readonly StoredNetwork[]>([]);
  /** The one that this tab runs; undefined: it lives in memory. */
  current = $state.raw<StoredNetwork | undefined>(undefined);
  home = $state<NetworkHome>("kept");
  /** What another tab runs, and this one was to run. */
  elsewhere = $state.raw<StoredNetwork | undefined>(undefined);
  notice = $state.raw<Notice | undefined>(undefined);
  /** The dialog about them is open. */
  managing = $state(false);
  /** Why what is known of its canisters could not be kept. */
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
    if ((await own(chosen.id, chosen.id === mine ? RELOAD_PATIENCE_MS : PATIENCE_MS)) === undefined) {
      this.elsewhere = chosen;
      this.notice = {
        tone: "info",
        text: messages.networks.elsewhere(chosen.name),
        action: { label: messages.networks.copyHere, run: () => void this.copyHere(chosen) },
      };
      return this.#inMemory("elsewhere", chosen.settings);
    }
    sessionStorage.setItem(MINE, chosen.id);
    this.current = chosen;
    whenAsked(async (id) => (id === this.current?.id ? await this.#pack(this.current) : undefined));
    this.#write({ usedAt: Date.now() });
    const { settings, canisters, calls = [] } = chosen;
    return { settings, folder: folderOf(chosen.id), canisters, calls };
  }
  notOpened(because: string): void {
    const name = this.current?.name ?? "";
    this.current = undefined;
    this.home = "blocked";
    this.notice = { tone: "bad", text: messages.networks.notOpened(name, because) };
  }
  #inMemory(home: NetworkHome, settings: NetworkSettings): Chosen {
    this.home = home;
    return { settings, folder: undefined, canisters: [], calls: [] };
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
    await this.open(this.#fresh(settings));
  }
  /** Kept beside the others. Rejects when there is no room. */
  async take(packed: PackedNetwork, files: readonly NetworkFile[]): Promise<StoredNetwork> {
    const { id, name } = this.#fresh(packed.settings);
    await writeNetwork(id, files);
    const names = new Set(this.all.map((n) => n.name));
    const network = {
      ...packed,
      id,
      name: names.has(packed.name) ? `${packed.name} (${name})` : packed.name,
      usedAt: 0,
    };
    await saveNetwork(network);
    this.all = [...this.all, network];
    return network;
  }
  /** All that its nodes have written down; undefined: another tab runs it. */
  async filesOf(network: StoredNetwork): Promise<readonly NetworkFile[] | undefined> {
    const isMine = network.id === this.current?.id;
    const living = isMine ? ((await live.network?.copy()) ?? []) : [];
    const release = isMine ? () => {} : await own(network.id, PATIENCE_MS);
    if (release === undefined) return undefined;
    const gone = (await nodesIn(network.id)).filter((n) => !living.some((f) => f.node === n));
    const files = await Promise.all(gone.map((n) => filesOf(network.id, n)));
    release();
    return [...living, ...files.flat()];
  }
  async #pack(network: StoredNetwork): Promise<PackedFiles> {
    const { name, settings, size, canisters } = network;
    return {
      network: { name, settings, ...(size === undefined ? {} : { size }), canisters },
      files: (await this.filesOf(network)) ?? [],
    };
  }
  /** What another tab runs goes on there; here a copy of it goes its own way from now on. */
  async copyHere(network: StoredNetwork): Promise<void> {
    this.notice = { tone: "info", text: messages.networks.copying(network.name) };
    try {
      const { network: packed, files } = await askOtherTab(network.id);
      await this.open(await this.take({ ...packed, name: messages.networks.copyOf(packed.name) }, files));
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      this.notice = { tone: "bad", text: messages.networks.notCopied(network.name, because) };
    }
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
    const release = network.id === this.current?.id ? () => {} : await own(network.id, PATIENCE_MS);
    if (release === undefined) return false;
    await forgetNetwork(network.id);
    await removeNetwork(network.id);
    release();
    this.all = this.all.filter((n) => n.id !== network.id);
    return true;
  }

  remember(canisters: readonly StoredCanister[], calls: readonly StoredCall[]): void {
    this.#write({ canisters, calls });
  }
  /** So that the list of networks says it. */
  keepSize(): void {
    $effect.root(() => {
      $effect(() => {
        const size = live.size;
        untrack(() => {
          const { current } = this;
          if (current !== undefined && size > 0 && size !== (current.size ?? current.settings.nodes))
            this.#write({ size });
        });
      });
    });
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
  readonly calls: readonly StoredCall[];
}

const isAsAsked = (asked: LinkedNetwork, settings: NetworkSettings): boolean =>
  (Object.keys(asked) as (keyof LinkedNetwork)[]).every((name) => asked[name] === settings[name]);
