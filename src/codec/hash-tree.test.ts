import {
  lookup_path,
  lookupResultToBuffer,
  reconstruct,
  type HashTree as AgentTree,
} from "@icp-sdk/core/agent";
import fc from "fast-check";
import { expect, test } from "vitest";
import vectors from "../../tests/vectors/hash-tree.json" with { type: "json" };
import { compareBytes, equalBytes, toHex, utf8 } from "../base/bytes.ts";
import { decodeCbor } from "./cbor.ts";
import { buildTree, childOf, childrenOf, withLabel, withoutLabel } from "./crit-bit.ts";
import {
  decodeTree,
  EMPTY_TREE,
  encodeTree,
  fork,
  type HashTree,
  labeled,
  leaf,
  pruned,
  rootHash,
  treeToCbor,
} from "./hash-tree.ts";
import { isWellFormed, lookup, type Path, prune } from "./witness.ts";

const l = (text: string, child: HashTree): HashTree => labeled(utf8(text), child);
const v = (text: string): HashTree => leaf(utf8(text));
const p = (...labels: string[]): Path => labels.map(utf8);

/** The specification's example. */
const example = fork(
  fork(l("a", fork(fork(l("x", v("hello")), EMPTY_TREE), l("y", v("world")))), l("b", v("good"))),
  fork(l("c", EMPTY_TREE), l("d", v("morning"))),
);

test("hashes of the specification", () => {
  expect(toHex(rootHash(example))).toBe(vectors.example);
  expect(toHex(rootHash(EMPTY_TREE))).toBe(vectors.empty);
  expect(toHex(rootHash(leaf(new Uint8Array(0))))).toBe(vectors.emptyLeaf);
  expect(toHex(encodeTree(example))).toBe(`d9d9f7${vectors.exampleCbor}`);
});

test("the specification's pruned example: same root, its lookups (C20–C22, W4)", () => {
  const h = (tree: HashTree): HashTree => pruned(rootHash(tree));
  const shown = fork(
    fork(l("a", fork(h(fork(l("x", v("hello")), EMPTY_TREE)), l("y", v("world")))), h(l("b", v("good")))),
    fork(h(l("c", EMPTY_TREE)), l("d", v("morning"))),
  );
  expect(toHex(rootHash(shown))).toBe(vectors.example);
  expect(lookup(shown, p("a", "a"))).toEqual({ kind: "unknown" });
  expect(lookup(shown, p("a", "y"))).toEqual({ kind: "found", value: utf8("world") });
  expect(lookup(shown, p("aa"))).toEqual({ kind: "unknown" });
  expect(lookup(shown, p("ax"))).toEqual({ kind: "unknown" });
  expect(lookup(shown, p("b"))).toEqual({ kind: "unknown" });
  expect(lookup(shown, p("e"))).toEqual({ kind: "absent" });
  expect(lookup(shown, p("a", "z"))).toEqual({ kind: "absent" });
  expect(lookup(shown, p("d"))).toEqual({ kind: "found", value: utf8("morning") });
  expect(lookup(shown, p("d", "e"))).toEqual({ kind: "absent" });
  expect(lookup(shown, p("a"))).toEqual({ kind: "error" });
  expect(lookup(example, p("c"))).toEqual({ kind: "absent" });
  expect(lookup(example, p("0"))).toEqual({ kind: "absent" });
});

/** Labels close to each other, so that prefixes and long common beginnings occur. */
const label = fc.uint8Array({ maxLength: 4 }).map((bytes) => bytes.map((b) => [0, 1, 128, 255][b % 4]!));
const labels = fc.uniqueArray(label, { comparator: equalBytes, maxLength: 30 });
const sorted = (list: readonly Uint8Array[]) => [...list].sort(compareBytes);
const entry = (at: Uint8Array): [Uint8Array, HashTree] => [at, leaf(at)];

test("the shape depends on the content alone (K1, K2)", () => {
  fc.assert(
    fc.property(labels, fc.array(label), (list, gone) => {
      const whole = buildTree(sorted(list).map(entry));
      let grown: HashTree = EMPTY_TREE;
      for (const at of [...gone, ...list]) grown = withLabel(grown, at, leaf(utf8("old")));
      for (const at of gone) if (!list.some((x) => equalBytes(x, at))) grown = withoutLabel(grown, at);
      for (const at of list) grown = withLabel(grown, at, leaf(at));
      expect(encodeTree(grown)).toEqual(encodeTree(whole));
      expect(rootHash(grown)).toEqual(rootHash(whole));
      expect([...childrenOf(whole)].map((n) => n.label)).toEqual(sorted(list));
      expect(isWellFormed(whole)).toBe(true);
      for (const at of gone) {
        const there = list.some((x) => equalBytes(x, at));
        expect(childOf(whole, at) !== undefined).toBe(there);
        if (!there) expect(withoutLabel(whole, at)).toBe(whole);
      }
    }),
    { numRuns: 500 },
  );
});

