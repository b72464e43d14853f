import { describe, expect, test } from "vitest";
import { decoded, undecodable } from "../../base/decoded.ts";
import { prng } from "../../base/prng.ts";
import type { ValidationContext } from "../../types/consensus.ts";
import { nanosOf } from "../../types/ids.ts";
import type { IngressRecord, SignedIngress } from "../../types/messages.ts";
import { canisterIdOf } from "../../types/principal.ts";
import type { PastPayload, RequestJudge } from "../interfaces/ingress.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import { IngressPool } from "../pools/ingress-pool.ts";
import type { CanisterStatus } from "../state/canister.ts";
import { SAMPLE_TIME_MS, sampleCanister, sampleState, sampleSubnet } from "../state/sample.ts";
import { INGRESS_TTL, PERMITTED_DRIFT } from "./expiry.ts";
import { createPayloadBuilder } from "./payload-builder.ts";

const time = nanosOf(SAMPLE_TIME_MS);
const context: ValidationContext = { certifiedHeight: 5, registryVersion: 1, time };
const FEE = 100n;

/** A message for tests: its bytes are its number, its canister, flags, and padding up to its size. */
interface Spec {
  readonly n: number;
  readonly canister: number;
  readonly authentic: boolean;
  readonly expiry: bigint;
  readonly size: number;
}
const specs = new Map<Uint8Array, Spec>();
const idOf = (n: number) => n.toString(16).padStart(64, "0");

function message(spec: Partial<Spec>): Uint8Array {
  const full = { n: 1, canister: 1, authentic: true, expiry: time, size: 10, ...spec };
  const bytes = new Uint8Array(full.size);
  bytes.set([full.n, full.canister, full.authentic ? 1 : 0]);
  specs.set(bytes, full);
  return bytes;
}

const ingressOf = (bytes: Uint8Array): SignedIngress => {
  const { n, canister, expiry } = specs.get(bytes)!;
  const id = canisterIdOf(BigInt(canister));
  return {
    content: { id: idOf(n), sender: "04", canister: id, method: "m", arg: bytes, expiry, nonce: undefined },
    effectiveCanister: id,
    bytes,
  };
};
const judge = {
  decode: (bytes: Uint8Array) =>
    specs.has(bytes) ? decoded(ingressOf(bytes)) : undecodable("not a message"),
  call(bytes: Uint8Array, now: bigint) {
    const { authentic, expiry } = specs.get(bytes)!;
    const ok = authentic && now <= expiry && expiry <= now + INGRESS_TTL + PERMITTED_DRIFT;
    return ok ? { ok, value: ingressOf(bytes) } : { ok, status: 400, text: "no" };
  },
} as unknown as RequestJudge;

const history = (n: number): [string, IngressRecord] => [
  idOf(n),
  { status: { kind: "done" } } as IngressRecord,
];

function world({
  status = "running" as CanisterStatus["kind"] | "missing",
  cycles = 1000n,
  known = [] as number[],
  canisters = 3,
  limits = {} as Partial<ReturnType<typeof sampleSubnet>>,
} = {}) {
  const list = Array.from({ length: canisters }, (_, i) =>
    sampleCanister(canisterIdOf(BigInt(i + 1)), {
      cycles,
      status: (status === "stopping" ? { kind: status, waiting: [] } : { kind: status }) as CanisterStatus,
    }),
  );
  const subnet = { ...sampleSubnet(1), ...limits };
  const state = sampleState(subnet, 5, {
    canisters: status === "missing" ? [] : list,
    ingressHistory: new Map(known.map(history)),
  });
  const states = { stateAt: (h: number) => (h === 5 ? state : undefined) } as StateReader;
  const pool = new IngressPool();
  const builder = createPayloadBuilder({
    pool,
    states,
    judge,
    inductionFee: (call) => ({ payer: call.canister, cycles: FEE }),
    subnetAt: (version) => (version === 1 ? subnet : undefined),
  });
  const offer = (...messages: Uint8Array[]) =>
    pool.apply(messages.map((m) => ({ kind: "add-to-validated" as const, ingress: ingressOf(m) })));
  return { builder, pool, offer };
}
const past = (...ingress: Uint8Array[]): PastPayload[] => [{ height: 6, payload: { ingress } }];

describe("every small world of one payload of two messages", () => {
  const statuses = ["running", "stopping", "stopped", "missing"] as const;
  const expiries = [-1n, 0n, INGRESS_TTL, INGRESS_TTL + 1n, INGRESS_TTL + PERMITTED_DRIFT + 1n];
  for (const status of statuses) {
    test(`called canister: ${status}`, () => {
      let valid = 0;
      for (const offset of expiries)
        for (const authentic of [true, false])
          for (const isPast of [true, false])
            for (const isKnown of [true, false])
              for (const twice of [true, false])
                for (const cycles of [FEE - 1n, FEE, 2n * FEE - 1n, 2n * FEE]) {
                  const one = message({ authentic, expiry: time + offset });
                  const two = message({ n: twice ? 1 : 2 });
                  const { builder, offer } = world({ status, cycles, known: isKnown ? [1] : [] });
                  const before = isPast ? past(message({ n: 1, size: 11 })) : [];
                  const verdict = builder.validate({ ingress: [one, two] }, context, before);
                  const lawful =
                    status === "running" &&
                    0n <= offset &&
                    offset <= INGRESS_TTL + PERMITTED_DRIFT &&
                    authentic &&
                    !isPast &&
                    !isKnown &&
                    !twice &&
                    cycles >= 2n * FEE;
                  expect(verdict.kind).toBe(lawful ? "valid" : "invalid");
                  if (lawful) valid++;
                  // P5, P3: what is built is valid, and never what was there before.
                  offer(one, two);
                  const built = builder.build(context, before);
                  expect(builder.validate(built, context, before)).toEqual({ kind: "valid" });
                  if (offset > INGRESS_TTL) expect(built.ingress).not.toContain(one);
                  if (isPast || isKnown) expect(built.ingress).not.toContain(one);
                  if (lawful && offset <= INGRESS_TTL) expect(built.ingress).toEqual([one, two]);
                }
      expect(valid > 0).toBe(status === "running");
    });
  }
});

