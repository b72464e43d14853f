import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../base/bytes.ts";
import { encodeCbor } from "../codec/cbor.ts";
import {
  artifactId,
  decodeArtifact,
  encodeArtifact,
  encoded,
  genesisBlock,
  hashBeacon,
  hashBlock,
  heightOf,
  signedBytes,
} from "./artifact.ts";
import type { Artifact, Block } from "./consensus.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const principal = fc.uint8Array({ minLength: 0, maxLength: 29 }).map(toHex);
const bytes = fc.uint8Array({ maxLength: 60 });
const height = fc.nat(2 ** 31 - 1);
const content = fc.record({ height, block: hash });
const beaconContent = fc.record({ height, previous: hash });
const tapeContent = fc.record({ height });
const half = fc.record({ hash, signature: bytes });

const block: fc.Arbitrary<Block> = fc.record({
  parent: hash,
  height,
  rank: fc.nat(40),
  context: fc.record({
    certifiedHeight: height,
    registryVersion: height,
    time: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  }),
  payload: fc.record(
    {
      ingress: fc.array(bytes, { maxLength: 3 }),
      queryStats: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    },
    { requiredKeys: ["ingress"] },
  ),
});
const of = <K extends Artifact["kind"]>(kind: K) => fc.constant(kind);
const by = { signer: principal, signature: bytes };
const artifact: fc.Arbitrary<Artifact> = fc.oneof(
  fc
    .record({ kind: of("block-proposal"), block, subnet: principal, ...by })
    .map((p) => ({ ...p, hash: hashBlock(p.block) })),
  fc.record({ kind: of("notarization-share"), content, ...by }),
  fc.record({ kind: of("notarization"), content, signers: fc.array(principal), signature: bytes }),
  fc.record({ kind: of("finalization-share"), content, ...by }),
  fc.record({ kind: of("finalization"), content, signers: fc.array(principal), signature: bytes }),
  fc.record({ kind: of("random-beacon-share"), content: beaconContent, ...by }),
  fc.record({ kind: of("random-beacon"), content: beaconContent, signature: bytes }),
  fc.record({ kind: of("random-tape-share"), content: tapeContent, ...by }),
  fc.record({ kind: of("random-tape"), content: tapeContent, signature: bytes }),
  fc.record({ kind: of("equivocation-proof"), height, signer: principal, first: half, second: half }),
  fc.record({ kind: of("certification-share"), height, root: hash, ...by }),
  fc.record({ kind: of("certification"), height, root: hash, signature: bytes }),
  fc.record({ kind: of("ingress"), bytes }),
);

