/**
 * What nodes say to each other: artifacts, how far they are, and parts of a state. CBOR of a map with one key.
 *
 *   { artifacts: [bytes, …] }                                            each the encoding of types/artifact.ts
 *   { status: [finalized, notarized, beacon, tape, certified, executed, catch-up] }
 *   { want: [hash, …] }     { parts: [bytes, …] }                        see codec/parts.ts
 */
import { fromHex, toHex } from "../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../base/decoded.ts";
import { decodeCbor, encodeCbor, isBytes, isCborArray, isCborMap } from "../../codec/cbor.ts";
import { artifactId, decodeArtifact, type EncodedArtifact, heightOf } from "../../types/artifact.ts";
import type { ArtifactId, Hash, Height } from "../../types/ids.ts";
import type { GossipStatus } from "../interfaces/gossip-readers.ts";

export type GossipMessage =
  | { readonly kind: "artifacts"; readonly artifacts: readonly Uint8Array[] }
  | { readonly kind: "status"; readonly status: GossipStatus }
  | { readonly kind: "want"; readonly parts: readonly Hash[] }
  | { readonly kind: "parts"; readonly parts: readonly Uint8Array[] };

/** Above the largest block with its envelope, and what goes with it. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
export const ARTIFACTS_PER_MESSAGE_MAX = 512;

export const encodeArtifacts = (artifacts: readonly EncodedArtifact[]): Uint8Array =>
  encodeCbor({ artifacts: artifacts.map(({ bytes }) => bytes) });

export const encodeStatus = (s: GossipStatus): Uint8Array =>
  encodeCbor({ status: [s.finalized, s.notarized, s.beacon, s.tape, s.certified, s.executed, s.catchUp] });

export const encodeWant = (parts: readonly Hash[]): Uint8Array => encodeCbor({ want: parts.map(fromHex) });
export const encodeParts = (parts: readonly Uint8Array[]): Uint8Array => encodeCbor({ parts });

export function decodeMessage(bytes: Uint8Array): Decoded<GossipMessage> {
  if (bytes.length > MESSAGE_BYTES_MAX) return undecodable(`message: ${bytes.length} bytes are too many`);
  const cbor = decodeCbor(bytes, { maxDepth: 4, maxItems: 4 * ARTIFACTS_PER_MESSAGE_MAX });
  if (!cbor.ok) return cbor;
  const map = cbor.value;
  if (!isCborMap(map) || map.size !== 1) return undecodable("message: not a map with one key");
  const artifacts = map.get("artifacts");
  if (isCborArray(artifacts)) {
    if (artifacts.length > ARTIFACTS_PER_MESSAGE_MAX) return undecodable("message: too many artifacts");
    if (!artifacts.every(isBytes)) return undecodable("message: an artifact is not a byte string");
    return decoded({ kind: "artifacts", artifacts });
  }
  const status = map.get("status");
  if (isCborArray(status)) {
    const heights = status.filter((h) => typeof h === "number" && h >= 0) as number[];
    if (status.length !== 7 || heights.length !== 7)
      return undecodable("message: status is not seven heights");
    const [finalized, notarized, beacon, tape, certified, executed, catchUp] = heights;
    return decoded({
      kind: "status",
      status: {
        finalized: finalized!,
        notarized: notarized!,
        beacon: beacon!,
        tape: tape!,
        certified: certified!,
        executed: executed!,
        catchUp: catchUp!,
      },
    });
  }
  const want = map.get("want");
  if (isCborArray(want)) {
    if (!want.every((h) => isBytes(h) && h.length === 32))
      return undecodable("message: what is wanted is not a list of hashes");
    return decoded({ kind: "want", parts: want.map((h) => toHex(h as Uint8Array)) });
  }
  const parts = map.get("parts");
  if (isCborArray(parts)) {
    if (!parts.every(isBytes)) return undecodable("message: a part is not a byte string");
    return decoded({ kind: "parts", parts });
  }
  return undecodable('message: none of "artifacts", "status", "want" and "parts"');
}

/** A message as its receiver works it off: each artifact is named by its bytes, and decoded when it is wanted. */
export type Incoming =
  | { readonly kind: "artifacts"; readonly artifacts: readonly IncomingArtifact[] }
  | Exclude<GossipMessage, { kind: "artifacts" }>;
export interface IncomingArtifact {
  readonly id: ArtifactId;
  decoded(): Decoded<EncodedArtifact>;
}

export function readMessage(bytes: Uint8Array): Decoded<Incoming> {
  const message = decodeMessage(bytes);
  if (!message.ok || message.value.kind !== "artifacts") return message as Decoded<Incoming>;
  return decoded({ kind: "artifacts", artifacts: message.value.artifacts.map(incoming) });
}

function incoming(bytes: Uint8Array): IncomingArtifact {
  const id = artifactId(bytes);
  let known: Decoded<EncodedArtifact> | undefined;
  return { id, decoded: () => (known ??= decodeArtifact(bytes, id)) };
}

export interface MessageDescription {
  /** The kind of its first artifact, "status", "want", "parts" or "rubbish". */
  readonly what: string;
  /** Its first artifact, and the height that speaks of; 0 of an ingress message. */
  readonly artifact?: ArtifactId;
  readonly height?: Height;
  /** How many artifacts travel together. */
  readonly count: number;
}

/** What a message is about, for whoever draws it. */
export function describeMessage(bytes: Uint8Array): MessageDescription {
  const message = decodeMessage(bytes);
  if (!message.ok) return { what: "rubbish", count: 0 };
  if (message.value.kind !== "artifacts") return { what: message.value.kind, count: 0 };
  const count = message.value.artifacts.length;
  const [first] = message.value.artifacts;
  const found = first === undefined ? undefined : decodeArtifact(first);
  if (found?.ok !== true) return { what: "rubbish", count };
  const { id, artifact } = found.value;
  return { what: artifact.kind, artifact: id, height: heightOf(artifact), count };
}