test("reasons, in words", () => {
  const { builder } = world();
  const because = (ingress: Uint8Array[], before: PastPayload[] = []) => {
    const verdict = builder.validate({ ingress }, context, before);
    return verdict.kind === "valid" ? "valid" : verdict.because;
  };
  expect(because([Uint8Array.of(9)])).toBe("message-malformed");
  expect(because([message({}), message({})])).toBe("message-repeated");
  expect(because([message({})], past(message({ size: 12 })))).toBe("message-repeated");
  expect(because([message({ authentic: false })])).toBe("message-not-authentic");
  expect(because([message({ canister: 200 })])).toBe("canister-not-running");
  expect(because(Array.from({ length: 11 }, (_, n) => message({ n })))).toBe("fees-not-covered");
  expect(because([message({ size: 2 * 1024 * 1024 + 1 })])).toBe("message-too-large");
  expect(because([1, 2, 3].map((n) => message({ n, size: 1_500_000 })))).toBe("too-many-bytes");
  const small = world({ limits: { maxIngressMessagesPerBlock: 2 } }).builder;
  const three = [1, 2, 3].map((n) => message({ n }));
  expect(small.validate({ ingress: three }, context, [])).toMatchObject({ because: "too-many-messages" });
});

test("a state or registry version that is not here yet makes it wait, and build nothing", () => {
  const { builder, offer } = world();
  offer(message({}));
  for (const elsewhere of [
    { ...context, certifiedHeight: 6 },
    { ...context, registryVersion: 2 },
  ]) {
    expect(builder.validate({ ingress: [] }, elsewhere, []).kind).toBe("wait");
    expect(builder.build(elsewhere, []).ingress).toEqual([]);
  }
  expect(builder.build(context, []).ingress).toHaveLength(1);
});

test("P6, P7: arrival order within a canister; a flood of large messages leaves the others their part", () => {
  const { builder, offer } = world({ cycles: 10n ** 9n, limits: { maxBlockPayloadBytes: 100_000 } });
  const flood = Array.from({ length: 100 }, (_, i) => message({ n: i, canister: 1, size: 5_000 }));
  const quiet = [101, 102, 103].map((n) => message({ n, canister: 2, size: 10_000, expiry: time + 1n }));
  const large = message({ n: 104, canister: 3, size: 50_000 });
  offer(...flood, ...quiet, large);
  const { ingress } = builder.build(context, []);
  const numbers = (messages: readonly Uint8Array[]) => messages.map((m) => specs.get(m)!.n);
  const of = (canister: number) => numbers(ingress.filter((m) => specs.get(m)!.canister === canister));
  expect(of(3)).toEqual([104]);
  expect(of(2)).toEqual(numbers(quiet).slice(0, of(2).length));
  expect(of(2).length).toBeGreaterThanOrEqual(1);
  expect(of(1)).toEqual(numbers(flood).slice(0, of(1).length));
  expect(ingress.reduce((sum, m) => sum + m.length, 0)).toBeLessThanOrEqual(100_000);
});

test("P7: what the others leave is shared out until the block is full", () => {
  const { builder, offer } = world({ cycles: 10n ** 9n, limits: { maxBlockPayloadBytes: 100_000 } });
  offer(...Array.from({ length: 100 }, (_, i) => message({ n: i, canister: 1, size: 5_000 })));
  offer(message({ n: 101, canister: 2 }), message({ n: 102, canister: 3 }));
  expect(builder.build(context, []).ingress).toHaveLength(2 + 19);
});

test("at most so many messages, shared over canisters in an order that the time draws", () => {
  const { builder, offer } = world({
    cycles: 10n ** 9n,
    canisters: 50,
    limits: { maxIngressMessagesPerBlock: 20 },
  });
  offer(...Array.from({ length: 50 }, (_, i) => message({ n: i, canister: i + 1 })));
  const firsts = new Set<number>();
  for (let t = 0n; t < 20n; t++) {
    const { ingress } = builder.build({ ...context, time: time - t }, []);
    expect(ingress).toHaveLength(20);
    firsts.add(specs.get(ingress[0]!)!.canister);
  }
  expect(firsts.size).toBeGreaterThan(5);
  expect(builder.build(context, [])).toEqual(builder.build(context, []));
});

test("random pools: whatever is built is valid", () => {
  const random = prng(7);
  for (let run = 0; run < 100; run++) {
    const { builder, offer } = world({
      cycles: 500n,
      known: [3, 4],
      limits: { maxBlockPayloadBytes: 3_000 },
    });
    offer(
      ...Array.from({ length: random.below(30) }, (_, n) =>
        message({
          n,
          canister: 1 + random.below(4),
          authentic: random.chance(0.9),
          size: 10 + random.below(400),
          expiry: time + BigInt(random.below(3) - 1),
        }),
      ),
    );
    const before = past(message({ n: 5, size: 11 }));
    const built = builder.build(context, before);
    expect(builder.validate(built, context, before)).toEqual({ kind: "valid" });
  }
});
