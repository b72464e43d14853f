/**
 * The judge of requests: envelope bytes in, an authenticated request or a refusal with its HTTP status out.
 *
 *   J1  Bad bytes, a wrong kind of request, or a content no signature could cover: 400 with what and where.
 *   J2  In this order, as the replica does: paths, nonce, expiry, delegation expiry, sender and signatures, targets.
 *       All of these are 400.
 *   J3  Anonymous queries and reads may carry any expiry. Source: interface A11.
 *   J4  A verdict depends on the bytes and `now` alone. Bytes are decoded once and their signatures verified once: what
 *       is remembered is remembered by the envelope's hash, because an id does not cover the signature.
 *
 * Source: interface §2; texts are the replica's (`rs/validator`).
 */
import { BoundedCache } from "../../base/bounded-cache.ts";
import { toHex } from "../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../base/decoded.ts";
import { sha256 } from "../../crypto/hash.ts";
import { ANONYMOUS, type CanisterId, type Hash, MANAGEMENT_CANISTER, type Nanos } from "../../types/ids.ts";
import type { CallerInfo, SignedIngress } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { EffectiveCanisterOf } from "../interfaces/execution.ts";
import type { RequestJudge, RequestRefused } from "../interfaces/ingress.ts";
import { type AuthenticationVerdict, authenticate } from "./authentication.ts";
import type { VerifyCertification } from "./canister-signature.ts";
import {
  type CallContent,
  decodeEnvelope,
  type Envelope,
  type ReadStateContent,
  type RequestContent,
} from "./envelope.ts";
import { expiryFault, utcText } from "./expiry.ts";

const NONCE_BYTES_MAX = 32;
const PATHS_MAX = 1000;
const LABELS_MAX = 127;
/** Verdicts remembered: the calls of a few full blocks. */
const VERDICTS_KEPT = 10_000;
/** Calls up to this size are remembered, too: 40 MB of them at most. */
const SMALL_BYTES = 4096;

/** `verify`: whether a signature over a state root, domain separator included, is the subnet's. */
export function createJudge(
  effectiveCanisterOf: EffectiveCanisterOf,
  verify: VerifyCertification,
): RequestJudge {
  const callsSeen = new WeakMap<Uint8Array, Decoded<Call>>();
  const verdicts = new BoundedCache<AuthenticationVerdict>(VERDICTS_KEPT);

  /** A small call comes as often as there are peers and blocks that bring it, in other arrays each time. */
  const smallCalls = new BoundedCache<Decoded<Call>>(VERDICTS_KEPT);

  const decodeCall = (bytes: Uint8Array): Decoded<Call> => {
    const seen = callsSeen.get(bytes) ?? readOnce(bytes);
    callsSeen.set(bytes, seen);
    return seen;
  };

  const readOnce = (bytes: Uint8Array): Decoded<Call> => {
    const name = toHex(sha256(bytes));
    const read = (): Decoded<Call> => readCall(bytes, name, effectiveCanisterOf);
    return bytes.length <= SMALL_BYTES ? smallCalls.get(name, read) : read();
  };

  /** J4. */
  const authenticateCall = (call: Call): AuthenticationVerdict => {
    call.verdict ??= verdicts.get(call.name, () => authenticate(call.envelope, verify));
    return call.verdict;
  };

  return {
    decode(bytes) {
      const call = decodeCall(bytes);
      return call.ok ? decoded(call.value.ingress) : call;
    },
    call(bytes, now) {
      const call = decodeCall(bytes);
      if (!call.ok) return malformed(call.because);
      const { envelope, ingress } = call.value;
      const early = timeFault(envelope, now);
      if (early !== undefined) return early;
      const verdict = authenticateCall(call.value);
      if (!verdict.ok) return refuse(verdict.text);
      if (!verdict.authority.mayCall) return refuse("Invalid delegation: it permits queries, not calls");
      return targetFault(verdict.authority.targets, ingress.content.canister) ?? { ok: true, value: ingress };
    },
    query(bytes, now) {
      const read = readAs(bytes, "query");
      if (!read.ok) return malformed(read.because);
      const { content } = read.value;
      const early = timeFault(read.value, now);
      if (early !== undefined) return early;
      const verdict = authenticate(read.value, verify);
      if (!verdict.ok) return refuse(verdict.text);
      const query = {
        sender: content.sender,
        receiver: content.canister,
        method: content.method,
        arg: content.arg,
        callerInfo: callerInfoOf(content),
      };
      const effectiveCanister = effectiveOf(content, effectiveCanisterOf);
      return (
        targetFault(verdict.authority.targets, content.canister) ?? {
          ok: true,
          value: { id: content.id, query, effectiveCanister },
        }
      );
    },
    readState(bytes, now) {
      const read = readAs(bytes, "read_state");
      if (!read.ok) return malformed(read.because);
      const { content } = read.value;
      const early = pathsFault(content.paths) ?? timeFault(read.value, now);
      if (early !== undefined) return early;
      const verdict = authenticate(read.value, verify);
      if (!verdict.ok) return refuse(verdict.text);
      const { targets } = verdict.authority;
      return { ok: true, value: { sender: content.sender, paths: content.paths, targets } };
    },
  };
}

