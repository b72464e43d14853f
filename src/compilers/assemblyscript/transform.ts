/**
 * Makes a canister of decorated functions, while the compiler has the parsed tree in hand (its Transform hooks).
 *
 *   X1  Each method gets a wrapper in its own file, where its types mean what the author meant: read the arguments, call,
 *       answer, send what calls it made, collect garbage after an update.
 *   X2  Each class gets the five methods by which `ic/candid` carries it. The compiler drops those nobody uses.
 *   X3  One module beside the files exports the wrappers; `renameExports` gives them their IC names.
 *   X4  The interface is written from the types as the compiler resolves them.
 */
import {
  type ClassDeclaration,
  fieldsOf,
  isClass,
  isImport,
  NODE,
  type Parser,
  type Program,
  type Range,
  type Source,
  typeText,
  USER,
  USER_ENTRY,
} from "./ast.ts";
import { fieldHash } from "../candid/did.ts";
import { commentAbove, type Decorated, findDecorated, type Hook, HOOKS } from "./decorated.ts";
import { type Signature, writeInterface } from "./interface.ts";

export const ENTRY_PATH = "@methods.ts";

export interface Fault {
  readonly range: Range;
  readonly message: string;
}

export class CanisterTransform {
  readonly faults: Fault[] = [];
  /** Export → IC name. */
  readonly exports = new Map<string, string>();
  did = "";
  private readonly methods: Signature[] = [];
  private init: Signature | undefined;

  private readonly refuse = (range: Range, message: string): void => {
    this.faults.push({ range, message });
  };

  afterParse(parser: Parser): void {
    const sources = parser.sources.filter(
      ({ sourceKind, normalizedPath }) =>
        (sourceKind === USER || sourceKind === USER_ENTRY) && !normalizedPath.startsWith("~lib/"),
    );
    const entry = new EntryModule(this.exports);
    const seen = new Set<string>();
    for (const source of sources) {
      const decorated = findDecorated(source, this.refuse);
      const text = [IMPORTS];
      for (const { declaration, query } of decorated.methods) {
        const name = declaration.name.text;
        if (seen.has(name))
          this.refuse(declaration.name.range, `another file has a method "${name}" already`);
        seen.add(name);
        const signature = signatureOf(declaration, source, query);
        const wrapper = `__ic_method_${this.methods.push(signature)}`;
        entry.method(source, wrapper, `canister_${query ? "query" : "update"} ${name}`);
        text.push(methodWrapper(wrapper, signature, query));
      }
      for (const { declaration, hook } of decorated.hooks) {
        if (entry.has(hook)) this.refuse(declaration.name.range, `there is another function for @${hook}`);
        const signature = signatureOf(declaration, source, false);
        if (hook === "init") this.init = signature;
        const wrapper = `__ic_${hook}`;
        entry.hook(source, wrapper, hook);
        text.push(hookWrapper(wrapper, signature, hook));
      }
      if (decorated.stable.length > 0) {
        entry.stable(source);
        text.push(...stableWrappers(decorated.stable));
      }
      if (importsTimers(source)) entry.timers = true;
      text.push(...source.statements.filter(isClass).filter(isCarried).map(carriers));
      this.append(parser, source, text.join("\n"));
      // What the author exports is for his other files: the canister exports its methods alone.
      source.sourceKind = USER;
    }
    parser.parseFile(entry.text(), ENTRY_PATH, true);
  }

  afterInitialize(program: Program): void {
    this.did = writeInterface(program, this.init, this.methods, this.refuse);
  }

  get isEmpty(): boolean {
    return this.methods.length === 0;
  }

  /** Parses text as if it stood at the file's end; the methods of a class of the same name go into that class. */
  private append(parser: Parser, source: Source, text: string): void {
    parser.parseFile(text, `${source.internalPath}@ic.ts`, false);
    const added = parser.sources.pop()!;
    added.internalPath = source.internalPath;
    const classes = new Map(source.statements.filter(isClass).map((c) => [c.name.text, c]));
    for (const statement of added.statements) {
      const into = isClass(statement) ? classes.get(statement.name.text) : undefined;
      if (into !== undefined && isClass(statement)) into.members.push(...statement.members);
      else source.statements.push(statement);
    }
  }
}

