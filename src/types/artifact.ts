/**
 * What artifacts are in bytes: their one encoding, their identity, and what exactly is signed.
 *
 *   E1  An artifact has one encoding: CBOR arrays whose first item names the kind. Bytes that decode but are not what
 *       we would have encoded are refused, so an id names an artifact and nothing else does.
 *   E2  What is not on the wire cannot lie: a proposal's block hash is recomputed from its block.
 *   E3  Every signature is over `length byte ‖ domain ‖ content`, and each kind has a domain of its own.
 *
 * The shapes (hashes, principals and signatures are byte strings; integers are unsigned):
 *
 *   block                [parent, height, rank, [certified, registry version, time], [ingress, …], query statistics or nothing]
 *                        and in a summary block at the end [registry version, next registry version]
 *   0 block-proposal     [0, block, subnet, signer, signature]
 *   1 notarization-share [1, height, block hash, signer, signature]     3 finalization-share likewise
 *   2 notarization       [2, height, block hash, [signer, …], signature]  4 finalization likewise
 *   5 random-beacon-share[5, height, previous, signer, signature]       6 random-beacon [6, height, previous, signature]
 *   7 random-tape-share  [7, height, signer, signature]                 8 random-tape   [8, height, signature]
 *   9 equivocation-proof [9, height, signer, [hash, signature], [hash, signature]]
 *  10 certification-share[10, height, root, signer, signature]         11 certification [11, height, root, signature]
 *  12 ingress            [12, bytes]
 *  13 catch-up-package-share [13, height, block hash, beacon hash, state hash, signer, signature]
 *  14 catch-up-package   [14, block, [height, previous, signature] of the beacon, state hash, signature]
 *
 * Only the certification's signed bytes are visible outside (agents check them); the rest is ours to choose.
 * Source: chain-key §1.1; replica A.1.
 */
import { concat, EMPTY, equalBytes, fromHex, toHex } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import {
  type CborInput,
  type CborValue,
  decodeCbor,
  encodeCbor,
  isBytes,
  isCborArray,
} from "../codec/cbor.ts";
import { domainSeparator, sha256 } from "../crypto/hash.ts";
import type {
  Artifact,
  ArtifactKind,
  Block,
  BlockProposal,
  BlockRef,
  CatchUpContent,
  CatchUpPackage,
  RandomBeacon,
  RandomBeaconContent,
  RandomTape,
  Summary,
} from "./consensus.ts";
import type { ArtifactId, BlockHash, Hash, Height, NodeId, SubnetId } from "./ids.ts";

const KINDS: readonly ArtifactKind[] = [
  "block-proposal",
  "notarization-share",
  "notarization",
  "finalization-share",
  "finalization",
  "random-beacon-share",
  "random-beacon",
  "random-tape-share",
  "random-tape",
  "equivocation-proof",
  "certification-share",
  "certification",
  "ingress",
  "catch-up-package-share",
  "catch-up-package",
];

// ---- encoding ------------------------------------------------------------------------------------------------------

export const encodeArtifact = (artifact: Artifact): Uint8Array =>
  encodeCbor([KINDS.indexOf(artifact.kind), ...fieldsOf(artifact)]);

function fieldsOf(a: Artifact): CborInput[] {
  switch (a.kind) {
    case "block-proposal":
      return [blockFields(a.block), fromHex(a.subnet), fromHex(a.signer), a.signature];
    case "notarization-share":
    case "finalization-share":
      return [a.content.height, fromHex(a.content.block), fromHex(a.signer), a.signature];
    case "notarization":
    case "finalization":
      return [a.content.height, fromHex(a.content.block), a.signers.map(fromHex), a.signature];
    case "random-beacon-share":
      return [a.content.height, fromHex(a.content.previous), fromHex(a.signer), a.signature];
    case "random-beacon":
      return [a.content.height, fromHex(a.content.previous), a.signature];
    case "random-tape-share":
      return [a.content.height, fromHex(a.signer), a.signature];
    case "random-tape":
      return [a.content.height, a.signature];
    case "equivocation-proof":
      return [
        a.height,
        fromHex(a.signer),
        [fromHex(a.first.hash), a.first.signature],
        [fromHex(a.second.hash), a.second.signature],
      ];
    case "certification-share":
      return [a.height, fromHex(a.root), fromHex(a.signer), a.signature];
    case "certification":
      return [a.height, fromHex(a.root), a.signature];
    case "ingress":
      return [a.bytes];
    case "catch-up-package-share": {
      const { height, block, beacon, state } = a.content;
      return [height, fromHex(block), fromHex(beacon), fromHex(state), fromHex(a.signer), a.signature];
    }
    case "catch-up-package":
      return [blockFields(a.block), fieldsOf(a.beacon), fromHex(a.content.state), a.signature];
  }
}

