/** One contract, two implementations: the real schemes and the simulations' stand-in. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../base/bytes.ts";
import { prng } from "../base/prng.ts";
import { loadMclBls } from "../crypto/bls-mcl.ts";
import { type Genesis, keysOn, makeGenesis } from "../lab/genesis.ts";
import { createStandInCrypto, makeStandInGenesis } from "../lab/simulation/stand-in.ts";
import { highThreshold, lowThreshold, type SubnetRecord, subnetAt } from "../registry/registry.ts";
import type { ThresholdKind } from "../replica/interfaces/crypto.ts";
import type { NodeId } from "../types/ids.ts";
import { createNodeCrypto, type NodeSecrets } from "./node-crypto.ts";

type NodeCrypto = ReturnType<typeof createNodeCrypto>;

const SETTINGS = { notaryDelayMs: 300, unitDelayMs: 1000 };
const bls = await loadMclBls();
const message = utf8("\x13some_content_domain and the content");
const another = utf8("another message");
type Nodes = 1 | 4 | 7 | 13;

interface Committee {
  readonly ids: readonly NodeId[];
  readonly cryptos: readonly NodeCrypto[];
}

function seats(genesis: Genesis, create: (s: NodeSecrets, of: SubnetRecord) => NodeCrypto): Committee {
  const subnet = subnetAt(genesis.registry, 1);
  return {
    ids: subnet.nodes.map((n) => n.id),
    cryptos: genesis.secrets.map((s) => create(s, subnet)),
  };
}

const schemes = {
  real: (n: Nodes) =>
    seats(makeGenesis({ ...SETTINGS, nodes: n }, prng(n).bytes, keysOn(bls)), (s, of) =>
      createNodeCrypto(s, of, bls),
    ),
  "stand-in": (n: Nodes) =>
    seats(makeStandInGenesis({ ...SETTINGS, nodes: n }, prng(n).bytes), createStandInCrypto),
};

/** All sets of `size` of these. */
function* subsets<T>(of: readonly T[], size: number): Generator<T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = 0; i <= of.length - size; i++) {
    for (const rest of subsets(of.slice(i + 1), size - 1)) yield [of[i]!, ...rest];
  }
}

describe.each(["real", "stand-in"] as const)("%s", (scheme) => {
  describe.each([4, 7] as const)("n = %i", (n) => {
    const { ids, cryptos } = schemes[scheme](n);
    const [first] = cryptos as [NodeCrypto];
    const sharesOf = (ms: Uint8Array, kind: ThresholdKind) =>
      new Map(ids.map((id, i) => [id, cryptos[i]!.signThreshold(kind, ms)]));
    const pick = (shares: ReadonlyMap<NodeId, Uint8Array>, who: readonly NodeId[]) =>
      new Map(who.map((id) => [id, shares.get(id)!]));

    test.each(["low", "high"] as const)("threshold, %s: any t agree, t − 1 give nothing", (kind) => {
      const t = kind === "low" ? lowThreshold(n) : highThreshold(n);
      const shares = sharesOf(message, kind);
      const signature = first.combineThreshold(kind, shares)!;
      expect(cryptos.map((c) => c.verifyThreshold(kind, message, signature))).toEqual(ids.map(() => true));
      for (const who of subsets(ids, t)) {
        expect(toHex(cryptos[1]!.combineThreshold(kind, pick(shares, who.reverse()))!)).toBe(
          toHex(signature),
        );
      }
      for (const who of subsets(ids, t - 1)) {
        expect(first.combineThreshold(kind, pick(shares, who))).toBeUndefined();
      }
      expect(first.verifyThreshold(kind, another, signature)).toBe(false);
      expect(first.verifyThreshold(kind === "low" ? "high" : "low", message, signature)).toBe(false);
    });

    test("a bad share spoils a combination and is found alone", () => {
      const shares = sharesOf(message, "high");
      shares.set(ids[1]!, cryptos[1]!.signThreshold("high", another));
      const combined = first.combineThreshold("high", pick(shares, ids.slice(0, highThreshold(n))))!;
      expect(first.verifyThreshold("high", message, combined)).toBe(false);
      const good = ids.map((id) => first.verifyThresholdShare("high", message, id, shares.get(id)!));
      expect(good).toEqual(ids.map((_, i) => i !== 1));
      expect(first.verifyThresholdShare("high", message, ids[0]!, shares.get(ids[2]!)!)).toBe(false);
    });

    test("multi-signatures: for exactly the set that signed", () => {
      const shares = new Map(ids.map((id, i) => [id, cryptos[i]!.signMulti(message)]));
      const signers = ids.slice(0, highThreshold(n));
      const signature = first.combineMulti(pick(shares, signers))!;
      expect(cryptos[1]!.verifyMulti(message, [...signers].reverse(), signature)).toBe(true);
      expect(first.verifyMulti(another, signers, signature)).toBe(false);
      expect(first.verifyMulti(message, signers.slice(1), signature)).toBe(false);
      const twice = first.combineMulti(new Map([...pick(shares, signers), ["again", shares.get(ids[0]!)!]]))!;
      expect(first.verifyMulti(message, [...signers, ids[0]!], twice)).toBe(false);
      expect(first.verifyMulti(message, [...signers, "00"], signature)).toBe(false);
      expect(first.verifyMulti(message, [], signature)).toBe(false);
      expect(first.verifyMultiShare(message, ids[0]!, shares.get(ids[0]!)!)).toBe(true);
      expect(first.verifyMultiShare(message, ids[1]!, shares.get(ids[0]!)!)).toBe(false);
    });

    test("node signatures", () => {
      const signature = first.sign(message);
      expect(cryptos[1]!.verify(message, ids[0]!, signature)).toBe(true);
      expect(cryptos[1]!.verify(another, ids[0]!, signature)).toBe(false);
      expect(cryptos[1]!.verify(message, ids[1]!, signature)).toBe(false);
      expect(cryptos[1]!.verify(message, "00", signature)).toBe(false);
    });

    test("bytes from a peer never throw", () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ minLength: 48, maxLength: 48 }),
        fc.uint8Array({ minLength: 47, maxLength: 47 }).map((b) => Uint8Array.of(0x80, ...b)),
      );
      fc.assert(
        fc.property(bytes, (b) => {
          expect(first.verifyThreshold("low", message, b)).toBe(false);
          expect(first.verifyThresholdShare("low", message, ids[0]!, b)).toBe(false);
          expect(first.verifyThresholdShare("low", message, "00", b)).toBe(false);
          expect(first.verifyMulti(message, ids, b)).toBe(false);
          expect(first.verifyMultiShare(message, "00", b)).toBe(false);
          expect(first.verify(message, ids[0]!, b)).toBe(false);
          first.combineThreshold("low", new Map(ids.map((id) => [id, b])));
          first.combineMulti(new Map([[ids[0]!, b]]));
        }),
        { numRuns: 30 },
      );
    });
  });

  test("n = 1 signs alone", () => {
    const { ids, cryptos } = schemes[scheme](1);
    const [only] = cryptos as [NodeCrypto];
    const signature = only.combineThreshold("low", new Map([[ids[0]!, only.signThreshold("low", message)]]))!;
    expect(only.verifyThreshold("low", message, signature)).toBe(true);
  });
});
