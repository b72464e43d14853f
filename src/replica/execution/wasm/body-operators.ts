/**
 * The operators that the hot loop of body.ts does not handle itself: blocks, calls, globals, growth, bulk operators,
 * vectors. Each reads its immediates, writes itself and what goes around it (B2–B6), and leaves what it costs and how it
 * moves the operand stack. See body.ts.
 */
import { type BodyContext, BodyEmitter, COUNTER, enc, leb, ROOM, UNKNOWN } from "./body-emitter.ts";
import { F32, F64, type FunctionType, I32, I64, V128 } from "./decode.ts";
import { GROW_SIZE, LENGTH_SIZE, WIDE_LENGTH_SIZE } from "./instrumented.ts";
import {
  GROW_EXTRA,
  Kind,
  MISC_COST,
  MISC_DELTA,
  MISC_WEIGHT,
  Misc,
  ONE,
  refusedOperator,
  SIMD,
  SimdKind,
} from "./opcodes.ts";
import { invalid, undecodable } from "./reader.ts";
import { putSigned } from "./writer.ts";

export const LOOP = 0x03;
/** In `operands`: a loop has no `else`. */
export const NO_ELSE = -1;

/** First operators behind float arithmetic that make a canonical NaN unnecessary: arithmetic, comparisons, truncations. */
const BLIND_TO_NAN = new Uint8Array(256);
for (const [first, last] of [
  [0x5b, 0x66],
  [0x8d, 0x97],
  [0x9b, 0xa5],
  [0xa8, 0xab],
  [0xae, 0xb1],
  [0xb6, 0xb6],
  [0xbb, 0xbb],
] as const) {
  BLIND_TO_NAN.fill(1, first, last + 1);
}

/** Bytes that a vector load or store touches. */
function simdAccessBytes(sub: number): number {
  if (sub >= 0x54 && sub <= 0x5b) return 1 << (sub & 3); // lanes
  if (sub >= 0x07 && sub <= 0x0a) return 1 << (sub - 0x07); // splats
  if (sub === 0x00 || sub === 0x0b) return 16;
  return sub === 0x5c ? 4 : 8; // the zero-extending one; the widening ones and the other zero-extending one
}

export class OperatorRewriter extends BodyEmitter {
  protected index = 0;
  protected giveBack = 0;
  private readonly getCounter: Uint8Array;
  private readonly taintBytes: Uint8Array;
  // Open blocks: height below their operands, results, and operands with which an `else` begins again (a loop has none).
  protected readonly bases: number[] = [];
  protected readonly results: number[] = [];
  protected readonly operands: number[] = [];
  /** Of the operator in hand, beyond what its table says. */
  protected operatorCost = 0;
  protected operatorDelta = 0;
  /** How many operands it leaves that are new. One too many does no harm. */
  protected produced = 1;
  /** Of all operators behind 0xfc so far. */
  protected miscWeight = 0;
  /** Instructions that mainnet writes around operators (instrumented.ts). */
  protected addedAround = 0;
  protected simd = false;
  protected tailCalls = false;
  protected writesTables = false;

  constructor(context: BodyContext) {
    super(context);
    this.getCounter = enc(0x23, leb(context.counterGlobal));
    this.taintBytes = enc(0x41, 1, 0x24, leb(context.taintedGlobal));
  }

  protected type(): FunctionType {
    return this.c.types[this.c.functionTypes[this.c.importCount + this.index]!]!;
  }

  private functionAt(f: number): number {
    return f < this.c.importCount ? f : f + this.c.shift;
  }

  private edge(target: number): void {
    const { c } = this;
    if (c.edgeCount === c.edges.length) {
      const wider = new Int32Array(c.edges.length * 2);
      wider.set(c.edges);
      c.edges = wider;
    }
    c.edges[c.edgeCount++] = target;
  }

  private taint(): void {
    this.writesTables = true;
    this.bytes(this.taintBytes);
  }

  private unsupported(operator: string): never {
    return invalid(
      `Wasm module contains a function at index ${this.index} with unsupported instruction ${operator}, at byte ${this.i}.`,
    );
  }