const blockFields = (block: Block): CborInput => [
  fromHex(block.parent),
  block.height,
  block.rank,
  [block.context.certifiedHeight, block.context.registryVersion, block.context.time],
  block.payload.ingress,
  block.payload.queryStats ?? EMPTY,
  ...summaryFields(block.payload.summary),
];
const summaryFields = (summary: Summary | undefined): CborInput[] =>
  summary === undefined ? [] : [[summary.registryVersion, summary.nextRegistryVersion]];

export const encodeBlock = (block: Block): Uint8Array => encodeCbor(blockFields(block));
export const hashBlock = (block: Block): BlockHash => toHex(sha256(encodeBlock(block)));

/** SHA-256 of the encoded bytes. */
export const artifactId = (encoded: Uint8Array): ArtifactId => toHex(sha256(encoded));

/** What the next beacon names as its previous one, and what seeds committees: SHA-256 of the encoding. */
export const hashBeacon = (beacon: RandomBeacon): Hash => encoded(beacon).id;
/** SHA-256 of the tape: the randomness of its batch. 32 bytes. */
export const tapeRandomness = (tape: RandomTape): Uint8Array => fromHex(encoded(tape).id);

/** The height an artifact speaks about; an ingress message speaks about none. */
export function heightOf(artifact: Artifact): Height {
  if (artifact.kind === "ingress") return 0;
  if (artifact.kind === "block-proposal") return artifact.block.height;
  return "content" in artifact ? artifact.content.height : artifact.height;
}

// ---- what is signed ------------------------------------------------------------------------------------------------

const signedUnder = (domain: string, content: Uint8Array): Uint8Array =>
  concat(domainSeparator(domain), content);

/** The domain-separated bytes under each kind of signature. A share signs the same bytes as its aggregate. */
export const signedBytes = {
  proposal: (height: Height, block: BlockHash, subnet: SubnetId): Uint8Array =>
    signedUnder("block_metadata_domain", encodeCbor([height, fromHex(block), fromHex(subnet)])),
  notarization: (content: BlockRef): Uint8Array =>
    signedUnder("notarization_content_domain", encodeCbor([content.height, fromHex(content.block)])),
  finalization: (content: BlockRef): Uint8Array =>
    signedUnder("finalization_content_domain", encodeCbor([content.height, fromHex(content.block)])),
  randomBeacon: (content: RandomBeaconContent): Uint8Array =>
    signedUnder("random_beacon_content_domain", encodeCbor([content.height, fromHex(content.previous)])),
  randomTape: (content: { readonly height: Height }): Uint8Array =>
    signedUnder("random_tape_content_domain", encodeCbor([content.height])),
  catchUpPackage: ({ height, block, beacon, state }: CatchUpContent): Uint8Array =>
    signedUnder(
      "catch_up_package_content_domain",
      encodeCbor([height, fromHex(block), fromHex(beacon), fromHex(state)]),
    ),
  certification: (root: Hash): Uint8Array => signedUnder("ic-state-root", fromHex(root)),
} as const;

// ---- decoding ------------------------------------------------------------------------------------------------------

/** An artifact with the bytes it came in (or left in), and the name they have. */
export interface EncodedArtifact<A extends Artifact = Artifact> {
  readonly id: ArtifactId;
  readonly artifact: A;
  readonly bytes: Uint8Array;
}

/** Artifacts do not change: each is encoded and hashed once, and not at all where it came in bytes. */
const ENCODED = new WeakMap<Artifact, EncodedArtifact>();

export function encoded<A extends Artifact>(artifact: A): EncodedArtifact<A> {
  const known = ENCODED.get(artifact);
  if (known !== undefined) return known as EncodedArtifact<A>;
  const bytes = encodeArtifact(artifact);
  return remembered({ id: artifactId(bytes), artifact, bytes });
}

