import { expect, test } from "vitest";
import { nanosOf } from "../../types/ids.ts";
import type { SignedIngress } from "../../types/messages.ts";
import type { RequestJudge } from "../interfaces/ingress.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import { IngressPool } from "../pools/ingress-pool.ts";
import { SAMPLE_TIME_MS } from "../state/sample.ts";
import { handleIngress } from "./ingress-handler.ts";

const now = nanosOf(SAMPLE_TIME_MS);
/** First byte: the id. Second: 1 when authentic. */
const ingressOf = (bytes: Uint8Array, expiry = now): SignedIngress => ({
  content: {
    id: String(bytes[0]),
    sender: "04",
    canister: "01",
    method: "m",
    arg: bytes,
    expiry,
    nonce: undefined,
  },
  effectiveCanister: "01",
  bytes,
});
const judge = {
  call: (bytes: Uint8Array) =>
    bytes[1] === 1
      ? { ok: true, value: ingressOf(bytes) }
      : { ok: false, status: 400, text: "Invalid signature" },
} as unknown as RequestJudge;

function world(known: readonly string[] = []) {
  const pool = new IngressPool();
  const states = {
    latestCertifiedHeight: () => 3,
    inHistory: (h: number, id: string) => h === 3 && known.includes(id),
  } as unknown as StateReader;
  const turn = (at = now) => {
    const changes = handleIngress({ pool, judge, states, maxMessageBytes: 100 }, at, true);
    return { changes, added: pool.apply(changes).map((m) => m.content.id) };
  };
  return { pool, turn };
}

test("I1: what peers bring is judged; what is wrong is blamed with a sentence", () => {
  const { pool, turn } = world();
  pool.insert(Uint8Array.of(1, 1));
  pool.insert(Uint8Array.of(2, 0));
  pool.insert(Uint8Array.of(1, 1, 7));
  pool.insert(new Uint8Array(101));
  const { changes, added } = turn();
  expect(added).toEqual(["1"]);
  expect(changes.map((c) => (c.kind === "handle-invalid" ? c.because : c.kind))).toEqual([
    "move-to-validated",
    "Invalid signature",
    "move-to-validated",
    "larger than 100 bytes",
  ]);
  expect([...pool.unvalidated()]).toEqual([]);
  expect(turn().changes).toEqual([]);
});

test("I2, I3: the executed and the expired leave and do not come back", () => {
  const { pool, turn } = world(["1"]);
  pool.apply([
    { kind: "add-to-validated", ingress: ingressOf(Uint8Array.of(1, 1)) },
    { kind: "add-to-validated", ingress: ingressOf(Uint8Array.of(2, 1), now + 5n) },
    { kind: "add-to-validated", ingress: ingressOf(Uint8Array.of(3, 1), now - 1n) },
  ]);
  pool.insert(Uint8Array.of(1, 1));
  turn();
  expect([...pool.validated()].map((m) => m.content.id)).toEqual(["2"]);
  pool.insert(Uint8Array.of(1, 1));
  expect(turn().changes.map((c) => c.kind)).toEqual(["remove-from-unvalidated"]);
  turn(now + 5n);
  expect(pool.size).toBe(1);
  turn(now + 6n);
  expect(pool.size).toBe(0);
});

test("the pool: own messages are told apart, a snapshot keeps it whole, a full pool refuses (G1, G2)", () => {
  const pool = new IngressPool();
  const own = ingressOf(Uint8Array.of(1, 1));
  const theirs = ingressOf(Uint8Array.of(2, 1));
  expect(pool.apply([{ kind: "add-to-validated", ingress: own }])).toEqual([own]);
  expect(pool.apply([{ kind: "add-to-validated", ingress: own }])).toEqual([]);
  pool.apply([{ kind: "move-to-validated", ingress: theirs }]);
  pool.insert(Uint8Array.of(3, 1));
  expect([...pool.own()]).toEqual([own]);
  const again = IngressPool.restore(structuredClone(pool.snapshot()));
  expect(again.snapshot()).toEqual(pool.snapshot());
  expect([...again.own()].map((m) => m.content.id)).toEqual(["1"]);
  expect(pool.isFullFor(31 * 1024 * 1024)).toBe(false);
  expect(pool.isFullFor(32 * 1024 * 1024)).toBe(true);
  expect(pool.insert(new Uint8Array(33 * 1024 * 1024))).toBe(false);
});
