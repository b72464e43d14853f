import { expect, test } from "vitest";
import type { CallTrace, Fact } from "../../types/trace.ts";
import { callTree } from "./call-tree.ts";
import { Chronicle } from "./chronicle.ts";

const ran = (
  height: number,
  canister: string,
  method: string,
  call: CallTrace,
  more: Partial<Extract<Fact, { kind: "message-executed" }>> = {},
): Fact => ({
  kind: "message-executed",
  height,
  canister,
  method,
  instructions: 10n,
  outcome: "ok",
  call,
  ...more,
});

test("calls between canisters become a tree, over heights, with cycles and rejects; several nodes say it once", () => {
  const c = new Chronicle();
  const facts: Fact[] = [
    ran(3, "a", "start", {
      context: 7,
      sent: [
        { callback: 1, canister: "b", method: "first", cycles: 5n },
        { callback: 2, canister: "gone", method: "second", cycles: 0n },
      ],
    }, { message: "m" }),
    ran(3, "b", "first", {
      context: 0,
      from: { canister: "a", callback: 1 },
      sent: [{ callback: 1, canister: "", method: "raw_rand", cycles: 0n }],
    }),
    ran(4, "a", "(reject callback)", { context: 7, ends: { callback: 2, refund: 0n, reject: "no such canister" }, sent: [] }, { message: "m" }),
    ran(5, "b", "(reply callback)", { context: 0, ends: { callback: 1, refund: 0n }, sent: [] }),
    ran(6, "a", "(reply callback)", { context: 7, ends: { callback: 1, refund: 3n }, sent: [] }, { message: "m" }),
  ]; // prettier-ignore
  for (const node of ["n1", "n2"]) c.fold(facts.map((fact, i) => ({ node, at: i, sequence: i, fact })));
  const tree = callTree(c, "m")!;
  expect(tree.method).toBe("start");
  expect(tree.executions).toHaveLength(3);
  expect(
    tree.calls.map(({ method, cycles, answer }) => [method, cycles, answer?.refund, answer?.reject]),
  ).toEqual([
    ["first", 5n, 3n, undefined],
    ["second", 0n, 0n, "no such canister"],
  ]);
  expect(tree.calls[0]!.executions).toHaveLength(2);
  expect(tree.calls[0]!.calls[0]).toMatchObject({
    method: "raw_rand",
    canister: "",
    answer: { callback: 1 },
  });
  expect(c.messages.get("m")).toMatchObject({ executedHeight: 6, instructions: 30n });
  expect(callTree(c, "unknown")).toBeUndefined();
});
