/** The canisters of this subnet, how they got there, and the calls made to them. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { untrack } from "svelte";
import { fromHex, toHex } from "../../base/bytes.ts";
import type { Diagnostic } from "../../compilers/compiler.ts";
import { withIds } from "../../compilers/icp-yaml/canisters.ts";
import { languageOf } from "../../compilers/languages.ts";
import { type Built, builds } from "./builds.svelte.ts";
import { type Failure, failureOf, PageAgent } from "./agent.ts";
import { type CallPlan, CallRecord, Canister, type KnownModule } from "./canister.svelte.ts";
import { type Did, type DidMethod, idlOf, readInterface, typeText } from "./candid/shape.ts";
import { parseArguments } from "./candid/value.ts";
import { check, compile, compileAhead, stableBreaks } from "./compiling.ts";
import { encodeInit, type Prebuilt } from "./examples.ts";
import { ANONYMOUS, identities } from "./identities.svelte.ts";
import { live } from "./live.svelte.ts";
import { networks } from "./networks.svelte.ts";
import type { StoredCall, StoredCanister } from "./storage.ts";
import { manifest } from "./manifest.svelte.ts";
import * as management from "./management.ts";
import { kilobytes, messages } from "./messages.ts";
import { type Files, project, sameFiles, stem } from "./project.svelte.ts";
import { isHarmless, judgeUpgrade, persistenceOf, type Running, type Verdict } from "./upgrade.ts";

export { CallRecord, Canister } from "./canister.svelte.ts";

const CALLS_KEPT = 200;
/** Each with its certificate, of a kilobyte or more. */
const CALLS_STORED = 50;
const CHECK_AFTER_MS = 300;
/** A node may answer from a height at which a canister that another has seen is not there yet. */
const MISSED_MAX = 3;

export type DeployMode = "upgrade" | "reinstall" | "new";

/** An upgrade that would break something, waiting for a word. */
export interface Question {
  readonly canister: Canister;
  readonly built: Built;
  readonly arg: Uint8Array | undefined;
  readonly verdict: Verdict;
}

export interface SharedCall {
  /** The canister's main file, or its name. */
  readonly canister: string;
  readonly method: string;
  /** Candid text without the parentheses. */
  readonly args: string;
  /** A user's name. */
  readonly as: string;
}

class Canisters {
  all = $state.raw<readonly Canister[]>([]);
  shown = $state.raw<Canister | undefined>(undefined);
  calls = $state.raw<readonly CallRecord[]>([]);
  /** In words while a deployment runs. */
  progress = $state<string | undefined>(undefined);
  deployFailure = $state.raw<Failure | undefined>(undefined);
  diagnostics = $state.raw<readonly Diagnostic[]>([]);
  /** One line about the last deployment, and what it was done to. */
  done = $state<string | undefined>(undefined);
  deployedLast = $state.raw<Canister | undefined>(undefined);
  /** A built module whose installation needs arguments. */
  pending = $state.raw<{ readonly built: Built; readonly mode: DeployMode; readonly did: Did } | undefined>(
    undefined,
  );
  question = $state.raw<Question | undefined>(undefined);
  /** What is being done to a canister beside deploying, and why it could not be. */
  doing = $state<string | undefined>(undefined);
  trouble = $state.raw<Failure | undefined>(undefined);
  /** A call whose arguments go back into the form. */
  edited = $state.raw<
    { readonly canister: Canister; readonly method: string; readonly args: string } | undefined
  >(undefined);
  #agents = new Map<string, Promise<PageAgent>>();
  #modules = new Map<string, KnownModule>();
  #deleted = new Set<string>();
  #number = 0;

  /** What is wrong with the files, as the compiler and as the reader of `icp.yaml` say. */
  get faults(): readonly Diagnostic[] {
    return [...(manifest.read?.faults ?? []), ...this.diagnostics];
  }
  /** Something was asked of the subnet and is not answered yet. */
  get busy(): boolean {
    return (
      this.progress !== undefined || this.doing !== undefined || this.calls.some((c) => c.state === "waiting")
    );
  }

