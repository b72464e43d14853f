/**
 * Who signed an envelope, and how far their word reaches. Nothing here knows the time, so a verdict on the same bytes
 * is the same for ever and may be remembered.
 *
 *   U1  The anonymous sender signs nothing; everybody else signs. Source: interface A13.
 *   U2  The sender is the self-authenticating principal of the first key. Source: interface A14.
 *   U3  Each delegation is signed by the key before it; the request by the last key. No key twice, at most 20 links, at
 *       most 1,000 targets each. Source: interface A29, A40–A44, A48.
 *   U4  The request is limited to what every link allows: the intersection of the targets; "queries" anywhere excludes
 *       calls; a permission nobody knows excludes everything. Source: interface A44, A45.
 *   U5  Information about the sender is vouched for by the canister whose signature key is the first of the chain, and
 *       by nobody else. Source: interface A50, A51.
 */
import { concat, toHex } from "../../base/bytes.ts";
import { domainSeparator } from "../../crypto/hash.ts";
import { parsePublicKey } from "../../crypto/public-key.ts";
import { ANONYMOUS, type CanisterId } from "../../types/ids.ts";
import { principalText, selfAuthenticating } from "../../types/principal.ts";
import type { VerifyCertification } from "./canister-signature.ts";
import type { Authentication, Envelope, SignedDelegation, SignedSenderInfo } from "./envelope.ts";
import { signatureFault } from "./signature.ts";

/** What an authentic sender may do. */
export interface Authority {
  /** Undefined: all canisters. */
  readonly targets: ReadonlySet<CanisterId> | undefined;
  readonly mayCall: boolean;
}

export type AuthenticationVerdict =
  { readonly ok: true; readonly authority: Authority } | { readonly ok: false; readonly text: string };

const DELEGATIONS_MAX = 20;
const TARGETS_MAX = 1000;
const REQUEST_DOMAIN = domainSeparator("ic-request");
const DELEGATION_DOMAIN = domainSeparator("ic-request-auth-delegation");
const SENDER_INFO_DOMAIN = domainSeparator("ic-sender-info");

/** `verify`: whether a certificate's signature is the subnet's, for what canisters sign. */
export function authenticate(
  { content, authentication }: Envelope,
  verify: VerifyCertification,
): AuthenticationVerdict {
  const senderInfo = content.kind === "read_state" ? undefined : content.senderInfo;
  if (authentication === undefined) {
    if (content.sender !== ANONYMOUS)
      return refuse(`Missing signature from user: ${principalText(content.sender)}`);
    return senderInfo === undefined
      ? { ok: true, authority: { targets: undefined, mayCall: true } }
      : refuse("Invalid sender info: sender_info requires an authenticated request with sender_pubkey");
  }
  if (content.sender === ANONYMOUS) return refuse("Signature is not allowed for the anonymous user");
  const { publicKey, delegations } = authentication;
  if (selfAuthenticating(publicKey) !== content.sender) {
    return refuse(
      `The user id ${principalText(content.sender)} does not match the public key ${toHex(publicKey)}`,
    );
  }
  const fault =
    chainFault(publicKey, delegations) ??
    signaturesFault(authentication, content.hash, verify) ??
    (senderInfo && senderInfoFault(publicKey, senderInfo, verify));
  return fault === undefined ? { ok: true, authority: authorityOf(delegations) } : refuse(fault);
}

const refuse = (text: string): AuthenticationVerdict => ({ ok: false, text });

/** U3, without the signatures. */
function chainFault(first: Uint8Array, delegations: readonly SignedDelegation[]): string | undefined {
  if (delegations.length > DELEGATIONS_MAX) {
    return (
      `Invalid delegation: Chain of delegations is too long: got ${delegations.length} delegations, ` +
      `but at most ${DELEGATIONS_MAX} are allowed`
    );
  }
  const seen = new Set([toHex(first)]);
  for (const { publicKey, targets, permissions } of delegations) {
    const key = toHex(publicKey);
    if (seen.has(key)) {
      return (
        "Invalid delegation: Chain of delegations contains at least one cycle: " +
        `first repeating public key encountered ${key}`
      );
    }
    seen.add(key);
    if (targets !== undefined && targets.length > TARGETS_MAX) {
      return (
        `Invalid delegation: Delegation target error: expected at most ${TARGETS_MAX} targets per delegation, ` +
        `but got ${targets.length}`
      );
    }
    if (permissions !== undefined && permissions !== "all" && permissions !== "queries") {
      return `Invalid delegation: unknown permissions "${permissions.slice(0, 40)}"`;
    }
  }
  return undefined;
}

/** U3, the signatures. */
function signaturesFault(
  { publicKey, signature, delegations }: Authentication,
  requestHash: Uint8Array,
  verify: VerifyCertification,
): string | undefined {
  let signer = publicKey;
  for (const delegation of delegations) {
    const message = concat(DELEGATION_DOMAIN, delegation.hash);
    const fault = signatureFault(signer, message, delegation.signature, verify);
    if (fault !== undefined) return `Invalid delegation: ${fault}`;
    signer = delegation.publicKey;
  }
  const fault = signatureFault(signer, concat(REQUEST_DOMAIN, requestHash), signature, verify);
  return fault && `Invalid signature: ${fault}`;
}

/** U5. */
function senderInfoFault(
  publicKey: Uint8Array,
  { info, signer, signature }: SignedSenderInfo,
  verify: VerifyCertification,
): string | undefined {
  const key = parsePublicKey(publicKey);
  if (!key.ok || key.value.scheme !== "canister") {
    return "Invalid sender info: sender_pubkey is not a valid canister signature public key";
  }
  const named = toHex(key.value.canister);
  if (named !== signer) {
    return `Invalid sender info: signer ${principalText(signer)} does not match canister ID ${principalText(named)} in sender_pubkey`;
  }
  const fault = signatureFault(publicKey, concat(SENDER_INFO_DOMAIN, info), signature, verify);
  return fault && `Invalid sender info: signature verification failed: ${fault}`;
}

/** U4. */
function authorityOf(delegations: readonly SignedDelegation[]): Authority {
  let targets: ReadonlySet<CanisterId> | undefined;
  for (const link of delegations) {
    if (link.targets === undefined) continue;
    const earlier = targets;
    targets = new Set(earlier === undefined ? link.targets : link.targets.filter((t) => earlier.has(t)));
  }
  return { targets, mayCall: delegations.every((d) => d.permissions !== "queries") };
}
