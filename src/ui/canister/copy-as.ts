/** One call as something to run elsewhere: TypeScript with the official agent, or a command of icp-cli. Pure. */
import { Principal } from "@icp-sdk/core/principal";
import {
  type DidMethod,
  type DidType,
  fieldKey,
  isBlob,
  shapeOf,
  type Types,
} from "../shared/candid/shape.ts";
import { parseArguments } from "../shared/candid/value.ts";

export interface Copied {
  readonly canister: string;
  readonly method: string;
  readonly mode: "update" | "query";
  /** Candid text without the parentheses; hexadecimal where there is no interface. */
  readonly args: string;
}

/** Source: icp-cli's command reference, `icp canister call`. */
export function icpCommand(call: Copied, of: DidMethod | undefined, user: string | undefined): string {
  const text = of === undefined ? call.args : `(${call.args})`;
  const words = ["icp canister call", call.canister, shell(call.method), shell(text)];
  if (of === undefined) words.push("--args-format hex");
  if (call.mode === "query") words.push("--query");
  if (user !== undefined) words.push(`--identity ${shell(user)}`);
  return words.join(" ");
}
const shell = (text: string): string => (/^[\w-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Against the network that `npm run serve` offers. */
export function agentCode(call: Copied, of: DidMethod, types: Types): string {
  const known = new Map<string, string>();
  const define = (t: DidType): string => idlCode(t, types, known);
  const { args, results, mode } = of.func;
  const list = (of_: readonly { readonly type: DidType }[]): string =>
    `[${of_.map((a) => define(a.type)).join(", ")}]`;
  const modes = mode === "update" ? "[]" : `["${mode}"]`;
  const func = `IDL.Func(${list(args)}, ${list(results)}, ${modes})`;
  const values = parseArguments(`(${call.args})`, args, types);
  const given = values.map((v, i) => jsText(v, args[i]!.type, types)).join(", ");
  const recs = [...known].flatMap(([name, code]) => [
    `  const ${name} = IDL.Rec();`,
    `  ${name}.fill(${code});`,
  ]);
  const uses = given.includes("Principal.");
  return [
    `import { Actor, HttpAgent } from "@icp-sdk/core/agent";`,
    `import type { IDL as Idl } from "@icp-sdk/core/candid";`,
    ...(uses ? [`import { Principal } from "@icp-sdk/core/principal";`] : []),
    "",
    `const service = ({ IDL }: { IDL: typeof Idl }) => {`,
    // Declared before any is filled: they may name one another.
    ...recs.filter((line) => line.includes("= IDL.Rec()")),
    ...recs.filter((line) => !line.includes("= IDL.Rec()")),
    `  return IDL.Service({ ${JSON.stringify(call.method)}: ${func} });`,
    `};`,
    `const agent = await HttpAgent.create({ host: "http://127.0.0.1:4943", shouldFetchRootKey: true });`,
    `const canister = Actor.createActor<any>(service, { agent, canisterId: "${call.canister}" });`,
    `console.log(await canister[${JSON.stringify(call.method)}](${given}));`,
    "",
  ].join("\n");
}

function idlCode(type: DidType, types: Types, known: Map<string, string>): string {
  const go = (t: DidType): string => idlCode(t, types, known);
  switch (type.kind) {
    case "primitive":
      return `IDL.${type.name[0]!.toUpperCase()}${type.name.slice(1)}`;
    case "named": {
      const name = /^(IDL|agent|service|canister|const|type|class|new|in|do|if)$/.test(type.name)
        ? `${type.name}_`
        : type.name;
      if (!known.has(name)) {
        known.set(name, "");
        known.set(name, go(types.get(type.name)!));
      }
      return name;
    }
    case "opt":
      return `IDL.Opt(${go(type.of)})`;
    case "vec":
      return `IDL.Vec(${go(type.of)})`;
    case "record":
    case "variant": {
      const fields = type.fields.map(
        (f) => `${JSON.stringify(fieldKey(f.name ?? String(f.id)))}: ${go(f.type)}`,
      );
      return `IDL.${type.kind === "record" ? "Record" : "Variant"}({ ${fields.join(", ")} })`;
    }
    case "func": {
      const { args, results, mode } = type.func;
      const list = (of: typeof args): string => `[${of.map((a) => go(a.type)).join(", ")}]`;
      return `IDL.Func(${list(args)}, ${list(results)}, ${mode === "update" ? "[]" : `["${mode}"]`})`;
    }
    case "service":
      return `IDL.Service({ ${type.methods
        .map((m) => `${JSON.stringify(m.name)}: ${go({ kind: "func", func: m.func })}`)
        .join(", ")} })`;
  }
}

function jsText(x: unknown, declared: DidType, types: Types): string {
  const of = shapeOf(declared, types);
  if (x instanceof Principal) return `Principal.fromText("${x.toText()}")`;
  if (typeof x === "bigint") return `${x}n`;
  switch (of.kind) {
    case "opt": {
      const option = x as unknown[];
      return option.length === 0 ? "[]" : `[${jsText(option[0], of.of, types)}]`;
    }
    case "vec":
      if (isBlob(declared, types)) return `Uint8Array.of(${Array.from(x as Iterable<number>).join(", ")})`;
      return `[${Array.from(x as Iterable<unknown>, (item) => jsText(item, of.of, types)).join(", ")}]`;
    case "record":
    case "variant": {
      const r = x as Record<string, unknown>;
      const parts = of.fields
        .filter((f) => Object.hasOwn(r, fieldKey(f.label)))
        .map((f) => `${JSON.stringify(fieldKey(f.label))}: ${jsText(r[fieldKey(f.label)], f.type, types)}`);
      return `{ ${parts.join(", ")} }`;
    }
    case "func": {
      const [principal, method] = x as [Principal, string];
      return `[Principal.fromText("${principal.toText()}"), ${JSON.stringify(method)}]`;
    }
    default:
      return typeof x === "number" ? String(x) : JSON.stringify(x);
  }
}