  agentOf(who: string): Promise<PageAgent> {
    const network = live.network;
    if (network === undefined) return Promise.reject(new Error("the network has not started yet"));
    const known = this.#agents.get(who);
    if (known !== undefined) return known;
    const made = identities.identityOf(who).then((identity) => new PageAgent(network, identity));
    this.#agents.set(who, made);
    return made;
  }
  /** Whoever may command the canister: the current user if he may, else another of ours; the current one to be told why not. */
  async controllerOf(canister: Canister): Promise<PageAgent> {
    await identities.loaded;
    const controllers = new Set(canister.summary?.controllers);
    const may = (who: string): boolean =>
      controllers.has(Principal.fromText(identities.principalOf(who)).toHex().toLowerCase());
    const users = [identities.current, ...identities.users.map((u) => u.id), ANONYMOUS];
    return this.agentOf(users.find(may) ?? this.#deployer);
  }
  /** A canister of Anonymous would be everybody's. */
  get #deployer(): string {
    return identities.current === ANONYMOUS ? identities.users[0]!.id : identities.current;
  }

  /** The deployed canister that Deploy of this entry file would change. */
  deployedFrom(main: string, of = project.id): Canister | undefined {
    return this.all.findLast((c) => main !== "" && c.main === main && c.project === of);
  }
  show(canister: Canister): void {
    this.shown = canister;
  }
  latestCall(canister: Canister, method: string): CallRecord | undefined {
    return this.calls.find((c) => c.canister === canister && c.method === method);
  }

  /** Those of an earlier visit: the network kept them, the browser what the page knew of them. */
  restore(stored: readonly StoredCanister[], calls: readonly StoredCall[]): void {
    for (const { id, name, main, project: of, did, moduleHash, module, undo } of stored) {
      const canister = new Canister(id);
      const known = module as KnownModule | undefined;
      const files =
        known !== undefined && sameFiles(known.files as Files, project.files) ? project.files : known?.files;
      const mine = known && { ...known, files };
      if (moduleHash !== undefined && mine !== undefined) this.#modules.set(moduleHash, mine);
      canister.runs(moduleHash, mine, did);
      Object.assign(canister, { name, main, project: of, undo });
      this.all = [...this.all, canister];
    }
    for (const [i, { parent }] of stored.entries()) {
      if (parent !== undefined) this.all[i]!.parent = this.all.find((c) => c.id === parent);
    }
    this.shown = this.all.findLast((c) => c.project === project.id) ?? this.all.at(-1);
    this.calls = calls.flatMap((call, i) => {
      const canister = this.all.find((c) => c.id === call.canister);
      return canister === undefined ? [] : [CallRecord.again(calls.length - i, canister, call)];
    });
    this.#number = calls.length;
  }
  /** From now on the browser remembers what the page knows of them. */
  keep(): void {
    $effect.root(() => {
      const done = $derived(trimmed(this.calls, CALLS_STORED).filter((c) => c.state !== "waiting"));
      // The height is told a moment after the reply: who reloads between the two has the proof all the same.
      const told = $derived(done.filter((c) => c.certifiedHeight !== undefined).length);
      $effect(() => {
        const stored = this.all.map(storedOf);
        for (const { pinned, burned } of done) void [pinned, burned, told];
        untrack(() =>
          networks.remember(
            stored,
            done.map((c) => c.stored),
          ),
        );
      });
    });
  }

