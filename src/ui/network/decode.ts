/** An artifact as names and values to read. Pure. Checked by: decode.test.ts. */
import { Cbor } from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { toHex } from "../../base/bytes.ts";
import type { Artifact } from "../../types/consensus.ts";

export interface Line {
  readonly name: string;
  readonly value: string;
}
const line = (name: string, value: unknown): Line => ({ name, value: textOf(value) });

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return value.length === 0 ? "(no bytes)" : toHex(value);
  if (typeof value === "bigint" || typeof value === "number") return value.toLocaleString("en");
  return String(value);
}
const nanosText = (nanos: bigint): string => new Date(Number(nanos / 1_000_000n)).toISOString();

/** `name`: of a node. */
export function linesOf(artifact: Artifact, name: (node: string) => string): Line[] {
  switch (artifact.kind) {
    case "block-proposal": {
      const { block, hash, signer, signature } = artifact;
      return [
        line("height", block.height),
        line("block", hash),
        line("parent", block.parent),
        line("rank", block.rank),
        line("made and signed by", name(signer)),
        line("time", nanosText(block.context.time)),
        line("certified height it builds on", block.context.certifiedHeight),
        line("messages", block.payload.ingress.length),
        ...(block.payload.summary === undefined
          ? []
          : [line("summary: registry version from here on", block.payload.summary.registryVersion)]),
        line("signature", signature),
      ];
    }
    case "notarization-share":
    case "finalization-share":
      return [
        line("height", artifact.content.height),
        line("block", artifact.content.block),
        line("signed by", name(artifact.signer)),
        line("share", artifact.signature),
      ];
    case "notarization":
    case "finalization":
      return [
        line("height", artifact.content.height),
        line("block", artifact.content.block),
        line("shares of", artifact.signers.map(name).join(", ")),
        line("signature of all together", artifact.signature),
      ];
    case "random-beacon-share":
    case "random-beacon":
      return [
        line("height", artifact.content.height),
        line("beacon before", artifact.content.previous),
        ...("signer" in artifact ? [line("signed by", name(artifact.signer))] : []),
        line("signer" in artifact ? "share" : "signature: the random number", artifact.signature),
      ];
    case "random-tape-share":
    case "random-tape":
      return [
        line("height", artifact.content.height),
        ...("signer" in artifact ? [line("signed by", name(artifact.signer))] : []),
        line("signer" in artifact ? "share" : "signature: the random number", artifact.signature),
      ];
    case "certification-share":
    case "certification":
      return [
        line("height", artifact.height),
        line("root of the state", artifact.root),
        ...("signer" in artifact ? [line("signed by", name(artifact.signer))] : []),
        line("signer" in artifact ? "share" : "signature of the subnet", artifact.signature),
      ];
    case "catch-up-package-share":
    case "catch-up-package":
      return [
        line("height", artifact.content.height),
        line("summary block", artifact.content.block),
        line("beacon", artifact.content.beacon),
        line("names the state", artifact.content.state),
        ...("signer" in artifact ? [line("signed by", name(artifact.signer))] : []),
        line("signer" in artifact ? "share" : "signature of the subnet", artifact.signature),
      ];
    case "equivocation-proof":
      return [
        line("height", artifact.height),
        line("two blocks signed by", name(artifact.signer)),
        line("first", artifact.first.hash),
        line("second", artifact.second.hash),
      ];
    case "ingress":
      return envelopeLines(artifact.bytes);
  }
}

/** A user's signed request, as the HTTP interface has it. */
function envelopeLines(bytes: Uint8Array): Line[] {
  try {
    const envelope = Cbor.decode<Record<string, unknown>>(bytes);
    const content = (envelope["content"] ?? {}) as Record<string, unknown>;
    const lines = Object.entries(content).map(([name, value]) => {
      if ((name === "canister_id" || name === "sender") && value instanceof Uint8Array)
        return line(name, Principal.fromUint8Array(value).toText());
      if (name === "ingress_expiry") return line(name, nanosText(BigInt(value as bigint)));
      return line(name, value);
    });
    const { sender_pubkey: key, sender_sig: signature } = envelope;
    if (key !== undefined) lines.push(line("sender's public key", key));
    if (signature !== undefined) lines.push(line("sender's signature", signature));
    return lines;
  } catch (error) {
    return [line("not readable", error instanceof Error ? error.message : error)];
  }
}