test("a change makes new nodes on one path only (K3)", () => {
  const list = Array.from({ length: 1024 }, (_, i) => Uint8Array.of(i >> 8, i & 255));
  const tree = buildTree(list.map(entry));
  rootHash(tree);
  const changed = withLabel(tree, list[333]!, leaf(utf8("new")));
  const unhashed = (t: HashTree): number => {
    if (t.kind === "empty" || t.kind === "pruned" || t.hash !== undefined) return 0;
    return (
      1 +
      (t.kind === "fork"
        ? unhashed(t.left) + unhashed(t.right)
        : t.kind === "labeled"
          ? unhashed(t.child)
          : 0)
    );
  };
  expect(unhashed(changed)).toBe(12);
});

const tree2: fc.Arbitrary<HashTree> = fc
  .uniqueArray(fc.tuple(label, labels), { comparator: equalBytes, selector: ([at]) => at, maxLength: 12 })
  .map((list) =>
    buildTree(
      list
        .sort(([a], [b]) => compareBytes(a, b))
        .map(([at, below], i) => [at, i % 4 === 3 ? leaf(at) : buildTree(sorted(below).map(entry))]),
    ),
  );

/** All values with their paths. */
function* values(tree: HashTree, path: Path = []): Generator<[Path, Uint8Array]> {
  if (tree.kind === "leaf") yield [path, tree.value];
  for (const node of childrenOf(tree)) yield* values(node.child, [...path, node.label]);
}
const startsWith = (path: Path, prefix: Path): boolean =>
  prefix.every((at, i) => path[i] !== undefined && equalBytes(at, path[i]));

test("pruning keeps the root, shows exactly what was asked, and proves absence (W1–W4)", () => {
  fc.assert(
    fc.property(
      tree2,
      fc.array(fc.array(label, { minLength: 1, maxLength: 2 }), { maxLength: 5 }),
      (tree, paths) => {
        const shown = prune(tree, paths);
        expect(rootHash(shown)).toEqual(rootHash(tree));
        expect(isWellFormed(shown)).toBe(true);
        expect(decodeTree(encodeTree(shown)).ok).toBe(true);
        for (const [path, value] of values(tree)) {
          const asked = paths.some((asked) => startsWith(path, asked) || startsWith(asked, path));
          expect(lookup(shown, path)).toEqual(asked ? { kind: "found", value } : { kind: "unknown" });
        }
        for (const path of paths) expect(lookup(shown, path)).toEqual(lookup(tree, path));
      },
    ),
    { numRuns: 300 },
  );
});

test("the official agent finds the same values, as long as no label is a prefix of another", () => {
  // Its comparison takes a longer label for a lesser one: /canister hides /canister_ranges when both are shown.
  const pairs = fc.uniqueArray(
    fc.array(fc.constantFrom(0, 1, 128, 255), { minLength: 2, maxLength: 2 }).map((b) => Uint8Array.from(b)),
    { comparator: equalBytes, maxLength: 12 },
  );
  fc.assert(
    fc.property(pairs, pairs, (list, asked) => {
      const tree = buildTree(sorted(list).map(entry));
      const shown = prune(
        tree,
        asked.map((at) => [at]),
      );
      const theirs = plainArrays(decodeCbor(encodeTree(shown)));
      for (const at of list) {
        const mine = lookup(shown, [at]);
        const found = lookupResultToBuffer(lookup_path([at], theirs));
        expect(found).toEqual(mine.kind === "found" ? mine.value : undefined);
      }
    }),
  );
});

test("the official agent reconstructs the same root", async () => {
  for (const tree of [example, prune(example, [p("a", "y"), p("q")]), prune(example, [])]) {
    expect(await reconstruct(treeToCbor(tree) as AgentTree)).toEqual(rootHash(example));
  }
});

test("nothing asked, nothing shown; everything asked, the tree itself", () => {
  expect(prune(example, [])).toEqual(pruned(rootHash(example)));
  expect(prune(example, [[]])).toBe(example);
});

test("ill-formed trees are told apart", () => {
  expect(isWellFormed(fork(l("b", v("")), l("a", v(""))))).toBe(false);
  expect(isWellFormed(fork(l("a", v("")), l("a", v(""))))).toBe(false);
  expect(isWellFormed(fork(l("a", v("")), v("")))).toBe(false);
});

test("bad bytes name the wrong node, and never throw", () => {
  const because = (...bytes: number[]) => {
    const result = decodeTree(Uint8Array.from(bytes));
    return result.ok ? "decoded" : result.because;
  };
  expect(because(0x83, 1, 0x81, 0, 0x82, 4, 0x41, 0)).toMatch(/^tree\.right: no node/);
  expect(because(0x83, 2, 0x61, 0x61, 0x81, 0)).toMatch(/^tree: no node/);
  expect(because(0x83, 2, 0x41, 0x61, 0)).toMatch(/^tree\.child: a hash tree node is an array/);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeTree(bytes)));
});

function plainArrays(result: ReturnType<typeof decodeCbor>): AgentTree {
  if (!result.ok) throw new Error(result.because);
  return result.value as unknown as AgentTree;
}
