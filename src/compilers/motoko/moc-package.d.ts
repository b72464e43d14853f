/** The compiler itself, js_of_ocaml output without types. Only what we call. */
declare module "motoko/versions/latest/moc.min.js" {
  export interface MocDiagnostic {
    readonly source: string;
    /** 0-based. */
    readonly range: {
      readonly start: { readonly line: number; readonly character: number };
      readonly end: { readonly line: number; readonly character: number };
    };
    /** As in the language server protocol: 1 error, 2 warning, 3 information. */
    readonly severity: number;
    readonly code: string;
    readonly message: string;
  }
  export interface MocOutput {
    readonly wasm: Uint8Array;
    readonly candid: string;
    readonly stable: string | null;
  }
  export interface Moc {
    readonly version: string;
    saveFile(path: string, content: string): void;
    removeFile(path: string): void;
    addPackage(name: string, directory: string): void;
    /** Without its one argument OCaml would wait for it. */
    clearPackage(unit: 0): void;
    setPublicMetadata(names: readonly string[]): void;
    gcFlags(mode: string): void;
    compileWasm(mode: "ic", path: string): { diagnostics: MocDiagnostic[]; code: MocOutput | null };
    /** The first signature is of what runs. */
    stableCompatible(before: string, after: string): { diagnostics: MocDiagnostic[] };
    checkWithScopeCache(
      path: string,
      cache: Map<string, unknown>,
    ): { diagnostics: MocDiagnostic[]; scopeCache?: Map<string, unknown> | null };
  }
  const exported: { readonly Motoko: Moc };
  export default exported;
}

declare module "motoko/packages/latest/core.json" {
  const core: {
    readonly version: string;
    readonly files: Readonly<Record<string, { readonly content: string }>>;
  };
  export default core;
}
