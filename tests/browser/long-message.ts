/** Inside the page: one node, a message of more than a slice, and what goes on meanwhile. */
import { Actor } from "@icp-sdk/core/agent";
import type { IDL } from "@icp-sdk/core/candid";
import { deploy } from "../../src/cli/bench/scenarios.ts";
import type { NodeStatus } from "../../src/lab/lab.ts";
import { startPageNetwork } from "../../src/lab/page-network.ts";

const idl: IDL.InterfaceFactory = ({ IDL: idl }) =>
  idl.Service({ long: idl.Func([], [idl.Nat64], []), quick: idl.Func([], [idl.Nat64], []) });

/** The instructions that `long` counted, heights that were finalized while it ran, and how the nodes are. */
export async function longMessage(wasm: readonly number[]): Promise<{
  readonly instructions: string;
  readonly heights: number;
  readonly quick: string;
  readonly statuses: NodeStatus[];
}> {
  const network = await startPageNetwork({ nodes: 1, notaryDelayMs: 50, unitDelayMs: 1000, latencyMs: 0 });
  try {
    let finalized = 0;
    const started = new Promise<void>((resolve) => {
      network.subscribe(({ entries }) => {
        for (const { fact } of entries) {
          if (fact.kind === "artifact-validated" && fact.artifact === "finalization") finalized = fact.height;
          if (fact.kind === "certified") resolve();
        }
      });
    });
    await started;
    const [slow, other] = [
      await deploy(network, Uint8Array.from(wasm)),
      await deploy(network, Uint8Array.from(wasm)),
    ];
    const actorOf = ({ id, agent }: typeof slow) =>
      Actor.createActor<{ long(): Promise<bigint>; quick(): Promise<bigint> }>(idl, {
        agent,
        canisterId: id,
      });
    const before = finalized;
    const long = actorOf(slow).long();
    const quick = await actorOf(other).quick();
    const instructions = await long;
    return {
      instructions: `${instructions}`,
      heights: finalized - before,
      quick: `${quick}`,
      statuses: network.info.nodes.map((node) => network.status(node)),
    };
  } finally {
    await network.close();
  }
}
