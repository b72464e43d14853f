import { expect, test } from "vitest";
import type { Fact, TraceEntry } from "../../types/trace.ts";
import { Chronicle, COLUMNS_KEPT, MESSAGES_KEPT } from "./chronicle.ts";

let sequence = 0;
const said = (node: string, at: number, fact: Fact): TraceEntry => ({ node, at, sequence: sequence++, fact });
const finalized = (height: number, ingress: readonly string[] = []): Fact => ({
  kind: "finalized",
  height,
  block: `b${height}`,
  rank: 0,
  maker: "n1",
  ingress,
});

test("one message's journey is told with the earliest time of each stage", () => {
  const c = new Chronicle();
  const proposal: Fact = { kind: "block-made", height: 5, block: "b5", rank: 0, ingress: ["m"] };
  const notarization: Fact = {
    kind: "artifact-made",
    artifact: "notarization",
    id: "z",
    height: 5,
    block: "b5",
  };
  const executed: Fact = {
    kind: "message-executed",
    height: 5,
    canister: "c",
    method: "inc",
    message: "m",
    instructions: 9n,
    outcome: "ok",
  };
  c.fold([
    said("n1", 10, { kind: "ingress-accepted", message: "m", artifact: "i", canister: "c", method: "inc" }),
    said("n1", 20, proposal),
    said("n2", 30, notarization),
    said("n1", 35, { ...notarization, kind: "artifact-validated" }),
    said("n1", 40, finalized(5, ["m"])),
    said("n2", 41, finalized(5, ["m"])),
    said("n2", 50, executed),
    said("n1", 55, executed),
    said("n1", 60, { kind: "certified", height: 5, root: "r5" }),
    said("n2", 65, { kind: "certified", height: 5, root: "r5" }),
  ]);
  expect(c.messages.get("m")).toMatchObject({
    acceptedAt: 10,
    proposedAt: 20,
    notarizedAt: 30,
    finalizedAt: 40,
    executedAt: 50,
    certifiedAt: 60,
    height: 5,
    instructions: 9n,
  });
  expect(c.column(5)?.executions).toHaveLength(1);
  expect(c.roots.get("r5")).toBe(5);
});

test("shares count signers, not sayings", () => {
  const c = new Chronicle();
  const share = (signer: string): Fact => ({
    kind: "artifact-validated",
    artifact: "notarization-share",
    id: `s${signer}`,
    height: 1,
    signer,
    block: "b",
  });
  c.fold([said("n1", 1, share("n1")), said("n2", 2, share("n1")), said("n2", 3, share("n2"))]);
  expect([...c.column(1)!.blocks.get("b")!.notarization.shares.keys()]).toEqual(["n1", "n2"]);
});

test("replicas print alike: each line is shown once", () => {
  const c = new Chronicle();
  const print = (text: string): Fact => ({ kind: "debug-print", canister: "c", text });
  c.fold([
    said("n1", 1, print("a")),
    said("n2", 2, print("a")),
    said("n2", 3, print("a")),
    said("n1", 4, print("a")),
  ]);
  expect(c.prints).toHaveLength(2);
});

test("memory is bounded and forgotten heights stay forgotten", () => {
  const c = new Chronicle();
  for (let h = 1; h <= COLUMNS_KEPT + 100; h++) c.fold([said("n1", h, finalized(h, [`m${h}`]))]);
  expect(c.columns.size).toBe(COLUMNS_KEPT);
  expect(c.messages.size).toBe(MESSAGES_KEPT);
  c.fold([said("n2", 1, finalized(3))]);
  expect(c.column(3)).toBeUndefined();
  expect(c.finalized).toBe(COLUMNS_KEPT + 100);
});

test("what peers find wrong with a node is told of that node, by whom and how often", () => {
  const c = new Chronicle();
  const fault = (times: number): Fact => ({
    kind: "peer-misbehaves",
    peer: "n3",
    because: "undecodable",
    times,
  });
  c.fold([said("n1", 1, fault(1)), said("n2", 2, fault(1)), said("n1", 9, fault(64))]);
  expect([...c.nodes.get("n3")!.blamed]).toEqual([["undecodable", { by: new Set(["n1", "n2"]), times: 66 }]]);
  expect(c.nodes.get("n1")?.blamed.size ?? 0).toBe(0);
});
