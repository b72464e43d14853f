/** What WebAssembly's instructions do, a sentence each, and what they take from the stack and leave there. */

export interface InstructionWords {
  /** "[i32 i32] -> [i32]" */
  readonly type: string;
  readonly sentence: string;
}

type Shape = "unary" | "binary" | "test" | "compare" | "load" | "store" | "const";

/** Operations of number types; T stands for the type before the dot. */
const NUMERIC: Readonly<Record<string, readonly [Shape, string]>> = {
  const: ["const", "Puts this number on the stack."],
  add: ["binary", "Adds; an integer too large begins again at zero."],
  sub: ["binary", "Subtracts the upper value from the one below it."],
  mul: ["binary", "Multiplies; of an integer too large the lower bits stay."],
  div: ["binary", "Divides."],
  div_s: ["binary", "Divides as signed numbers, towards zero. Traps on division by zero."],
  div_u: ["binary", "Divides as unsigned numbers. Traps on division by zero."],
  rem_s: ["binary", "What is left after a signed division. Traps on division by zero."],
  rem_u: ["binary", "What is left after an unsigned division. Traps on division by zero."],
  and: ["binary", "Bits that are set in both."],
  or: ["binary", "Bits that are set in either."],
  xor: ["binary", "Bits that differ."],
  shl: ["binary", "Shifts the bits to the left."],
  shr_s: ["binary", "Shifts the bits to the right and keeps the sign."],
  shr_u: ["binary", "Shifts the bits to the right and fills with zeros."],
  rotl: ["binary", "Rotates the bits to the left."],
  rotr: ["binary", "Rotates the bits to the right."],
  clz: ["unary", "How many zero bits lead."],
  ctz: ["unary", "How many zero bits end it."],
  popcnt: ["unary", "How many bits are set."],
  eqz: ["test", "1 where it is zero, otherwise 0."],
  eq: ["compare", "1 where both are equal, otherwise 0."],
  ne: ["compare", "1 where they differ, otherwise 0."],
  lt_s: ["compare", "1 where the lower value on the stack is less, as signed numbers."],
  lt_u: ["compare", "1 where the lower value on the stack is less, as unsigned numbers."],
  gt_s: ["compare", "1 where the lower value on the stack is greater, as signed numbers."],
  gt_u: ["compare", "1 where the lower value on the stack is greater, as unsigned numbers."],
  le_s: ["compare", "1 where the lower value on the stack is not greater, as signed numbers."],
  le_u: ["compare", "1 where the lower value on the stack is not greater, as unsigned numbers."],
  ge_s: ["compare", "1 where the lower value on the stack is not less, as signed numbers."],
  ge_u: ["compare", "1 where the lower value on the stack is not less, as unsigned numbers."],
  lt: ["compare", "1 where the lower value on the stack is less, otherwise 0."],
  gt: ["compare", "1 where the lower value on the stack is greater, otherwise 0."],
  le: ["compare", "1 where the lower value on the stack is less or equal, otherwise 0."],
  ge: ["compare", "1 where the lower value on the stack is greater or equal, otherwise 0."],
  abs: ["unary", "Without its sign."],
  neg: ["unary", "With the other sign."],
  ceil: ["unary", "The next whole number up."],
  floor: ["unary", "The next whole number down."],
  trunc: ["unary", "Without its fraction."],
  nearest: ["unary", "The nearest whole number; of two the even one."],
  sqrt: ["unary", "The square root."],
  min: ["binary", "The smaller one."],
  max: ["binary", "The larger one."],
  copysign: ["binary", "The lower value on the stack with the sign of the upper."],
  load: ["load", "Reads it from memory, lowest byte first, at the address plus offset=."],
  store: ["store", "Writes it to memory, lowest byte first, at the address plus offset=."],
  extend8_s: ["unary", "Takes the lowest 8 bits as a signed number."],
  extend16_s: ["unary", "Takes the lowest 16 bits as a signed number."],
  extend32_s: ["unary", "Takes the lowest 32 bits as a signed number."],
};

const TYPES: Readonly<Record<Shape, string>> = {
  const: "[] -> [T]",
  unary: "[T] -> [T]",
  binary: "[T T] -> [T]",
  test: "[T] -> [i32]",
  compare: "[T T] -> [i32]",
  load: "[i32] -> [T]",
  store: "[i32 T] -> []",
};