function remembered<A extends Artifact>(known: EncodedArtifact<A>): EncodedArtifact<A> {
  ENCODED.set(known.artifact, known);
  return known;
}

/** `id`: the artifact's, where somebody has hashed it already. */
export function decodeArtifact(bytes: Uint8Array, id = artifactId(bytes)): Decoded<EncodedArtifact> {
  const cbor = decodeCbor(bytes, { maxDepth: 8 });
  if (!cbor.ok) return cbor;
  try {
    const artifact = readArtifact(cbor.value);
    if (!equalBytes(encodeArtifact(artifact), bytes))
      return undecodable("artifact: not its canonical encoding");
    return decoded(remembered({ id, artifact, bytes }));
  } catch (error) {
    if (error instanceof Malformed) return undecodable(error.message);
    throw error;
  }
}

/** Thrown and caught in this file only: it saves a check of every field's result. */
class Malformed extends Error {}

function readArtifact(value: CborValue): Artifact {
  const tag = isCborArray(value) ? value[0] : undefined;
  const kind = typeof tag === "number" ? KINDS[tag] : undefined;
  if (kind === undefined) throw new Malformed("artifact: the first item names no kind of artifact");
  const r = reader(value, kind, 1);
  const artifact = readFields(kind, r);
  r.end();
  return artifact;
}

function readFields(kind: ArtifactKind, r: Reader): Artifact {
  switch (kind) {
    case "block-proposal": {
      const block = readBlock(r.nested("block"));
      const hash = hashBlock(block);
      return { kind, block, hash, subnet: r.principal("subnet"), ...signed(r) };
    }
    case "notarization-share":
    case "finalization-share":
      return { kind, content: readBlockRef(r), ...signed(r) };
    case "notarization":
    case "finalization":
      return {
        kind,
        content: readBlockRef(r),
        signers: r.principals("signers"),
        signature: r.bytes("signature"),
      };
    case "random-beacon-share":
      return { kind, content: { height: r.nat("height"), previous: r.hash("previous") }, ...signed(r) };
    case "random-beacon":
      return readBeacon(r);
    case "random-tape-share":
      return { kind, content: { height: r.nat("height") }, ...signed(r) };
    case "random-tape":
      return { kind, content: { height: r.nat("height") }, signature: r.bytes("signature") };
    case "equivocation-proof": {
      const height = r.nat("height");
      const signer = r.principal("signer");
      return {
        kind,
        height,
        signer,
        first: readHalf(r.nested("first")),
        second: readHalf(r.nested("second")),
      };
    }
    case "certification-share":
      return { kind, height: r.nat("height"), root: r.hash("root"), ...signed(r) };
    case "certification":
      return { kind, height: r.nat("height"), root: r.hash("root"), signature: r.bytes("signature") };
    case "ingress":
      return { kind, bytes: r.bytes("bytes") };
    case "catch-up-package-share": {
      const content = {
        height: r.nat("height"),
        block: r.hash("block hash"),
        beacon: r.hash("beacon hash"),
        state: r.hash("state hash"),
      };
      return { kind, content, ...signed(r) };
    }
    case "catch-up-package":
      return catchUpPackage(
        readBlock(r.nested("block")),
        readBeacon(r.nested("beacon")),
        r.hash("state"),
        r.bytes("signature"),
      );
  }
}

function readBeacon(r: Reader): RandomBeacon {
  const content = { height: r.nat("height"), previous: r.hash("previous") };
  return { kind: "random-beacon", content, signature: r.bytes("signature") };
}

/** E2. */
export const catchUpPackage = (
  block: Block,
  beacon: RandomBeacon,
  state: Hash,
  signature: Uint8Array,
): CatchUpPackage => ({
  kind: "catch-up-package",
  content: { height: block.height, block: hashBlock(block), beacon: hashBeacon(beacon), state },
  block,
  beacon,
  signature,
});

const signed = (r: Reader): Pick<BlockProposal, "signer" | "signature"> => ({
  signer: r.principal("signer"),
  signature: r.bytes("signature"),
});

const readBlockRef = (r: Reader): BlockRef => ({ height: r.nat("height"), block: r.hash("block hash") });

