/**
 * Completion, hover and signatures for AssemblyScript, by Monaco's TypeScript service with AssemblyScript's own
 * declarations in place of JavaScript's. Of its errors none is shown: to TypeScript a decorator before a function is one,
 * and u8 is a number. What is wrong, the AssemblyScript compiler says.
 */
import "monaco-editor/features/gotoSymbol/register";
import "monaco-editor/features/parameterHints/register";
import { typescriptDefaults } from "monaco-editor/languages/features/typescript/register";
import TypeScriptWorker from "monaco-editor/languages/features/typescript/ts.worker?worker";
import ASSEMBLYSCRIPT_TYPES from "assemblyscript/std/assembly/index.d.ts?raw";
import { IC_TYPES } from "../../compilers/assemblyscript/library/types.ts";

export const makeTypeScriptWorker = (): Worker => new TypeScriptWorker();

typescriptDefaults.setCompilerOptions({
  noLib: true,
  allowNonTsExtensions: true,
  experimentalDecorators: true,
  target: 99,
});
typescriptDefaults.setDiagnosticsOptions({
  noSemanticValidation: true,
  noSyntaxValidation: true,
  noSuggestionDiagnostics: true,
});
typescriptDefaults.setModeConfiguration({
  completionItems: true,
  hovers: true,
  signatureHelp: true,
  definitions: true,
  references: true,
  documentHighlights: true,
  rename: false,
  documentSymbols: false,
  documentRangeFormattingEdits: false,
  onTypeFormattingEdits: false,
  codeActions: false,
  inlayHints: false,
  diagnostics: false,
});
typescriptDefaults.setExtraLibs([
  { content: ASSEMBLYSCRIPT_TYPES, filePath: "ts:assemblyscript.d.ts" },
  { content: IC_TYPES, filePath: "ts:ic.d.ts" },
]);
