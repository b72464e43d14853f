/** The canisters that this page has deployed, and the calls made to them. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { fromHex, toHex } from "../../base/bytes.ts";
import type { Diagnostic } from "../../compilers/compiler.ts";
import type { CanisterSummary } from "../../types/inspection.ts";
import type { CanisterId, Hash, Height, LabTime, MessageId, NodeId } from "../../types/ids.ts";
import { type Failure, failureOf, identityOf, PageAgent, type Who } from "./agent.ts";
import { type Did, type DidMethod, idlOf, readInterface, typeText } from "./candid/shape.ts";
import { valueText } from "./candid/value.ts";
import { check, compile } from "./compiling.ts";
import { encodeInit, type Prebuilt } from "./examples.ts";
import { languageOf } from "../../compilers/languages.ts";
import { live } from "./live.svelte.ts";
import { createCanister, type InstallMode, installCode, simpleCommand } from "./management.ts";
import { project, stem } from "./project.svelte.ts";

const CALLS_KEPT = 200;
const CHECK_AFTER_MS = 600;

/** One call as its card tells it. */
export class CallRecord {
  readonly number: number;
  readonly canister: Canister;
  readonly method: string;
  readonly mode: "update" | "query";
  readonly args: string;
  /** Network time at which the page sent it. */
  readonly sentAt: LabTime;
  state = $state<"waiting" | "replied" | "failed">("waiting");
  message = $state<MessageId | undefined>(undefined);
  doneAt = $state<LabTime | undefined>(undefined);
  reply = $state.raw<Uint8Array | undefined>(undefined);
  /** The reply in words, with its types; undefined: raw bytes. */
  values = $state.raw<readonly { readonly text: string; readonly type: string }[] | undefined>(undefined);
  failure = $state.raw<Failure | undefined>(undefined);
  certificate = $state.raw<Uint8Array | undefined>(undefined);
  root = $state<Hash | undefined>(undefined);
  /** Of a query: who answered, its signature checked by the agent. */
  answeredBy = $state<NodeId | undefined>(undefined);
  #height: Height | undefined;

  constructor(number: number, canister: Canister, method: string, mode: "update" | "query", args: string) {
    this.number = number;
    this.canister = canister;
    this.method = method;
    this.mode = mode;
    this.args = args;
    this.sentAt = live.now();
  }

  /** The height that the verified certificate speaks of. The nodes said which height has its root. */
  get certifiedHeight(): Height | undefined {
    void live.version;
    if (this.root !== undefined) this.#height ??= live.chronicle.roots.get(this.root);
    else if (this.failure?.certified === true && this.message !== undefined) {
      this.#height ??= live.chronicle.messages.get(this.message)?.executedHeight;
    }
    return this.#height;
  }
}

export class Canister {
  /** As text. */
  readonly id: string;
  readonly hex: CanisterId;
  name = $state("");
  main = $state("");
  project = $state("");
  did = $state.raw<Did | undefined>(undefined);
  didText = $state<string | undefined>(undefined);
  /** Why there is no form. */
  didFault = $state<string | undefined>(undefined);
  summary = $state.raw<CanisterSummary | undefined>(undefined);
  /** Moves with each installation, so that forms start over. */
  version = $state(0);
  /** What it was installed with: an upgrade that asks for the same takes it again. */
  init: { readonly types: string; readonly arg: Uint8Array } | undefined;

  constructor(id: string) {
    this.id = id;
    this.hex = Principal.fromText(id).toHex().toLowerCase();
  }
  describe(name: string, main: string, didText: string | undefined): void {
    this.name = name;
    this.main = main;
    this.project = project.id;
    this.didText = didText;
    this.did = undefined;
    this.didFault = undefined;
    this.version++;
    if (didText === undefined) return;
    try {
      this.did = readInterface(didText);
    } catch (error) {
      this.didFault = error instanceof Error ? error.message : String(error);
    }
  }
}

/** A module ready to be installed. */
export interface Built {
  readonly name: string;
  readonly main: string;
  readonly wasm: Uint8Array;
  readonly did: string | undefined;
}
export type DeployMode = "upgrade" | "reinstall" | "new";

class Canisters {
  all = $state.raw<readonly Canister[]>([]);
  shown = $state.raw<Canister | undefined>(undefined);
  calls = $state.raw<readonly CallRecord[]>([]);
  who = $state<Who>("you");
  /** In words while a deployment runs. */
  progress = $state<string | undefined>(undefined);
  deployFailure = $state.raw<Failure | undefined>(undefined);
  diagnostics = $state.raw<readonly Diagnostic[]>([]);
  /** One line about the last deployment. */
  done = $state<string | undefined>(undefined);
  /** A built module whose installation needs arguments. */
  pending = $state.raw<{ readonly built: Built; readonly mode: DeployMode; readonly did: Did } | undefined>(
    undefined,
  );
  #agents = new Map<Who, Promise<PageAgent>>();
  #number = 0;

