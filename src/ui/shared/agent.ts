/**
 * The page's client: the official agent, given our `fetch` and the subnet's key, with every check on. Nothing here
 * verifies anything itself; what the agent does not accept is never shown as certified.
 */
import {
  AgentError,
  type Certificate,
  HttpAgent,
  type Identity,
  reconstruct,
  requestIdOf,
  StatePaths,
} from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { toHex } from "../../base/bytes.ts";
import type { Network } from "../../lab/lab.ts";
import type { Hash, MessageId, NodeId } from "../../types/ids.ts";

/** Beyond this the agent is told the network's time: after pauses, and when its clock runs slower than ours. */
const DRIFT_MAX_MS = 5_000;

export interface Certified {
  readonly reply: Uint8Array;
  readonly message: MessageId;
  readonly certificate: Uint8Array;
  /** Root of the certificate's tree, as the agent reconstructs it. */
  readonly root: Hash;
}
export type QueryAnswer =
  | { readonly ok: true; readonly reply: Uint8Array; readonly node: NodeId | undefined }
  | { readonly ok: false; readonly failure: Failure };

/** Why a call did not reply. `certified`: the subnet itself signed the rejection, and the agent checked it. */
export interface Failure {
  readonly headline: string;
  readonly detail: string;
  readonly certified: boolean;
}

export class PageAgent {
  readonly network: Network;
  readonly #identity: Identity;
  readonly #agent: HttpAgent;
  readonly #signed = new Map<Uint8Array, (message: MessageId) => void>();

  constructor(network: Network, identity: Identity) {
    this.network = network;
    this.#identity = identity;
    const watched: Identity = {
      getPrincipal: () => identity.getPrincipal(),
      transformRequest: (request) => {
        // The very bytes that the caller gave tell whose request this is, before any node has answered.
        const content = request.body as { arg?: Uint8Array };
        const tell = content.arg === undefined ? undefined : this.#signed.get(content.arg);
        tell?.(toHex(requestIdOf(request.body as unknown as Record<string, unknown>)));
        return identity.transformRequest(request);
      },
    };
    this.#agent = HttpAgent.createSync({
      fetch: (input, init) => network.fetch(input, init),
      rootKey: network.info.rootKey,
      // The agent caches node keys by host: a host of its own for each network keeps old keys away.
      host: `https://${network.info.subnetId.slice(0, 24)}.terrarium.invalid`,
      identity: watched,
      verifyQuerySignatures: true,
    });
  }

  get principal(): Principal {
    return this.#identity.getPrincipal();
  }
  get agent(): HttpAgent {
    return this.#agent;
  }

  /** Sends an update and resolves with the reply once the agent has verified its certificate. */
  async update(
    canister: string,
    method: string,
    arg: Uint8Array,
    options: { readonly effective?: string; readonly onSigned?: (message: MessageId) => void } = {},
  ): Promise<Certified> {
    await this.#syncTime();
    const own = arg.slice(); // identity of the bytes is the key
    let message = "";
    this.#signed.set(own, (id) => {
      message = id;
      options.onSigned?.(id);
    });
    try {
      const result = await this.#agent.update(canister, {
        methodName: method,
        arg: own,
        effectiveTarget: { canisterId: options.effective ?? canister },
      });
      return {
        reply: result.reply,
        message,
        certificate: result.rawCertificate,
        root: await rootOf(result.certificate),
      };
    } finally {
      this.#signed.delete(own);
    }
  }

  async query(canister: string, method: string, arg: Uint8Array, effective = canister): Promise<QueryAnswer> {
    await this.#syncTime();
    const answer = await this.#agent.query(canister, {
      methodName: method,
      arg,
      effectiveTarget: { canisterId: effective },
    });
    if (answer.status === "replied") {
      const signature = answer.signatures?.[0];
      const node = signature === undefined ? undefined : toHex(signature.identity);
      return { ok: true, reply: answer.reply.arg, node };
    }
    return {
      ok: false,
      failure: rejection(answer.reject_code, answer.reject_message, answer.error_code, false),
    };
  }

  /** A metadata section out of the certified state; undefined when there is none, or not for this caller. */
  async metadata(canister: string, name: string): Promise<string | undefined> {
    await this.#syncTime();
    const id = Principal.fromText(canister);
    const path = StatePaths.canisterMetadataString(id, name);
    try {
      const { values } = await this.#agent.readState({ canisterId: id }, { paths: [path] });
      return values.get(path) ?? undefined;
    } catch {
      return undefined;
    }
  }

  async #syncTime(): Promise<void> {
    const believed = Date.now() + this.#agent.getTimeDiffMsecs();
    if (Math.abs(believed - this.network.now()) < DRIFT_MAX_MS) return;
    await this.#agent.syncTime({ subnetId: Principal.fromHex(this.network.info.subnetId) });
  }
}

export const rootOf = async (certificate: Certificate): Promise<Hash> =>
  toHex(await reconstruct(certificate.cert.tree));

export function failureOf(error: unknown): Failure {
  if (error instanceof AgentError) {
    const code = error.code as Partial<Record<"rejectCode" | "rejectMessage" | "rejectErrorCode", unknown>>;
    if (typeof code.rejectMessage === "string") {
      return rejection(
        Number(code.rejectCode),
        code.rejectMessage,
        typeof code.rejectErrorCode === "string" ? code.rejectErrorCode : undefined,
        error.isCertified,
      );
    }
    return {
      headline: `The agent refused (${error.kind})`,
      detail: withoutStack(error.code.toErrorMessage()),
      certified: false,
    };
  }
  return {
    headline: "The call could not be made",
    detail: error instanceof Error ? error.message : String(error),
    certified: false,
  };
}

/** The agent quotes the stack of what it caught; a person needs the sentence. */
export const withoutStack = (message: string): string =>
  message.replace(/\s+at (?:async )?\S+ \([\s\S]*$/, "");

const REJECT_WORDS = ["", "fatal error", "try again later", "no such destination", "rejected by the canister", "canister error", "outcome unknown"]; // prettier-ignore
function rejection(code: number, detail: string, error: string | undefined, certified: boolean): Failure {
  const words = REJECT_WORDS[code] ?? "rejected";
  return { headline: `Rejected: ${words} (${error ?? `code ${code}`})`, detail, certified };
}
