/** A module as text, for reading: by wabt, in the form that its assembler takes. */
import { loadWabt, WAT_FEATURES } from "./load-wabt.ts";

export interface ModuleText {
  readonly text: string;
  /** By a function's index, imports first: the line, counted from 1, on which it begins. */
  readonly lines: readonly number[];
}

export async function moduleText(wasm: Uint8Array): Promise<ModuleText> {
  const wabt = await loadWabt();
  const module = wabt.readWasm(wasm, { readDebugNames: true, ...WAT_FEATURES });
  try {
    module.applyNames();
    const text = module.toText({ foldExprs: false, inlineExport: false });
    const lines: number[] = [];
    for (const [i, line] of text.split("\n").entries()) {
      if (/^ {2}\((?:func\b|import\s.*\(func\b)/.test(line)) lines.push(i + 1);
    }
    return { text, lines };
  } finally {
    module.destroy();
  }
}
