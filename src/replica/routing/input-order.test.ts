import { expect, test } from "vitest";
import type { CanisterInput } from "../state/messages.ts";
import { sampleCanister } from "../state/sample.ts";
import { withNextFirst } from "./input-order.ts";

/** "u1": a user's call; "a1" and "a1!": a request and a response of canister a; "t1": a task. */
const input = (name: string): CanisterInput => {
  const from = name[0]!;
  const label = { method: name } as object;
  if (from === "t") return { kind: "task", task: "canister_heartbeat", ...label } as CanisterInput;
  if (name.endsWith("!")) return { kind: "response", respondent: from, ...label } as unknown as CanisterInput;
  const origin = from === "u" ? { kind: "ingress" } : { kind: "canister", canister: from };
  return { kind: "request", origin, caller: from, ...label } as unknown as CanisterInput;
};
const nameOf = (i: CanisterInput | undefined): string => (i as unknown as { method: string }).method;

/** The order in which what waits at first, and what arrives after so many were taken, is served. */
function served(first: string, later: Readonly<Record<number, string>> = {}): string {
  const names = (text: string) => text.split(" ").filter(Boolean).map(input);
  let canister = sampleCanister("x", { inputs: names(first) });
  const out: string[] = [];
  for (let taken = 0; ; taken++) {
    canister = { ...canister, inputs: [...canister.inputs, ...names(later[taken] ?? "")] };
    if (canister.inputs.length === 0) return out.join(" ");
    canister = withNextFirst(canister);
    out.push(nameOf(canister.inputs[0]));
    canister = { ...canister, inputs: canister.inputs.slice(1) };
  }
}

test.each([
  ["one kind only, in order", "u1 u2 u3", "u1 u2 u3"],
  ["canisters first, then in turn", "u1 u2 u3 a1 a2", "a1 u1 a2 u2 u3"],
  ["senders in turn, each in its order (M40)", "a1 a2 a3 b1 c1 c2", "a1 b1 c1 a2 c2 a3"],
  ["answers wait in their sender's queue", "a1 a2! b1! a3", "a1 b1! a2! a3"],
  ["tasks before all", "t1 t2 u1 a1", "t1 t2 a1 u1"],
])("%s", (_name, waiting, expected) => expect(served(waiting)).toBe(expected));

test("who comes while others are served stands behind them", () => {
  expect(served("a1 a2 b1 b2", { 1: "c1", 2: "a3" })).toBe("a1 b1 a2 c1 b2 a3");
  expect(served("u1", { 1: "u2 a1", 2: "u3" })).toBe("u1 a1 u2 u3");
  expect(served("a1", { 1: "a2 u1 u2" })).toBe("a1 u1 a2 u2");
});

test("against queues as mainnet keeps them: every mixture of five inputs of three senders and users", () => {
  const from = ["u", "a", "b", "c"];
  for (let mix = 0; mix < 4 ** 5; mix++) {
    const list = Array.from({ length: 5 }, (_, i) => from[Math.floor(mix / 4 ** i) % 4]! + i);
    expect([list, served(list.join(" "))]).toEqual([list, byQueues(list).join(" ")]);
  }
});

/** A queue a sender, a schedule of senders, and a source that advances with every message taken. */
function byQueues(list: readonly string[]): string[] {
  const users = list.filter((n) => n.startsWith("u"));
  const queues = new Map<string, string[]>();
  for (const n of list) if (!n.startsWith("u")) queues.set(n[0]!, [...(queues.get(n[0]!) ?? []), n]);
  const schedule = [...queues.keys()];
  const out: string[] = [];
  const sources = ["local", "users", "remote"];
  for (let at = 0; out.length < list.length; at++) {
    const source = sources[at % 3];
    const user = source === "users" ? users.shift() : undefined;
    if (user !== undefined) out.push(user);
    const sender = source === "local" ? schedule.shift() : undefined;
    if (sender === undefined) continue;
    const queue = queues.get(sender)!;
    out.push(queue.shift()!);
    if (queue.length > 0) schedule.push(sender);
  }
  return out;
}
