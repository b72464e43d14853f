/** What the cases ask of a network, wherever it runs, and how they make requests that the official agent would not. */
import { AnonymousIdentity, type HttpAgent, type Identity, type SignIdentity } from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Principal } from "@icp-sdk/core/principal";
import { concat, fromHex, toHex, utf8, utf8Lossy } from "../../src/base/bytes.ts";
import {
  type CborInput,
  type CborValue,
  decodeCbor,
  encodeCborTagged,
  isCborMap,
} from "../../src/codec/cbor.ts";
import { type HashTree, rootHash, treeFromCbor } from "../../src/codec/hash-tree.ts";
import { hashOfMap, type HashableMap } from "../../src/codec/representation-independent-hash.ts";
import { type Lookup, lookup } from "../../src/codec/witness.ts";
import { decodeBlsDer } from "../../src/crypto/bls.ts";
import { nobleBls } from "../../src/crypto/bls-noble.ts";
import { domainSeparator } from "../../src/crypto/hash.ts";
import { agentFor, deploy, managementOf } from "../agent/clients.ts";
import { probeWasm } from "./probe.ts";

export interface World {
  readonly fetch: typeof fetch;
  readonly host: string;
  readonly rootKey: Uint8Array;
  readonly subnet: Principal;
  readonly nodes: readonly Principal[];
  /** Any id of the canister range. */
  readonly anyId: Principal;
  /** A canister of probe.ts that all cases share: whoever changes it for long makes another. */
  readonly probe: Principal;
}

export const alice = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(21));
export const bob = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(22));
export const NO_ARG = new Uint8Array(0);

export const agentAs = (world: World, identity?: Identity): HttpAgent => agentFor(world, identity);
/** Installed, controlled by the identity. */
export const newProbe = (world: World, identity: Identity = alice): Promise<Principal> =>
  deploy(agentAs(world, identity), world.anyId, probeWasm());
export const managementAs = (world: World, about: Principal, identity: Identity = alice) =>
  managementOf(agentAs(world, identity), about);

export const inNanos = (ms: number): bigint => BigInt(Date.now() + ms) * 1_000_000n;

let nonces = 0;
const nonce = (): Uint8Array => utf8(`${Date.now()} ${nonces++}`);

/** The fields of a call, which `changes` replace; those set to undefined are left out. */
export const callContent = (
  world: World,
  method: string,
  changes: Record<string, CborInput | undefined> = {},
): Record<string, CborInput> =>
  present({
    request_type: "call",
    sender: Uint8Array.of(4),
    nonce: nonce(),
    ingress_expiry: inNanos(120_000),
    canister_id: world.probe.toUint8Array(),
    method_name: method,
    arg: NO_ARG,
    ...changes,
  });
export const queryContent = (
  world: World,
  method: string,
  changes: Record<string, CborInput | undefined> = {},
): Record<string, CborInput> => callContent(world, method, { request_type: "query", ...changes });
export const readContent = (
  paths: readonly (readonly (string | Uint8Array)[])[],
  changes: Record<string, CborInput | undefined> = {},
): Record<string, CborInput> =>
  present({
    request_type: "read_state",
    sender: Uint8Array.of(4),
    ingress_expiry: inNanos(120_000),
    paths: paths.map((path) => path.map(label)),
    ...changes,
  });
const present = (fields: Record<string, CborInput | undefined>): Record<string, CborInput> =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, CborInput] => entry[1] !== undefined),
  );
export const label = (l: string | Uint8Array): Uint8Array => (typeof l === "string" ? utf8(l) : l);

export const requestHash = (content: Record<string, CborInput>): Uint8Array =>
  hashOfMap(content as HashableMap);

export type Signer = Pick<SignIdentity, "sign" | "getPublicKey" | "getPrincipal">;
export const derOf = (signer: Signer): Uint8Array => new Uint8Array(signer.getPublicKey().toDer());

/** The envelope that `signer` sends; its `sender` is put into the content. */
export async function signed(
  content: Record<string, CborInput>,
  signer: Signer,
  extra: Record<string, CborInput> = {},
): Promise<Uint8Array> {
  const own = { ...content, sender: signer.getPrincipal().toUint8Array() };
  const message = concat(domainSeparator("ic-request"), requestHash(own));
  const signature = new Uint8Array(await signer.sign(message));
  return encodeCborTagged({ content: own, sender_pubkey: derOf(signer), sender_sig: signature, ...extra });
}
export const anonymous = (content: Record<string, CborInput>): Uint8Array => encodeCborTagged({ content });

