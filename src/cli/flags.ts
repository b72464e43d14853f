/** Command lines: `parseArgs` of Node, with our own sentence and exit code 2 for what it refuses. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

export function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

export function flags<O extends ParseArgsOptionsConfig>(options: O) {
  try {
    return parseArgs({ options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message.split("\n")[0]! : String(error));
  }
}

/** A whole number in a range, or the sentence that says so. */
export function integer(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high) {
    return fail(`--${name} takes a whole number from ${low} to ${high}, not "${text}".`);
  }
  return value;
}
