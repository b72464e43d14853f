/**
 * Monaco with the features we chose, loaded when the first editor is shown. One model a file.
 *
 * The entries for suggestions and symbols leave out the widget and the commands, which are named beneath them.
 */
import * as monaco from "monaco-editor/editor";
import "monaco-editor/features/bracketMatching/register";
import "monaco-editor/features/caretOperations/register";
import "monaco-editor/features/clipboard/register";
import "monaco-editor/features/codeAction/register";
import "monaco-editor/features/comment/register";
import "monaco-editor/features/contextmenu/register";
import "monaco-editor/features/cursorUndo/register";
import "monaco-editor/features/find/register";
import "monaco-editor/features/folding/register";
import "monaco-editor/features/format/register";
import "monaco-editor/features/gotoError/register";
import "monaco-editor/editor/contrib/gotoSymbol/browser/goToCommands";
import "monaco-editor/features/gotoSymbol/register";
import "monaco-editor/features/hover/register";
import "monaco-editor/features/indentation/register";
import "monaco-editor/features/lineSelection/register";
import "monaco-editor/features/linesOperations/register";
import "monaco-editor/features/multicursor/register";
import "monaco-editor/features/parameterHints/register";
import "monaco-editor/features/smartSelect/register";
import "monaco-editor/features/snippet/register";
import "monaco-editor/editor/contrib/suggest/browser/suggestController";
import "monaco-editor/features/suggest/register";
import "monaco-editor/features/toggleTabFocusMode/register";
import "monaco-editor/features/wordHighlighter/register";
import "monaco-editor/features/wordOperations/register";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import "monaco-editor/languages/definitions/markdown/register";
import "monaco-editor/languages/definitions/typescript/register";
import "monaco-editor/languages/definitions/yaml/register";
import { makeTypeScriptWorker } from "./assemblyscript.ts";
import { candid, configurationOf, motoko, wat } from "./languages.ts";
import { watCompletion, watHover } from "./wat.ts";

self.MonacoEnvironment = {
  getWorker: (_, label) => (label === "typescript" ? makeTypeScriptWorker() : new EditorWorker()),
};

const OURS = [
  { id: "motoko", tokens: motoko, configuration: configurationOf("//", ["/*", "*/"]) },
  { id: "wat", tokens: wat, configuration: configurationOf(";;", ["(;", ";)"]) },
  { id: "candid", tokens: candid, configuration: configurationOf("//", ["/*", "*/"]) },
] as const;
for (const { id, tokens, configuration } of OURS) {
  monaco.languages.register({ id });
  monaco.languages.setMonarchTokensProvider(id, tokens);
  monaco.languages.setLanguageConfiguration(id, configuration);
}
monaco.languages.registerHoverProvider("wat", watHover);
monaco.languages.registerCompletionItemProvider("wat", watCompletion);

const RULES = {
  dark: ["9db8cc", "c3b294", "8ea198", "b3c3bb", "b3c3bb"],
  light: ["3d647f", "7a6334", "56685f", "40524a", "40524a"],
} as const;
const SURFACE = {
  dark: {
    "editor.background": "#121917",
    "editor.foreground": "#e8efeb",
    "editorLineNumber.foreground": "#8ea198",
  },
  light: {
    "editor.background": "#ffffff",
    "editor.foreground": "#121c18",
    "editorLineNumber.foreground": "#5d7067",
  },
};
for (const theme of ["dark", "light"] as const) {
  const [keyword, string, comment, type, number] = RULES[theme];
  monaco.editor.defineTheme(`terrarium-${theme}`, {
    base: theme === "dark" ? "vs-dark" : "vs",
    inherit: true,
    rules: [
      { token: "keyword", foreground: keyword! },
      { token: "string", foreground: string! },
      { token: "comment", foreground: comment!, fontStyle: "italic" },
      { token: "type", foreground: type! },
      { token: "number", foreground: number! },
      // The "@" of a decorator, which the tokenizer does not know.
      { token: "invalid.ts", foreground: keyword! },
    ],
    colors: SURFACE[theme],
  });
}

export { monaco };
