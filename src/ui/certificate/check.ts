/**
 * A certificate, checked twice: by the official agent, whose word counts, and step by step, so that the first step
 * that fails can be shown. The steps are the agent's own order of work with its own functions.
 */
import {
  blsVerify,
  Cbor,
  Certificate,
  type HashTree,
  type HttpAgent,
  lookup_path,
  LookupPathStatus,
  reconstruct,
} from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { concat, fromHex, toHex, utf8 } from "../../base/bytes.ts";
import { failureOf } from "../shared/agent.ts";

export interface Step {
  readonly name: string;
  readonly state: "passed" | "failed" | "unchecked";
  readonly detail: string;
}
export interface Verdict {
  /** What the official agent says: undefined when it accepts. */
  readonly refusal: string | undefined;
  readonly steps: readonly Step[];
}
export interface Question {
  readonly certificate: Uint8Array;
  readonly rootKey: Uint8Array;
  readonly canister: string;
  /** Hex. */
  readonly message: string;
  /** Root of the certificate as it came, hex. */
  readonly signedRoot: string;
  readonly agent: HttpAgent;
}

interface Opened {
  readonly tree: HashTree;
  readonly signature: Uint8Array;
  readonly delegation?: unknown;
}

const DOMAIN = concat(Uint8Array.of(13), utf8("ic-state-root"));
const DER_PREFIX_BYTES = 37;

export async function checkCertificate(q: Question): Promise<Verdict> {
  const principal = { canisterId: Principal.fromText(q.canister) };
  let refusal: string | undefined;
  try {
    await Certificate.create({ certificate: q.certificate, rootKey: q.rootKey, principal, agent: q.agent });
  } catch (error) {
    refusal = failureOf(error).detail;
  }
  return { refusal, steps: await walk(q) };
}

async function walk(q: Question): Promise<Step[]> {
  const steps: Step[] = [];
  let failed = false;
  const step = async (name: string, check: () => Promise<{ ok: boolean; detail: string }>): Promise<void> => {
    if (failed) {
      steps.push({ name, state: "unchecked", detail: "not checked: an earlier step failed" });
      return;
    }
    const { ok, detail } = await check().catch((error: unknown) => ({
      ok: false,
      detail: error instanceof Error ? error.message : String(error),
    }));
    failed = !ok;
    steps.push({ name, state: ok ? "passed" : "failed", detail });
  };
  const opened = (): Opened => Cbor.decode(q.certificate);
  const leaf = (path: (string | Uint8Array)[]): Uint8Array | undefined => {
    const found = lookup_path(path, opened().tree);
    return found.status === LookupPathStatus.Found && found.value instanceof Uint8Array
      ? found.value
      : undefined;
  };

  await step("The bytes are a certificate", async () => {
    const cert = opened();
    if (!(cert.signature instanceof Uint8Array) || !Array.isArray(cert.tree)) {
      return { ok: false, detail: "tree or signature is missing" };
    }
    return { ok: true, detail: `CBOR with a tree and a signature of ${cert.signature.length} bytes` };
  });
  await step("The reply is in the tree", async () => {
    const id = fromHex(q.message);
    const reply = leaf(["request_status", id, "reply"]) ?? leaf(["request_status", id, "reject_message"]);
    const where = `request_status / ${q.message.slice(0, 8)}… / reply`;
    if (reply === undefined) return { ok: false, detail: `${where} is not there` };
    return { ok: true, detail: `${where} = ${toHex(reply.subarray(0, 40))}${reply.length > 40 ? "…" : ""}` };
  });
  await step("The tree hashes to the signed root", async () => {
    const root = toHex(await reconstruct(opened().tree));
    if (root === q.signedRoot) return { ok: true, detail: root };
    return {
      ok: false,
      detail: `recomputed ${root.slice(0, 32)}…\nsigned     ${q.signedRoot.slice(0, 32)}…`,
    };
  });
  await step("The subnet signed that root", async () => {
    const cert = opened();
    if (cert.delegation !== undefined)
      return { ok: true, detail: "through a delegation, checked by the agent" };
    const message = concat(DOMAIN, await reconstruct(cert.tree));
    const ok = blsVerify(q.rootKey.subarray(DER_PREFIX_BYTES), cert.signature, message);
    const detail = ok
      ? `BLS signature ${toHex(cert.signature).slice(0, 24)}…: any quorum of nodes gives this same one`
      : "the signature does not belong to this root under the subnet's key";
    return { ok, detail };
  });
  await step("Its time is known", async () => {
    const time = leaf(["time"]);
    if (time === undefined) return { ok: false, detail: "the certificate names no time" };
    return {
      ok: true,
      detail: `${new Date(Number(leb128(time) / 1_000_000n)).toISOString()}. The agent takes it for five minutes.`,
    };
  });
  return steps;
}

function leb128(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const [i, byte] of bytes.entries()) value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  return value;
}
