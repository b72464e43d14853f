/** The words of the editor about `ic0` against the replica's table, and the `ic` library's types against its exports. */
import { expect, test } from "vitest";
import { IC_LIBRARY } from "../../src/compilers/assemblyscript/library/index.ts";
import { IC_TYPES } from "../../src/compilers/assemblyscript/library/types.ts";
import { IC0_WORDS, signatureOf, whereAllowed } from "../../src/compilers/wat/ic0-words.ts";
import { SYSTEM_API } from "../../src/replica/execution/system-api/table.ts";

test("every function of the System API has its type, its places and a sentence", () => {
  expect([...IC0_WORDS.keys()].toSorted()).toEqual(Object.keys(SYSTEM_API).toSorted());
  for (const [name, { params, result, contexts, only32, sentence }] of IC0_WORDS) {
    const real = SYSTEM_API[name]!;
    expect([name, params, result, only32]).toEqual([name, real.params, real.result, real.only32]);
    expect(contexts.split(" ").toSorted()).toEqual([...real.contexts].toSorted());
    expect(sentence).toMatch(/^[A-Z\d].*\.$/);
  }
  const append = IC0_WORDS.get("msg_reply_data_append")!;
  expect(signatureOf(append)).toBe("(func (param i32 i32))");
  expect(whereAllowed(IC0_WORDS.get("accept_message")!)).toBe("Only in inspect_message.");
  expect(whereAllowed(IC0_WORDS.get("time")!)).toBe("Anywhere but in the start function.");
});

test("the editor knows every name that AssemblyScript authors can import, and no other", () => {
  const index = IC_LIBRARY["ic/index"]!.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  const lists = [...index.matchAll(/export \{([^}]*)\}/g)].flatMap(([, list]) => list!.split(","));
  const functions = [...index.matchAll(/export function (\w+)/g)].map(([, name]) => name!);
  const exported = [...lists.map((name) => name.trim()), ...functions].filter((name) => name !== "");
  const known = [...IC_TYPES.matchAll(/export (?:const|class|function) (\w+)/g)].map(([, name]) => name!);
  expect(known.toSorted()).toEqual(exported.toSorted());
});