  /** All operators that the hot loop does not handle itself. `height` is that behind the operator's own change. */
  protected other(op: number, height: number, end: number): void {
    switch (op) {
      case 0x02: // Block

      case 0x03: // Loop

      case 0x04: // If
        this.openBlock(op, height);
        break;
      case 0x0e: // BranchTable
        this.branchTable(end);
        break;
      case 0x10: // Call

      case 0x12: {
        // ReturnCall
        const f = this.u32();
        const t = this.c.functionTypes[f] ?? undecodable(`unknown function ${f}`, this.i);
        this.edge(f);
        if (op === 0x12) this.giveStackBack();
        else this.called(this.c.types[t]!);
        this.byte(op);
        this.put(this.functionAt(f));
        if (op === 0x10) this.counterChanged();
        break;
      }
      case 0x11: // CallIndirect

      case 0x13: {
        // ReturnCallIndirect
        const t = this.u32();
        const type = this.c.types[t] ?? undecodable(`unknown type ${t}`, this.i);
        this.edge(-1 - t);
        if (op === 0x13) this.giveStackBack();
        else this.called(type);
        this.byte(op);
        this.put(t);
        this.number();
        if (op === 0x11) this.counterChanged();
        break;
      }
      case 0x1c: // SelectTyped
        if (this.u32() !== 1) undecodable("select of several types", this.i);
        this.byte(op);
        this.byte(1);
        this.copyBytes(1);
        break;
      case 0x23: {
        // GlobalGet
        const g = this.u32();
        const float = this.c.globalFloat[g] ?? undecodable(`unknown global ${g}`, this.i);
        this.byte(op);
        this.put(g);
        if (float !== 0) this.byte(float === F32 ? 0xbe : 0xbf);
        break;
      }
      case 0x24: {
        // GlobalSet
        const g = this.u32();
        const float = this.c.globalFloat[g] ?? undecodable(`unknown global ${g}`, this.i);
        if (float !== 0) this.byte(float === F32 ? 0xbc : 0xbd);
        this.byte(op);
        this.put(g);
        break;
      }
      case 0x26: // TableSet
        this.taint();
        this.byte(op);
        this.number();
        break;
      case 0x3f: // MemorySize
        this.onlyMemory(1);
        this.byte(op);
        this.byte(0);
        break;
      case 0x40: // MemoryGrow
        this.operatorCost = GROW_EXTRA;
        this.addedAround += GROW_SIZE;
        this.onlyMemory(1);
        this.call(this.c.grow);
        this.counterChanged();
        break;
      case 0x43: // Bytes4
        this.byte(op);
        this.copyBytes(4);
        break;
      case 0x44: // Bytes8
        this.byte(op);
        this.copyBytes(8);
        break;
      case 0xd0: {
        // RefNull
        const t = this.c.source[this.i];
        if (t !== 0x70 && t !== 0x6f) undecodable("reference type is not supported", this.i);
        this.byte(op);
        this.copyBytes(1);
        break;
      }
      case 0xd2: {
        // RefFunc
        const f = this.u32();
        if (f >= this.c.functionTypes.length) undecodable(`unknown function ${f}`, this.i);
        this.c.addressTaken.add(f);
        this.byte(op);
        this.put(this.functionAt(f));
        break;
      }
      case 0xfc: // Misc
        this.misc();
        break;
      case 0xfd: // Simd
        this.vector();
        break;
      case 0x0f: // Return
        this.byte(0x0c);
        this.put(this.bases.length);
        break;
      default: {
        const kind = ONE.kind[op];
        if (kind === Kind.FloatF32 || kind === Kind.FloatF64) {
          this.byte(op);
          if (BLIND_TO_NAN[this.c.source[this.i] ?? 0] === 0) {
            this.canonicalNan(kind === Kind.FloatF32 ? F32 : F64);
          }
          break;
        }
        this.i--;
        this.unsupported(`0x${op.toString(16)} ${refusedOperator(op)}`);
      }
    }
  }

  /** Behind every call: what was called has counted too. */
  protected counterChanged(): void {
    if (this.loops > 0) this.readCounter();
  }

  private readCounter(): void {
    this.bytes(this.getCounter);
    this.byte(0x21);
    this.put(this.temporary(I64, COUNTER));
  }

  private called(type: FunctionType): void {
    this.operatorDelta = type.results.length - type.params.length;
    this.produced = type.results.length;
  }

  private openBlock(op: number, height: number): void {
    if (op === LOOP && this.loops === 0) this.readCounter();
    this.byte(op);
    const b = this.c.source[this.i]!;
    let params = 0;
    let produced = 0;
    if (b === 0x40 || (b >= V128 && b <= I32) || b === 0x70 || b === 0x6f) {
      produced = b === 0x40 ? 0 : 1;
      this.copyBytes(1);
    } else {
      if ((b & 0xc0) === 0x40) undecodable(`block type 0x${b.toString(16)} is not supported`, this.i);
      const t = this.u32();
      const type = this.c.types[t] ?? undecodable(`unknown type ${t}`, this.i);
      params = type.params.length;
      produced = type.results.length;
      this.o = putSigned(this.out, this.o, t);
    }
    this.bases.push(height - params);
    this.results.push(produced);
    this.operands.push(op === LOOP ? NO_ELSE : params);
    this.produced = params;
    if (op === LOOP) this.loops++;
  }