const CONTROL: Readonly<Record<string, readonly [type: string, sentence: string]>> = {
  block: ["begins a block", "A branch to its label goes on after its end."],
  loop: ["begins a loop", "A branch to its label goes back to its beginning; without one it runs once."],
  if: ["[i32] -> []", "Runs then where the value is not 0, otherwise else."],
  br: ["does not return", "Goes to a label."],
  br_if: ["[i32] -> []", "Goes to a label where the value is not 0."],
  br_table: ["[i32] -> ", "Goes to the label that the value counts to, or to the last."],
  return: ["does not return", "Leaves the function with what lies on the stack."],
  call: ["as the function", "Calls a function with the values on the stack."],
  call_indirect: [
    "as the type, and [i32]",
    "Calls the function in the table's slot. Traps where its type differs.",
  ],
  drop: ["[t] -> []", "Throws a value away."],
  select: ["[t t i32] -> [t]", "The first value where the last is not 0, otherwise the second."],
  nop: ["[] -> []", "Does nothing."],
  unreachable: ["does not return", "Traps: the message ends, and all that it changed is undone."],
  "local.get": ["[] -> [t]", "Reads a parameter or local."],
  "local.set": ["[t] -> []", "Writes a parameter or local."],
  "local.tee": ["[t] -> [t]", "Writes a parameter or local and keeps the value on the stack."],
  "global.get": ["[] -> [t]", "Reads a global, which lives on between messages."],
  "global.set": [
    "[t] -> []",
    "Writes a global. It stays after the message, unless that traps or is a query.",
  ],
  "memory.size": ["[] -> [i32]", "How many pages of 64 KiB the memory has."],
  "memory.grow": ["[i32] -> [i32]", "Adds pages. Gives the size before, or -1."],
  "memory.copy": ["[i32 i32 i32] -> []", "Copies bytes: to where, from where, how many."],
  "memory.fill": ["[i32 i32 i32] -> []", "Fills bytes: where, with what, how many."],
  "memory.init": ["[i32 i32 i32] -> []", "Copies bytes of a passive data segment into memory."],
  "data.drop": ["[] -> []", "Gives a passive data segment up."],
  "table.get": ["[i32] -> [t]", "Reads a slot of a table."],
  "table.set": ["[i32 t] -> []", "Writes a slot of a table. For this message only: tables do not live on."],
  "ref.null": ["[] -> [t]", "A reference to nothing."],
  "ref.func": ["[] -> [funcref]", "A reference to a function."],
  "ref.is_null": ["[t] -> [i32]", "1 where it refers to nothing."],
  "i32.wrap_i64": ["[i64] -> [i32]", "The lower 32 bits."],
  "i64.extend_i32_s": ["[i32] -> [i64]", "Widens a signed number."],
  "i64.extend_i32_u": ["[i32] -> [i64]", "Widens an unsigned number."],
};

export function instructionWords(name: string): InstructionWords | undefined {
  const control = CONTROL[name];
  if (control !== undefined) return { type: control[0], sentence: control[1] };
  const [type, operation, ...rest] = name.split(".");
  if (type === undefined || operation === undefined || rest.length > 0 || !/^[if](32|64)$/.test(type))
    return undefined;
  const known = NUMERIC[operation];
  if (known !== undefined) return { type: TYPES[known[0]].replaceAll("T", type), sentence: known[1] };
  return partial(type, operation) ?? converting(type, operation);
}

/** `load8_u`, `store16` and their like. */
function partial(type: string, operation: string): InstructionWords | undefined {
  const match = /^(load|store)(8|16|32)(_[su])?$/.exec(operation);
  if (match === null) return undefined;
  const [, way, bits, sign] = match;
  if (way === "store")
    return { type: `[i32 ${type}] -> []`, sentence: `Writes the lowest ${bits} bits to memory.` };
  const kind = sign === "_s" ? "a signed" : "an unsigned";
  return { type: `[i32] -> [${type}]`, sentence: `Reads ${kind} number of ${bits} bits from memory.` };
}

/** `trunc_f64_s`, `convert_i32_u`, `reinterpret_i64`, … */
function converting(type: string, operation: string): InstructionWords | undefined {
  const match = /^(trunc|trunc_sat|convert|reinterpret|demote|promote)_([if]\d\d)(_[su])?$/.exec(operation);
  if (match === null) return undefined;
  const [, way, from] = match;
  const sentence: Readonly<Record<string, string>> = {
    trunc: "Without its fraction, as an integer. Traps where it does not fit.",
    trunc_sat: "Without its fraction, as an integer; what does not fit becomes the nearest that does.",
    convert: "The same number as a float.",
    reinterpret: "The same bits as another type.",
    demote: "The nearest float of 32 bits.",
    promote: "The same number as a float of 64 bits.",
  };
  return { type: `[${from}] -> [${type}]`, sentence: sentence[way!]! };
}
