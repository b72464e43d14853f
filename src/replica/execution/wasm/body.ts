/**
 * Rewrites one function body in one pass: bytes in, bytes out, driven by the operator tables.
 *
 *   B1  Metering. A block's whole cost is taken when it is entered; function entry and loop heads also test. Blocks end
 *       after loop, if, else, br, br_if, br_table, end, return, unreachable and tail calls. The subtraction is written
 *       before the block's first operator that costs anything, with room for its number, which is known at its end.
 *       That of the first block is left to the head of the function (rewrite.ts).
 *       In loops a local keeps the counter between calls; the global is written every time, so that a trap leaves it exact.
 *   B2  Lengths of bulk operators are charged when they run, before they run.
 *   B3  A load tests that it stays in the 64 KiB page accessed last, a store that it stays in the 4 KiB page written
 *       last; where one does not, a helper charges and marks (touched-pages.ts). Globals remember these pages between
 *       functions, locals do in loops. Most addresses are a local's value that is still in it: where they were pushed is
 *       remembered by height, and the test reads that local; any other address is kept in a local of ours.
 *   B4  Float arithmetic yields canonical NaNs, except where the next operator only passes the value on to arithmetic
 *       or a comparison, which cannot tell NaNs apart.
 *   B5  `return` becomes a branch to the function's outermost label, so that a function which counts its stack use can
 *       be wrapped in one block afterwards (rewrite.ts).
 *   B6  Operators that change a table or drop a segment set the `tainted` flag: such an instance is not used again.
 *
 * Source: replica D.3, D.4; DESIGN §6.
 */
import { type BodyContext, COUNTER, enc, leb, type PageLocal, ROOM, UNKNOWN } from "./body-emitter.ts";
import { LOOP, NO_ELSE, OperatorRewriter } from "./body-operators.ts";
import { F32, F64, I32, I64, V128 } from "./decode.ts";
import { CHARGE_SIZE, TEST_SIZE } from "./instrumented.ts";
import { Kind, ONE, WEIGHT } from "./opcodes.ts";
import { invalid, undecodable } from "./reader.ts";
import { putU32 } from "./writer.ts";

export interface Body {
  /** In `out`: operators without the function's last `end`. */
  readonly start: number;
  readonly end: number;
  /** In the source: the groups of declared locals. */
  readonly localsStart: number;
  readonly localsEnd: number;
  readonly localGroups: number;
  readonly localCount: number;
  /** Types of the locals that rewriting added, in order. */
  readonly temporaries: readonly number[];
  readonly pageLocals: readonly PageLocal[];
  /** The cost of the first block, to be charged and tested in front of these operators, and the local for the counter. */
  readonly entryCost: number;
  readonly counterLocal: number;
  /** Instructions that it has on mainnet once instrumented (instrumented.ts). */
  readonly instrumented: number;
  /** Highest operand stack. */
  readonly height: number;
  readonly simd: boolean;
  readonly tailCalls: boolean;
  readonly writesTables: boolean;
  /** In `seldom`. */
  readonly seldomStart: number;
  readonly seldomEnd: number;
}

const STORE_TYPE = [I32, I64, F32, F64, I32, I32, I64, I64, I64];
/** Bytes that loads and stores touch, from opcode 0x28 on. */
const ACCESS_BYTES = [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4];

export const MAX_LOCALS = 50_000;
/** Source: interface S8; replica D.7. */
const MAX_COMPLEXITY = 1_000_000;
const NARROW_MAX = 8191;

/** One for a module: `rewrite` takes its functions one after the other. */
export class BodyRewriter extends OperatorRewriter {
  /** Behind a charge inside and outside of loops, and behind that at loop heads. */
  private readonly setCounter: Uint8Array;
  private readonly test: Uint8Array;
  private readonly isPausable: boolean;
  /** By height: where in the source the operator stands that left the operand on top. */
  private readonly pushedAt = new Int32Array(SLOTS);
  /** By local: where in the source it was last set. */
  private readonly setAt = new Int32Array(MAX_LOCALS);
  private last = 0;

