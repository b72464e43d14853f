/**
 * Whether a canister may change its interface without breaking those who call it: the new service must be a subtype of
 * the old one. Says for each method where it is not, and why, from the caller's side.
 *
 *   U1  Every old method is still there, in the same mode.
 *   U2  Arguments: what callers send still fits (the old arguments are a subtype of the new ones).
 *   U3  Results: what it answers still fits (the new results are a subtype of the old ones).
 *   U4  Recursive types are equal until shown otherwise.
 *
 * An option takes anything: where the contents do not fit it reads null, which breaks nobody.
 *
 * Source: Candid specification, "Upgrading and Subtyping". Checked by: subtype.test.ts (and against the agent's library).
 */
import type { Did, DidArgument, DidField, DidFunc, DidMethod, DidType } from "./did.ts";
import { resolveDid } from "./did.ts";
import { functionText, labelOf, typeText } from "./text.ts";

export interface Incompatibility {
  readonly method: string;
  /** "argument name", "reply, field at"; empty for the method itself. */
  readonly where: string;
  readonly why: string;
}

type Types = Did["types"];
/** Which way a value travels: callers send arguments, the canister sends replies. */
type Way = "argument" | "reply";
interface Fault {
  readonly path: readonly string[];
  readonly why: string;
}

export function incompatibilities(after: Did, before: Did): Incompatibility[] {
  return before.methods.flatMap((old) => {
    const now = after.methods.find((m) => m.name === old.name);
    return now === undefined
      ? [{ method: old.name, where: "", why: "is gone: whoever calls it is refused" }]
      : methodFaults(now, old, after.types, before.types);
  });
}

function methodFaults(now: DidMethod, old: DidMethod, nowTypes: Types, oldTypes: Types): Incompatibility[] {
  const named = (fault: Fault): Incompatibility => ({
    method: old.name,
    where: fault.path.join(", "),
    why: fault.why,
  });
  if (now.func.mode !== old.func.mode) {
    const why = `was ${modeWords(old.func.mode)} and is now ${modeWords(now.func.mode)}`;
    return [{ method: old.name, where: "", why }];
  }
  return funcFaults(now.func, old.func, nowTypes, oldTypes).map(named);
}

const modeWords = (mode: DidFunc["mode"]): string =>
  ({ update: "an update", query: "a query", composite_query: "a composite query", oneway: "a oneway" })[mode];

/** U2 and U3, each position by itself. */
function funcFaults(now: DidFunc, old: DidFunc, nowTypes: Types, oldTypes: Types): Fault[] {
  const arguments_ = new Comparison("argument", oldTypes, nowTypes).tuple(old.args, now.args);
  const results = new Comparison("reply", nowTypes, oldTypes).tuple(now.results, old.results);
  return [...arguments_, ...results];
}

/** Whether what is sent fits what is expected, in one direction. */
class Comparison {
  readonly #way: Way;
  readonly #sent: Types;
  readonly #expected: Types;
  /** U4 */
  readonly #assumed = new Set<string>();

  constructor(way: Way, sent: Types, expected: Types) {
    this.#way = way;
    this.#sent = sent;
    this.#expected = expected;
  }

