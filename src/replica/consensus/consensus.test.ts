/** C1–C4 on whole nodes: one alone, and one that is fed a long chain at once. */
import { describe, expect, it } from "vitest";
import { encoded } from "../../types/artifact.ts";
import type { Fact } from "../../types/trace.ts";
import { type Consensus, createConsensus } from "./consensus.ts";
import { fakeCrypto, nodesOf, registryOf, subnetOf } from "./fixtures.ts";

const START = 1_700_000_000_000;

/** Executes at once what it is given; certified is what was executed. */
function nodeOf(n: number, me = nodesOf(n)[0]!) {
  let executed = 0;
  const facts: Fact[] = [];
  const consensus = createConsensus(
    {
      me,
      registry: registryOf(subnetOf(n)),
      crypto: fakeCrypto(me, nodesOf(n)),
      payloads: { build: () => ({ ingress: [] }), validate: () => ({ kind: "valid" }) },
      states: {
        latestHeight: () => executed,
        latestCertifiedHeight: () => executed,
        stateAt: () => undefined,
        rootAt: () => undefined,
        checkpointAt: () => undefined,
        inHistory: () => false,
      },
      decodeIngress: () => ({ ok: false, because: "none here" }),
    },
    START,
  );
  const run = (now: number) => {
    const result = consensus.run(now);
    executed += result.batches.length;
    facts.push(...result.facts);
    return result;
  };
  return { consensus, run, facts, executed: () => executed };
}

function settle(node: { consensus: Consensus; run(now: number): unknown }, now: number): number {
  let runs = 0;
  do {
    node.run(now);
    runs++;
  } while (node.consensus.nextWake(now) === now && runs < 1000);
  return runs;
}

describe("a subnet of one", () => {
  it("makes a height per notary delay, sleeping exactly until it may go on", () => {
    const node = nodeOf(1);
    let now = START;
    for (let i = 0; i < 60 && node.executed() < 10; i++) {
      settle(node, now);
      now = node.consensus.nextWake(now) ?? now + 1;
    }
    expect(node.executed()).toBe(10);
    // The eleventh wake is already asked for.
    expect(now - START).toBe(11 * 300);
  });

  it("says what it waits for once, when it changes", () => {
    const node = nodeOf(1);
    settle(node, START);
    const waits = () => node.facts.filter((f) => f.kind === "waits");
    expect(waits()).toContainEqual({
      kind: "waits",
      component: "notary",
      height: 1,
      because: "waiting-for-better-ranks",
    });
    const before = waits().length;
    for (let i = 1; i < 20; i++) node.run(START + i);
    expect(waits().length).toBe(before);
  });

  it("looks at nothing again while nothing is new (C5)", () => {
    const node = nodeOf(1);
    settle(node, START);
    const { roundStart } = node.consensus.pool;
    let looks = 0;
    Object.assign(node.consensus.pool, {
      roundStart: (height: number) => {
        looks++;
        return roundStart(height);
      },
    });
    for (let i = 1; i < 300; i++) node.run(START + i);
    expect(looks).toBe(0);
    node.run(START + 300);
    expect(looks).toBeGreaterThan(0);
  });

  it("tells a block's story in order: made, validated, final", () => {
    const node = nodeOf(1);
    settle(node, START);
    settle(node, START + 300);
    const story = node.facts.flatMap((f) => {
      if (f.kind === "block-made" || f.kind === "finalized") return f.height === 1 ? [f.kind] : [];
      if (f.kind === "artifact-validated" && f.height === 1) return [f.artifact];
      return [];
    });
    const at = (what: string) => story.indexOf(what as never);
    expect(at("block-made")).toBeGreaterThanOrEqual(0);
    const order = ["block-made", "notarization-share", "notarization", "finalization-share", "finalization"];
    const places = [...order, "finalized"].map(at);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });
});

describe("a node fed a long chain", () => {
  it("works in bounded runs, asks to go on at once, and ends at the tip (C3)", () => {
    // Three of four make 15 heights; the fourth hears of it only afterwards.
    const nodes = nodesOf(4).map((id) => nodeOf(4, id));
    const [late, ...awake] = [nodes.pop()!, ...nodes];
    const said: { bytes: Uint8Array; entry: ReturnType<typeof encoded> }[] = [];
    let now = START;
    while (awake[0]!.consensus.pool.finalizedHeight() < 15) {
      for (const node of awake) {
        const { announce } = node.run(now);
        for (const entry of announce) {
          said.push({ bytes: entry.bytes, entry });
          const from = nodesOf(4)[awake.indexOf(node)]!;
          for (const other of awake) if (other !== node) other.consensus.receive(entry, from);
        }
      }
      now += 50;
      expect(now - START).toBeLessThan(60_000);
    }
    for (const { entry } of said) late.consensus.receive(entry as never, nodesOf(4)[0]!);
    late.run(now);
    expect(late.consensus.nextWake(now)).toBe(now);
    const runs = settle(late, now);
    expect(runs).toBeGreaterThan(1);
    expect(late.consensus.pool.finalizedHeight()).toBeGreaterThanOrEqual(14);
    expect(late.facts.filter((f) => f.kind === "waits" && f.because === "overloaded")).toEqual([]);
  });

  it("reports a refusal that matters, and is silent about repetition", () => {
    const node = nodeOf(4);
    const share = encoded({
      kind: "random-beacon-share",
      content: { height: 1, previous: "00".repeat(32) },
      signer: nodesOf(4)[1]!,
      signature: new Uint8Array(0),
    });
    const from = nodesOf(4)[1]!;
    expect(node.consensus.receive(share, from)).toMatchObject({
      refusal: undefined,
      facts: [{ kind: "artifact-received", from }],
    });
    expect(node.consensus.receive(share, from)).toEqual({ refusal: "duplicate", facts: [] });
    const far = encoded({ ...share.artifact, content: { ...share.artifact.content, height: 99 } });
    expect(node.consensus.receive(far, from)).toMatchObject({
      refusal: "too-far-ahead",
      facts: [{ kind: "artifact-refused", because: "too-far-ahead", height: 99 }],
    });
  });
});
