/**
 * The running network as the views see it. Facts are folded at once into the chronicle (plain data); views are told
 * at most every `TELL_EVERY_MS` by one counter, so that a thousand facts cost one drawing.
 */
import type {
  Flight,
  Network,
  NetworkBatch,
  NetworkSettings,
  NodeStatus,
  SubnetChange,
} from "../../lab/lab.ts";
import type { Fault, FaultInForce } from "../../types/fault.ts";
import type { LabTime, NodeId } from "../../types/ids.ts";
import type { Inspection, InspectionReply } from "../../types/inspection.ts";
import { THE_LAB, type TraceEntry } from "../../types/trace.ts";
import { canSpeak, Safety } from "../../lab/promises.ts";
import { Chronicle } from "./chronicle.ts";
import { type Health, healthOf, type Thresholds, thresholdsOf } from "./health.ts";
import { messages } from "./messages.ts";

const TELL_EVERY_MS = 60;
/** While nobody looks, or has done anything for a minute. */
const TELL_DOZING_MS = 500;
const FLIGHTS_KEPT = 8_000;
/** What the log shows and a replay can go back to: about a hundred heights of four nodes. */
const ENTRIES_KEPT = 30_000;

/** What the ring, the score and the caption draw: the present, or a stretch of the past shown again. */
export interface Picture {
  readonly chronicle: Chronicle;
  readonly flights: readonly Flight[];
  now(): LabTime;
  /** Asks a node as it was then; absent where the picture is only drawn. */
  inspect?(node: NodeId, what: Inspection): Promise<InspectionReply>;
}

class Live implements Picture {
  network = $state.raw<Network | undefined>(undefined);
  phase = $state<"starting" | "running" | "failed">("starting");
  failure = $state("");
  /** Moves when the chronicle or a status changed: read it to follow them. */
  version = $state(0);
  paused = $state(false);
  rate = $state(1);
  /** Not reactive: read it where `version` is read. */
  readonly chronicle = new Chronicle();
  /** Not reactive either. */
  readonly safety = new Safety();
  /** On their links or landed; the ring draws them by its own clock. */
  flights: Flight[] = [];
  /** What nodes said, in the order in which it came; `forgotten` older facts are gone. */
  trace: TraceEntry[] = [];
  forgotten = 0;
  /** The past, while it is shown again. */
  replay = $state.raw<Picture | undefined>(undefined);
  get picture(): Picture {
    return this.replay ?? this;
  }
  /** What is seen, and asked, is of an earlier moment. */
  get isPast(): boolean {
    return this.replay?.inspect !== undefined;
  }
  /** What nodes told up to the moment in view. */
  get told(): Chronicle {
    return this.isPast ? this.picture.chronicle : this.chronicle;
  }
  readonly #statuses: { readonly at: LabTime; readonly node: NodeId; readonly status: NodeStatus }[] = [];
  readonly #reasons = new Map<NodeId, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #firstCertified = Promise.withResolvers<void>();
  /**
   * Before it nodes can answer nobody, and an agent that asks too soon waits long before it asks again. Rejects when the
   * network cannot start.
   */
  readonly firstCertified = this.#firstCertified.promise;
  /** Whether that was. */
  answers = $state(false);

  constructor() {
    this.firstCertified.catch(() => {}); // `phase` says so too
  }