  /** Values beyond those expected are ignored; those missing must be optional. */
  tuple(sent: readonly DidArgument[], expected: readonly DidArgument[]): Fault[] {
    return expected.flatMap((want, i) => {
      const have = sent[i];
      const place = placeWords(this.#way, want.name ?? have?.name, i, expected.length);
      if (have !== undefined) return within(place, this.fault(have.type, want.type));
      return this.#mayBeMissing(want.type) ? [] : [{ path: [place], why: this.#missing() }];
    });
  }

  fault(sent: DidType, expected: DidType): Fault | undefined {
    const a = resolveDid(sent, this.#sent);
    const b = resolveDid(expected, this.#expected);
    if (a === undefined || b === undefined) return this.#differ(sent, expected);
    if (sent.kind !== "named" && expected.kind !== "named") return this.#structure(a, b, sent, expected);
    const pair = `${typeText(sent)} <: ${typeText(expected)}`;
    if (this.#assumed.has(pair)) return undefined;
    this.#assumed.add(pair);
    const fault = this.#structure(a, b, sent, expected);
    if (fault !== undefined) this.#assumed.delete(pair);
    return fault;
  }

  #structure(a: DidType, b: DidType, sent: DidType, expected: DidType): Fault | undefined {
    const differ = (): Fault => this.#differ(sent, expected);
    if (b.kind === "opt") return undefined;
    if (b.kind === "primitive" && b.name === "reserved") return undefined;
    if (a.kind === "primitive" && a.name === "empty") return undefined;
    if (a.kind === "primitive" && b.kind === "primitive")
      return a.name === b.name || (a.name === "nat" && b.name === "int") ? undefined : differ();
    if (a.kind === "vec" && b.kind === "vec") {
      const fault = this.fault(a.of, b.of);
      return fault && { path: ["each element", ...fault.path], why: fault.why };
    }
    if (a.kind === "record" && b.kind === "record") return this.#records(a.fields, b.fields);
    if (a.kind === "variant" && b.kind === "variant") return this.#variants(a.fields, b.fields);
    if (a.kind === "func" && b.kind === "func") return this.#functions(a.func, b.func);
    if (a.kind === "service" && b.kind === "service") return this.#services(a.methods, b.methods);
    return differ();
  }

  #records(sent: readonly DidField[], expected: readonly DidField[]): Fault | undefined {
    for (const want of expected) {
      const have = sent.find((f) => f.id === want.id);
      const place = `field ${labelOf(want)}`;
      if (have === undefined) {
        if (!this.#mayBeMissing(want.type)) return { path: [place], why: this.#missing() };
        continue;
      }
      const [fault] = within(place, this.fault(have.type, want.type));
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #variants(sent: readonly DidField[], expected: readonly DidField[]): Fault | undefined {
    for (const have of sent) {
      const place = `case ${labelOf(have)}`;
      const want = expected.find((f) => f.id === have.id);
      if (want === undefined) {
        const why =
          this.#way === "argument"
            ? "callers may send it, and it is no longer known"
            : "may now be answered, and callers do not know it";
        return { path: [place], why };
      }
      const [fault] = within(place, this.fault(have.type, want.type));
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #functions(a: DidFunc, b: DidFunc): Fault | undefined {
    if (a.mode !== b.mode || funcFaults(a, b, this.#sent, this.#expected).length > 0)
      return { path: [], why: `func ${functionText(a)} does not fit func ${functionText(b)}` };
    return undefined;
  }
  #services(a: readonly DidMethod[], b: readonly DidMethod[]): Fault | undefined {
    const before = { types: this.#expected, init: [], methods: b };
    const [first] = incompatibilities({ types: this.#sent, init: [], methods: a }, before);
    return first && { path: [`method ${first.method}`], why: first.why };
  }

  #mayBeMissing(type: DidType): boolean {
    const found = resolveDid(type, this.#expected);
    return (
      found?.kind === "opt" ||
      (found?.kind === "primitive" && (found.name === "null" || found.name === "reserved"))
    );
  }
  #missing(): string {
    return this.#way === "argument"
      ? "callers do not send it: new ones must be opt"
      : "is no longer answered, and callers read it";
  }
  #differ(sent: DidType, expected: DidType): Fault {
    const why =
      this.#way === "argument"
        ? `callers send ${typeText(sent)}, it now takes ${typeText(expected)}`
        : `now answers ${typeText(sent)}, callers expect ${typeText(expected)}`;
    return { path: [], why };
  }
}

const within = (place: string, fault: Fault | undefined): Fault[] =>
  fault === undefined ? [] : [{ path: [place, ...fault.path], why: fault.why }];

function placeWords(way: Way, name: string | undefined, i: number, count: number): string {
  if (way === "reply") return count === 1 ? "reply" : `reply ${i + 1}`;
  return `argument ${name ?? i + 1}`;
}
