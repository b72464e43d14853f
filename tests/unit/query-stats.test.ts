/** Queries to four nodes, counted by each of them, and what the subnet makes of it. */
import { Principal } from "@icp-sdk/core/principal";
import { IDL } from "@icp-sdk/core/candid";
import { expect, test } from "vitest";
import { decodeCbor, encodeCborTagged } from "../../src/codec/cbor.ts";
import type { NodeId } from "../../src/types/ids.ts";
import { canisterIdOf } from "../../src/types/principal.ts";
import { counterWorkload, standInSetup } from "../simulation/setup.ts";
import { runSubnet, type SubnetSetup } from "../simulation/subnet.ts";

/** Long enough for every node to make a block: who makes none tells nothing. */
const EPOCH = 12;
const COUNTER = Principal.fromHex(canisterIdOf(0n));

/** A short epoch is a parameter of the subnet like any other: nothing else is different. */
function setup(nodes: 1 | 4): SubnetSetup {
  const whole = standInSetup(nodes, 3);
  const record = { ...whole.registry.versions.get(1)!, queryStatsEpochLength: EPOCH };
  return { ...whole, registry: { ...whole.registry, versions: new Map([[1, record]]) } };
}

const Status = IDL.Record({
  query_stats: IDL.Record({
    num_calls_total: IDL.Nat,
    num_instructions_total: IDL.Nat,
    request_payload_bytes_total: IDL.Nat,
    response_payload_bytes_total: IDL.Nat,
  }),
});

test.each([1, 4] as const)(
  "n = %i: canister_status tells n times the median of an epoch's counts (H66)",
  (n) => {
    const result = runSubnet(setup(n), 40, counterWorkload(n));
    expect(result.reached).toBe(true);
    const { network, nodes } = result;

    const query = (node: NodeId, canister: Principal, method: string, arg: Uint8Array): Uint8Array => {
      const content = {
        request_type: "query",
        sender: Uint8Array.of(4),
        canister_id: canister.toUint8Array(),
        method_name: method,
        arg,
        ingress_expiry: 0n,
      };
      const reply = network.http(node, {
        method: "POST",
        path: `/api/v3/canister/${COUNTER.toText()}/query`,
        contentType: "application/cbor",
        body: encodeCborTagged({ content }),
      });
      const decoded = decodeCbor(reply.body);
      if (!decoded.ok) throw new Error(decoded.because);
      const answer = (decoded.value as Map<string, Map<string, Uint8Array>>).get("reply");
      if (answer === undefined) throw new Error(JSON.stringify([...(decoded.value as Map<string, unknown>)]));
      return answer.get("arg")!;
    };
    const get = (node: NodeId, bytes: number) => query(node, COUNTER, "get", new Uint8Array(bytes));
    const stats = () => {
      const arg = IDL.encode([IDL.Record({ canister_id: IDL.Principal })], [{ canister_id: COUNTER }]);
      const reply = query(nodes[0]!, Principal.managementCanister(), "canister_status", Uint8Array.from(arg));
      const [status] = IDL.decode([Status], Uint8Array.from(reply)) as unknown as [
        { query_stats: Record<string, bigint> },
      ];
      return status.query_stats;
    };
    const certified = () =>
      Math.min(
        ...nodes.map((id) => {
          const view = network.inspect(id, { kind: "node" });
          return view.kind === "node" ? view.certified : 0;
        }),
      );
    const nextEpoch = () => {
      const target = (Math.floor(certified() / EPOCH) + 1) * EPOCH;
      expect(network.runUntil(() => certified() > target, 600_000)).toBe(true);
    };

    // The first epoch is counted: three queries a node, one of them longer at each node than at the one before.
    nextEpoch();
    nodes.forEach((node, i) => {
      for (const bytes of [1, 1, i]) get(node, bytes);
    });
    expect(stats().num_calls_total).toBe(0n);
    // It is closed by a query of the next one, told in blocks, and summed up once a quorum told of the next one, too.
    for (let k = 0; k < 3; k++) {
      nextEpoch();
      for (const node of nodes) get(node, 0);
    }
    nextEpoch();
    const total = stats();
    const perNode = total.num_calls_total! / BigInt(n);
    expect(total.num_calls_total! % BigInt(n)).toBe(0n);
    // The middle one of three nodes that told of 2, 3, 4 or 5 bytes; each later epoch adds a query of no bytes.
    expect(n === 1 ? [2n] : [3n * 4n, 4n * 4n]).toContain(total.request_payload_bytes_total);
    expect(perNode >= 3n && perNode <= 5n).toBe(true);
    expect(total.response_payload_bytes_total).toBe(15n * total.num_calls_total!);
    expect(total.num_instructions_total! > 0n).toBe(true);
  },
);
