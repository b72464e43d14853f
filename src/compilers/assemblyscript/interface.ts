/** Writes the Candid interface of decorated functions, from the types as the compiler resolves them. */
import {
  type Class,
  fieldsOf,
  PLAIN,
  type Program,
  type Range,
  type Type,
  type TypeNode,
  TYPE_VOID,
} from "./ast.ts";

export interface Signature {
  readonly name: string;
  /** What the author wrote above the function. */
  readonly comment: string;
  readonly params: readonly { readonly name: string; readonly type: TypeNode }[];
  readonly result: TypeNode;
  readonly query: boolean;
  /** The file in which its types are looked up. */
  readonly file: string;
}

/** A type that Candid cannot carry, said at its place. */
type Refuse = (where: Range, message: string) => void;

const LIBRARY: ReadonlyMap<string, string> = new Map([
  ["~lib/string/String", "text"],
  ["~lib/ic/principal/Principal", "principal"],
  ["~lib/ic/numbers/Nat", "nat"],
  ["~lib/ic/numbers/Int", "int"],
]);
const SOME = "~lib/ic/candid/Some";

const WORDS = new Set(
  (
    "bool text null reserved empty nat int nat8 nat16 nat32 nat64 int8 int16 int32 int64 float32 float64 principal blob " +
    "opt vec record variant func service type import query composite_query oneway true false"
  ).split(" "),
);
const nameText = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) && !WORDS.has(name) ? name : JSON.stringify(name);

export function writeInterface(
  program: Program,
  init: Signature | undefined,
  methods: readonly Signature[],
  refuse: Refuse,
): string {
  /** By the class's id: its name here, and its definition once known. */
  const names = new Map<number, string>();
  const taken = new Set<string>();
  const definitions: string[] = [];

  function nameOf(found: Class, where: Range): string {
    const args = (found.typeArguments ?? []).map((type) => `_${candid(type, where)}`);
    const wanted = (found.prototype.name + args.join("")).replace(/\W+/g, "_");
    let name = WORDS.has(wanted) ? `${wanted}_` : wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted}_${n}`;
    taken.add(name);
    names.set(found.id, name);
    return name;
  }

  function candid(type: Type, where: Range): string {
    const found = type.getClass();
    if (found === null) {
      const plain = type.isReference ? undefined : PLAIN[type.kind];
      if (plain === undefined) refuse(where, `Candid has no type for ${type.toString()}`);
      return plain ?? "empty";
    }
    const bare = ofClass(found, where);
    return type.isNullableReference ? `opt ${bare}` : bare;
  }

  function ofClass(found: Class, where: Range): string {
    const { prototype } = found;
    const known = LIBRARY.get(prototype.internalName) ?? names.get(found.id);
    if (known !== undefined) return known;
    if (prototype.internalName === SOME) return candid(found.typeArguments![0]!, where);
    if (found.isArrayLike) {
      const held = candid(found.getArrayValueType(), where);
      return held === "nat8" ? "blob" : `vec ${held}`;
    }
    if (prototype.internalName.startsWith("~lib/") || found.isInterface) {
      const instead = prototype.name === "Map" || prototype.name === "Set" ? ": send an array instead" : "";
      refuse(where, `Candid has no type for ${prototype.name}${instead}`);
      return "empty";
    }
    const { declaration } = prototype;
    if (declaration.extendsType !== null) {
      const message = `${prototype.name} extends another class: what goes over Candid has its fields in one class`;
      refuse(declaration.name.range, message);
    }
    const name = nameOf(found, where);
    const at = definitions.push("") - 1;
    const fields = fieldsOf(declaration).flatMap((field) => {
      const held =
        field.type === null
          ? null
          : program.resolver.resolveType(field.type, null, prototype.parent, found.contextualTypeArguments);
      return held === null || field.type === null
        ? []
        : [`  ${nameText(field.name.text)} : ${candid(held, field.type.range)};\n`];
    });
    definitions[at] =
      fields.length === 0 ? `type ${name} = record {};\n` : `type ${name} = record {\n${fields.join("")}};\n`;
    return name;
  }

  function written(signature: Signature): { args: string; result: string } {
    const file = program.filesByName.get(signature.file);
    const resolve = (node: TypeNode): string | undefined => {
      const type = file === undefined ? null : program.resolver.resolveType(node, null, file);
      return type === null || type.kind === TYPE_VOID ? undefined : candid(type, node.range);
    };
    const args = signature.params.map(({ name, type }) => `${nameText(name)} : ${resolve(type)}`);
    return { args: args.join(", "), result: resolve(signature.result) ?? "" };
  }

  const head = init === undefined || init.params.length === 0 ? "" : `(${written(init).args}) -> `;
  const lines = methods.map((method) => {
    const { args, result } = written(method);
    const comment = method.comment === "" ? "" : method.comment.replace(/^/gm, "  // ") + "\n";
    return `${comment}  ${nameText(method.name)} : (${args}) -> (${result})${method.query ? " query" : ""};\n`;
  });
  const types = definitions.length === 0 ? "" : `${definitions.join("")}\n`;
  return `${types}service : ${head}{\n${lines.join("")}}\n`;
}
