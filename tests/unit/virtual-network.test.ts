/** A whole subnet in one thread: heights pass, time is certified, and the official agent believes it. */
import { Certificate, lookupResultToBuffer } from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { describe, expect, test } from "vitest";
import { encodeCborTagged, decodeCbor } from "../../src/codec/cbor.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { realSetup, standInSetup } from "../simulation/setup.ts";
import { runSubnet } from "../simulation/subnet.ts";

describe.each([1, 4] as const)("n = %i", (nodes) => {
  test("empty blocks are finalized, executed and certified", () => {
    const result = runSubnet(standInSetup(nodes, 1), 5);
    expect(result.reached).toBe(true);
    for (const id of result.nodes) {
      const node = result.network.inspect(id, { kind: "node" });
      expect(node.kind === "node" && node.certified).toBeGreaterThanOrEqual(4);
    }
  });

  test("the official agent verifies certified time under real BLS", async () => {
    const setup = realSetup(nodes, 3);
    const result = runSubnet(setup, 3);
    const subnet = setup.registry.versions.get(1)!;
    const canister = Principal.fromHex(subnet.canisterRanges[0]!.start);
    const body = encodeCborTagged({
      content: {
        request_type: "read_state",
        sender: Uint8Array.of(4),
        ingress_expiry: 0n,
        paths: [[utf8("time")]],
      },
    });
    const reply = result.network.http(result.nodes[0]!, {
      method: "POST",
      path: `/api/v3/canister/${canister.toText()}/read_state`,
      contentType: "application/cbor",
      body,
    });
    expect(reply.status, new TextDecoder().decode(reply.body)).toBe(200);
    const decoded = decodeCbor(reply.body);
    const certificate = decoded.ok
      ? (decoded.value as Map<string, Uint8Array>).get("certificate")!
      : undefined!;
    const verified = await Certificate.create({
      certificate: Uint8Array.from(certificate),
      rootKey: Uint8Array.from(subnet.publicKeyDer),
      principal: { canisterId: canister },
      disableTimeVerification: true,
    });
    const time = lookupResultToBuffer(verified.lookup_path(["time"]));
    expect(time).toBeDefined();
    expect(SIMULATION_GENESIS).toBeGreaterThan(0);
  });
});