  constructor(context: BodyContext) {
    super(context);
    const counter = leb(context.counterGlobal);
    this.setCounter = enc(0x24, counter);
    this.test = enc(0x42, 0, 0x53, 0x04, 0x40, 0x10, leb(context.outOfInstructions));
    this.isPausable = context.flavour === "pausable";
  }

  /**
   * Rewrites the body in [from, end) of the source to `outAt` in `context.out`. `giveBack`: what a function that counts
   * its stack use returns before a tail call; 0 for none.
   */
  rewrite(index: number, from: number, end: number, outAt: number, giveBack = 0): Body {
    return (
      this.attempt(index, from, end, outAt, giveBack, 2) ??
      this.attempt(index, from, end, outAt, giveBack, 5)!
    );
  }

  /** One try with `chargeBytes` bytes for the cost of a block; undefined when a block costs more than they hold. */
  private attempt(
    index: number,
    from: number,
    end: number,
    outAt: number,
    giveBack: number,
    chargeBytes: 2 | 5,
  ): Body | undefined {
    const { c, bases, results, operands, setCounter, test, isPausable, pushedAt, setAt } = this;
    const src = c.source;
    const mostCost = chargeBytes === 2 ? NARROW_MAX : Infinity;
    const accessCost = c.wide ? 1 : 0; // on top of the table's 1
    const { edgeCount, seldomCount } = c;
    this.begin(index, from, giveBack);
    const locals = this.locals(end);
    const counterLocal = this.temporary(I64, COUNTER);

    let out = this.out;
    let i = this.i;
    let o = outAt;
    let cost = 1; // even an empty function pays
    let entryCost = 0;
    let chargeAt = IN_HEAD;
    let tested = false;
    let height = 0;
    let highest = 0;
    let operators = 0;
    let added = CHARGE_SIZE + TEST_SIZE;
    let complexity = 0;
    /** 0: this can be reached. Else 1, and 1 for each block opened since. */
    let dead = 0;
    this.miscWeight = 0;
    for (;;) {
      if (i >= end) undecodable("function body ends early", i);
      if (o + ROOM > out.length) {
        this.o = o;
        out = this.widen();
      }
      const at = i++;
      const op = src[at]!;
      const info = INFO[op]!;
      if (chargeAt === NOWHERE && ((info & COST) !== 0 || tested)) {
        const isLoop = this.loops > 0;
        if (isLoop) {
          out[o++] = 0x20;
          o = putU32(out, o, counterLocal);
        } else {
          out[o++] = 0x23;
          for (let k = 1; k < setCounter.length; k++) out[o++] = setCounter[k]!;
        }
        out[o++] = 0x42;
        chargeAt = o;
        o += chargeBytes;
        out[o++] = 0x7d;
        if (isLoop) {
          out[o++] = 0x22;
          o = putU32(out, o, counterLocal);
        }
        for (let k = 0; k < setCounter.length; k++) out[o++] = setCounter[k]!;
        if (tested) {
          out[o++] = 0x20;
          o = putU32(out, o, counterLocal);
          for (let k = 0; k < test.length; k++) out[o++] = test[k]!;
          if (isPausable) {
            this.o = o;
            this.counterChanged();
            o = this.o;
          } else out[o++] = 0x00;
          out[o++] = 0x0b;
          tested = false;
        }
      }
      operators++;
      complexity += (info >> WEIGHT_AT) & 63;
      cost += info & COST;
      height += ((info >> DELTA_AT) & 15) - 8;
      if (height > highest) highest = height;
      if ((info & ENDS_BLOCK) !== 0) {
        if (chargeAt === IN_HEAD) entryCost = cost;
        else if (chargeAt !== NOWHERE) {
          if (cost > mostCost) {
            c.edgeCount = edgeCount;
            c.seldomCount = seldomCount;
            return undefined;
          }
          putCost(out, chargeAt, cost, chargeBytes);
          added += CHARGE_SIZE;
        }
        chargeAt = NOWHERE;
        cost = 0;
        if (dead === 0 && (info & NO_WAY_ON) !== 0) dead = 1;
      }
      const kind = info & KIND;
      if (kind === NUMBER) {
        out[o++] = op;
        let b = src[i++]!;
        if (op === 0x21 || op === 0x22) setAt[b < 0x80 ? b : this.numberAt(i - 1)] = at;
        while (b >= 0x80) {
          out[o++] = b;
          b = src[i++]!;
        }
        out[o++] = b;
        if (op !== 0x21 && dead === 0 && height < SLOTS) pushedAt[height] = at;
      } else if (kind === PLAIN) {
        out[o++] = op;
        if (dead === 0 && height < SLOTS) pushedAt[height] = at;
      } else if (kind === END) {
        if (bases.length === 0) {
          if (i !== end) undecodable("operators remain behind the end of a function", i);
          this.checkComplexity(complexity + this.miscWeight);
          return this.finish(outAt, o, operators + added, highest, locals, entryCost, seldomCount);
        }
        out[o++] = op;
        const produced = results.pop()!;
        height = bases.pop()! + produced;
        for (let k = 0; k < produced && height - k < SLOTS; k++) pushedAt[height - k] = at;
        if (operands.pop() === NO_ELSE) this.loops--;
        if (dead > 0) dead--;
      } else if (kind === ELSE) {
        if (bases.length === 0) undecodable("else without if", i - 1);
        out[o++] = op;
        const given = operands[operands.length - 1]!;
        height = bases[bases.length - 1]! + given;
        for (let k = 0; k < given && height - k < SLOTS; k++) pushedAt[height - k] = at;
        if (dead === 1) dead = 0;
      } else {
        this.i = i;
        this.o = o;
        if (kind === LOAD) {
          cost += accessCost;
          const from = dead === 0 ? this.localAt(height) : UNKNOWN;
          this.touchAndLoad(from, ACCESS_BYTES[op - 0x28]!, op, -1);
          if (dead === 0 && height < SLOTS) pushedAt[height] = at;
        } else if (kind === STORE) {
          cost += accessCost;
          const from = dead === 0 ? this.localAt(height + 1) : UNKNOWN;
          this.touchAndStore(from, STORE_TYPE[op - 0x36]!, ACCESS_BYTES[op - 0x28]!, op, -1);
        } else {
          this.operatorCost = 0;
          this.operatorDelta = 0;
          this.produced = 1;
          this.other(op, height, end);
          tested = op === LOOP;
          if (tested) added += TEST_SIZE;
          if (dead > 0 && op >= 0x02 && op <= 0x04) dead++;
          cost += this.operatorCost;
          height += this.operatorDelta;
          if (height > highest) highest = height;
          if (dead === 0)
            for (let k = 0; k < this.produced && height - k < SLOTS; k++) pushedAt[height - k] = at;
          out = this.out;
        }
        i = this.i;
        o = this.o;
      }
    }
  }

