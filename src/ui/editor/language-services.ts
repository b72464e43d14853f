/**
 * What the compilers know, in Monaco: completion, hover, signatures, definitions, formatting, quick fixes. A language is
 * one line in `SERVED`; the answers come from its service in the compiler worker (compilers/language-service.ts).
 */
import type { editor, IDisposable, IRange, languages, Position, Uri } from "monaco-editor/editor";
import type { Diagnostic, Language, SourceFiles } from "../../compilers/compiler.ts";
import type {
  Answer,
  Completion,
  Definition,
  Edit,
  Question,
  Span,
} from "../../compilers/language-service.ts";
import { ask } from "../shared/compiling.ts";

type Monaco = typeof import("./monaco.ts").monaco;

interface Served {
  /** Monaco's name for it. */
  readonly id: string;
  readonly language: Language;
  readonly questions: readonly Question[];
  readonly completeOn?: readonly string[];
}

const SERVED: readonly Served[] = [
  {
    id: "motoko",
    language: "motoko",
    questions: ["complete", "hover", "signature", "definition", "format"],
    completeOn: [".", '"', "/", ":"],
  },
];

/** The page's side of it. */
export interface EditorWorld {
  files(): SourceFiles;
  diagnostics(path: string): readonly Diagnostic[];
  /** Whether the text is still the one that was judged: an older fix would land in the wrong place. */
  judged(model: editor.ITextModel): boolean;
  /** Makes sure that the editor can show it. */
  prepare(definition: Definition): Uri;
}

const LIBRARY = "library";

export const uriOf = (monaco: Monaco, path: string, library = false): Uri =>
  monaco.Uri.from({ scheme: library ? LIBRARY : "project", path: `/${path}` });
export const pathOf = (uri: Uri): string => uri.path.slice(1);
export const isLibrary = (uri: Uri): boolean => uri.scheme === LIBRARY;

export function registerLanguageServices(monaco: Monaco, world: EditorWorld): IDisposable {
  const all = SERVED.flatMap((served) => register(monaco, served, world));
  return { dispose: () => void all.map((d) => d.dispose()) };
}

function register(monaco: Monaco, served: Served, world: EditorWorld): IDisposable[] {
  const { id, language, questions, completeOn } = served;
  async function answer<Q extends Question>(
    question: Q,
    model: editor.ITextModel,
    { lineNumber, column }: Pick<Position, "lineNumber" | "column">,
  ): Promise<Answer<Q> | undefined> {
    try {
      return await ask(language, question, world.files(), pathOf(model.uri), { line: lineNumber, column });
    } catch {
      // A compiler that cannot start says so when Deploy asks it.
      return undefined;
    }
  }
  const { languages } = monaco;
  const makers: Readonly<Record<Question, () => IDisposable>> = {
    complete: () =>
      languages.registerCompletionItemProvider(id, {
        ...(completeOn === undefined ? {} : { triggerCharacters: [...completeOn] }),
        async provideCompletionItems(model, position) {
          const found = await answer("complete", model, position);
          if (found === undefined) return { suggestions: [] };
          const range = rangeOf(found.replaces);
          return { suggestions: found.items.map((item) => suggestion(monaco, item, range)) };
        },
      }),
    hover: () =>
      languages.registerHoverProvider(id, {
        async provideHover(model, position) {
          const found = await answer("hover", model, position);
          if (found === undefined) return undefined;
          const code = { value: `\`\`\`${id}\n${found.code}\n\`\`\`` };
          return {
            range: rangeOf(found),
            contents: found.doc === "" ? [code] : [code, { value: found.doc }],
          };
        },
      }),
    signature: () =>
      languages.registerSignatureHelpProvider(id, {
        signatureHelpTriggerCharacters: ["(", ","],
        async provideSignatureHelp(model, position) {
          const found = await answer("signature", model, position);
          if (found === undefined) return undefined;
          const { label, parameters, active, doc } = found;
          const signature: languages.SignatureInformation = {
            label,
            documentation: { value: doc },
            parameters: parameters.map(([from, to]) => ({ label: [from, to] })),
          };
          return {
            value: { signatures: [signature], activeSignature: 0, activeParameter: active },
            dispose() {},
          };
        },
      }),
    definition: () =>
      languages.registerDefinitionProvider(id, {
        async provideDefinition(model, position) {
          const found = await answer("definition", model, position);
          return found && { uri: world.prepare(found), range: rangeOf(found) };
        },
      }),
    format: () =>
      languages.registerDocumentFormattingEditProvider(id, {
        async provideDocumentFormattingEdits(model) {
          const text = await answer("format", model, { lineNumber: 1, column: 1 });
          return text === undefined ? [] : [{ range: model.getFullModelRange(), text }];
        },
      }),
  };
  return [...questions.map((q) => makers[q]()), registerFixes(monaco, id, world)];
}

function registerFixes(monaco: Monaco, id: string, world: EditorWorld): IDisposable {
  return monaco.languages.registerCodeActionProvider(id, {
    provideCodeActions(model, range, { markers }) {
      const found = world.judged(model) ? world.diagnostics(pathOf(model.uri)) : [];
      const actions = found.flatMap((d): languages.CodeAction[] => {
        if (d.fix === undefined || d.start.line > range.endLineNumber || d.end.line < range.startLineNumber)
          return [];
        const marker = markers.find(
          (m) => m.startLineNumber === d.start.line && m.startColumn === d.start.column,
        );
        return [
          {
            title: d.fix.title,
            kind: "quickfix",
            isPreferred: true,
            diagnostics: marker === undefined ? [] : [marker],
            edit: {
              edits: [{ resource: model.uri, versionId: model.getVersionId(), textEdit: editOf(d.fix) }],
            },
          },
        ];
      });
      return { actions, dispose() {} };
    },
  });
}

export const rangeOf = ({ start, end }: Span): IRange => ({
  startLineNumber: start.line,
  startColumn: start.column,
  endLineNumber: end.line,
  endColumn: end.column,
});
const editOf = (edit: Edit) => ({ range: rangeOf(edit), text: edit.text });

const DETAIL_MAX = 48;

function suggestion(monaco: Monaco, item: Completion, range: IRange): languages.CompletionItem {
  const { CompletionItemKind: Kind, CompletionItemInsertTextRule: Rule } = monaco.languages;
  const kinds: Readonly<Record<Completion["kind"], languages.CompletionItemKind>> = {
    function: Kind.Function,
    method: Kind.Method,
    variable: Kind.Variable,
    field: Kind.Field,
    type: Kind.Struct,
    class: Kind.Class,
    module: Kind.Module,
    keyword: Kind.Keyword,
    file: Kind.File,
  };
  const { label, kind, detail = "", doc, insert, snippet, also, rank } = item;
  const description = detail.length <= DETAIL_MAX ? detail : `${detail.slice(0, DETAIL_MAX)}…`;
  return {
    label: { label, description },
    kind: kinds[kind],
    detail,
    insertText: insert ?? label,
    range,
    sortText: `${rank} ${label}`,
    ...(doc ? { documentation: { value: doc } } : {}),
    ...(snippet === true ? { insertTextRules: Rule.InsertAsSnippet } : {}),
    ...(also === undefined ? {} : { additionalTextEdits: also.map(editOf) }),
  };
}