  /** Compiles and installs. Everything that can go wrong ends as words in `deployFailure` or as diagnostics. */
  async deploy(main: string, mode: DeployMode, otherArguments = false): Promise<void> {
    await this.#deploying(async () => {
      const built = await this.#build(main);
      if (built === undefined) return;
      const arg = otherArguments ? undefined : described(built);
      await this.#install(built, mode, arg, otherArguments);
    });
  }
  /** Each canister of the project that does not run its files yet, in order of need, as long as nothing stands in the way. */
  async deployAll(): Promise<void> {
    const { id, entries } = project;
    for (const main of entries) {
      if (this.deployedFrom(main)?.module?.files === project.files) continue;
      await this.deploy(main, "upgrade");
      if (this.deployFailure !== undefined || this.pending !== undefined || this.question !== undefined)
        return;
      if (project.id !== id) return;
    }
    const names = entries.map((main) => this.deployedFrom(main)?.name ?? main);
    this.done = messages.icp.allDeployed(names);
  }
  /** Compiles, to look at what it gives. False: it says why not. */
  async build(main: string): Promise<boolean> {
    let built: Built | undefined;
    await this.#deploying(async () => {
      built = await this.#build(main);
    });
    return built !== undefined;
  }
  async #build(main: string): Promise<Built | undefined> {
    mayRun();
    await manifest.settled;
    const fault = manifest.read?.faults.find((f) => f.severity === "error");
    if (fault !== undefined) {
      const detail = `${fault.path}:${fault.start.line}: ${fault.message}`;
      this.deployFailure = { headline: messages.icp.broken, detail, certified: false };
      return undefined;
    }
    const language = languageOf(main);
    if (language === undefined)
      throw new Error(`${main || "This project"} holds no canister: open a source file.`);
    this.progress = `Compiling ${main}`;
    const { id, files } = project;
    const ready = this.#ahead?.files === files && this.#ahead.main === main ? this.#ahead.built : undefined;
    const result = (await ready) ?? (await compile(language, files, main));
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
      return undefined;
    }
    const { wasm, did, stable } = result;
    const built = { name: nameFor(main), project: id, main, wasm, did, stable, files };
    builds.keep(built);
    return built;
  }
  /** The compiler's opinion of what is being typed, once the typing rests. */
  checkSoon(): void {
    clearTimeout(this.#checking);
    this.#checking = setTimeout(async () => {
      const { id, files, target, open } = project;
      const language = languageOf(target);
      if (language === undefined || language === "upload" || this.progress !== undefined) return;
      // A module that nothing imports yet is judged as well.
      const mains = language === "motoko" && languageOf(open) === "motoko" ? [target, open] : [target];
      if (project.visiting !== undefined) return;
      try {
        const found: Diagnostic[] = [];
        for (const main of new Set(mains)) {
          const known = new Set(found.map((d) => JSON.stringify(d)));
          found.push(...(await check(language, files, main)).filter((d) => !known.has(JSON.stringify(d))));
        }
        if (project.id !== id || project.files !== files) return;
        this.diagnostics = found;
        this.deployFailure = undefined;
      } catch {
        // A compiler that cannot start says so when Deploy asks it.
      }
    }, CHECK_AFTER_MS);
  }
  #checking: ReturnType<typeof setTimeout> | undefined;

  /** What Deploy of these files would do to the canister that runs; undefined while they do not compile. */
  async foresee(canister: Canister, main: string): Promise<Verdict | undefined> {
    const language = languageOf(main);
    const files = project.files;
    if (language === undefined) return undefined;
    const built = compileAhead(language, files, main);
    this.#ahead = { files, main, built: built.catch(() => undefined) };
    const result = await built;
    if (!result.ok) return undefined;
    return judgeUpgrade(await this.#running(canister), result, stableBreaks);
  }
  #ahead:
    | {
        readonly files: unknown;
        readonly main: string;
        readonly built: Promise<Awaited<ReturnType<typeof compile>> | undefined>;
      }
    | undefined;

  /** From the certified state, as its controller. */
  async #running(canister: Canister): Promise<Running> {
    const agent = await this.controllerOf(canister);
    const [published, stable] = await Promise.all([
      agent.metadata(canister.id, "candid:service"),
      agent.metadata(canister.id, "motoko:stable-types"),
    ]);
    const persistence = canister.module?.persistence ?? "stable memory";
    return { did: canister.didText ?? published, stable, persistence };
  }

  /** What was compiled of these files when the page was built; not when another project was taken meanwhile. */
  async installPrebuilt(prebuilt: Prebuilt, files: unknown): Promise<void> {
    const { id } = project;
    await this.#deploying(async () => {
      const { name, main, did, init } = prebuilt;
      if (project.id !== id || this.deployedFrom(main) !== undefined) return;
      mayRun();
      this.progress = `Fetching ${name}`;
      const wasm = await prebuilt.wasm();
      const arg = encodeInit(did, init, (wanted) => this.all.findLast((c) => c.name === wanted)?.id);
      const built = { name, project: id, main, wasm, did, stable: undefined, files };
      builds.keep(built);
      await this.#install(built, "upgrade", arg);
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
  /** The answer to `question`: go on, with a snapshot taken first; or start over; or leave it. */
  async answer(what: "upgrade" | "reinstall" | "leave"): Promise<void> {
    const asked = this.question;
    this.question = undefined;
    if (asked === undefined || what === "leave") return;
    await this.#deploying(() => this.#install(asked.built, what, asked.arg, false, true));
  }

  /** One at a time, and none before the subnet answers: what is asked too early waits. */
  async #deploying(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(async () => {
      this.deployFailure = undefined;
      this.done = undefined;
      this.deployedLast = undefined;
      this.question = undefined;
      this.progress = "Starting";
      try {
        await live.firstCertified;
        if (live.isPast) throw new Error(messages.past.noCalls);
        await work();
      } catch (error) {
        this.deployFailure = failureOf(error);
      } finally {
        this.progress = undefined;
      }
    });
    this.#turn = mine;
    await mine;
  }
  #turn: Promise<void> = Promise.resolve();
  async #install(
    built: Built,
    mode: DeployMode,
    given?: Uint8Array,
    otherArguments = false,
    consent = false,
  ): Promise<void> {
    const before = mode === "new" ? undefined : this.deployedFrom(built.main, built.project);
    const did = readable(built.did);
    const initTypes = did === undefined ? "" : did.init.map((a) => typeText(a.type)).join(", ");
    let arg = given;
    if (arg === undefined && did !== undefined && did.init.length > 0) {
      const known = before?.module?.init;
      if (otherArguments || known?.types !== initTypes) {
        this.pending = { built, mode, did };
        return;
      }
      arg = known.arg;
    }
    await identities.loaded;
    const agent = before === undefined ? await this.agentOf(this.#deployer) : await this.controllerOf(before);
    const empty = before === undefined || before.moduleHash === undefined;
    const how: management.InstallMode = empty ? "install" : mode === "reinstall" ? "reinstall" : "upgrade";
    let verdict: Verdict | undefined;
    if (how === "upgrade" && before !== undefined) {
      verdict = await judgeUpgrade(await this.#running(before), built, stableBreaks);
      if (!isHarmless(verdict) && !consent) {
        this.question = { canister: before, built, arg, verdict };
        return;
      }
    }
    const loses = how === "reinstall" || (verdict !== undefined && (!isHarmless(verdict) || verdict.forgets));
    if (loses && before !== undefined) {
      this.progress = "Taking a snapshot";
      await this.#keepForUndo(before, agent, how === "reinstall" ? "the reinstallation" : "the upgrade");
    }
    let canister = before;
    if (canister === undefined) {
      this.progress = "Creating a canister";
      canister = this.#fresh ?? new Canister(await management.createCanister(agent));
      this.#fresh = canister;
    }
    this.progress = `${how === "upgrade" ? "Upgrading" : "Installing"} ${kilobytes(built.wasm.length)}`;
    const bytes = arg ?? IDL.encode([], []);
    try {
      const hash = await management.installCode(agent, canister.id, how, built.wasm, bytes, verdict?.heap);
      this.#fresh = undefined;
      const module: KnownModule = {
        name: built.name,
        main: built.main,
        project: built.project,
        did: built.did,
        persistence: persistenceOf(built.wasm),
        files: built.files,
        init: arg === undefined ? undefined : { types: initTypes, arg },
      };
      this.#modules.set(hash, module);
      canister.runs(hash, module, built.did);
    } catch (error) {
      if (loses && before !== undefined) await this.#forgetUndo(before, agent);
      throw error;
    }
    if (!loses) canister.undo = undefined;
    if (!this.all.includes(canister)) this.all = [...this.all, canister];
    this.shown = canister;
    this.deployedLast = canister;
    const words = {
      install: "is deployed",
      upgrade: loses ? "is upgraded" : "is upgraded, its data kept",
      reinstall: "starts anew, empty",
    };
    this.done = `${built.name} ${words[how]}.`;
    void this.refresh();
  }
  /** Created, but its installation failed: the next attempt takes it. */
  #fresh: Canister | undefined;

  /** One such snapshot a canister: the newer takes the older one's place. */
  async #keepForUndo(canister: Canister, agent: PageAgent, words: string, uninstall = false): Promise<void> {
    const replacing = canister.undo?.snapshot;
    const taken = await management.takeSnapshot(agent, canister.id, { replacing, uninstall });
    canister.undo = { snapshot: taken.id, words };
  }
  async #forgetUndo(canister: Canister, agent: PageAgent): Promise<void> {
    const { undo } = canister;
    canister.undo = undefined;
    if (undo !== undefined)
      await management.deleteSnapshot(agent, canister.id, undo.snapshot).catch(() => undefined);
  }
  /** Back to how it was before the last thing that lost data. */
  async loadBack(canister: Canister): Promise<void> {
    const { undo } = canister;
    if (undo === undefined) return;
    await this.manage(canister, "Loading the snapshot", async (agent) => {
      await management.loadSnapshot(agent, canister.id, undo.snapshot);
      await this.#forgetUndo(canister, agent);
    });
    if (this.trouble !== undefined || this.deployedLast !== canister) return;
    this.done = `${canister.name} is as it was before ${undo.words}.`;
  }

  /** Runs a method. The reply lands in the record. */
  async call(canister: Canister, plan: CallPlan): Promise<CallRecord> {
    const of = canister.did?.methods.find((m) => m.name === plan.method);
    const record = new CallRecord(++this.#number, canister, plan);
    const alone = !this.calls.some((c) => c.canister === canister && c.state === "waiting");
    const balance = canister.summary?.cycles;
    this.calls = trimmed([record, ...this.calls], CALLS_KEPT);
    try {
      if (live.isPast) throw new Error(messages.past.noCalls);
      const agent = await this.agentOf(plan.as);
      if (plan.mode === "query") await runQuery(record, agent, of);
      else await runUpdate(record, agent, of);
    } catch (error) {
      record.failed(failureOf(error));
    }
    record.doneAt = live.now();
    await this.refresh();
    const after = canister.summary?.cycles;
    if (plan.mode === "update" && alone && balance !== undefined && after !== undefined && after < balance)
      record.burned = balance - after;
    return record;
  }

  /** What a link carries of the calls: those that are pinned, oldest first. */
  get pinned(): readonly SharedCall[] {
    return this.calls
      .filter((c) => c.pinned && c.canister.project === project.id)
      .map((c) => ({
        canister: c.canister.main || c.canister.name,
        method: c.method,
        args: c.args,
        as: identities.nameOf(c.as),
      }))
      .reverse();
  }

  /** Any command to the management canister about one canister, by whoever may give it. */
  async manage(
    canister: Canister,
    words: string,
    work: (agent: PageAgent) => Promise<void>,
  ): Promise<boolean> {
    if (this.doing !== undefined) return false;
    this.trouble = undefined;
    this.doing = words;
    try {
      if (live.isPast) throw new Error(messages.past.noCalls);
      await work(await this.controllerOf(canister));
      return true;
    } catch (error) {
      this.trouble = failureOf(error);
      return false;
    } finally {
      this.doing = undefined;
      await this.refresh();
    }
  }
  async command(
    canister: Canister,
    what: "start_canister" | "stop_canister" | "uninstall_code",
  ): Promise<void> {
    const words = { start_canister: "Starting", stop_canister: "Stopping", uninstall_code: "Uninstalling" };
    await this.manage(canister, words[what], async (agent) => {
      // One message takes the snapshot and the code away.
      if (what === "uninstall_code")
        await this.#keepForUndo(canister, agent, "its code was uninstalled", true);
      else await management.simpleCommand(agent, what, canister.id);
    });
  }
  /** For good: a canister must be stopped first. */
  async remove(canister: Canister): Promise<void> {
    await this.manage(canister, "Deleting", async (agent) => {
      if (canister.summary?.status !== "stopped")
        await management.simpleCommand(agent, "stop_canister", canister.id);
      await management.simpleCommand(agent, "delete_canister", canister.id);
      this.#drop(canister);
    });
  }
  #drop(canister: Canister): void {
    this.#deleted.add(canister.hex);
    this.all = this.all.filter((c) => c !== canister);
    if (this.shown === canister) this.shown = this.all.at(-1);
  }

  /** Asks one node for status, cycles, memory and log of all. */
  async refresh(): Promise<void> {
    const { network, witness, replay, isPast } = live;
    if (network === undefined || witness === undefined) return;
    try {
      const reply = await live.inspect(witness, { kind: "canisters" });
      if (reply.kind !== "canisters" || live.replay !== replay) return;
      if (isPast) {
        // Only looked at: what is deployed is an affair of the present.
        for (const canister of this.all)
          canister.summary = reply.canisters.find((s) => s.id === canister.hex);
        return;
      }
      for (const summary of reply.canisters) {
        const canister = this.all.find((c) => c.hex === summary.id) ?? this.#child(summary);
        if (canister === undefined) continue;
        canister.missed = 0;
        canister.summary = summary;
        // A snapshot was loaded, or code came or went without this page's doing.
        if (summary.moduleHash !== canister.moduleHash && this.progress === undefined) {
          const module = summary.moduleHash === undefined ? undefined : this.#modules.get(summary.moduleHash);
          canister.runs(summary.moduleHash, module, module?.did ?? summary.candid);
        }
      }
      const listed = new Set(reply.canisters.map((s) => s.id));
      for (const canister of this.all) {
        if (canister.summary === undefined || listed.has(canister.hex)) continue;
        if (++canister.missed >= MISSED_MAX) this.#drop(canister);
      }
    } catch {
      // The node left while it was asked; the next time another answers.
    }
  }
  /** Created at run time by a canister; while the page itself deploys, what is new may be its own. */
  #child(summary: NonNullable<Canister["summary"]>): Canister | undefined {
    if (this.#deleted.has(summary.id) || this.progress !== undefined || this.#fresh?.hex === summary.id)
      return undefined;
    const child = new Canister(Principal.fromHex(summary.id).toText());
    const parent = this.all.find((c) => summary.controllers.includes(c.hex));
    const siblings = this.all.filter((c) => c.parent === parent && c.main === "").length;
    child.parent = parent;
    child.name = parent === undefined ? "canister" : `${parent.name}'s child ${siblings + 1}`;
    child.project = parent?.project ?? project.id;
    this.all = [...this.all, child];
    this.shown ??= child;
    return child;
  }
}