function readHalf(r: Reader): { hash: BlockHash; signature: Uint8Array } {
  const half = { hash: r.hash("hash"), signature: r.bytes("signature") };
  r.end();
  return half;
}

function readBlock(r: Reader): Block {
  const parent = r.hash("parent");
  const height = r.nat("height");
  const rank = r.nat("rank");
  const c = r.nested("context");
  const context = {
    certifiedHeight: c.nat("certified height"),
    registryVersion: c.nat("registry version"),
    time: c.nanos("time"),
  };
  c.end();
  const ingress = r.byteStrings("ingress");
  const queryStats = r.bytes("query statistics");
  const summary = r.more() ? readSummary(r.nested("summary")) : undefined;
  r.end();
  return {
    parent,
    height,
    rank,
    context,
    payload: {
      ingress,
      ...(queryStats.length === 0 ? {} : { queryStats }),
      ...(summary === undefined ? {} : { summary }),
    },
  };
}

function readSummary(r: Reader): Summary {
  const summary = {
    registryVersion: r.nat("registry version"),
    nextRegistryVersion: r.nat("next registry version"),
  };
  r.end();
  return summary;
}

type Reader = ReturnType<typeof reader>;

const PRINCIPAL_BYTES_MAX = 29;
const HASH_BYTES = 32;
const U64_MAX = (1n << 64n) - 1n;

/** Takes the items of an array one after the other; `where` and the field's name make the sentence. */
function reader(value: CborValue | undefined, where: string, start = 0) {
  if (!isCborArray(value)) throw new Malformed(`${where}: not an array`);
  const items = value;
  let at = start;
  const wrong = (name: string, what: string): never => {
    throw new Malformed(`${where}: ${name} (item ${at - 1}) is not ${what}`);
  };
  const bytesOf = (item: CborValue | undefined, name: string): Uint8Array =>
    isBytes(item) ? item : wrong(name, "a byte string");
  const principalOf = (item: CborValue | undefined, name: string): NodeId => {
    const bytes = bytesOf(item, name);
    return bytes.length <= PRINCIPAL_BYTES_MAX ? toHex(bytes) : wrong(name, "a principal");
  };
  const listOf = (name: string): readonly CborValue[] => {
    const item = items[at++];
    return isCborArray(item) ? item : wrong(name, "an array");
  };
  return {
    nat(name: string): number {
      const item = items[at++];
      return typeof item === "number" && item >= 0 ? item : wrong(name, "a natural number below 2^53");
    },
    nanos(name: string): bigint {
      const item = items[at++];
      const whole = typeof item === "number" || typeof item === "bigint" ? BigInt(item) : -1n;
      return whole >= 0n && whole <= U64_MAX ? whole : wrong(name, "a time in nanoseconds");
    },
    bytes: (name: string): Uint8Array => bytesOf(items[at++], name),
    hash(name: string): Hash {
      const bytes = bytesOf(items[at++], name);
      return bytes.length === HASH_BYTES ? toHex(bytes) : wrong(name, "a 32-byte hash");
    },
    principal: (name: string): NodeId => principalOf(items[at++], name),
    principals: (name: string): NodeId[] => listOf(name).map((item) => principalOf(item, name)),
    byteStrings: (name: string): Uint8Array[] => listOf(name).map((item) => bytesOf(item, name)),
    nested: (name: string) => reader(items[at++], `${where}: ${name}`),
    more: (): boolean => at < items.length,
    end(): void {
      if (at !== items.length) throw new Malformed(`${where}: ${items.length} items instead of ${at}`);
    },
  };
}

// ---- genesis -------------------------------------------------------------------------------------------------------

/** Names what every node knows without being told: the beacon and the block of height 0. They carry no signatures. */
export const genesisBeaconHash = (subnet: SubnetId): Hash =>
  toHex(sha256(signedUnder("terrarium-genesis-beacon", fromHex(subnet))));

export function genesisBlock(subnet: SubnetId, registryVersion: number): Block {
  const parent = toHex(sha256(signedUnder("terrarium-genesis-block", fromHex(subnet))));
  const context = { certifiedHeight: 0, registryVersion, time: 0n };
  return { parent, height: 0, rank: 0, context, payload: { ingress: [] } };
}
