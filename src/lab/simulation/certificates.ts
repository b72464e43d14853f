/** A user outside: asks a node for a certificate, and judges it by nothing but the subnet's key. */
import { encodeCborTagged, decodeCbor, isBytes, isCborMap } from "../../codec/cbor.ts";
import { rootHash, treeFromCbor } from "../../codec/hash-tree.ts";
import { fromHex, toHex, utf8 } from "../../base/bytes.ts";
import { signedBytes } from "../../types/artifact.ts";
import type { ReplicaCrypto } from "../../replica/interfaces/crypto.ts";
import type { HttpReply, HttpRequest } from "../../types/http.ts";
import { ANONYMOUS, type Hash } from "../../types/ids.ts";
import { canisterIdOf, principalText } from "../../types/principal.ts";

export const TIME_REQUEST: HttpRequest = {
  method: "POST",
  path: `/api/v3/canister/${principalText(canisterIdOf(0n))}/read_state`,
  contentType: "application/cbor",
  body: encodeCborTagged({
    content: {
      request_type: "read_state",
      sender: fromHex(ANONYMOUS),
      paths: [[utf8("time")]],
      ingress_expiry: 0n,
    },
  }),
};

/** The root that the subnet vouches for; undefined when this is no certificate of its. */
export function certifiedRoot(
  { status, body }: HttpReply,
  { verifyThreshold }: ReplicaCrypto,
): Hash | undefined {
  if (status !== 200) return undefined;
  const certificate = fieldsOf(body)?.get("certificate");
  const fields = isBytes(certificate) ? fieldsOf(certificate) : undefined;
  const tree = treeFromCbor(fields?.get("tree"));
  const signature = fields?.get("signature");
  if (!tree.ok || !isBytes(signature)) return undefined;
  const root = toHex(rootHash(tree.value));
  return verifyThreshold("high", signedBytes.certification(root), signature) ? root : undefined;
}

function fieldsOf(bytes: Uint8Array) {
  const cbor = decodeCbor(bytes);
  return cbor.ok && isCborMap(cbor.value) ? cbor.value : undefined;
}