/** A link of a chain, signed by the key before it. */
export async function delegation(
  from: Signer,
  to: Signer,
  more: Record<string, CborInput> = {},
): Promise<CborInput> {
  const fields: Record<string, CborInput> = { pubkey: derOf(to), expiration: inNanos(600_000), ...more };
  const message = concat(domainSeparator("ic-request-auth-delegation"), requestHash(fields));
  return { delegation: fields, signature: new Uint8Array(await from.sign(message)) };
}
/** The request of `chain[0]`, signed by the last key of the chain. */
export async function signedByChain(
  content: Record<string, CborInput>,
  chain: readonly Signer[],
  links: readonly CborInput[],
): Promise<Uint8Array> {
  const own = { ...content, sender: chain[0]!.getPrincipal().toUint8Array() };
  const message = concat(domainSeparator("ic-request"), requestHash(own));
  return encodeCborTagged({
    content: own,
    sender_pubkey: derOf(chain[0]!),
    sender_sig: new Uint8Array(await chain.at(-1)!.sign(message)),
    sender_delegation: links,
  });
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly headers: Headers;
}
export async function send(
  world: World,
  path: string,
  body: Uint8Array | undefined,
  headers: Record<string, string> = { "content-type": "application/cbor" },
): Promise<Answer> {
  const init = body === undefined ? { headers } : { method: "POST", body: Uint8Array.from(body), headers };
  const response = await world.fetch(new URL(path, world.host), init);
  return {
    status: response.status,
    contentType: response.headers.get("content-type") ?? "",
    body: new Uint8Array(await response.arrayBuffer()),
    headers: response.headers,
  };
}

export type Kind = "call" | "query" | "read_state";
export const pathOf = (kind: Kind, about: Principal, version = "v3", scope = "canister"): string =>
  `/api/${version}/${scope}/${about.toText()}/${kind}`;

/** Status and text, of a refusal. */
export const textOf = ({ status, body }: Answer): string => `${status} ${utf8Lossy(body)}`;
export function mapOf({ status, contentType, body }: Answer): Record<string, CborValue> {
  if (status !== 200 || contentType !== "application/cbor") throw new Error(`${status} ${utf8Lossy(body)}`);
  const value = decodeCbor(body);
  if (!value.ok || !isCborMap(value.value)) throw new Error("the body is no CBOR map");
  return Object.fromEntries(value.value);
}

/** A certificate's tree, once its signature is found to be the root key's. */
export function treeOf(world: World, certificate: CborValue | undefined): HashTree {
  const map = certificate instanceof Uint8Array ? decodeCbor(certificate) : undefined;
  if (!map?.ok || !isCborMap(map.value)) throw new Error("no certificate");
  const tree = treeFromCbor(map.value.get("tree"));
  const key = decodeBlsDer(world.rootKey);
  if (!tree.ok || !key.ok) throw new Error("no tree, or no key");
  const message = concat(domainSeparator("ic-state-root"), rootHash(tree.value));
  if (!nobleBls.verifyBytes("threshold", key.value, message, map.value.get("signature") as Uint8Array)) {
    throw new Error("the certificate's signature is not the root key's");
  }
  return tree.value;
}
export const found = (tree: HashTree, ...path: (string | Uint8Array)[]): Lookup =>
  lookup(tree, path.map(label));
export function valueAt(tree: HashTree, ...path: (string | Uint8Array)[]): Uint8Array {
  const at = found(tree, ...path);
  if (at.kind !== "found") throw new Error(`${path.map(String).join("/")}: ${at.kind}`);
  return at.value;
}

/** What read_state shows; throws what it refuses with. */
export async function readState(
  world: World,
  paths: readonly (readonly (string | Uint8Array)[])[],
  about: Principal = world.probe,
  route: { readonly version?: string; readonly scope?: string } = {},
  signer?: Signer,
): Promise<HashTree> {
  const content = readContent(paths);
  const body = signer === undefined ? anonymous(content) : await signed(content, signer);
  const answer = await send(world, pathOf("read_state", about, route.version, route.scope), body);
  return treeOf(world, mapOf(answer).certificate);
}

/** A v4 call and what its certificate says of it. */
export async function call(
  world: World,
  content: Record<string, CborInput>,
  about: Principal = Principal.fromUint8Array(content.canister_id as Uint8Array),
  signer?: Signer,
): Promise<{ readonly tree: HashTree; readonly id: Uint8Array }> {
  const own = signer === undefined ? content : { ...content, sender: signer.getPrincipal().toUint8Array() };
  const body = signer === undefined ? anonymous(own) : await signed(own, signer);
  const answer = mapOf(await send(world, pathOf("call", about, "v4"), body));
  return { tree: treeOf(world, answer.certificate), id: requestHash(own) };
}

/** The reply, or the code, message and error code of the reject. */
export async function outcome(
  world: World,
  content: Record<string, CborInput>,
  about?: Principal,
  signer?: Signer,
): Promise<Uint8Array | { readonly code: number; readonly message: string; readonly error: string }> {
  const { tree, id } = await call(world, content, about, signer);
  const text = (name: string) => utf8Lossy(valueAt(tree, "request_status", id, name));
  if (text("status") === "replied") return valueAt(tree, "request_status", id, "reply");
  const [code = 0] = valueAt(tree, "request_status", id, "reject_code");
  return { code, message: text("reject_message"), error: text("error_code") };
}

/** A management call, encoded. */
export const management = (
  world: World,
  method: string,
  type: IDL.Type,
  arg: unknown,
  changes: Record<string, CborInput | undefined> = {},
): Record<string, CborInput> =>
  callContent(world, method, {
    canister_id: NO_ARG,
    arg: new Uint8Array(IDL.encode([type], [arg])),
    ...changes,
  });

export { AnonymousIdentity, concat, fromHex, IDL, Principal, toHex, utf8, utf8Lossy };
