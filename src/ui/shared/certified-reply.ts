/**
 * A query's reply that brings its own proof: a record with the certificate of the canister's certified data beside the
 * value. The official agent checks the certificate; we check that what is certified is the value, or its hash.
 */
import { Certificate, type HttpAgent, lookupResultToBuffer } from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { equalBytes, utf8, utf8Lossy } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import { failureOf } from "./agent.ts";
import { type DidFunc, fieldKey, idlOf, isBlob, shapeOf, type Types } from "./candid/shape.ts";

/** A reply's values as bytes by field, and the certificate among them. */
export interface ProvenReply {
  readonly values: ReadonlyMap<string, Uint8Array>;
  readonly certificate: Uint8Array;
}
export interface Proof {
  readonly holds: boolean;
  readonly sentence: string;
}

/** Undefined: no record with a certificate and a text or blob beside it. */
export function provenReply(reply: Uint8Array, func: DidFunc, types: Types): ProvenReply | undefined {
  const [result] = func.results;
  if (result === undefined) return undefined;
  const shape = shapeOf(result.type, types);
  if (shape.kind !== "record" || !shape.fields.some((f) => f.label === "certificate")) return undefined;
  const record = IDL.decode(idlOf(func.results, types), reply)[0] as Record<string, unknown>;
  const values = new Map<string, Uint8Array>();
  for (const { label, type } of shape.fields) {
    const value = record[fieldKey(label)];
    if (typeof value === "string") values.set(label, utf8(value));
    else if (value instanceof Uint8Array && isBlob(type, types)) values.set(label, value);
  }
  values.delete("certificate");
  const given = record["certificate"];
  const certificate = Array.isArray(given) ? given[0] : given;
  return certificate instanceof Uint8Array && values.size > 0 ? { values, certificate } : undefined;
}

export async function checkProof(
  { values, certificate }: ProvenReply,
  canister: string,
  rootKey: Uint8Array,
  agent: HttpAgent,
): Promise<Proof> {
  const id = Principal.fromText(canister);
  let verified: Certificate;
  try {
    verified = await Certificate.create({ certificate, rootKey, principal: { canisterId: id }, agent });
  } catch (error) {
    return {
      holds: false,
      sentence: `Its certificate is refused by the official agent: ${failureOf(error).detail}`,
    };
  }
  const path = ["canister", id.toUint8Array(), "certified_data"];
  const signed = lookupResultToBuffer(verified.lookup_path(path));
  if (signed === undefined || signed.length === 0) {
    return { holds: false, sentence: "Its certificate is genuine, but this canister has certified nothing." };
  }
  for (const [field, bytes] of values) {
    if (equalBytes(bytes, signed))
      return { holds: true, sentence: `Proved: the subnet signed this ${field}.` };
    if (equalBytes(sha256(bytes), signed))
      return { holds: true, sentence: `Proved: the subnet signed the hash of this ${field}.` };
  }
  const words = utf8Lossy(signed);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what tells bytes from words
  const shown = /[\u0000-\u001f\ufffd]/.test(words) ? "other bytes" : `“${words}”`;
  return {
    holds: false,
    sentence: `Not true: the certificate is genuine, but what the subnet signed is ${shown}.`,
  };
}
