/**
 * A certificate, checked twice: by the official agent, whose word counts, and step by step, so that the first step
 * that fails can be shown. The steps are the agent's own order of work with its own functions.
 */
import {
  blsVerify,
  Cbor,
  Certificate,
  check_canister_ranges,
  type HashTree,
  type HttpAgent,
  lookup_path,
  LookupPathStatus,
  reconstruct,
} from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { concat, fromHex, toHex, utf8 } from "../../base/bytes.ts";
import { failureOf, withoutStack } from "../shared/agent.ts";

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
  /** DER. */
  readonly rootKey: Uint8Array;
  /** What is known of a certificate that answers a call of this page. */
  readonly call?:
    | {
        readonly canister: string;
        /** Hex. */
        readonly message: string;
        /** Root of the certificate as it came, hex. */
        readonly signedRoot: string;
        readonly agent: HttpAgent;
        /** Whose shares were combined, as far as the nodes said: "n1, n2 and n3". */
        readonly signers: string;
        readonly need: string;
      }
    | undefined;
}

interface Opened {
  readonly tree: HashTree;
  readonly signature: Uint8Array;
  readonly delegation?: { readonly subnet_id: Uint8Array; readonly certificate: Uint8Array };
}

const DOMAIN = concat(Uint8Array.of(13), utf8("ic-state-root"));
const DER_PREFIX_BYTES = 37;
const BLS_KEY_BYTES = 96;

export async function checkCertificate(q: Question): Promise<Verdict> {
  let refusal: string | undefined;
  try {
    const { certificate, rootKey, call } = q;
    const delegation = Cbor.decode<Opened>(certificate).delegation;
    const principal =
      call !== undefined
        ? { canisterId: Principal.fromText(call.canister) }
        : { subnetId: Principal.fromUint8Array(delegation?.subnet_id ?? new Uint8Array()) };
    // What was pasted may be as old as it likes: its age is told, not judged.
    const age = call === undefined ? { disableTimeVerification: true } : { agent: call.agent };
    await Certificate.create({ certificate, rootKey, principal, ...age });
  } catch (error) {
    refusal = failureOf(error).detail;
  }
  return { refusal, steps: await walk(q) };
}

type Finding = { readonly ok: boolean; readonly detail: string };
const found = (detail: string): Finding => ({ ok: true, detail });
const fault = (detail: string): Finding => ({ ok: false, detail });

async function walk({ certificate, rootKey, call }: Question): Promise<Step[]> {
  const steps: Step[] = [];
  let failed = false;
  const step = async (name: string, check: () => Promise<Finding> | Finding): Promise<void> => {
    if (failed) {
      steps.push({ name, state: "unchecked", detail: "not checked: an earlier step failed" });
      return;
    }
    let finding: Finding;
    try {
      finding = await check();
    } catch (error) {
      finding = fault(withoutStack(error instanceof Error ? error.message : String(error)));
    }
    failed = !finding.ok;
    steps.push({ name, state: finding.ok ? "passed" : "failed", detail: finding.detail });
  };

  let cert: Opened | undefined;
  let key = rootKey;
  let root: Uint8Array = new Uint8Array();
  await step("The bytes are a certificate", () => {
    cert = opened(certificate);
    const by = cert.delegation === undefined ? "" : ", through a delegation";
    return found(`CBOR with a tree and a signature of ${cert.signature.length} bytes${by}`);
  });
  if (call !== undefined) {
    await step("The reply is in the tree", () => {
      const path = ["request_status", fromHex(call.message)];
      const reply = leaf(cert!.tree, [...path, "reply"]) ?? leaf(cert!.tree, [...path, "reject_message"]);
      const where = `request_status / ${call.message.slice(0, 8)}… / reply`;
      return reply === undefined
        ? fault(`${where} is not there`)
        : found(`${where} = ${toHex(reply.subarray(0, 40))}${reply.length > 40 ? "…" : ""}`);
    });
  }
  await step(
    call === undefined ? "The tree hashes to a root" : "The tree hashes to the signed root",
    async () => {
      root = await reconstruct(cert!.tree);
      const hex = toHex(root);
      return call === undefined || hex === call.signedRoot
        ? found(hex)
        : fault(`recomputed ${hex.slice(0, 32)}…\nsigned     ${call.signedRoot.slice(0, 32)}…`);
    },
  );
  if (cert?.delegation !== undefined) {
    const { subnet_id, certificate: inner } = cert.delegation;
    await step("The root subnet names this subnet's key", async () => {
      const theirs = opened(inner);
      if (theirs.delegation !== undefined)
        return fault("the delegation is itself delegated, which is not allowed");
      const message = concat(DOMAIN, await reconstruct(theirs.tree));
      if (!blsVerify(rawKey(rootKey), theirs.signature, message))
        return fault(
          "the delegation's signature does not belong to its tree under the root key that was chosen",
        );
      const named = leaf(theirs.tree, ["subnet", subnet_id, "public_key"]);
      if (named === undefined) return fault("the delegation names no key of this subnet");
      key = named;
      const subnetId = Principal.fromUint8Array(subnet_id);
      if (call !== undefined) {
        const canisterId = Principal.fromText(call.canister);
        if (!check_canister_ranges({ canisterId, subnetId, tree: theirs.tree }))
          return fault(`${call.canister} is not in this subnet's canister ranges`);
      }
      return found(`subnet ${subnetId.toText()}\nkey ${toHex(rawKey(named)).slice(0, 32)}…`);
    });
  }
  await step("The subnet signed that root", () => {
    const { signature } = cert!;
    const message = concat(DOMAIN, root);
    const what = `signed bytes ${toHex(message).slice(0, 44)}… (“\\x0dic-state-root” and the root)`;
    if (!blsVerify(rawKey(key), signature, message))
      return fault(
        `${what}\ne(signature, g₂) ≠ e(H(signed bytes), key): not this subnet's signature over this root`,
      );
    const shares =
      call === undefined
        ? "any quorum of its nodes gives this same signature"
        : `combined from shares of ${call.signers}; any ${call.need} nodes give this same signature`;
    return found(`${what}\ne(signature, g₂) = e(H(signed bytes), key)\n${shares}`);
  });
  await step("Its time is known", () => {
    const time = leaf(cert!.tree, ["time"]);
    if (time === undefined) return fault("the certificate names no time");
    const at = new Date(Number(leb128(time) / 1_000_000n));
    return found(
      `${at.toISOString()}. ${call === undefined ? "Its age is not judged here; an agent takes it for five minutes." : "The agent takes it for five minutes."}`,
    );
  });
  return steps;
}

function opened(bytes: Uint8Array): Opened {
  const cert = Cbor.decode<Opened>(bytes);
  if (!(cert.signature instanceof Uint8Array) || !Array.isArray(cert.tree))
    throw new Error("tree or signature is missing");
  return cert;
}

function rawKey(der: Uint8Array): Uint8Array {
  if (der.length !== DER_PREFIX_BYTES + BLS_KEY_BYTES)
    throw new Error(`the key has ${der.length} bytes, not ${DER_PREFIX_BYTES + BLS_KEY_BYTES}`);
  return der.subarray(DER_PREFIX_BYTES);
}

function leaf(tree: HashTree, path: (string | Uint8Array)[]): Uint8Array | undefined {
  const at = lookup_path(path, tree);
  return at.status === LookupPathStatus.Found && at.value instanceof Uint8Array ? at.value : undefined;
}

export function leb128(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const [i, byte] of bytes.entries()) value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  return value;
}