  /** The local that holds the operand at this height, if one is known. */
  private localAt(height: number): number {
    if (height >= SLOTS) return UNKNOWN;
    const at = this.pushedAt[height]!;
    const op = this.c.source[at]!;
    if (op !== 0x20 && op !== 0x22) return UNKNOWN;
    const local = this.numberAt(at + 1);
    return this.setAt[local]! <= at ? local : UNKNOWN;
  }

  private numberAt(at: number): number {
    const here = this.i;
    this.i = at;
    const value = this.u32();
    this.i = here;
    return value;
  }

  private begin(index: number, from: number, giveBack: number): void {
    this.index = index;
    this.i = from;
    this.giveBack = giveBack;
    this.out = this.c.out;
    this.temporaries = [];
    this.temporaryOf.fill(-1);
    this.accesses = 0;
    this.bases.length = 0;
    this.results.length = 0;
    this.operands.length = 0;
    this.loops = 0;
    this.addedAround = 0;
    if (from < this.last) this.setAt.fill(0);
    this.last = from + 1;
    this.simd = false;
    this.tailCalls = false;
    this.writesTables = false;
  }

  /** Every operator weighs one at least, so that mainnet's bound on their number, also a million, never speaks first. */
  private checkComplexity(complexity: number): void {
    if (complexity <= MAX_COMPLEXITY) return;
    invalid(
      `Wasm module contains a function at index ${this.index} with complexity ${complexity} which exceeds the maximum complexity allowed ${MAX_COMPLEXITY}.`,
    );
  }