const storedOf = (canister: Canister): StoredCanister => ({
  id: canister.id,
  name: canister.name,
  main: canister.main,
  project: canister.project,
  did: canister.didText,
  moduleHash: canister.moduleHash,
  module: canister.module,
  undo: canister.undo,
  parent: canister.parent?.id,
});

async function runQuery(record: CallRecord, agent: PageAgent, of: DidMethod | undefined): Promise<void> {
  const answer = await agent.query(record.canister.id, record.method, record.arg);
  if (!answer.ok) {
    record.failed(answer.failure);
    return;
  }
  record.answeredBy = answer.node;
  record.replied(of, answer.reply);
}
async function runUpdate(record: CallRecord, agent: PageAgent, of: DidMethod | undefined): Promise<void> {
  const certified = await agent.update(record.canister.id, record.method, record.arg, {
    onSigned: (message) => {
      record.message = message;
    },
  });
  record.message = certified.message;
  record.certificate = certified.certificate;
  record.root = certified.root;
  record.replied(of, certified.reply);
}

/** Pinned ones stay. */
function trimmed(calls: readonly CallRecord[], most: number): CallRecord[] {
  let room = most;
  return calls.filter((c) => c.pinned || room-- > 0);
}

function readable(did: string | undefined): Did | undefined {
  try {
    return did === undefined ? undefined : readInterface(did);
  } catch {
    return undefined; // told in the canister's own card
  }
}