interface Call {
  /** SHA-256 of the envelope. */
  readonly name: Hash;
  readonly envelope: Envelope;
  readonly ingress: SignedIngress;
  verdict: AuthenticationVerdict | undefined;
}

function readCall(bytes: Uint8Array, name: Hash, effectiveCanisterOf: EffectiveCanisterOf): Decoded<Call> {
  const read = readAs(bytes, "call");
  if (!read.ok) return read;
  const { content } = read.value;
  const { id, sender, canister, method, arg, expiry, nonce } = content;
  const ingress: SignedIngress = {
    content: { id, sender, canister, method, arg, expiry, nonce, callerInfo: callerInfoOf(content) },
    effectiveCanister: effectiveOf(content, effectiveCanisterOf),
    bytes,
  };
  return decoded({ name, envelope: read.value, ingress, verdict: undefined });
}

/** Source: interface H80–H85. */
function effectiveOf({ canister, method, arg }: CallContent, of: EffectiveCanisterOf): CanisterId {
  if (canister !== MANAGEMENT_CANISTER) return canister;
  const about = of(method, arg);
  return about === undefined || about === "any" ? MANAGEMENT_CANISTER : about;
}

const callerInfoOf = ({ senderInfo }: CallContent): CallerInfo | undefined =>
  senderInfo && { info: senderInfo.info, signer: senderInfo.signer };

/** J1. */
function readAs<K extends RequestContent["kind"]>(bytes: Uint8Array, kind: K): Decoded<EnvelopeOf<K>> {
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const { content } = envelope.value;
  if (content.kind !== kind) {
    return undecodable(`content.request_type: "${content.kind}" at the endpoint for "${kind}"`);
  }
  return decoded(envelope.value as EnvelopeOf<K>);
}

type EnvelopeOf<K> = Envelope & { readonly content: K extends "read_state" ? ReadStateContent : CallContent };

const refuse = (text: string): RequestRefused => ({ ok: false, status: 400, text });
const malformed = (because: string): RequestRefused => refuse(`Malformed request: ${because}`);

/** J2: nonce and the two expiries. */
function timeFault({ content, authentication }: Envelope, now: Nanos): RequestRefused | undefined {
  const nonceBytes = content.nonce?.length ?? 0;
  if (nonceBytes > NONCE_BYTES_MAX) {
    return refuse(
      `Nonce in request is too big: got ${nonceBytes} bytes, but at most ${NONCE_BYTES_MAX} are allowed`,
    );
  }
  const mayBeAnyTime = content.kind !== "call" && content.sender === ANONYMOUS;
  const expired = mayBeAnyTime ? undefined : expiryFault(content.expiry, now);
  if (expired !== undefined) return refuse(expired);
  for (const { expiration } of authentication?.delegations ?? []) {
    if (expiration < now) {
      return refuse(
        "Invalid delegation expiry: Specified sender delegation has expired:\n" +
          `Provided expiry:    ${utcText(expiration)}\nLocal replica time: ${utcText(now)}`,
      );
    }
  }
  return undefined;
}

function pathsFault(paths: readonly (readonly Uint8Array[])[]): RequestRefused | undefined {
  if (paths.length > PATHS_MAX) {
    return refuse(
      `Too many paths in read state request: got ${paths.length} paths, but at most ${PATHS_MAX} are allowed`,
    );
  }
  const deepest = paths.reduce((most, path) => Math.max(most, path.length), 0);
  if (deepest <= LABELS_MAX) return undefined;
  return refuse(
    `At least one path in read state request is too deep: got ${deepest} labels, but at most ${LABELS_MAX} are allowed`,
  );
}

const targetFault = (
  targets: ReadonlySet<CanisterId> | undefined,
  canister: CanisterId,
): RequestRefused | undefined =>
  targets === undefined || targets.has(canister)
    ? undefined
    : refuse(`Canister ${principalText(canister)} is not one of the delegation targets`);