/** Long names, so that they meet none of the author's. */
const IMPORTS = `import {
  accepts as __ic_accepts, acceptMessage as __ic_acceptMessage, answer as __ic_answer,
  answerNothing as __ic_answerNothing, beginMessage as __ic_begin, Bytes as __ic_Bytes, decode as __ic_decode,
  encode as __ic_encode, endMessage as __ic_end, readArguments as __ic_arguments, Reader as __ic_Reader,
  Restoring as __ic_Restoring, Saving as __ic_Saving, typeOf as __ic_typeOf, Types as __ic_Types,
} from "ic/method";`;

function signatureOf(
  declaration: Decorated["methods"][number]["declaration"],
  source: Source,
  query: boolean,
): Signature {
  return {
    name: declaration.name.text,
    comment: commentAbove(declaration.decorators?.[0] ?? declaration),
    params: declaration.signature.parameters.map(({ name, type }) => ({ name: name.text, type })),
    result: declaration.signature.returnType,
    query,
    file: source.internalPath,
  };
}

/** Statements that read the arguments, and the call. */
function readAndCall({ name, params }: Signature): { read: string; call: string } {
  const read = params.map(({ type }, i) => `const __ic_${i} = __ic_from.read<${typeText(type)}>();`);
  return {
    read: `const __ic_from = __ic_arguments(); ${read.join(" ")} __ic_from.finish();`,
    call: `${name}(${params.map((_, i) => `__ic_${i}`).join(", ")})`,
  };
}

function methodWrapper(wrapper: string, signature: Signature, query: boolean): string {
  const { read, call } = readAndCall(signature);
  const result = typeText(signature.result);
  const answered =
    result === "void" || result === ""
      ? `${call}; __ic_answerNothing();`
      : `__ic_answer<${result}>(${call});`;
  const collect = query ? "" : " __collect();";
  return `export function ${wrapper}(): void { __ic_begin(); ${read} ${answered} __ic_end();${collect} }`;
}

function hookWrapper(wrapper: string, signature: Signature, hook: Hook): string {
  const { read, call } = readAndCall(signature);
  const body =
    hook === "inspect"
      ? `if (${call}) __ic_acceptMessage();`
      : hook === "init" && signature.params.length > 0
        ? `${read} ${call};`
        : `${call};`;
  return `export function ${wrapper}(): void { ${body} }`;
}

const stableWrappers = (names: readonly string[]): string[] => [
  `export function __ic_save(to: __ic_Saving): void { ${names.map((n) => `to.put("${n}", ${n});`).join(" ")} }`,
  `export function __ic_restore(from: __ic_Restoring): void { ${names.map((n) => `${n} = from.take("${n}", ${n});`).join(" ")} }`,
];

const importsTimers = ({ statements }: Source): boolean =>
  statements
    .filter(isImport)
    .some(
      ({ path, declarations }) =>
        path.value === "ic" &&
        (declarations?.some(({ foreignName: { text } }) => text === "setTimer" || text === "setInterval") ??
          true),
    );

/** Not: classes outside the heap, and those that hold functions. */
const isCarried = (declaration: ClassDeclaration): boolean =>
  !declaration.decorators?.some(({ name }) => name.text === "unmanaged") &&
  fieldsOf(declaration).every(({ type }) => type === null || type.kind === NODE.namedType);

