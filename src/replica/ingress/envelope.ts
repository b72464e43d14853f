/**
 * Envelopes: from bytes to fields, nothing judged yet. Bad bytes give a sentence that says what and where.
 *
 *   D1  pubkey and signature come together or not at all; a delegation comes only with them. Source: interface H24.
 *   D2  The request id hashes every field of the content that came, known to us or not. A field that is null counts as
 *       absent. Source: interface H25, A3–A5.
 *   D3  A delegation is hashed as it came, too. Source: interface A46.
 */
import { toHex } from "../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../base/decoded.ts";
import {
  type CborMap,
  type CborValue,
  cborNat,
  decodeCbor,
  isBytes,
  isCborArray,
  isCborMap,
} from "../../codec/cbor.ts";
import { hashOfMap, isHashable, type HashableMap } from "../../codec/representation-independent-hash.ts";
import type { CanisterId, MessageId, Nanos, UserId } from "../../types/ids.ts";
import type { CallerInfo } from "../../types/messages.ts";
import type { StatePath } from "../interfaces/state-reader.ts";

export interface Envelope {
  readonly content: RequestContent;
  readonly authentication: Authentication | undefined;
}

export interface Authentication {
  /** DER. */
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly delegations: readonly SignedDelegation[];
}

export interface SignedDelegation {
  /** DER of the key that is delegated to. */
  readonly publicKey: Uint8Array;
  readonly expiration: Nanos;
  /** Undefined: all canisters. */
  readonly targets: readonly CanisterId[] | undefined;
  readonly permissions: string | undefined;
  /** Hash of the delegation's map: what is signed under `ic-request-auth-delegation`. 32 bytes. */
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

/** `signature`: the signer's canister signature over `ic-sender-info` ‖ info. Source: interface A51. */
export interface SignedSenderInfo extends CallerInfo {
  readonly signature: Uint8Array;
}

interface CommonContent {
  /** Representation-independent hash, raw and as a name. */
  readonly hash: Uint8Array;
  readonly id: MessageId;
  readonly sender: UserId;
  readonly expiry: Nanos;
  readonly nonce: Uint8Array | undefined;
}
export interface CallContent extends CommonContent {
  readonly kind: "call" | "query";
  readonly canister: CanisterId;
  readonly method: string;
  readonly arg: Uint8Array;
  readonly senderInfo: SignedSenderInfo | undefined;
}
export interface ReadStateContent extends CommonContent {
  readonly kind: "read_state";
  readonly paths: readonly StatePath[];
}
export type RequestContent = CallContent | ReadStateContent;

const MAX_PRINCIPAL_BYTES = 29;
const U64_MAX = 2n ** 64n - 1n;

export function decodeEnvelope(bytes: Uint8Array): Decoded<Envelope> {
  const cbor = decodeCbor(bytes, { maxDepth: 32 });
  if (!cbor.ok) return cbor;
  try {
    return decoded(readEnvelope(mapOf(cbor.value, "envelope")));
  } catch (error) {
    if (error instanceof Malformed) return undecodable(error.message);
    throw error;
  }
}

/** Leaves the readers below in one jump; never leaves this file. */
class Malformed extends Error {}

function readEnvelope(envelope: CborMap): Envelope {
  const content = readContent(mapOf(field(envelope, "content"), "content"));
  const publicKey = optional(envelope, "sender_pubkey", bytesOf);
  const signature = optional(envelope, "sender_sig", bytesOf);
  const delegations = optional(envelope, "sender_delegation", arrayOf);
  if (publicKey === undefined || signature === undefined) {
    if (publicKey === undefined && signature === undefined && delegations === undefined) {
      return { content, authentication: undefined };
    }
    throw new Malformed(
      "envelope: sender_pubkey and sender_sig must both be present, or all of sender_pubkey, sender_sig and " +
        "sender_delegation absent",
    );
  }
  const authentication = { publicKey, signature, delegations: (delegations ?? []).map(readDelegation) };
  return { content, authentication };
}

function readContent(content: CborMap): RequestContent {
  const kind = textOf(field(content, "request_type"), "content.request_type");
  const hash = hashPresent(content, "content");
  const common = {
    hash,
    id: toHex(hash),
    sender: principalOf(field(content, "sender"), "content.sender"),
    expiry: u64Of(field(content, "ingress_expiry"), "content.ingress_expiry"),
    nonce: optional(content, "nonce", bytesOf),
  };
  if (kind === "call" || kind === "query") {
    return {
      ...common,
      kind,
      canister: principalOf(field(content, "canister_id"), "content.canister_id"),
      method: textOf(field(content, "method_name"), "content.method_name"),
      arg: bytesOf(field(content, "arg"), "content.arg"),
      senderInfo: optional(content, "sender_info", readSenderInfo),
    };
  }
  if (kind === "read_state") {
    const paths = arrayOf(field(content, "paths"), "content.paths").map((path, i) =>
      arrayOf(path, `content.paths[${i}]`).map((label, j) => bytesOf(label, `content.paths[${i}][${j}]`)),
    );
    return { ...common, kind, paths };
  }
  throw new Malformed(
    `content.request_type: "${kind.slice(0, 40)}" is none of "call", "query", "read_state"`,
  );
}

function readSenderInfo(value: CborValue | undefined): SignedSenderInfo {
  const where = "content.sender_info";
  const given = mapOf(value, where);
  return {
    info: bytesOf(field(given, "info"), `${where}.info`),
    signer: principalOf(field(given, "signer"), `${where}.signer`),
    signature: bytesOf(field(given, "sig"), `${where}.sig`),
  };
}

function readDelegation(value: CborValue, i: number): SignedDelegation {
  const where = `sender_delegation[${i}]`;
  const signed = mapOf(value, where);
  const delegation = mapOf(field(signed, "delegation"), `${where}.delegation`);
  const targets = optional(delegation, "targets", arrayOf);
  return {
    publicKey: bytesOf(field(delegation, "pubkey"), `${where}.delegation.pubkey`),
    expiration: u64Of(field(delegation, "expiration"), `${where}.delegation.expiration`),
    targets: targets?.map((t, j) => principalOf(t, `${where}.delegation.targets[${j}]`)),
    permissions: optional(delegation, "permissions", textOf),
    hash: hashPresent(delegation, `${where}.delegation`),
    signature: bytesOf(field(signed, "signature"), `${where}.signature`),
  };
}

/** D2, D3. */
function hashPresent(map: CborMap, where: string): Uint8Array {
  const present = new Map<string, CborValue>();
  for (const [name, value] of map) {
    if (value === null) continue;
    if (!isHashable(value)) {
      throw new Malformed(
        `${where}.${name.slice(0, 40)}: holds a boolean or null, which no request id covers`,
      );
    }
    present.set(name, value);
  }
  return hashOfMap(present as HashableMap);
}

const field = (map: CborMap, name: string): CborValue | undefined => map.get(name) ?? undefined;

function optional<T>(
  map: CborMap,
  name: string,
  read: (value: CborValue | undefined, where: string) => T,
): T | undefined {
  const value = field(map, name);
  return value === undefined ? undefined : read(value, name);
}

function wrong(value: CborValue | undefined, where: string, expected: string): never {
  throw new Malformed(`${where}: ${value === undefined ? "missing" : "wrong type"}, expected ${expected}`);
}

const mapOf = (v: CborValue | undefined, where: string): CborMap =>
  isCborMap(v) ? v : wrong(v, where, "a map");
const arrayOf = (v: CborValue | undefined, where: string): readonly CborValue[] =>
  isCborArray(v) ? v : wrong(v, where, "an array");
const bytesOf = (v: CborValue | undefined, where: string): Uint8Array =>
  isBytes(v) ? v : wrong(v, where, "a byte string");
const textOf = (v: CborValue | undefined, where: string): string =>
  typeof v === "string" ? v : wrong(v, where, "text");

function u64Of(v: CborValue | undefined, where: string): bigint {
  const nat = cborNat(v);
  return nat !== undefined && nat <= U64_MAX ? nat : wrong(v, where, "a natural number below 2^64");
}

function principalOf(v: CborValue | undefined, where: string): string {
  const bytes = bytesOf(v, where);
  if (bytes.length > MAX_PRINCIPAL_BYTES) {
    throw new Malformed(
      `${where}: a principal has at most ${MAX_PRINCIPAL_BYTES} bytes, this has ${bytes.length}`,
    );
  }
  return toHex(bytes);
}
