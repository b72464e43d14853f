/**
 * What an editor may ask about a source while it is typed. A language offers what it can; the compiler worker answers
 * (worker-api.ts), the page's editor shows (ui/editor/language-services.ts). Positions are those of diagnostics.
 */
import type { Language, Place as Position, SourceFiles } from "./compiler.ts";

export type { Position };

export interface Span {
  readonly start: Position;
  readonly end: Position;
}

export interface Edit extends Span {
  readonly text: string;
}

export interface Hover extends Span {
  /** Source in the language itself: a declaration, or a name with its type. */
  readonly code: string;
  /** Markdown from the author of what is pointed at. */
  readonly doc: string;
}

export interface Completion {
  readonly label: string;
  readonly kind:
    "function" | "method" | "variable" | "field" | "type" | "class" | "module" | "keyword" | "file";
  /** Shown beside the label: its type. */
  readonly detail?: string;
  readonly doc?: string;
  /** What is inserted where it differs from the label; with `snippet`, `$1` and `$0` are where the cursor goes. */
  readonly insert?: string;
  readonly snippet?: boolean;
  /** Made together with the insertion: an import. */
  readonly also?: readonly Edit[];
  /** Low comes first; equal ranks by label. */
  readonly rank: number;
}

export interface Completions {
  readonly items: readonly Completion[];
  /** What an accepted item replaces. */
  readonly replaces: Span;
}

export interface Signature {
  readonly label: string;
  /** Where in the label each parameter is written. */
  readonly parameters: readonly (readonly [from: number, to: number])[];
  readonly active: number;
  readonly doc: string;
}

export interface Definition extends Span {
  readonly path: string;
  /** The text of what is no file of the project: it opens read-only under `path` as its name. */
  readonly library?: string;
}

interface Answers {
  readonly complete: Completions;
  readonly hover: Hover;
  readonly signature: Signature;
  readonly definition: Definition;
  /** The whole text anew; `at` is not looked at. */
  readonly format: string;
}
export type Question = keyof Answers;
export type Answer<Q extends Question> = Answers[Q];

/** Undefined: nothing to say of that place. */
export type LanguageService = {
  readonly [Q in Question]?: (
    files: SourceFiles,
    path: string,
    at: Position,
  ) => Promise<Answer<Q> | undefined>;
};

/** Loaded when first asked. */
const SERVICES: Readonly<Partial<Record<Language, () => Promise<LanguageService>>>> = {
  motoko: async () => (await import("./motoko/service.ts")).motokoService,
};

export async function askLanguage<Q extends Question>(
  language: Language,
  question: Q,
  files: SourceFiles,
  path: string,
  at: Position,
): Promise<Answer<Q> | undefined> {
  const service = await SERVICES[language]?.();
  return service?.[question]?.(files, path, at);
}
