/** Text and class of principals. Source: interface A60–A63. */
import { Principal } from "@icp-sdk/core/principal";
import { fromHex, toHex } from "../base/bytes.ts";
import { sha224 } from "../crypto/hash.ts";
import type { CanisterId, PrincipalId } from "./ids.ts";

export const principalBytes = (id: PrincipalId): Uint8Array => fromHex(id);
export const principalText = (id: PrincipalId): string => Principal.fromHex(id).toText();

/** Undefined when the text is no canonical principal. */
export function parsePrincipal(text: string): PrincipalId | undefined {
  try {
    return Principal.fromText(text).toHex().toLowerCase();
  } catch {
    return undefined;
  }
}

/** SHA-224(DER) ‖ 0x02. Users, nodes and subnets are named after their key. */
export const selfAuthenticating = (der: Uint8Array): PrincipalId => `${toHex(sha224(der))}02`;

/** 8-byte big-endian index ‖ 01 01: `rwlgt-iiaaa-aaaaa-aaaaa-cai` is index 0. Source: interface A62. */
export const canisterIdOf = (index: bigint): CanisterId => `${index.toString(16).padStart(16, "0")}0101`;
