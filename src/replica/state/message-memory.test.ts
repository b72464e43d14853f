import { expect, test } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import type { CallOrigin, CanisterInput } from "./messages.ts";
import { callMemory, messageMemory, RESERVED_BYTES } from "./message-memory.ts";
import { sampleCanister } from "./sample.ts";

const KEPT = 16 + 128 + 2 * 1024 * 1024;
const GUARANTEED: CallOrigin = { kind: "canister", canister: "c", callback: 0, deadline: 0n };
const BOUNDED: CallOrigin = { ...GUARANTEED, deadline: 5n };
const USER: CallOrigin = { kind: "ingress", message: "m", user: "u" };

const callback = (id: number, deadline: bigint) => [id, { id, deadline } as never] as const;
const context = (id: number, origin: CallOrigin, responded = false) =>
  [id, { id, origin, responded } as never] as const;
const request = (origin: CallOrigin, bytes: number): CanisterInput =>
  ({ kind: "request", origin, method: "four", payload: new Uint8Array(bytes) }) as unknown as CanisterInput;
const reply = (to: number, bytes: number): CanisterInput =>
  ({
    kind: "response",
    callback: to,
    payload: { kind: "reply", data: new Uint8Array(bytes) },
  }) as unknown as CanisterInput;

test.each([
  ["nothing", {}, 0],
  ["an answer that must come", { callbacks: new Map([callback(0, 0n)]) }, KEPT],
  ["one that may stay away", { callbacks: new Map([callback(0, 9n)]) }, 0],
  ["an answer owed to a canister", { contexts: new Map([context(0, GUARANTEED)]) }, KEPT],
  ["given already", { contexts: new Map([context(0, GUARANTEED, true)]) }, 0],
  ["owed within bounds, or to a user", { contexts: new Map([context(0, BOUNDED), context(1, USER)]) }, 0],
  ["a call waiting", { inputs: [request(GUARANTEED, 1000)] }, KEPT],
  ["a large call waiting", { inputs: [request(GUARANTEED, 3_000_000)] }, 16 + 160 + 4 + 3_000_000],
  ["a bounded call waiting", { inputs: [request(BOUNDED, 1000)] }, 16 + 160 + 4 + 1000],
  [
    "a user's call, and a task",
    { inputs: [request(USER, 1000), { kind: "task", task: "canister_heartbeat" }] },
    0,
  ],
  [
    "an answer that has come",
    { callbacks: new Map([callback(0, 0n)]), inputs: [reply(0, 70)] },
    16 + 128 + 70,
  ],
  ["a bounded one", { callbacks: new Map([callback(0, 9n)]), inputs: [reply(0, 70)] }, 16 + 128 + 70],
  ["one that nobody waits for", { inputs: [reply(0, 70)] }, 16 + 128 + 70],
] as const)("%s", (_name, changes, bytes) => {
  expect(messageMemory(sampleCanister("c", changes))).toBe(bytes);
});

test("a reject takes its words", () => {
  const reject = { kind: "reject", reject: { code: 4, message: "é" } };
  const input = { kind: "response", callback: 0, payload: reject } as unknown as CanisterInput;
  expect(messageMemory(sampleCanister("c", { inputs: [input] }))).toBe(144 + utf8("é").length);
});

test("making a call keeps what its answer may take, or its own size", () => {
  expect(callMemory(10, true)).toBe(RESERVED_BYTES);
  expect(callMemory(3_000_000, true)).toBe(3_000_176);
  expect(callMemory(10, false)).toBe(186);
});