  private branchTable(end: number): void {
    this.byte(0x0e);
    const targets = this.u32();
    if (targets >= end - this.i) undecodable("unexpected end", this.i);
    this.put(targets);
    for (let k = 0; k <= targets; k++) {
      if (this.o + ROOM > this.out.length) this.widen();
      this.number();
    }
  }

  private giveStackBack(): void {
    this.tailCalls = true;
    if (this.giveBack === 0) return;
    this.byte(0x23);
    this.put(this.c.stackGlobal);
    this.byte(0x41);
    this.o = putSigned(this.out, this.o, this.giveBack);
    this.byte(0x6a);
    this.byte(0x24);
    this.put(this.c.stackGlobal);
  }

  /** Operators behind 0xfc. */
  private misc(): void {
    const { c } = this;
    const sub = this.u32();
    if (sub > Misc.TableFill) this.unsupported(`0xfc ${sub}`);
    this.operatorCost = MISC_COST[sub]! - ONE.cost[0xfc]!;
    this.operatorDelta = MISC_DELTA[sub]!;
    this.miscWeight += MISC_WEIGHT[sub]!;
    this.addedAround += this.lengthSize(sub);
    const keep = (numbers: number): void => {
      this.byte(0xfc);
      this.byte(sub);
      for (let k = 0; k < numbers; k++) this.number();
    };
    /** The length's width is that of the tables named next. */
    const chargeLength = (tables: number): void => {
      const start = this.i;
      let wide = true;
      for (let k = 0; k < tables; k++) wide = (c.tableWide[this.u32()] ?? false) && wide;
      this.i = start;
      this.taint();
      this.call(wide && tables > 0 ? c.charge64 : c.charge32);
      this.counterChanged();
    };
    switch (sub) {
      case Misc.MemoryInit: {
        const segment = this.u32();
        this.onlyMemory(1);
        this.call(c.memoryInit(segment));
        this.counterChanged();
        break;
      }
      case Misc.MemoryCopy:
        this.onlyMemory(2);
        this.call(c.copy);
        this.counterChanged();
        break;
      case Misc.MemoryFill:
        this.onlyMemory(1);
        this.call(c.fill);
        this.counterChanged();
        break;
      case Misc.TableInit:
        chargeLength(0);
        keep(2);
        break;
      case Misc.TableCopy:
        chargeLength(2);
        keep(2);
        break;
      case Misc.TableFill:
        chargeLength(1);
        keep(1);
        break;
      case Misc.DataDrop:
      case Misc.ElemDrop:
      case Misc.TableGrow:
        this.taint();
        keep(1);
        break;
      default:
        keep(sub === Misc.TableSize ? 1 : 0);
    }
  }

  /** Segments are initialised from with lengths of 32 bits, whatever the memory. */
  private lengthSize(sub: number): number {
    const { MemoryInit, MemoryCopy, MemoryFill, TableInit, TableCopy, TableFill } = Misc;
    if (sub === MemoryInit || sub === TableInit) return LENGTH_SIZE;
    if (sub !== MemoryCopy && sub !== MemoryFill && sub !== TableCopy && sub !== TableFill) return 0;
    return this.c.wide ? WIDE_LENGTH_SIZE : LENGTH_SIZE;
  }

  /** Operators behind 0xfd. */
  private vector(): void {
    const sub = this.u32();
    if (sub > 255) this.unsupported(`0xfd ${sub} of the relaxed SIMD proposal`);
    this.simd = true;
    const kind = SIMD.kind[sub]!;
    const access = kind >= SimdKind.Load && kind <= SimdKind.StoreLane;
    this.operatorCost = SIMD.cost[sub]! - ONE.cost[0xfd]! + (access && this.c.wide ? 1 : 0);
    this.operatorDelta = SIMD.delta[sub]!;
    if (access) {
      const size = simdAccessBytes(sub);
      if (kind === SimdKind.Load) this.touchAndLoad(UNKNOWN, size, 0xfd, sub);
      else this.touchAndStore(UNKNOWN, V128, size, 0xfd, sub, kind !== SimdKind.LoadLane);
      if (kind === SimdKind.StoreLane || kind === SimdKind.LoadLane) this.copyBytes(1);
      return;
    }
    this.byte(0xfd);
    this.put(sub);
    if (kind === SimdKind.Lane) this.copyBytes(1);
    if (kind === SimdKind.Bytes16) this.copyBytes(16);
    if (kind === SimdKind.FloatF32) this.canonicalLanes(F32);
    if (kind === SimdKind.FloatF64) this.canonicalLanes(F64);
  }
}
