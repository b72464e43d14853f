/** Colours for the languages that Monaco does not bring: tokenizers only, the compilers know the rest. */
import type { languages } from "monaco-editor/editor";
import { KEYWORDS } from "../../compilers/motoko/source.ts";

type Tokens = languages.IMonarchLanguage;

export const motoko: Tokens = {
  keywords: [...KEYWORDS, "flexible", "implicit", "weak"],
  types:
    "Any Blob Bool Char Error Float Int Int8 Int16 Int32 Int64 Nat Nat8 Nat16 Nat32 Nat64 None Null Principal Region Text".split(
      " ",
    ),
  tokenizer: {
    root: [
      [/[a-zA-Z_]\w*/, { cases: { "@keywords": "keyword", "@types": "type", "@default": "identifier" } }],
      [/\/\/.*$/, "comment"],
      [/\/\*/, "comment", "@comment"],
      [/0x[0-9a-fA-F_]+|\d[\d_]*(\.[\d_]+)?([eE][+-]?\d+)?/, "number"],
      [/"([^"\\]|\\.)*"/, "string"],
      [/"/, "string.invalid"],
      [/'([^'\\]|\\.[^']*)'/, "string"],
    ],
    comment: [
      [/[^/*]+/, "comment"],
      [/\/\*/, "comment", "@push"],
      [/\*\//, "comment", "@pop"],
      [/[/*]/, "comment"],
    ],
  },
};

export const wat: Tokens = {
  tokenizer: {
    root: [
      [/;;.*$/, "comment"],
      [/\(;/, "comment", "@comment"],
      [/"([^"\\]|\\.)*"/, "string"],
      [/\$[\w.$!#%&'*+\-/:<=>?@\\^`|~]+/, "variable"],
      [/[+-]?(0x[0-9a-fA-F_]+|\d[\d_]*(\.\d+)?)/, "number"],
      [/\b(i32|i64|f32|f64|v128|funcref|externref)\b(\.[\w.]+)?/, "type"],
      [/\b(module|func|param|result|local|global|memory|table|data|elem|import|export|type|mut|start|block|loop|if|then|else|end|call|call_indirect|br|br_if|br_table|return|drop|select|unreachable|nop)\b/, "keyword"],
      [/\b(local|global|memory|table|data|elem)\.[\w.]+/, "keyword"],
    ],
    comment: [
      [/;\)/, "comment", "@pop"],
      [/./, "comment"],
    ],
  },
}; // prettier-ignore

export const candid: Tokens = {
  tokenizer: {
    root: [
      [/\b(type|service|import|func|query|composite_query|oneway|record|variant|opt|vec)\b/, "keyword"],
      [/\b(nat|int|nat8|nat16|nat32|nat64|int8|int16|int32|int64|float32|float64|bool|text|null|blob|principal|reserved|empty)\b/, "type"],
      [/\/\/.*$/, "comment"],
      [/\/\*/, "comment", "@comment"],
      [/"([^"\\]|\\.)*"/, "string"],
      [/\d[\d_]*/, "number"],
    ],
    comment: [
      [/\*\//, "comment", "@pop"],
      [/./, "comment"],
    ],
  },
}; // prettier-ignore

const BRACKETS: languages.CharacterPair[] = [
  ["{", "}"],
  ["[", "]"],
  ["(", ")"],
];
const PAIRS = [...BRACKETS, ['"', '"'] as languages.CharacterPair].map(([open, close]) => ({ open, close }));
export const configurationOf = (line: string, block: [string, string]): languages.LanguageConfiguration => ({
  comments: { lineComment: line, blockComment: block },
  brackets: BRACKETS,
  autoClosingPairs: PAIRS,
  surroundingPairs: PAIRS,
});

/** Monaco's name for a file's language. */
export function editorLanguage(path: string): string {
  const ending = path.slice(path.lastIndexOf(".") + 1);
  return (
    { mo: "motoko", wat: "wat", did: "candid", ts: "typescript", md: "markdown", yaml: "yaml", json: "json" }[
      ending
    ] ?? "plaintext"
  );
}
