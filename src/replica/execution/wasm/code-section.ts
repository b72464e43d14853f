/**
 * The code section: what comes before and behind the operators of each body, the helper functions, and the hints that go
 * with them.
 *
 *   K1  A function begins by taking its frame, if it counts its stack use, and the cost of its first block; one test
 *       tells whether either ran out. A function that takes its frame is wrapped in one block, behind which it gives it back.
 *   K2  The branch hints (custom section `metadata.code.branch_hint`) name the tests of pages in loops, which seldom fail: an engine
 *       that reads them keeps values in registers across them. They change nothing else.
 *
 * Source: DESIGN §6; WebAssembly branch hinting proposal.
 */
import type { BodyContext } from "./body-emitter.ts";
import type { Body } from "./body.ts";
import { I32 } from "./decode.ts";
import { helperCount, writeHelpers } from "./helper-functions.ts";
import { ADDED_IMPORTS, type Plan, typeFor } from "./plan.ts";
import { invalid } from "./reader.ts";
import { putU32, sizeOfU32, Writer } from "./writer.ts";

/** Engines refuse longer function bodies. Source: WebAssembly JavaScript interface, implementation limits. */
const MAX_BODY_BYTES = 7_654_321;
const NO_BYTES = new Uint8Array(0);

/** A function's size, locals and beginning lie in `heads`, its operators in the context's output. */
interface Piece {
  readonly head: number;
  readonly body: Body;
  readonly tail: Uint8Array;
}

export class CodeSection {
  private readonly plan: Plan;
  private readonly context: BodyContext;
  private readonly heads: Writer;
  private readonly head = new Writer(256);
  private readonly pieces: Piece[] = [];
  private readonly helpers = new Writer(4096);
  private readonly hints = new Writer(4096);
  private hinted = 0;
  private operatorBytes = 0;

  constructor(plan: Plan, context: BodyContext, functions: number) {
    this.plan = plan;
    this.context = context;
    this.heads = new Writer(functions * 64 + 64).u32(functions + helperCount(plan));
    writeHelpers(plan, this.helpers);
  }

  /** `frame`: bytes of stack that the function counts, 0 for one that does not. */
  add(body: Body, index: number, frame: number): void {
    const { plan, context, head, heads } = this;
    const { localGroups, temporaries } = body;
    const type = plan.m.types[plan.m.functions[index]!]!;
    const kept = type.params.length + body.localCount + temporaries.length;
    head.at = 0;
    for (const t of temporaries) head.op(1, t);
    if (frame > 0) head.op(1, I32);
    for (const { local, global } of body.pageLocals) head.op(0x23, global).op(0x21, local);
    enter(head, plan, body, frame, kept, context.flavour === "pausable");
    if (frame > 0) openBlock(head, plan, type.results);
    const tail = frame > 0 ? giveStack(plan, frame, kept) : JUST_END;
    const groups = localGroups + temporaries.length + (frame > 0 ? 1 : 0);
    const before = sizeOfU32(groups) + body.localsEnd - body.localsStart + head.at;
    const operators = body.end - body.start;
    const size = before + operators + tail.length;
    if (size > MAX_BODY_BYTES) {
      invalid(
        `Wasm module contains a function at index ${index} of ${size} bytes once metered that exceeds the maximum allowed size of ${MAX_BODY_BYTES}.`,
      );
    }
    const at = heads.at;
    heads.u32(size).u32(groups).all(context.source.subarray(body.localsStart, body.localsEnd));
    heads.all(head.written());
    this.pieces.push({ head: at, body, tail });
    this.operatorBytes += operators + tail.length;
    this.hint(body, plan.importCount + ADDED_IMPORTS.length + index, before - body.start);
  }

  /** `shift`: from a place in the output to one in the function. */
  private hint(body: Body, functionIndex: number, shift: number): void {
    const { seldomStart, seldomEnd } = body;
    if (seldomStart === seldomEnd) return;
    const { hints } = this;
    this.hinted++;
    hints.u32(functionIndex).u32(seldomEnd - seldomStart);
    hints.reserve((seldomEnd - seldomStart) * 7);
    const { seldom } = this.context;
    const { bytes } = hints;
    let o = hints.at;
    for (let k = seldomStart; k < seldomEnd; k++) {
      o = putU32(bytes, o, seldom[k]! + shift);
      bytes[o++] = 1;
      bytes[o++] = 0;
    }
    hints.at = o;
  }

  get size(): number {
    return this.heads.at + this.operatorBytes + this.helpers.at;
  }

  /** Writes `size` bytes. */
  writeTo(out: Uint8Array, start: number): void {
    const { pieces, context } = this;
    const heads = this.heads.written();
    const from = context.out;
    let at = start;
    const put = (bytes: Uint8Array): void => {
      out.set(bytes, at);
      at += bytes.length;
    };
    put(heads.subarray(0, pieces[0]?.head ?? heads.length));
    for (let f = 0; f < pieces.length; f++) {
      const { head, body, tail } = pieces[f]!;
      put(heads.subarray(head, pieces[f + 1]?.head ?? heads.length));
      put(from.subarray(body.start, body.end));
      put(tail);
    }
    put(this.helpers.written());
  }

  /** The content of the custom section; empty when there is nothing to hint at. */
  branchHints(): Uint8Array {
    if (this.hinted === 0) return NO_BYTES;
    const w = new Writer(this.hints.at + 40).name("metadata.code.branch_hint").u32(this.hinted);
    return w.all(this.hints.written()).written();
  }
}

const JUST_END = new Uint8Array([0x0b]);

/** `kept` is a local that holds the stack counter meanwhile. */
function enter(w: Writer, plan: Plan, body: Body, frame: number, kept: number, isPausable: boolean): void {
  const { counter, stack, importCount } = plan;
  const { counterLocal } = body;
  if (frame > 0) {
    w.op(0x23, stack).op(0x41).small(frame).op(0x6b).op(0x22, kept).op(0x24, stack);
  }
  w.op(0x23, counter).op(0x42).small(body.entryCost).op(0x7d).op(0x22, counterLocal);
  w.op(0x24, counter).op(0x20, counterLocal);
  if (frame > 0) w.op(0x20, kept).op(0xac).op(0x84);
  w.op(0x42, 0).op(0x53).op(0x04, 0x40);
  if (frame > 0) {
    w.op(0x20, kept).op(0x41, 0).op(0x48).op(0x04, 0x40);
    w.op(0x10, importCount + 1)
      .op(0x00)
      .op(0x0b);
  }
  w.op(0x10, importCount);
  if (!isPausable) w.op(0x00);
  w.op(0x0b);
}

/** Opens the block that the body of a function becomes that has something to give back at its end. */
function openBlock(w: Writer, plan: Plan, results: readonly number[]): void {
  w.raw(0x02);
  if (results.length === 0) w.raw(0x40);
  else if (results.length === 1) w.raw(results[0]!);
  else w.signed(typeFor(plan, [], results));
}

/** Closes that block and gives the frame back. */
function giveStack(plan: Plan, frame: number, kept: number): Uint8Array {
  const w = new Writer(32).raw(0x0b, 0x20).u32(kept).raw(0x41).signed(frame);
  return w.raw(0x6a, 0x24).u32(plan.stack).raw(0x0b).written();
}
