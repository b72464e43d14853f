/** A canister and a call as the page knows them. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import type { CanisterSummary } from "../../types/inspection.ts";
import type { CanisterId, Hash, Height, LabTime, MessageId, NodeId } from "../../types/ids.ts";
import type { Failure } from "./agent.ts";
import { type Did, type DidMethod, idlOf, readInterface, typeText } from "./candid/shape.ts";
import { valueText } from "./candid/value.ts";
import { live } from "./live.svelte.ts";
import type { StoredCall } from "./storage.ts";
import type { Persistence } from "./upgrade.ts";

export interface ReplyValue {
  readonly text: string;
  readonly type: string;
  /** As the agent's library decodes it. */
  readonly raw: unknown;
}
export interface CallPlan {
  readonly method: string;
  readonly mode: "update" | "query";
  /** Encoded. */
  readonly arg: Uint8Array;
  /** Candid text without the parentheses, or hexadecimal where there is no interface. */
  readonly args: string;
  /** Id of the user who calls. */
  readonly as: string;
}

/** One call as its card tells it. */
export class CallRecord implements CallPlan {
  readonly number: number;
  readonly canister: Canister;
  readonly method: string;
  readonly mode: "update" | "query";
  readonly arg: Uint8Array;
  readonly args: string;
  readonly as: string;
  /** Network time at which the page sent it. */
  readonly sentAt: LabTime;
  /** Kept, and part of a link. */
  pinned = $state(false);
  state = $state<"waiting" | "replied" | "failed">("waiting");
  message = $state<MessageId | undefined>(undefined);
  doneAt = $state<LabTime | undefined>(undefined);
  reply = $state.raw<Uint8Array | undefined>(undefined);
  /** The reply in words, with its types; undefined: raw bytes. */
  values = $state.raw<readonly ReplyValue[] | undefined>(undefined);
  failure = $state.raw<Failure | undefined>(undefined);
  certificate = $state.raw<Uint8Array | undefined>(undefined);
  root = $state<Hash | undefined>(undefined);
  /** Of a query: who answered, its signature checked by the agent. */
  answeredBy = $state<NodeId | undefined>(undefined);
  /** Cycles that left the canister while it ran, when nothing else ran beside it. */
  burned = $state.raw<bigint | undefined>(undefined);
  #height: Height | undefined;

  constructor(number: number, canister: Canister, plan: CallPlan, sentAt = live.now()) {
    this.number = number;
    this.canister = canister;
    this.method = plan.method;
    this.mode = plan.mode;
    this.arg = plan.arg;
    this.args = plan.args;
    this.as = plan.as;
    this.sentAt = sentAt;
  }
  /** A call of an earlier visit. */
  static again(number: number, canister: Canister, stored: StoredCall): CallRecord {
    const call = new CallRecord(number, canister, stored, stored.sentAt);
    const { pinned, message, doneAt, certificate, root, answeredBy, burned, reply, failure } = stored;
    Object.assign(call, { pinned, message, doneAt, certificate, root, answeredBy, burned });
    call.#height = stored.certifiedHeight;
    const of = canister.did?.methods.find((m) => m.name === stored.method);
    if (reply !== undefined) call.replied(of, reply);
    else if (failure !== undefined) call.failed(failure);
    return call;
  }
  /** What is kept of it, once it was answered. */
  get stored(): StoredCall {
    const { method, mode, arg, args, as, sentAt, doneAt, pinned, message, reply } = this;
    const { failure, certificate, root, certifiedHeight, answeredBy, burned, canister } = this;
    return {
      ...{ canister: canister.id, method, mode, arg, args, as, sentAt, doneAt, pinned, message, reply },
      ...{ failure, certificate, root, certifiedHeight, answeredBy, burned },
    };
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
  /** Undefined: nothing proves it, or not yet. */
  get proved(): string | undefined {
    const at = this.certifiedHeight;
    if (at !== undefined) return `certified at ${at}`;
    return this.certificate && this.root ? "certified" : undefined;
  }

  replied(of: DidMethod | undefined, reply: Uint8Array): void {
    this.reply = reply;
    const types = this.canister.did?.types;
    if (of !== undefined && types !== undefined) {
      try {
        const values = IDL.decode(idlOf(of.func.results, types), reply) as unknown[];
        this.values = of.func.results.map((r, i) => ({
          text: valueText(values[i], r.type, types),
          type: typeText(r.type),
          raw: values[i],
        }));
      } catch (error) {
        this.failure = {
          headline: "The reply does not fit the interface",
          detail: error instanceof Error ? error.message : String(error),
          certified: true,
        };
      }
    }
    this.state = "replied";
  }
  failed(failure: Failure): void {
    this.failure = failure;
    this.state = "failed";
  }
}

/** A module that was installed here: what the page knows of it beyond what its metadata say. */
export interface KnownModule {
  readonly name: string;
  readonly main: string;
  readonly project: string;
  readonly did: string | undefined;
  readonly persistence: Persistence;
  /** The project's files of which it was made. */
  readonly files: unknown;
  /** What it was installed with: an upgrade that asks for the same takes it again. */
  readonly init: { readonly types: string; readonly arg: Uint8Array } | undefined;
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
  module = $state.raw<KnownModule | undefined>(undefined);
  moduleHash = $state<string | undefined>(undefined);
  /** How it was before something that lost data, and in words what that was. */
  undo = $state.raw<{ readonly snapshot: Uint8Array; readonly words: string } | undefined>(undefined);
  /** Moves with each installation, so that forms start over. */
  version = $state(0);
  /** Which canister created it, if one did. */
  parent: Canister | undefined;
  /** Inspections in a row that did not list it. */
  missed = 0;

  constructor(id: string) {
    this.id = id;
    this.hex = Principal.fromText(id).toHex().toLowerCase();
  }
  /** What runs now. */
  runs(hash: string | undefined, module: KnownModule | undefined, didText: string | undefined): void {
    this.moduleHash = hash;
    this.module = module;
    if (module !== undefined) {
      this.name = module.name;
      this.main = module.main;
      this.project = module.project;
    }
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
