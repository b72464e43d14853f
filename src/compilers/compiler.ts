/** Source → canister. One shape for every language, so that the page needs no switch. */
export type Language = "motoko" | "assemblyscript" | "wat" | "upload";

/** A project's files by relative path. */
export type SourceFiles = Readonly<Record<string, string | Uint8Array>>;

/** 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Diagnostic {
  readonly path: string;
  /** The end is exclusive. */
  readonly start: Place;
  readonly end: Place;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  /** An edit of the same file that mends it. */
  readonly fix?: {
    readonly title: string;
    readonly start: Place;
    readonly end: Place;
    readonly text: string;
  };
}

export type Compilation =
  | {
      readonly ok: true;
      readonly wasm: Uint8Array;
      /** The service's Candid, when known. */
      readonly did: string | undefined;
      /** Motoko's stable signature. */
      readonly stable: string | undefined;
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export interface Compiler {
  /** Brings the compiler's machinery into memory; without it the first `compile` does. */
  load?(): Promise<unknown>;
  /** `main` is the path of the canister's entry file inside `files`. */
  compile(files: SourceFiles, main: string): Promise<Compilation>;
  /** Diagnostics alone, where the compiler has a faster way to them. */
  check?(files: SourceFiles, main: string): Promise<readonly Diagnostic[]>;
}
