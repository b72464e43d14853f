import { expect, test } from "vitest";
import type { LabTime, NodeId } from "../../types/ids.ts";
import type { Fact, TraceEntry } from "../../types/trace.ts";
import { Chronicle } from "./chronicle.ts";
import { chronicleUntil } from "./chronicle-until.ts";

const NODES: readonly NodeId[] = ["n1", "n2", "n3", "n4"];
let sequence = 0;
const said = (node: NodeId, at: LabTime, fact: Fact): TraceEntry => ({
  node,
  at,
  sequence: sequence++,
  fact,
});

/** Three heights with a message in the second; an entry every ten milliseconds. */
function entries(): TraceEntry[] {
  const all: TraceEntry[] = [];
  const say = (node: NodeId, fact: Fact): void => void all.push(said(node, 10 * (all.length + 1), fact));
  for (const height of [1, 2, 3]) {
    const block = `block ${height}`;
    const ingress = height === 2 ? ["call"] : [];
    if (height === 2)
      say("n1", { kind: "ingress-accepted", message: "call", artifact: "i", canister: "c", method: "inc" });
    say("n1", { kind: "artifact-validated", artifact: "random-beacon", id: `b${height}`, height });
    say("n2", { kind: "block-made", height, block, rank: 0, ingress });
    for (const signer of NODES.slice(0, 3))
      say(signer, { kind: "artifact-validated", artifact: "notarization-share", id: `${signer}${height}`, height, block, signer }); // prettier-ignore
    say("n1", { kind: "artifact-validated", artifact: "notarization", id: `N${height}`, height, block });
    say("n1", { kind: "finalized", height, block, maker: "n2", rank: 0, ingress });
    say("n1", { kind: "round-executed", height, messages: 0, instructions: 0n, root: `r${height}` });
    say("n1", { kind: "certified", height, root: `r${height}` });
  }
  return all;
}

test("at every moment it is what folding up to that moment gives", () => {
  const all = entries();
  const whole = new Chronicle();
  whole.fold(all);
  for (let time = 0; time <= 10 * all.length + 10; time += 5) {
    const folded = new Chronicle();
    folded.fold(all.filter(({ at }) => at <= time));
    const then = chronicleUntil(whole, time);
    expect([then.tip, then.finalized, then.certified]).toEqual([
      folded.tip,
      folded.finalized,
      folded.certified,
    ]);
    expect([...then.columns.keys()]).toEqual([...folded.columns.keys()]);
    for (const [height, column] of folded.columns) {
      const { blocks, beacon, finalized, executed, certifiedAt } = then.columns.get(height)!;
      expect({ blocks, beacon, finalized, executed, certifiedAt }).toEqual({
        blocks: column.blocks,
        beacon: column.beacon,
        finalized: column.finalized,
        executed: column.executed,
        certifiedAt: column.certifiedAt,
      });
    }
    const times = (c: Chronicle) =>
      [...c.messages.values()].map((m) => [
        m.acceptedAt,
        m.proposedAt,
        m.notarizedAt,
        m.finalizedAt,
        m.height,
      ]);
    expect(times(then)).toEqual(times(folded));
  }
});
