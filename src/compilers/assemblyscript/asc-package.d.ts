/** The compiler's entry, by what we call. Its own declarations would put AssemblyScript's globals into our scope. */
declare module "assemblyscript/asc" {
  export interface AscDiagnostic {
    readonly message: string;
    readonly code: number;
    /** 0 pedantic, 1 information, 2 warning, 3 error. */
    readonly category: number;
    /** Offsets into the source's text. */
    readonly range: {
      readonly start: number;
      readonly end: number;
      readonly source: { readonly normalizedPath: string } | null;
    } | null;
  }
  export interface AscHost {
    readonly stdout: { write(text: string): void };
    readonly stderr: { write(text: string): void };
    readFile(name: string): string | null;
    writeFile(name: string, content: Uint8Array | string): void;
    listFiles(): string[];
    readonly transforms: readonly object[];
    reportDiagnostic(diagnostic: AscDiagnostic): void;
  }
  export const libraryFiles: Record<string, string>;
  export function main(argv: readonly string[], host: AscHost): Promise<{ readonly error: Error | null }>;
}
