/** D1 and D2 on a folder in memory. */
import { beforeEach, expect, test } from "vitest";
import { carryOut, changedOnDisk, planSave, readFolder } from "./folder-files.ts";

type Tree = Map<string, Tree | File>;
let clock = 0;
const file = (name: string, text: string): File => new File([text], name, { lastModified: ++clock });

/** As much of a FileSystemDirectoryHandle as is used. */
function handle(name: string, tree: Tree): FileSystemDirectoryHandle {
  const fileHandle = (child: string) => ({
    kind: "file",
    name: child,
    getFile: async () => tree.get(child),
    createWritable: async () => {
      let written = "";
      return {
        write: async (bytes: Uint8Array) => {
          written = new TextDecoder().decode(bytes);
        },
        close: async () => void tree.set(child, file(child, written)),
      };
    },
  });
  const made = {
    kind: "directory",
    name,
    async *values() {
      for (const [child, what] of tree) yield what instanceof Map ? handle(child, what) : fileHandle(child);
    },
    async getDirectoryHandle(child: string) {
      const folder = tree.get(child) ?? new Map();
      tree.set(child, folder);
      return handle(child, folder as Tree);
    },
    getFileHandle: async (child: string) => fileHandle(child),
    removeEntry: async (child: string) => void tree.delete(child),
  };
  return made as unknown as FileSystemDirectoryHandle;
}

let tree: Tree;
let root: FileSystemDirectoryHandle;
beforeEach(() => {
  tree = new Map<string, Tree | File>([
    ["main.mo", file("main.mo", "actor {}")],
    ["lib", new Map([["a.mo", file("a.mo", "module {}")]])],
    [".git", new Map([["config", file("config", "x")]])],
    ["node_modules", new Map([["x.js", file("x.js", "x")]])],
  ]);
  root = handle("demo", tree);
});
const read = async () => {
  const found = await readFolder(root);
  if (!found.ok) throw new Error(found.sentence);
  return found;
};

test("reads what belongs to the project, and notices what changed there", async () => {
  const { files, seen } = await read();
  expect(files).toEqual({ "main.mo": "actor {}", "lib/a.mo": "module {}" });
  expect(await changedOnDisk(root, seen)).toEqual([]);
  tree.set("main.mo", file("main.mo", "actor { }"));
  tree.set("new.mo", file("new.mo", ""));
  (tree.get("lib") as Tree).delete("a.mo");
  expect(await changedOnDisk(root, seen)).toEqual(["lib/a.mo", "main.mo", "new.mo"]);
});

test("saves what differs, removes what was deleted here, and leaves the rest", async () => {
  const { files, seen } = await read();
  const mine = { "main.mo": files["main.mo"]!, "src/b.mo": "module { }", ".git/hooks/x": "evil" };
  const plan = await planSave(root, mine, seen);
  expect(plan).toEqual({ write: ["src/b.mo"], remove: ["lib/a.mo"], conflicts: [] });
  const now = await carryOut(root, mine, plan as never);
  expect((await read()).files).toEqual({ "main.mo": "actor {}", "src/b.mo": "module { }" });
  expect([...(tree.get(".git") as Tree).keys()]).toEqual(["config"]);
  expect(await changedOnDisk(root, now)).toEqual([]);
});

test("what changed on both sides is a conflict; the same text on both is none", async () => {
  const { files, seen } = await read();
  tree.set("main.mo", file("main.mo", "theirs"));
  const mine = { ...files, "main.mo": "mine" };
  expect(await planSave(root, mine, seen)).toEqual({ write: [], remove: [], conflicts: ["main.mo"] });
  expect(await planSave(root, { ...files, "main.mo": "theirs" }, seen)).toEqual({
    write: [],
    remove: [],
    conflicts: [],
  });
  // A folder that this page has never read: nothing of it is overwritten unasked.
  expect(await planSave(root, mine, {})).toEqual({ write: [], remove: [], conflicts: ["main.mo"] });
});
