import { describe, expect, it } from "vitest";
import { encoded } from "../../types/artifact.ts";
import type { ConsensusArtifact, NotarizationShare } from "../../types/consensus.ts";
import type { NodeId } from "../../types/ids.ts";
import { createConsensusPool } from "../pools/consensus-pool.ts";
import { nodesOf, proposalOf, SUBNET, registryOf, subnetOf } from "./fixtures.ts";
import { judgeArrival, LOOK_AHEAD } from "./intake.ts";
import { withMembership } from "./membership.ts";

const [A, B] = nodesOf(4) as [NodeId, NodeId];
const share = (height: number, salt = 0, signer = B): NotarizationShare => ({
  kind: "notarization-share",
  content: { height, block: salt.toString(16).padStart(64, "0") },
  signer,
  signature: new Uint8Array(0),
});

function poolFor() {
  const store = createConsensusPool({ subnet: SUBNET, registryVersion: 1, startedAt: 0 });
  const pool = withMembership(store.reader, registryOf(subnetOf(4)), subnetOf(4));
  return {
    store,
    judge: (artifact: ConsensusArtifact, from: NodeId = A) => judgeArrival(pool, encoded(artifact), from),
  };
}

describe("intake", () => {
  it("lets in what may matter", () => {
    expect(poolFor().judge(share(1))).toBeUndefined();
  });

  it("looks ahead a bounded way (I1)", () => {
    const { judge } = poolFor();
    expect(judge(share(LOOK_AHEAD))).toBeUndefined();
    expect(judge(share(LOOK_AHEAD + 1))).toBe("too-far-ahead");
    expect(judge(share(0))).toBe("height-zero");
  });

  it("knows who may speak", () => {
    const { judge } = poolFor();
    expect(judge(share(1, 0, "ff"))).toBe("unknown-signer");
    expect(judge(share(1), "ff")).toBe("unknown-peer");
  });

  it("takes nothing twice", () => {
    const { judge, store } = poolFor();
    store.insertUnvalidated(encoded(share(1)), A);
    expect(judge(share(1))).toBe("duplicate");
  });

  it("bounds what one peer brings in one signer's name, without shutting out that signer (I1)", () => {
    const { judge, store } = poolFor();
    let held = 0;
    while (judge(share(1, held)) === undefined && held < 100) {
      store.insertUnvalidated(encoded(share(1, held)), A);
      held++;
    }
    expect(held).toBeLessThan(100);
    expect(judge(share(1, 999))).toBe("too-many-from-this-peer");
    expect(judge(share(1, 999), B)).toBeUndefined();
    expect(judge(share(2, 999))).toBeUndefined();
  });

  it("turns away what is settled (I2)", () => {
    const { judge, store } = poolFor();
    const proposal = proposalOf(B, 0, 1);
    const content = { height: 1, block: proposal.hash };
    const signature = new Uint8Array(0);
    const beacon = {
      kind: "random-beacon",
      content: { height: 1, previous: "00".repeat(32) },
      signature,
    } as const;
    const tape = { kind: "random-tape", content: { height: 1 }, signature } as const;
    const add = (artifact: ConsensusArtifact) => store.apply([{ kind: "add-to-validated", artifact }], 0);
    add(beacon);
    add(tape);
    expect(judge({ ...beacon, kind: "random-beacon-share", signer: B })).toBe("superseded");
    expect(judge({ ...tape, kind: "random-tape-share", signer: B })).toBe("superseded");
    add(proposal);
    expect(judge({ kind: "notarization-share", content, signer: B, signature })).toBeUndefined();
    add({ kind: "notarization", content, signers: [], signature });
    expect(judge({ kind: "notarization-share", content, signer: B, signature })).toBe("superseded");
    expect(judge(share(1))).toBeUndefined();
    expect(judge(proposalOf(B, 0, 1, { salt: 5 }))).toBeUndefined();
  });
});
