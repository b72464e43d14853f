/**
 * BLS12-381 on mcl-wasm: what nodes sign and verify with. Two to five times as fast as bls-noble.ts and equal to it byte
 * for byte, which bls.test.ts checks. Secrets are not multiplied in constant time: they never leave this browser.
 */
import { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as mcl from "mcl-wasm";
import { compareBytes, utf8 } from "../base/bytes.ts";
import { type Bls, createBls, type Curve } from "./bls.ts";
import { reduce, scalarBytes } from "./lagrange.ts";

let loading: Promise<Bls> | undefined;

/** Compiles the library at the first call. */
export function loadMclBls(): Promise<Bls> {
  loading ??= loadMclCurve().then(createBls);
  return loading;
}

export async function loadMclCurve(): Promise<Curve<mcl.G1, mcl.G2>> {
  await mcl.init(mcl.BLS12_381);
  mcl.setETHserialization(true); // the IETF draft's encodings
  mcl.setMapToMode(mcl.IRTF); // and its map to the curve
  mcl.verifyOrderG1(false); // the scheme asks where it matters
  mcl.verifyOrderG2(true);
  return mclCurve();
}

const FIELD_BYTES = 64; // hash_to_field's L for this curve

function mclCurve(): Curve<mcl.G1, mcl.G2> {
  const generator2 = new mcl.G2();
  generator2.setStr(`1 ${GENERATOR_2.join(" ")}`, 16);
  const minusGenerator = new mcl.PrecomputedG2(mcl.neg(generator2));
  return {
    generator2,
    decode1: (bytes) => (bytes.length === 48 ? decodeInto(new mcl.G1(), bytes) : undefined),
    encode1: (point) => point.serialize(),
    isInSubgroup1: (point) => point.isValidOrder(),
    isZero1: (point) => point.isZero(),
    add1: (a, b) => mcl.add(a, b),
    multiply1: (point, scalar) =>
      scalar > -SMALL && scalar < SMALL
        ? timesSmall(point, Number(scalar))
        : mcl.mul(point, scalarOf(scalar)),
    hash1(message, separator) {
      const bytes = expand_message_xmd(message, utf8(separator), 2 * FIELD_BYTES, sha256);
      const map = (from: number): mcl.G1 => {
        const element = new mcl.Fp();
        element.setBigEndianMod(bytes.subarray(from, from + FIELD_BYTES));
        return element.mapToG1();
      };
      return mcl.add(map(0), map(FIELD_BYTES));
    },
    decode2: (bytes) => (bytes.length === 96 ? decodeInto(new mcl.G2(), bytes) : undefined),
    encode2: (point) => point.serialize(),
    isZero2: (point) => point.isZero(),
    add2: (a, b) => mcl.add(a, b),
    multiply2: (point, scalar) => mcl.mul(point, scalarOf(scalar)),
    pairsUp: (signature, hashed, key) =>
      mcl.finalExp(mcl.precomputedMillerLoop2mixed(hashed, key, signature, minusGenerator)).isOne(),
  };
}

/** Coordinates x = (re, im), y = (re, im) of the draft's generator of G2. */
const GENERATOR_2 = [
  "24aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
  "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
  "ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
  "606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be",
];

/** Undefined unless the bytes are what the point encodes to: the library reduces coordinates that are too large. */
function decodeInto<P extends mcl.G1 | mcl.G2>(point: P, bytes: Uint8Array): P | undefined {
  try {
    point.deserialize(bytes);
  } catch {
    return undefined;
  }
  return compareBytes(point.serialize(), bytes) === 0 ? point : undefined;
}

function scalarOf(n: bigint): mcl.Fr {
  const scalar = new mcl.Fr();
  scalar.setBigEndianMod(scalarBytes(reduce(n)));
  return scalar;
}

/** Interpolation's weights are mostly below this, and cheaper to add up. */
const SMALL = 256n;

function timesSmall(point: mcl.G1, factor: number): mcl.G1 {
  const size = Math.abs(factor);
  let sum = new mcl.G1();
  for (let bit = 128; bit >= 1; bit >>= 1) {
    sum = mcl.dbl(sum);
    if ((size & bit) !== 0) sum = mcl.add(sum, point);
  }
  return factor < 0 ? mcl.neg(sum) : sum;
}
