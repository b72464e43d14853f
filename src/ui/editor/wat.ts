/** WebAssembly text in the editor: what an instruction, an import of `ic0` or a name under the pointer is. */
import type { editor, IMarkdownString, languages, Position } from "monaco-editor/editor";
import { IC0_WORDS, signatureOf, whereAllowed } from "../../compilers/wat/ic0-words.ts";
import { instructionWords } from "../../compilers/wat/instructions.ts";

const markdown = (code: string, ...sentences: string[]): IMarkdownString[] => [
  { value: ["```wat", code, "```"].join("\n") },
  ...sentences.map((value) => ({ value })),
];

function ic0Hover(name: string): IMarkdownString[] | undefined {
  const words = IC0_WORDS.get(name);
  if (words === undefined) return undefined;
  const narrow = words.only32 ? " Absent from modules with a 64-bit memory." : "";
  return markdown(`ic0.${name} ${signatureOf(words)}`, words.sentence, whereAllowed(words) + narrow);
}

/** Names, strings and instructions alike: up to a space, a parenthesis or a quote. */
const WORD = /[^\s()";]+/g;

function wordAt(line: string, column: number): { text: string; from: number; to: number } | undefined {
  for (const match of line.matchAll(WORD)) {
    const from = match.index + 1;
    const to = from + match[0].length;
    if (column >= from && column <= to) return { text: match[0], from, to };
  }
  return undefined;
}

/** Where a name is given: `(func $name`, `(global $name`, `(param $name` and their like. */
function definition(model: editor.ITextModel, name: string): string | undefined {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = new RegExp(
    `\\((?:func|global|memory|table|type|local|param|data|elem)\\s+${escaped}(?![^\\s()])`,
  );
  return model.getLinesContent().find((line) => found.test(line));
}

function wordsFor(model: editor.ITextModel, line: string, text: string): IMarkdownString[] | undefined {
  if (text.startsWith("$")) {
    const defined = definition(model, text);
    const imported = /"ic0"\s+"(\w+)"/.exec(defined ?? "")?.[1];
    if (imported !== undefined) return ic0Hover(imported);
    return defined === undefined ? undefined : markdown(defined.trim());
  }
  if (new RegExp(`"ic0"\\s+"${text.replace(/\W/g, "")}"`).test(line)) return ic0Hover(text);
  const words = instructionWords(text);
  return words === undefined ? undefined : markdown(`${text} : ${words.type}`, words.sentence);
}

export const watHover: languages.HoverProvider = {
  provideHover(model: editor.ITextModel, { lineNumber, column }: Position) {
    const line = model.getLineContent(lineNumber);
    const word = wordAt(line, column);
    if (word === undefined) return null;
    const contents = wordsFor(model, line, word.text);
    if (contents === undefined) return null;
    return {
      contents,
      range: {
        startLineNumber: lineNumber,
        endLineNumber: lineNumber,
        startColumn: word.from,
        endColumn: word.to,
      },
    };
  },
};

/** After `(import "ic0" "`: the functions, each with the type it is imported with. */
export const watCompletion: languages.CompletionItemProvider = {
  triggerCharacters: ['"'],
  provideCompletionItems(model, { lineNumber, column }) {
    const line = model.getLineContent(lineNumber);
    const typed = /"ic0"\s+"(\w*)$/.exec(line.slice(0, column - 1));
    if (typed === null) return { suggestions: [] };
    const range = {
      startLineNumber: lineNumber,
      endLineNumber: lineNumber,
      startColumn: column - typed[1]!.length,
      endColumn: column,
    };
    const suggestions = [...IC0_WORDS].map(([name, words]) => ({
      label: name,
      // CompletionItemKind.Function
      kind: 1,
      detail: signatureOf(words),
      documentation: `${words.sentence} ${whereAllowed(words)}`,
      insertText: name,
      range,
    }));
    return { suggestions };
  },
};