  /** Something was asked of the subnet and is not answered yet. */
  get busy(): boolean {
    return this.progress !== undefined || this.calls.some((c) => c.state === "waiting");
  }

  agentOf(who: Who): Promise<PageAgent> {
    const network = live.network;
    if (network === undefined) return Promise.reject(new Error("the network has not started yet"));
    const known = this.#agents.get(who);
    if (known !== undefined) return known;
    const made = identityOf(who).then((identity) => new PageAgent(network, identity));
    this.#agents.set(who, made);
    return made;
  }

  /** The deployed canister that Deploy of this entry file would change. */
  deployedFrom(main: string): Canister | undefined {
    return this.all.findLast((c) => c.main === main && c.project === project.id);
  }
  show(canister: Canister): void {
    this.shown = canister;
  }
  latestCall(canister: Canister, method: string): CallRecord | undefined {
    return this.calls.find((c) => c.canister === canister && c.method === method);
  }

  /** Compiles and installs. Everything that can go wrong ends as words in `deployFailure` or as diagnostics. */
  async deploy(main: string, mode: DeployMode): Promise<void> {
    await this.#deploying(async () => {
      const language = languageOf(main);
      if (language === undefined)
        throw new Error(`${main || "This project"} holds no canister: open a source file.`);
      this.progress = `Compiling ${main}`;
      const result = await compile(language, project.files, main);
      this.diagnostics = result.diagnostics;
      if (!result.ok) {
        const errors = result.diagnostics.filter((d) => d.severity === "error");
        const [first] = errors;
        const where = first === undefined ? "" : `${first.path}:${first.start.line}: ${first.message}`;
        this.deployFailure = {
          headline: errors.length === 1 ? "One mistake to mend" : `${errors.length} mistakes to mend`,
          detail: where,
          certified: false,
        };
        return;
      }
      await this.#install({ name: nameFor(main), main, wasm: result.wasm, did: result.did }, mode);
    });
  }
  /** The compiler's opinion of what is being typed, once the typing rests. */
  checkSoon(): void {
    clearTimeout(this.#checking);
    this.#checking = setTimeout(async () => {
      const main = project.target;
      const language = languageOf(main);
      const { id, files } = project;
      if (language === undefined || language === "upload" || this.progress !== undefined) return;
      try {
        const found = await check(language, files, main);
        if (project.id !== id || project.files !== files) return;
        this.diagnostics = found;
        this.deployFailure = undefined;
      } catch {
        // A compiler that cannot start says so when Deploy asks it.
      }
    }, CHECK_AFTER_MS);
  }
  #checking: ReturnType<typeof setTimeout> | undefined;

  /** What was compiled when the page was built. */
  async installPrebuilt(prebuilt: Prebuilt): Promise<void> {
    await this.#deploying(async () => {
      const { name, main, did, init } = prebuilt;
      this.progress = `Fetching ${name}`;
      const wasm = await prebuilt.wasm();
      const arg = encodeInit(did, init, (wanted) => this.all.findLast((c) => c.name === wanted)?.id);
      await this.#install({ name, main, wasm, did }, "upgrade", arg);
    });
  }
  /** With the arguments that the interface asks for at installation. */
  async installPending(values: unknown[]): Promise<void> {
    const pending = this.pending;
    if (pending === undefined) return;
    this.pending = undefined;
    const arg = IDL.encode(idlOf(pending.did.init, pending.did.types), values);
    await this.#deploying(() => this.#install(pending.built, pending.mode, arg));
  }

  async #deploying(work: () => Promise<void>): Promise<void> {
    if (this.progress !== undefined) return;
    this.deployFailure = undefined;
    this.done = undefined;
    this.progress = "Starting";
    try {
      await work();
    } catch (error) {
      this.deployFailure = failureOf(error);
    } finally {
      this.progress = undefined;
    }
  }
  async #install(built: Built, mode: DeployMode, arg?: Uint8Array): Promise<void> {
    let did: Did | undefined;
    try {
      did = built.did === undefined ? undefined : readInterface(built.did);
    } catch {
      did = undefined; // described below, in the canister's own card
    }
    const initTypes = did === undefined ? "" : did.init.map((a) => typeText(a.type)).join(", ");
    if (arg === undefined && did !== undefined && did.init.length > 0) {
      const before = mode === "new" ? undefined : this.deployedFrom(built.main)?.init;
      if (before?.types !== initTypes) {
        this.pending = { built, mode, did };
        return;
      }
      arg = before.arg;
    }
    const agent = await this.agentOf("you");
    let canister = mode === "new" ? undefined : this.deployedFrom(built.main);
    const how: InstallMode =
      canister === undefined ? "install" : mode === "reinstall" ? "reinstall" : "upgrade";
    if (canister === undefined) {
      this.progress = "Creating a canister";
      canister = this.#fresh ?? new Canister(await createCanister(agent));
      this.#fresh = canister;
    }
    this.progress = `${how === "upgrade" ? "Upgrading" : "Installing"} ${kilobytes(built.wasm.length)}`;
    await installCode(agent, canister.id, how, built.wasm, arg ?? IDL.encode([], []));
    this.#fresh = undefined;
    canister.init = arg === undefined ? undefined : { types: initTypes, arg };
    canister.describe(built.name, built.main, built.did);
    if (!this.all.includes(canister)) this.all = [...this.all, canister];
    this.shown = canister;
    const words = {
      install: "is deployed",
      upgrade: "is upgraded, its data kept",
      reinstall: "starts anew, empty",
    };
    this.done = `${built.name} ${words[how]}.`;
    void this.refresh();
  }
  /** Created, but its installation failed: the next attempt takes it. */
  #fresh: Canister | undefined;

  /** Runs a method with encoded arguments. The reply lands in the record. */
  async call(
    canister: Canister,
    method: string,
    of: DidMethod | undefined,
    mode: "update" | "query",
    arg: Uint8Array,
    argsText: string,
  ): Promise<CallRecord> {
    const record = new CallRecord(++this.#number, canister, method, mode, argsText);
    this.calls = [record, ...this.calls].slice(0, CALLS_KEPT);
    try {
      const agent = await this.agentOf(this.who);
      if (mode === "query") {
        const answer = await agent.query(canister.id, method, arg);
        if (answer.ok) {
          record.answeredBy = answer.node;
          this.#replied(record, of, answer.reply);
        } else {
          record.failure = answer.failure;
          record.state = "failed";
        }
      } else {
        const certified = await agent.update(canister.id, method, arg, {
          onSigned: (message) => {
            record.message = message;
          },
        });
        record.message = certified.message;
        record.certificate = certified.certificate;
        record.root = certified.root;
        this.#replied(record, of, certified.reply);
      }
    } catch (error) {
      record.failure = failureOf(error);
      record.state = "failed";
    }
    record.doneAt = live.now();
    void this.refresh();
    return record;
  }
  #replied(record: CallRecord, of: DidMethod | undefined, reply: Uint8Array): void {
    record.reply = reply;
    const types = record.canister.did?.types;
    if (of !== undefined && types !== undefined) {
      try {
        const values = IDL.decode(idlOf(of.func.results, types), reply) as unknown[];
        record.values = of.func.results.map((r, i) => ({
          text: valueText(values[i], r.type, types),
          type: typeText(r.type),
        }));
      } catch (error) {
        record.failure = {
          headline: "The reply does not fit the interface",
          detail: error instanceof Error ? error.message : String(error),
          certified: true,
        };
      }
    }
    record.state = "replied";
  }

  async command(
    canister: Canister,
    what: "start_canister" | "stop_canister" | "delete_canister",
  ): Promise<void> {
    await this.#deploying(async () => {
      this.progress = { start_canister: "Starting", stop_canister: "Stopping", delete_canister: "Deleting" }[
        what
      ];
      await simpleCommand(await this.agentOf("you"), what, canister.id);
      if (what !== "delete_canister") return;
      this.all = this.all.filter((c) => c !== canister);
      if (this.shown === canister) this.shown = this.all.at(-1);
    });
    await this.refresh();
  }

  /** Asks one node for status, cycles and memory of all. */
  async refresh(): Promise<void> {
    const { network, witness } = live;
    if (network === undefined || witness === undefined || this.all.length === 0) return;
    try {
      const reply = await network.inspect(witness, { kind: "canisters" });
      if (reply.kind !== "canisters") return;
      for (const summary of reply.canisters) {
        const canister = this.all.find((c) => c.hex === summary.id);
        if (canister !== undefined) canister.summary = summary;
      }
    } catch {
      // The node left while it was asked; the next time another answers.
    }
  }
}

/** `main.mo` says nothing: such a canister is called like its project. */
function nameFor(main: string): string {
  const known = canisters.deployedFrom(main)?.name;
  return known ?? (stem(main) === "main" ? project.name.toLowerCase() || "main" : stem(main));
}

export const kilobytes = (n: number): string =>
  n < 1024
    ? `${n} bytes`
    : n < 1024 * 1024
      ? `${Math.round(n / 1024)} kB`
      : `${(n / 1024 / 1024).toFixed(1)} MiB`;

/** Bytes from hexadecimal, for methods without an interface. Throws with a sentence. */
export const bytesFromHex = (text: string): Uint8Array => fromHex(text.replace(/\s|0x/g, ""));
export const shortHex = (bytes: Uint8Array): string => {
  const hex = toHex(bytes);
  return hex.length <= 64 ? hex : `${hex.slice(0, 60)}… ${bytes.length} bytes`;
};

export const canisters = new Canisters();