/** Whatever asks for it: what a stranger sent waits for a yes. */
function mayRun(): void {
  if (project.visiting !== undefined) throw new Error(messages.link.waits);
}

/** The arguments of installation that `icp.yaml` gives, ids put in. Throws with a sentence. */
function described({ main, did }: Built): Uint8Array | undefined {
  const found = manifest.read?.canisters.find((c) => c.main === main);
  if (found?.init === undefined) return undefined;
  const text = withIds(found.init, (needed) => {
    const entry = manifest.read?.canisters.find((c) => c.name === needed)?.main;
    const id = entry === undefined ? undefined : canisters.deployedFrom(entry)?.id;
    if (id === undefined) throw new Error(messages.icp.needed(found.name, needed));
    return id;
  });
  const { init, types } = readInterface(did ?? "service : {}");
  try {
    return IDL.encode(idlOf(init, types), parseArguments(text, init, types));
  } catch (error) {
    throw new Error(messages.icp.badInit(found.name, error instanceof Error ? error.message : String(error)));
  }
}

/** `main.mo` says nothing: such a canister is called like its project, unless `icp.yaml` names it. */
function nameFor(main: string): string {
  const said = manifest.read?.canisters.find((c) => c.main === main)?.name;
  const known = said ?? canisters.deployedFrom(main)?.name;
  return known ?? (stem(main) === "main" ? project.name.toLowerCase() || "main" : stem(main));
}

/** Bytes from hexadecimal, for methods without an interface. Throws with a sentence. */
export const bytesFromHex = (text: string): Uint8Array => fromHex(text.replace(/\s|0x/g, ""));
export const shortHex = (bytes: Uint8Array): string => {
  const hex = toHex(bytes);
  return hex.length <= 64 ? hex : `${hex.slice(0, 60)}… ${bytes.length} bytes`;
};

export const canisters = new Canisters();
