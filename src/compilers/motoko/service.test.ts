/** The editor's questions against the real compiler; the places are marked with ‸ in the sources. */
import { describe, expect, test } from "vitest";
import type { SourceFiles } from "../compiler.ts";
import { placeAt } from "../diagnostics.ts";
import { motokoService } from "./service.ts";

const LIB = `/// Steps to take.
module {
  /// How far one goes.
  public let size : Nat = 2;
  public type Step = { far : Nat; why : Text };
  /// Twice a step.
  public func twice(step : Step, times : Nat) : Nat { step.far * times };
}`;

/** The project with the marked text as its main file, and where the mark was. */
function marked(
  text: string,
): readonly [files: SourceFiles, path: string, at: { line: number; column: number }] {
  const offset = text.indexOf("‸");
  const files = { "main.mo": text.replace("‸", ""), "lib/step.mo": LIB };
  return [files, "main.mo", placeAt(text, offset)];
}
const actor = (body: string): string => `import Map "mo:core/Map";
import Nat "mo:core/Nat";
import List "mo:core/List";
import Step "lib/step";
persistent actor {
  type Entry = { who : Text; at : Int };
  let entries = List.empty<Entry>();
  let scores = Map.empty<Nat, Text>();
  /// Counts.
  var count : Nat = 0;
  func total(first : Nat, second : Text) : Nat { first };
  public func go(last : Entry) : async Nat {
    ${body}
    count
  };
}`;
const complete = (text: string) => motokoService.complete!(...marked(text));
const labels = async (text: string) => (await complete(text))?.items.map((i) => i.label) ?? [];
const hover = (text: string) => motokoService.hover!(...marked(text));

describe("completion", () => {
  test("members of a package's module, with their types and words, in a line that is half written", async () => {
    const found = await complete(actor("let n = Nat.‸"));
    expect(found?.items.find((i) => i.label === "toText")).toMatchObject({
      kind: "function",
      detail: expect.stringContaining("-> Text"),
      doc: expect.stringContaining("textual"),
    });
    expect(await labels(actor("Step.tw‸;"))).toEqual(["size", "Step", "twice"]);
  });

  test("fields of a record, through the name of its type", async () => {
    expect((await complete(actor("let t = last.‸")))?.items).toMatchObject([
      { label: "at", kind: "field", detail: "Int" },
      { label: "who", kind: "field", detail: "Text" },
    ]);
    expect(await labels(actor("ignore last.w‸;"))).toContain("who");
  });

  test("a value's functions by `self`, and those of arrays and texts", async () => {
    expect(await labels(actor("scores.‸"))).toEqual(expect.arrayContaining(["add", "get", "size"]));
    expect(await labels(actor("entries.‸;"))).toEqual(expect.arrayContaining(["add", "size"]));
    expect(await labels(actor("let a = [1, 2]; a.‸"))).toEqual(expect.arrayContaining(["size", "values"]));
  });

  test("beside an import that leads nowhere", async () => {
    expect(await labels(`import Gone "mo:base/Buffer";\n${actor("scores.‸")}`)).toContain("add");
  });

  test("names in scope, nearest first, and modules that bring their import with them", async () => {
    const found = await complete(actor("let inner = 1; ‸"));
    const byLabel = new Map(found?.items.map((i) => [i.label, i]));
    for (const name of ["inner", "last", "count", "total", "Entry", "Map", "switch", "Nat"]) {
      expect([...byLabel.keys()]).toContain(name);
    }
    expect(byLabel.has("first")).toBe(false);
    expect(found?.items).toContainEqual(expect.objectContaining({ label: "Text", kind: "type" }));
    expect(byLabel.get("Array")?.also).toEqual([
      {
        start: { line: 5, column: 1 },
        end: { line: 5, column: 1 },
        text: 'import Array "mo:core/Array";\n',
      },
    ]);
  });

  test("paths in an import: packages and files of the project, the one of that name first", async () => {
    const found = await complete('import Set "‸";\nactor {}');
    const items = found?.items ?? [];
    expect(items.map((i) => i.label)).toEqual(
      expect.arrayContaining(["mo:core/Set", "mo:core/pure/Set", "./lib/step"]),
    );
    expect(items.find((i) => i.label === "mo:core/Set")?.rank).toBe(0);
    expect(items.some((i) => i.label.includes("internal"))).toBe(false);
  });

  test("nothing in comments and texts", async () => {
    expect(await complete(actor("// Nat.‸"))).toBeUndefined();
    expect(await complete(actor('let t = "Nat.‸";'))).toBeUndefined();
  });
});