  /** What cannot be opened from its folder is told, and stays as it is: then a new network lives in memory. */
  async start(
    settings: NetworkSettings,
    folder?: string,
    notOpened: (because: string) => void = () => {},
  ): Promise<void> {
    try {
      const { startPageNetwork } = await import("../../lab/page-network.ts");
      const network = await startPageNetwork(settings, folder).catch((error: unknown) => {
        if (folder === undefined) throw error;
        notOpened(error instanceof Error ? error.message : String(error));
        return startPageNetwork(settings);
      });
      network.subscribe((batch) => this.#take(batch));
      this.network = network;
      this.phase = "running";
      document.addEventListener("visibilitychange", () => network.setHidden(document.hidden));
    } catch (error) {
      this.phase = "failed";
      this.failure = error instanceof Error ? error.message : String(error);
      this.#firstCertified.reject(error);
    }
    this.#tell();
  }

  readonly #nodesLine = $derived.by(() => {
    void this.version;
    const { network } = this;
    return network?.info.nodes.filter((n) => network.status(n) !== "left").join(" ") ?? "";
  });
  /** All in the network: members, newcomers that are none yet, and those who go and are still needed. */
  readonly nodes: readonly NodeId[] = $derived(parted(this.#nodesLine));
  readonly #membersLine = $derived.by(() => {
    void this.version;
    return this.network?.subnet.nodes.join(" ") ?? "";
  });
  /** Who agrees. */
  readonly members: readonly NodeId[] = $derived(parted(this.#membersLine));
  /** How many there are, or will be. */
  readonly size = $derived.by(() => {
    void this.version;
    return this.network?.nextSubnet?.nodes.length ?? this.members.length;
  });
  readonly thresholds: Thresholds = $derived(thresholdsOf(Math.max(1, this.members.length)));
  nameOf(node: NodeId | undefined): string {
    if (node === THE_LAB) return "lab";
    const at = node === undefined ? -1 : (this.network?.info.nodes.indexOf(node) ?? -1);
    return at < 0 ? "?" : `n${at + 1}`;
  }
  statusOf(node: NodeId): NodeStatus {
    void this.version;
    if (this.isPast) return this.#statusThen(node, this.picture.now());
    return this.network?.status(node) ?? "starting";
  }
  #statusThen(node: NodeId, time: LabTime): NodeStatus {
    return this.#statuses.findLast((s) => s.node === node && s.at <= time)?.status ?? "running";
  }
  reasonOf(node: NodeId): string | undefined {
    void this.version;
    return this.#reasons.get(node) ?? this.chronicle.nodes.get(node)?.stopped;
  }
  readonly #statusLine = $derived(this.nodes.map((n) => this.statusOf(n)).join(" "));
  /** The same array while nothing changed: whoever draws them rests. */
  readonly statuses = $derived(parted(this.#statusLine) as readonly NodeStatus[]);
  readonly #memberStatusLine = $derived(this.members.map((n) => this.statusOf(n)).join(" "));
  readonly memberStatuses = $derived(parted(this.#memberStatusLine) as readonly NodeStatus[]);
  readonly #faultsInForce = $derived.by(() => {
    void this.version;
    return this.network?.faults ?? [];
  });
  /** What was done to the network and not undone. */
  get faults(): readonly FaultInForce[] {
    return this.#faultsInForce;
  }
  /** How many can: they run, and hear enough of each other. */
  readonly speak = $derived(
    canSpeak(
      this.members.filter((_, i) => this.memberStatuses[i] === "running"),
      this.faults,
    ),
  );
  get health(): Health {
    void this.version;
    if (this.phase === "failed") return { tone: "bad", headline: "Not started.", rest: this.failure };
    if (this.phase === "starting")
      return { tone: "waiting", headline: "Starting.", rest: "The nodes are waking" };
    if (this.isPast) return { tone: "waiting", ...messages.past.health(this.picture.chronicle.finalized) };
    const { broken } = this.safety;
    if (broken !== undefined)
      return {
        tone: "bad",
        headline: "Safety is broken.",
        rest: `Two histories since height ${broken.height}`,
      };
    const health = healthOf(this.memberStatuses, this.paused, this.chronicle.finalized, this.speak);
    if (health.tone !== "good" || this.network?.dozing !== true) return health;
    return { ...health, rest: "Dozing: rounds are slow until you call" };
  }
  now(): LabTime {
    return this.network?.now() ?? 0;
  }
  /** Why a node cannot write itself down. */
  get blockage(): string | undefined {
    void this.version;
    const blocked = this.nodes.find((n) => this.network?.status(n) === "blocked");
    return blocked && this.#reasons.get(blocked);
  }
  /** A node to ask: the first that runs. */
  get witness(): NodeId | undefined {
    return this.nodes.find((n) => this.statusOf(n) === "running");
  }
  /** The node as it is, or as it was at the moment in view. */
  async inspect(node: NodeId, what: Inspection): Promise<InspectionReply> {
    const { replay, network } = this;
    if (replay?.inspect !== undefined) return replay.inspect(node, what);
    if (network === undefined) throw new Error(messages.state.nobody);
    return network.inspect(node, what);
  }

  inject(fault: Fault): void {
    if (!this.isPast) this.network?.inject(fault);
    this.#tell();
  }
  undo(number: number): void {
    this.network?.undo(number);
    this.#tell();
  }
  heal(): void {
    this.network?.heal();
    this.#tell();
  }
  freeze(node: NodeId): void {
    if (this.network?.status(node) === "running") this.inject({ kind: "freeze", node });
  }
  thaw(node: NodeId): void {
    this.#undoAll("freeze", node);
  }
  kill(node: NodeId): void {
    if (this.network?.status(node) !== "killed") this.inject({ kind: "kill", node });
  }
  mayRestart(status: NodeStatus | undefined): boolean {
    return (status === "killed" || status === "stopped") && this.network?.canRestart === true;
  }
  restart(node: NodeId): void {
    if (this.network?.status(node) === "killed") this.#undoAll("kill", node);
    else this.network?.restart(node);
    this.#tell();
  }
  #undoAll(kind: "freeze" | "kill", node: NodeId): void {
    for (const { number, fault } of this.network?.faults ?? [])
      if (fault.kind === kind && fault.node === node) this.undo(number);
  }
  togglePause(): void {
    if (this.network === undefined) return;
    if (this.paused) this.network.resume();
    else this.network.pause();
    this.paused = !this.paused;
    this.#tell();
  }
  /** From running it pauses first: a step is a step from a standstill. */
  step(): void {
    if (!this.paused) this.togglePause();
    this.network?.step();
    this.#tell();
  }
  /** How it stands on its way into the subnet or out of it; undefined: it is in and stays. */
  passing(node: NodeId): "joins" | "leaves" | undefined {
    void this.version;
    const { network } = this;
    if (network === undefined) return undefined;
    const isIn = network.subnet.nodes.includes(node);
    const stays = (network.nextSubnet ?? network.subnet).nodes.includes(node);
    if (network.nextSubnet === undefined && !isIn) return "leaves";
    return isIn === stays ? undefined : stays ? "joins" : "leaves";
  }
  /** Rejects with a sentence. */
  async change(to: SubnetChange): Promise<void> {
    await this.network?.change(to);
    this.#tell();
  }
  setLatency(ms: number): void {
    this.network?.setLatency(ms);
    this.#tell();
  }
  setRate(rate: number): void {
    this.rate = rate;
    this.network?.setRate(rate);
    if (this.paused) this.togglePause();
  }

  #take(batch: NetworkBatch): void {
    this.chronicle.fold(batch.entries);
    this.safety.fold(batch.entries);
    this.trace.push(...batch.entries);
    if (this.trace.length > ENTRIES_KEPT) {
      const gone = this.trace.length - Math.floor(ENTRIES_KEPT * 0.8);
      this.trace = this.trace.slice(gone);
      this.forgotten += gone;
    }
    if (batch.flights.length > 0) {
      for (const flight of batch.flights) this.#flies(flight);
      if (this.flights.length > FLIGHTS_KEPT) this.flights = this.flights.slice(-FLIGHTS_KEPT / 2);
    }
    for (const { node, status, because } of batch.statuses) {
      this.#statuses.push({ at: this.now(), node, status });
      if (because === undefined) this.#reasons.delete(node);
      else this.#reasons.set(node, because);
    }
    this.paused = this.network?.paused === true; // it pauses by itself where it cannot be written down
    if (!this.answers && this.chronicle.certified > 0) {
      this.answers = true;
      this.#firstCertified.resolve();
    }
    this.#tell();
  }
  #flies(flight: Flight): void {
    const known =
      flight.id > (this.flights.at(-1)?.id ?? -1) ? -1 : this.flights.findIndex((f) => f.id === flight.id);
    if (known < 0) this.flights.push(flight);
    else this.flights[known] = flight;
  }
  /** The picture changed without news from the network. */
  redraw(): void {
    this.#tell();
  }
  #tell(): void {
    const wait = this.network?.dozing === true ? TELL_DOZING_MS : TELL_EVERY_MS;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.version++;
      const { dataset } = document.documentElement;
      dataset.height = String(this.chronicle.finalized);
      if (this.answers) dataset.ready = "true";
    }, wait);
  }
}
const parted = (line: string): string[] => line.split(" ").filter((part) => part !== "");

export const live = new Live();