  private finish(
    start: number,
    end: number,
    metered: number,
    height: number,
    locals: { readonly start: number; readonly groups: number; readonly end: number },
    entryCost: number,
    seldomStart: number,
  ): Body {
    return {
      start,
      end,
      localsStart: locals.start,
      localsEnd: locals.end,
      localGroups: locals.groups,
      localCount: this.localCount - this.type().params.length,
      temporaries: this.temporaries,
      pageLocals: this.pageLocals(),
      entryCost,
      counterLocal: this.temporaryOf[COUNTER]!,
      instrumented: metered + this.addedAround,
      height,
      simd: this.simd,
      tailCalls: this.tailCalls,
      writesTables: this.writesTables,
      seldomStart,
      seldomEnd: this.c.seldomCount,
    };
  }

  /** Reads the declared locals. */
  private locals(end: number): { readonly start: number; readonly groups: number; readonly end: number } {
    const src = this.c.source;
    const groups = this.u32();
    const start = this.i;
    this.localCount = this.type().params.length;
    for (let g = 0; g < groups; g++) {
      if (this.i >= end) undecodable("unexpected end", this.i);
      this.localCount += this.u32();
      if (this.localCount > MAX_LOCALS) undecodable("too many locals", this.i);
      const t = src[this.i++]!;
      if (t < V128 ? t !== 0x70 && t !== 0x6f : t > I32) {
        undecodable(`value type 0x${t.toString(16)} is not supported`, this.i - 1);
      }
    }
    return { start, groups, end: this.i };
  }
}

/** Where the cost of the block in hand is to be written, besides a place in the output. */
const NOWHERE = -1;
const IN_HEAD = -2;

/** Operands whose origin is kept. */
const SLOTS = 4096;

/** What the hot loop asks of an operator, in one number: its cost, and what follows. */
const COST = 0xff;
const KIND = 0xf00;
const WEIGHT_AT = 12;
const DELTA_AT = 18;
const ENDS_BLOCK = 1 << 22;
/** What stands behind it is not reached from it. */
const NO_WAY_ON = 1 << 23;
const INFO = Int32Array.from(
  ONE.kind,
  (kind, op) => ONE.cost[op]! | (kind << 8) | (WEIGHT[op]! << WEIGHT_AT) | ((ONE.delta[op]! + 8) << DELTA_AT),
);
for (const op of [0x00, 0x0c, 0x0e, 0x0f, 0x12, 0x13]) INFO[op]! |= ENDS_BLOCK | NO_WAY_ON;
for (const op of [LOOP, 0x04, 0x05, 0x0b, 0x0d]) INFO[op]! |= ENDS_BLOCK;
const [PLAIN, NUMBER, LOAD, STORE, ELSE, END] = [
  Kind.Plain << 8,
  Kind.Number << 8,
  Kind.Load << 8,
  Kind.Store << 8,
  Kind.Else << 8,
  Kind.End << 8,
] as const;

/** A signed LEB128 number, padded to its room. */
function putCost(out: Uint8Array, at: number, cost: number, room: 2 | 5): void {
  for (let k = 0; k < room - 1; k++) out[at + k] = ((cost >> (7 * k)) & 0x7f) | 0x80;
  out[at + room - 1] = room === 2 ? cost >> 7 : 0;
}