/** The five methods by which a class travels as a record. Fields go in the order of their ids. */
function carriers(declaration: ClassDeclaration): string {
  const params = declaration.typeParameters?.map(({ name }) => name.text).join(", ");
  const self = declaration.name.text + (params === undefined ? "" : `<${params}>`);
  const fields = fieldsOf(declaration)
    .flatMap(({ name, type }) => (type === null ? [] : [{ name: name.text, type: typeText(type) }]))
    .map((field) => ({ ...field, id: fieldHash(field.name) }))
    .toSorted((a, b) => a.id - b.id);
  const each = (write: (field: (typeof fields)[number]) => string): string => fields.map(write).join(" ");
  return `class ${self} {
    __icType(types: __ic_Types): i32 {
      const known = types.find(idof<${self}>());
      if (known >= 0) return known;
      const at = types.reserveRecord(idof<${self}>());
      ${each(({ id, type }) => `types.field(at, ${id}, __ic_typeOf<${type}>(types));`)}
      return at;
    }
    __icEncode(out: __ic_Bytes): void { ${each(({ name, type }) => `__ic_encode<${type}>(out, this.${name});`)} }
    __icAccepts(from: __ic_Reader, type: i32): bool {
      if (!from.isRecord(type)) return from.not(type, "record");
      ${each(({ id, name, type }) => `if (!from.has<${type}>(type, ${id}, "${name}")) return false;`)}
      return true;
    }
    __icDecode(from: __ic_Reader, type: i32): ${self} {
      const made = changetype<${self}>(__new(offsetof<${self}>(), idof<${self}>()));
      memory.fill(changetype<usize>(made), 0, offsetof<${self}>()); // the minimal runtime hands out memory as it was left
      for (let i = 0, n = from.fieldCount(type); i < n; i++) {
        const sent = from.fieldType(type, i);
        switch (from.fieldId(type, i)) {
          ${each(({ id, name, type }) => `case ${id}: { store<${type}>(changetype<usize>(made), __ic_decode<${type}>(from, sent), offsetof<${self}>("${name}")); break; }`)}
          default: from.skip(sent);
        }
      }
      return made;
    }
  }`;
}

/** The module that the canister's exports come from. */
class EntryModule {
  timers = false;
  private readonly names: Map<string, string>;
  private readonly lines: string[] = [];
  private readonly hooks = new Set<Hook>();
  private readonly saved: number[] = [];

  constructor(names: Map<string, string>) {
    this.names = names;
  }

  has(hook: Hook): boolean {
    return this.hooks.has(hook);
  }
  method(source: Source, wrapper: string, icName: string): void {
    this.names.set(wrapper, icName);
    this.lines.push(`export { ${wrapper} } from "./${source.internalPath}";`);
  }
  hook(source: Source, wrapper: string, hook: Hook): void {
    this.hooks.add(hook);
    this.lines.push(`import { ${wrapper} } from "./${source.internalPath}";`);
  }
  stable(source: Source): void {
    const n = this.saved.push(this.saved.length) - 1;
    const names = `__ic_save as save${n}, __ic_restore as restore${n}`;
    this.lines.push(`import { ${names} } from "./${source.internalPath}";`);
  }

  text(): string {
    const { lines, saved } = this;
    const call = (hook: Hook): string => (this.hooks.has(hook) ? `__ic_${hook}();` : "");
    const write = (name: string, icName: string, body: string): void => {
      if (body === "") return;
      this.names.set(name, icName);
      lines.push(`export function ${name}(): void { beginMessage(); ${body} }`);
    };
    const after = "endMessage(); __collect();";
    const save =
      saved.length === 0
        ? ""
        : `const s = new Saving(); ${saved.map((n) => `save${n}(s);`).join(" ")} s.finish();`;
    const restore =
      saved.length === 0 ? "" : `const r = new Restoring(); ${saved.map((n) => `restore${n}(r);`).join(" ")}`;
    lines.unshift('import { beginMessage, endMessage, Restoring, runTimers, Saving } from "ic/method";');
    for (const hook of ["init", "heartbeat"] as const) {
      if (this.hooks.has(hook)) write(hook, HOOKS[hook], `${call(hook)} ${after}`);
    }
    write("inspect", HOOKS.inspect, call("inspect"));
    write("preUpgrade", HOOKS.preUpgrade, `${call("preUpgrade")}${save}`);
    const back = `${restore}${call("postUpgrade")}`;
    write("postUpgrade", HOOKS.postUpgrade, back === "" ? "" : `${back} ${after}`);
    if (this.timers) write("timer", "canister_global_timer", `runTimers(); ${after}`);
    return lines.join("\n");
  }
}
