/** Puts the rewritten module together, section by section (R3, R4, R5, R6 of rewrite.ts). */
import type { CodeSection } from "./code-section.ts";
import { type Decoded, type ElementSegment, F32, F64, I32, I64 } from "./decode.ts";
import { helperTypes } from "./helper-functions.ts";
import { ADDED_IMPORTS, type Plan, typeFor } from "./plan.ts";
import { MAX_PAGES_32, MAX_PAGES_64, MAX_TABLE_ELEMENTS } from "./requirements.ts";
import { MARKS_PAGES } from "./touched-pages.ts";
import { Writer } from "./writer.ts";

export function encode(plan: Plan, code: CodeSection): Uint8Array {
  const { m, wide, importCount } = plan;
  const A = wide ? I64 : I32;
  const helperTypeIndices = helperTypes(plan);
  const importTypes = [typeFor(plan, [], []), typeFor(plan, [], []), typeFor(plan, [A], [A])];

  const types = new Writer().u32(m.types.length + plan.added.length).all(m.typeBytes);
  for (const t of plan.added) {
    types
      .raw(0x60)
      .u32(t.params.length)
      .raw(...t.params)
      .u32(t.results.length)
      .raw(...t.results);
  }

  const imports = new Writer().u32(importCount + ADDED_IMPORTS.length + (m.memory === undefined ? 0 : 2));
  for (const i of m.imports) imports.name(i.module).name(i.name).raw(0).u32(i.type);
  ADDED_IMPORTS.forEach((name, k) => {
    imports.name("terrarium").name(name).raw(0).u32(importTypes[k]!);
  });
  if (m.memory !== undefined) {
    imports.name("terrarium").name("memory").raw(2);
    imports
      .raw(wide ? 5 : 1)
      .u32(m.memory.min)
      .u32(wide ? MAX_PAGES_64 : MAX_PAGES_32);
    imports.name("terrarium").name("marks").raw(2, 0).u32(MARKS_PAGES);
  }

  const functions = new Writer().u32(m.functions.length + helperTypeIndices.length);
  for (const t of [...m.functions, ...helperTypeIndices]) functions.u32(t);

  const before = new Writer(65_536).raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  before.section(1, types).section(2, imports).section(3, functions);
  if (m.tables.length > 0) before.section(4, tableSection(m));
  before.section(6, globalSection(plan)).section(7, exportSection(plan));
  if (m.elements.length > 0) before.section(9, elementSection(m, importCount));
  if (m.dataCount !== undefined) before.section(12, new Writer().u32(m.dataCount));
  const hints = code.branchHints();
  if (hints.length > 0) before.raw(0).sized(hints);
  before.raw(10).u32(code.size);
  const behind = new Writer();
  if (m.data.length > 0) {
    const data = new Writer().u32(m.data.length);
    for (const d of m.data) data.raw(1).sized(d.offset === undefined ? d.bytes : NO_BYTES);
    behind.section(11, data);
  }
  const out = new Uint8Array(before.at + code.size + behind.at);
  out.set(before.written());
  code.writeTo(out, before.at);
  out.set(behind.written(), before.at + code.size);
  return out;
}

const NO_BYTES = new Uint8Array(0);

function tableSection(m: Decoded): Writer {
  const w = new Writer().u32(m.tables.length);
  for (const { element, limits } of m.tables) {
    w.raw(element, limits.wide ? 5 : 1).u32(limits.min);
    w.u32(Math.max(limits.min, Math.min(limits.max ?? Infinity, MAX_TABLE_ELEMENTS)));
  }
  return w;
}

function globalSection(plan: Plan): Writer {
  const { m } = plan;
  const w = new Writer().u32(m.globals.length + 6);
  for (const g of m.globals) {
    if (!g.mutable && (g.type === F32 || g.type === F64)) {
      w.raw(g.type, 0, g.type === F32 ? 0x43 : 0x44);
      for (let k = 0; k < (g.type === F32 ? 4 : 8); k++) w.raw(Number((g.bits >> BigInt(8 * k)) & 0xffn));
      w.raw(0x0b);
      continue;
    }
    const wide = g.type === I64 || g.type === F64;
    w.raw(wide ? I64 : I32, g.mutable ? 1 : 0, wide ? 0x42 : 0x41)
      .signed(g.bits)
      .raw(0x0b);
  }
  for (const type of [I64, I32, I32, I64, I64, I64]) w.raw(type, 1, type === I64 ? 0x42 : 0x41, 0, 0x0b);
  return w;
}

function exportSection(plan: Plan): Writer {
  const { m, importCount } = plan;
  const functionAt = (f: number): number => (f < importCount ? f : f + ADDED_IMPORTS.length);
  const entries: { name: string; kind: number; index: number }[] = m.exports
    .filter((e) => e.kind === 0 && e.name.startsWith("canister_"))
    .map((e) => ({ name: e.name, kind: 0, index: functionAt(e.index) }));
  if (m.start !== undefined) entries.push({ name: "canister_start", kind: 0, index: functionAt(m.start) });
  entries.push({ name: "terrarium callback", kind: 0, index: plan.helpers + 2 });
  entries.push({ name: "canister counter_instructions", kind: 3, index: plan.counter });
  entries.push({ name: "terrarium stack", kind: 3, index: plan.stack });
  entries.push({ name: "terrarium tainted", kind: 3, index: plan.tainted });
  entries.push({ name: "terrarium accessed page", kind: 3, index: plan.accessedPage });
  entries.push({ name: "terrarium written page", kind: 3, index: plan.writtenPage });
  entries.push({ name: "terrarium write price", kind: 3, index: plan.writePrice });
  let n = 0;
  m.globals.forEach((g, index) => {
    if (g.mutable) entries.push({ name: `__persistent_mutable_global_${n++}`, kind: 3, index });
  });
  const w = new Writer().u32(entries.length);
  for (const e of entries) w.name(e.name).raw(e.kind).u32(e.index);
  return w;
}

function elementSection(m: Decoded, importCount: number): Writer {
  const functionAt = (f: number): number => (f < importCount ? f : f + ADDED_IMPORTS.length);
  const w = new Writer().u32(m.elements.length);
  for (const e of m.elements) writeElements(w, e, functionAt);
  return w;
}

function writeElements(w: Writer, e: ElementSegment, functionAt: (f: number) => number): void {
  const active = (e.flags & 1) === 0;
  w.u32(e.flags);
  if (active && e.flags & 2) w.u32(e.table);
  if (e.offset !== undefined) w.all(e.offset);
  if (e.flags & 3) w.raw(e.flags & 4 ? e.type : 0);
  w.u32(e.items.length);
  for (const item of e.items) {
    if ((e.flags & 4) === 0) w.u32(functionAt(item!));
    else if (item === null) w.raw(0xd0, e.type, 0x0b);
    else w.raw(0xd2).u32(functionAt(item)).raw(0x0b);
  }
}