describe("encoding (E1, E2)", () => {
  it("brings every artifact back, named by its bytes", () => {
    fc.assert(
      fc.property(artifact, (a) => {
        const back = decodeArtifact(encodeArtifact(a));
        expect(back).toEqual({ ok: true, value: encoded(a) });
      }),
      { numRuns: 300 },
    );
  });

  it("takes no other bytes: what decodes encodes to the same", () => {
    fc.assert(
      fc.property(artifact, fc.nat(), fc.integer({ min: 1, max: 255 }), (a, where, change) => {
        const damaged = Uint8Array.from(encodeArtifact(a));
        const at = where % damaged.length;
        damaged[at] = damaged[at]! ^ change;
        const back = decodeArtifact(damaged);
        if (back.ok) {
          expect(encodeArtifact(back.value.artifact)).toEqual(damaged);
          expect(back.value.id).toBe(artifactId(damaged));
        } else expect(back.because).not.toBe("");
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a second encoding of the same artifact", () => {
    const { bytes } = encoded({ kind: "random-tape", content: { height: 5 }, signature: Uint8Array.of(1) });
    expect(toHex(bytes)).toBe("8308054101");
    expect(decodeArtifact(bytes).ok).toBe(true);
    // The same items with a longer head, in an indefinite array, and with the self-describing tag.
    for (const hex of ["830818054101", "9f08054101ff", "d9d9f78308054101"]) {
      expect(decodeArtifact(fromHex(hex))).toEqual({
        ok: false,
        because: "artifact: not its canonical encoding",
      });
    }
  });

  it("says what is wrong and where", () => {
    const because = (value: Parameters<typeof encodeCbor>[0]) => {
      const back = decodeArtifact(encodeCbor(value));
      return back.ok ? "" : back.because;
    };
    const sig = new Uint8Array(2);
    expect(because({})).toBe("artifact: the first item names no kind of artifact");
    expect(because([99])).toBe("artifact: the first item names no kind of artifact");
    expect(because([8, -1, sig])).toBe("random-tape: height (item 1) is not a natural number below 2^53");
    expect(because([8, 1, "x"])).toBe("random-tape: signature (item 2) is not a byte string");
    expect(because([8, 1, sig, 0])).toBe("random-tape: 4 items instead of 3");
    expect(because([1, 1, sig, sig, sig])).toBe(
      "notarization-share: block hash (item 2) is not a 32-byte hash",
    );
    expect(because([7, 1, new Uint8Array(30), sig])).toBe(
      "random-tape-share: signer (item 2) is not a principal",
    );
    const h = new Uint8Array(32);
    expect(because([0, [h, 1, 0, [0, 1, -5], []], sig, sig, sig])).toBe(
      "block-proposal: block: context: time (item 2) is not a time in nanoseconds",
    );
    expect(because([0, [h, 1, 0, [0, 1, 5], [7]], sig, sig, sig])).toBe(
      "block-proposal: block: ingress (item 4) is not a byte string",
    );
  });

  it("never throws on bytes of no meaning", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (b) => void decodeArtifact(b)),
      { numRuns: 500 },
    );
  });

  it("recomputes a proposal's hash from its block, so a sender cannot claim another", () => {
    const b = genesisBlock("aa", 1);
    const claimed = {
      kind: "block-proposal",
      block: b,
      hash: "ff".repeat(32),
      subnet: "aa",
      signer: "bb",
    } as const;
    const back = decodeArtifact(encodeArtifact({ ...claimed, signature: new Uint8Array(0) }));
    expect(back).toMatchObject({ ok: true, value: { artifact: { hash: hashBlock(b) } } });
  });

  it("knows every artifact's height", () => {
    fc.assert(
      fc.property(artifact, (a) => {
        const found =
          a.kind === "ingress"
            ? 0
            : "block" in a
              ? a.block.height
              : "content" in a
                ? a.content.height
                : a.height;
        expect(heightOf(a)).toBe(found);
      }),
    );
  });
});

describe("signed bytes (E3)", () => {
  it("of a certification are what agents check", () => {
    const root = "ab".repeat(32);
    expect(toHex(signedBytes.certification(root))).toBe(`0d69632d73746174652d726f6f74${root}`);
  });

  it("of one content differ by kind", () => {
    const ref = { height: 7, block: "cd".repeat(32) };
    const all = [
      signedBytes.notarization(ref),
      signedBytes.finalization(ref),
      signedBytes.randomBeacon({ height: 7, previous: ref.block }),
      signedBytes.randomTape({ height: 7 }),
      signedBytes.proposal(7, ref.block, "aa"),
      signedBytes.certification(ref.block),
    ].map(toHex);
    expect(new Set(all).size).toBe(all.length);
    for (const text of all) expect(fromHex(text)[0]).toBeLessThan(40);
  });

  it("bind a proposal to its subnet", () => {
    const block = "cd".repeat(32);
    expect(signedBytes.proposal(7, block, "aa")).not.toEqual(signedBytes.proposal(7, block, "ab"));
  });
});

it("a beacon is named by its encoding, signature included", () => {
  const beacon = { kind: "random-beacon", content: { height: 1, previous: "11".repeat(32) } } as const;
  const one = hashBeacon({ ...beacon, signature: Uint8Array.of(1) });
  expect(hashBeacon({ ...beacon, signature: Uint8Array.of(2) })).not.toBe(one);
  expect(one).toBe(encoded({ ...beacon, signature: Uint8Array.of(1) }).id);
});
