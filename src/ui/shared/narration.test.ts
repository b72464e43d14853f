import { expect, test } from "vitest";
import type { Fact } from "../../types/trace.ts";
import { Chronicle } from "./chronicle.ts";
import { concerns, narrationOf } from "./narration.ts";

const members = ["a", "b", "c", "d"];
const cast = { members, nameOf: (id: string) => `n${members.indexOf(id) + 1}` };
const c = new Chronicle();
let at = 0;
const say = (node: string, fact: Fact): void => c.fold([{ node, at: at++, sequence: at, fact }]);
const told = (tookMs?: number): string => {
  const mark = c.messages.get("m");
  const { headline, rest } = narrationOf({ method: "inc", mark, tookMs }, c, cast);
  return `${headline} ${rest}`;
};
const share = (artifact: "notarization-share" | "certification-share"): Fact => ({
  kind: "artifact-made",
  artifact,
  id: artifact,
  height: 4,
  block: "b4",
});

test("each stage of a message is told as it comes", () => {
  expect(told()).toMatch(/^inc is signed/);
  say("b", { kind: "ingress-accepted", message: "m", artifact: "i", canister: "c", method: "inc" });
  expect(told()).toMatch(/n2 checked the signature.*tells the other nodes/);
  say("c", { kind: "artifact-received", artifact: "ingress", id: "i", height: 0, from: "b" });
  expect(told()).toMatch(/n3 has it too/);
  say("d", { kind: "block-made", height: 4, block: "b4", rank: 0, ingress: ["m"] });
  say("d", share("notarization-share"));
  expect(told()).toMatch(/n4 puts it into block 4\..*1 of 3 signatures \(n4\)/);
  say("d", { kind: "artifact-made", artifact: "notarization", id: "n", height: 4, block: "b4" });
  expect(told()).toMatch(/Block 4 is notarized.*0 of 3 did/);
  say("a", { kind: "finalized", height: 4, block: "b4", rank: 0, maker: "d", ingress: ["m"] });
  expect(told()).toMatch(/Block 4 is final.*0 of 2 shares/);
  say("a", {
    kind: "message-executed",
    height: 4,
    canister: "c",
    method: "inc",
    message: "m",
    instructions: 1234n,
    outcome: "ok",
  });
  say("a", share("certification-share"));
  expect(told()).toMatch(/Every node runs inc and gets the same: 1,234 instructions\..*1 of 3 shares \(n1\)/);
  say("a", { kind: "certified", height: 4, root: "r" });
  expect(told()).toMatch(/has signed the state at 4/);
  expect(told(480)).toMatch(/The reply is verified\..*480 ms/);
});

test("what flies belongs to the message when it is its bytes, its block, or a signature about them", () => {
  const mark = c.messages.get("m")!;
  const flight = { id: 1, held: 1, from: "a", to: "b", count: 1, departed: 0, arrives: 1 };
  expect(concerns({ ...flight, what: "ingress", artifact: "i", height: 0 }, mark)).toBe(true);
  expect(concerns({ ...flight, what: "ingress", artifact: "other", height: 0 }, mark)).toBe(false);
  expect(concerns({ ...flight, what: "notarization-share", height: 4 }, mark)).toBe(true);
  expect(concerns({ ...flight, what: "notarization-share", height: 5 }, mark)).toBe(false);
  expect(concerns({ ...flight, what: "certification", height: 4 }, mark)).toBe(true);
  expect(concerns({ ...flight, what: "status" }, mark)).toBe(false);
});
