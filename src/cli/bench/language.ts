/**
 * How long the editor waits for Motoko's answers while somebody types in 200 lines: every edit is another text, and is
 * asked for in the compiler's own thread, as in the page.
 */
import type { SourceFiles } from "../../compilers/compiler.ts";
import { placeAt } from "../../compilers/diagnostics.ts";
import type { Question } from "../../compilers/language-service.ts";
import { motokoCompiler } from "../../compilers/motoko/motoko.ts";
import { motokoService } from "../../compilers/motoko/service.ts";

const METHODS = 24;

/** A program of 200 lines with maps, lists, records and options. */
function program(edit: string): string {
  const methods = Array.from(
    { length: METHODS },
    (_, i) => `
  /// Method ${i}.
  public shared ({ caller }) func put${i}(name : Text, score : Nat) : async Nat {
    let entry : Entry = { who = caller; name; score; at = Time.now() };
    List.add(entries, entry);
    Map.add(scores, Text.compare, name # Nat.toText(${i}), score);
    Map.size(scores) + List.size(entries);
  };`,
  );
  return `import List "mo:core/List";
import Map "mo:core/Map";
import Nat "mo:core/Nat";
import Text "mo:core/Text";
import Time "mo:core/Time";

persistent actor {
  type Entry = { who : Principal; name : Text; score : Nat; at : Int };
  let entries = List.empty<Entry>();
  let scores = Map.empty<Text, Nat>();
${methods.join("\n")}

  public query func best(name : Text) : async ?Nat {
    ${edit}
    Map.get(scores, Text.compare, name);
  };
};
`;
}

export const LANGUAGE_LINES = program("").split("\n").length;

/** Milliseconds of each answer after warm-up, by what was asked. */
export async function languageAnswers(edits: number): Promise<Readonly<Record<string, readonly number[]>>> {
  const took: Record<string, number[]> = {};
  const timed = async (
    what: Question | "check",
    work: () => Promise<unknown>,
    counts: boolean,
  ): Promise<void> => {
    const before = performance.now();
    await work();
    if (counts) took[what] = [...(took[what] ?? []), performance.now() - before];
  };
  for (let i = -WARM_UP; i < edits; i++) {
    const counts = i >= 0;
    const at = (edit: string, mark: string): [SourceFiles, string, { line: number; column: number }] => {
      const text = program(edit);
      return [{ "main.mo": text }, "main.mo", placeAt(text, text.indexOf(mark) + mark.length)];
    };
    const [files] = at(`let n${i} = scores.size();`, "");
    await timed("check", () => motokoCompiler.check!(files, "main.mo"), counts);
    await timed("complete", () => motokoService.complete!(...at(`let c${i} = scores.`, "= scores.")), counts);
    await timed(
      "hover",
      () => motokoService.hover!(...at(`let h${i} = Map.size(scores);`, `let h${i}`)),
      counts,
    );
    await timed(
      "signature",
      () => motokoService.signature!(...at(`ignore Map.get(scores, ${i + 100}`, `scores, ${i + 100}`)),
      counts,
    );
    await timed(
      "definition",
      () => motokoService.definition!(...at(`let d${i} = scores.size();`, "= scores.si")),
      counts,
    );
  }
  return took;
}

const WARM_UP = 5;
