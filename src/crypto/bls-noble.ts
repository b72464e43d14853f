/** BLS12-381 on @noble/curves: JavaScript that is there at once, and the cross-check of bls-mcl.ts. */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { createBls, type Curve } from "./bls.ts";
import { bigintOf, reduce } from "./lagrange.ts";

const { Fp, Fp12 } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
type G1Point = typeof G1.BASE;
type G2Point = typeof G2.BASE;
type Lines = ReturnType<typeof bls12_381.utils.calcPairingPrecomputes>;

const HALF = (Fp.ORDER - 1n) / 2n;
const MINUS_GENERATOR = G2.BASE.negate();
/** A key's part of every pairing. */
const LINES = new WeakMap<G2Point, Lines>();

export const nobleCurve: Curve<G1Point, G2Point> = {
  generator2: G2.BASE,

  decode1(bytes) {
    const flags = bytes[0];
    if (bytes.length !== 48 || flags === undefined || (flags & 0xc0) !== 0x80) return undefined;
    const x = bigintOf(bytes) & ((1n << 381n) - 1n);
    try {
      // Throws for an x that is no residue, is not reduced, or is not on the curve.
      const y = Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n));
      const upper = (flags & 0x20) !== 0;
      return G1.fromAffine({ x, y: upper === y > HALF ? y : Fp.neg(y) });
    } catch {
      return undefined;
    }
  },

  // The library's own encoder checks the subgroup first, at the price of a multiplication; our points come from it.
  encode1(point) {
    const out = new Uint8Array(48);
    if (point.is0()) {
      out[0] = 0xc0;
      return out;
    }
    const { x, y } = point.toAffine();
    out.set(Fp.toBytes(x));
    out[0]! |= y > HALF ? 0xa0 : 0x80;
    return out;
  },

  isInSubgroup1: (point) => point.isTorsionFree(),
  isZero1: (point) => point.is0(),
  add1: (a, b) => a.add(b),
  multiply1: times,
  hash1: (message, DST) => G1.fromAffine(bls12_381.G1.hashToCurve(message, { DST }).toAffine()),

  decode2(bytes) {
    if (bytes.length !== 96) return undefined;
    try {
      return G2.fromBytes(bytes);
    } catch {
      return undefined;
    }
  },

  encode2: (point) => point.toBytes(),
  isZero2: (point) => point.is0(),
  add2: (a, b) => a.add(b),
  multiply2: times,

  pairsUp(signature, hashed, key) {
    const a = signature.toAffine();
    const b = hashed.toAffine();
    const product = bls12_381.millerLoopBatch([
      [linesOf(MINUS_GENERATOR), a.x, a.y],
      [linesOf(key), b.x, b.y],
    ]);
    return Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE);
  },
};

/** Not in constant time for small or negative factors, which are public ones. */
function times<P extends { multiply(n: bigint): P; multiplyUnsafe(n: bigint): P; negate(): P }>(
  point: P,
  scalar: bigint,
): P {
  if (scalar < 0n) return times(point, -scalar).negate();
  return scalar < 1n << 64n ? point.multiplyUnsafe(scalar) : point.multiply(reduce(scalar));
}

function linesOf(key: G2Point): Lines {
  const known = LINES.get(key) ?? bls12_381.utils.calcPairingPrecomputes(key);
  LINES.set(key, known);
  return known;
}

export const nobleBls = createBls(nobleCurve);
