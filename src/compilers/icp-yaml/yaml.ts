/**
 * YAML as values that know where they stand. The parser is Prettier's, which is here for Motoko already; it is loaded
 * when the first `icp.yaml` is. What is not plain data (aliases, several documents) is a fault, not a guess.
 *
 * The text may be a stranger's. The parser builds patterns as wide as the text is indented, and one that is thousands
 * of columns wide ends the whole tab: size and indentation are bounded before it is asked.
 */
import type { Diagnostic, Place } from "../compiler.ts";
import { diagnostic, TOP } from "../diagnostics.ts";

interface Placed {
  readonly start: Place;
  readonly end: Place;
}
export interface YamlText extends Placed {
  readonly kind: "text";
  readonly text: string;
}
export interface YamlList extends Placed {
  readonly kind: "list";
  readonly items: readonly Yaml[];
}
export interface YamlMap extends Placed {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, { readonly key: Placed; readonly value: Yaml }>;
}
export interface YamlEmpty extends Placed {
  readonly kind: "empty";
}
export type Yaml = YamlText | YamlList | YamlMap | YamlEmpty;

const TEXT_MAX = 32 * 1024;
const TOO_DEEP = /^(?:[ \t]|[-?:][ \t]){200}/m;

/** What Prettier's parser gives, as far as it is used. */
interface Node {
  readonly type: string;
  readonly value?: string;
  readonly children?: readonly (Node | null)[];
  readonly position: Placed;
}

/** The document's value, or what is wrong with the first place that is. */
export async function readYaml(path: string, text: string): Promise<Yaml | Diagnostic> {
  if (text.length > TEXT_MAX) return diagnostic(path, TOP, `${path} is longer than ${TEXT_MAX / 1024} KiB`);
  const deep = TOO_DEEP.exec(text);
  if (deep !== null) {
    const line = text.slice(0, deep.index).split("\n").length;
    return diagnostic(path, { line, column: 1 }, "this is nested too deeply to be read");
  }
  const { parsers } = await import("prettier/plugins/yaml");
  try {
    const root = (await parsers.yaml.parse(text, {} as never)) as Node;
    const documents = childrenOf(root);
    if (documents.length > 1)
      throw new Fault(documents[1]!.position, "a second document begins here: only one is read");
    const [content] = documents
      .flatMap((d) => childrenOf(d))
      .filter((n) => n.type === "documentBody")
      .flatMap(childrenOf);
    return content === undefined ? { kind: "empty", start: TOP, end: TOP } : readValue(content);
  } catch (error) {
    if (error instanceof Fault) return diagnostic(path, error.at.start, error.message, "error", error.at.end);
    return syntaxFault(path, error);
  }
}

class Fault extends Error {
  readonly at: Placed;
  constructor(at: Placed, sentence: string) {
    super(sentence);
    this.at = at;
  }
}

function syntaxFault(path: string, error: unknown): Diagnostic {
  const { message, loc } = error as { message: string; loc?: { start?: Place } };
  if (/call stack/i.test(message))
    return diagnostic(path, loc?.start ?? TOP, "this is nested too deeply to be read");
  // Its own words end in the place, which is told apart.
  return diagnostic(path, loc?.start ?? TOP, message.replace(/ \(\d+:\d+\)\s*$/, ""));
}

const childrenOf = (node: Node): Node[] => (node.children ?? []).filter((n) => n !== null);
/** Comments, tags and anchors stand among the children. */
const CONTENT =
  /^(mapping|flowMapping|sequence|flowSequence|plain|quoteDouble|quoteSingle|blockLiteral|blockFolded|alias)$/;
const contentOf = (node: Node): Node | undefined => childrenOf(node).find((n) => CONTENT.test(n.type));

function readValue(node: Node): Yaml {
  const { start, end } = node.position;
  if (node.type === "mapping" || node.type === "flowMapping") return mapOf(node);
  if (node.type === "sequence" || node.type === "flowSequence") {
    const items = childrenOf(node)
      .filter((n) => n.type.endsWith("Item"))
      .map((item) => {
        if (item.type === "flowMappingItem") return mapOf({ ...node, type: "flowMapping", children: [item] });
        const content = contentOf(item);
        return content === undefined ? { kind: "empty" as const, ...at(item) } : readValue(content);
      });
    return { kind: "list", items, start, end };
  }
  if (node.type === "alias") throw new Fault(node.position, "an alias is not read here: write its value out");
  const text = node.value ?? "";
  if (node.type === "plain" && /^(~|null|Null|NULL|)$/.test(text)) return { kind: "empty", start, end };
  return { kind: "text", text, start, end };
}

function mapOf(node: Node): YamlMap {
  const entries = new Map<string, { key: Placed; value: Yaml }>();
  for (const item of childrenOf(node)) {
    if (!item.type.endsWith("MappingItem") && item.type !== "mappingItem") continue;
    const [keyNode, valueNode] = ["mappingKey", "mappingValue"].map((t) =>
      childrenOf(item).find((n) => n.type === t),
    );
    const key = keyNode === undefined ? undefined : contentOf(keyNode);
    if (key?.value === undefined) throw new Fault(item.position, "a name is expected before the colon");
    if (entries.has(key.value)) throw new Fault(key.position, `${key.value} is said twice`);
    const content = valueNode === undefined ? undefined : contentOf(valueNode);
    const value = content === undefined ? { kind: "empty" as const, ...at(key) } : readValue(content);
    entries.set(key.value, { key: at(key), value });
  }
  return { kind: "map", entries, ...at(node) };
}

const at = ({ position: { start, end } }: Node): Placed => ({ start, end });