describe("hover", () => {
  test("a package's function: its declaration and words", async () => {
    const found = await hover(actor("let m = Map.si‸ze(scores);"));
    expect(found?.code).toContain("func size<K, V>(self : Map<K, V>) : Nat");
    expect(found?.doc).toContain("number");
  });

  test("a name's type where it is written and where it is found", async () => {
    expect(await hover(actor("cou‸nt += 1;"))).toMatchObject({ code: "var count : Nat", doc: "Counts." });
    expect((await hover(actor("let s‸um = count + 1;")))?.code).toBe("let sum : Nat");
    expect((await hover(actor("let e = la‸st;")))?.code).toBe("last : Entry");
    expect((await hover(actor("let w = last.wh‸o;")))?.code).toBe("who : Text");
  });

  test("a method by `self`, a module, and a line beside a mistake", async () => {
    expect((await hover(actor('scores.a‸dd(1, "one");')))?.code).toContain("func add");
    expect(await hover(actor("ignore St‸ep.size;"))).toMatchObject({ doc: "Steps to take." });
    expect((await hover(actor("let bad : Nat = true; let g‸ood = count;")))?.code).toBe("let good : Nat");
  });
});

describe("signature", () => {
  const signature = (text: string) => motokoService.signature!(...marked(text));
  const active = (s: Awaited<ReturnType<typeof signature>>) =>
    s?.label.slice(...(s.parameters[s.active] ?? [0]));

  test("the parameter at the cursor, while the call is open", async () => {
    expect(active(await signature(actor("ignore total(‸")))).toBe("first : Nat");
    expect(active(await signature(actor("ignore total(1, ‸);")))).toBe("second : Text");
    expect(active(await signature(actor('ignore Step.twice({ far = 1; why = "x" }, ‸')))).toBe("times : Nat");
    expect(await signature(actor("if (‸"))).toBeUndefined();
  });

  test("an implicit argument is passed over, and the value before the dot is the first", async () => {
    expect(active(await signature(actor("Map.add(scores, ‸")))).toBe("key : K");
    expect(active(await signature(actor("Map.add(scores, Nat.compare, ‸")))).toBe("key : K");
    expect(active(await signature(actor("scores.add(1, ‸);")))).toBe("value : V");
  });
});

describe("definition", () => {
  const definition = (text: string) => motokoService.definition!(...marked(text));

  test("in this file, in another, and in a package, which is read-only", async () => {
    expect(await definition(actor("cou‸nt += 1;"))).toEqual({
      path: "main.mo",
      start: { line: 10, column: 7 },
      end: { line: 10, column: 12 },
    });
    expect(await definition(actor("ignore Step.twi‸ce;"))).toEqual({
      path: "lib/step.mo",
      start: { line: 7, column: 15 },
      end: { line: 7, column: 20 },
    });
    expect(await definition(actor("ignore Map.si‸ze(scores);"))).toMatchObject({
      path: "mo:core/Map.mo",
      library: expect.stringContaining("public func size"),
    });
    expect(await definition(actor("ignore Nat‸.toText;"))).toMatchObject({ path: "mo:core/Nat.mo" });
  });

  test("from a package's file to another", async () => {
    const inMap = await definition(actor("ignore Map.si‸ze(scores);"));
    const text = inMap!.library!;
    const at = placeAt(text, text.indexOf('BTreeHelper "') + 3);
    const [files] = marked(actor("‸"));
    expect(await motokoService.definition!(files, "mo:core/Map.mo", at)).toMatchObject({
      path: "mo:core/internal/BTreeHelper.mo",
    });
  });
});

test("formatting gives the usual form", async () => {
  const format = (text: string) => motokoService.format!({ "a.mo": text }, "a.mo", { line: 1, column: 1 });
  expect(await format("actor{let x=1;public func f():async Nat{x}}")).toBe(
    "actor { let x = 1; public func f() : async Nat { x } }\n",
  );
  expect(await format("actor {\nlet   x=1;\n public func f():async Nat{\nx\n}}")).toBe(
    "actor {\n  let x = 1;\n  public func f() : async Nat {\n    x;\n  };\n};\n",
  );
});
