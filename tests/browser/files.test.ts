/** Files: the module that was built, icp.yaml and several canisters, search in all files, a folder on the disk. */
import { readFileSync } from "node:fs";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import type { Page } from "playwright-core";
import { describe, expect, inject, test } from "vitest";
import { FAST, kept, reply, call, stored, type, visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

/** Keeps the arguments of its installation, and gives them back. */
const FRONT = `(module
  (import "ic0" "msg_arg_data_size" (func $size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (memory 1)
  (global $n (mut i32) (i32.const 0))
  (func (export "canister_init")
    (global.set $n (call $size))
    (call $copy (i32.const 0) (i32.const 0) (global.get $n)))
  (func (export "canister_query who")
    (call $append (i32.const 0) (global.get $n))
    (call $reply)))
`;
const script = (name: string, more = "") =>
  `  - name: ${name}\n    build:\n      steps:\n        - type: script\n          commands:\n            - wat2wasm ${name}.wat\n${more}`;
/** Listed in the wrong order: front needs the id of store. */
const TWO = {
  "icp.yaml": `canisters:\n${script("front", `    init_args: '(principal "{store}")'\n`)}${script("store")}`,
  "front.wat": FRONT,
  "front.did": "service : (principal) -> { who : () -> (principal) query }",
  "store.wat": "(module)",
  "store.did": "service : {}",
};

describe("the built page", () => {
  const visitor = visitors();
  const open = () => visit(visitor.context, `${inject("built")}?${FAST}`);
  const deploy = async (page: Page, item: RegExp) => {
    await page.getByRole("button", { name: "How to deploy" }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  const bring = async (page: Page, files: Record<string, string>) => {
    const zip = zipSync(Object.fromEntries(Object.entries(files).map(([p, t]) => [p, strToU8(t)])));
    await page.getByTitle("What this device keeps").click();
    const dialog = page.getByRole("dialog");
    await dialog
      .locator("input[type=file]")
      .setInputFiles({ name: "two.zip", mimeType: "application/zip", buffer: Buffer.from(zip) });
    await dialog.getByText("two is in.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
  };
  const projectMenu = async (page: Page, item: RegExp) => {
    await page.getByRole("button", { name: /^Project / }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };

  test("the module that runs: sizes, imports and exports, and a function of it as text", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Its module" }).click();
    const view = page.getByRole("region", { name: "Inspector" });
    await view.getByText("It is what runs in counter.").waitFor();
    await view.getByText(/bytes when compressed with gzip/).waitFor();
    await view.getByRole("rowheader", { name: "icp:public candid:service" }).waitFor();
    await view.getByText(/^\d+ imports$/).click();
    await view.getByText("Sends the reply. A call is answered once.").waitFor();
    await view.getByRole("button", { name: "inc", exact: true }).click();
    await view.getByRole("region", { name: "Text of main.mo" }).getByText("(func $inc").waitFor();
    await view.getByText(/^Lines [\d,]+ to [\d,]+ of [\d,]+$/).waitFor();
  });

  test("icp.yaml: Deploy all goes in the order of need with ids put in; a fault says its line", async () => {
    const page = await open();
    await bring(page, TWO);
    await page.getByRole("tab", { name: "icp.yaml" }).click();
    await deploy(page, /Deploy all 2 canisters/);
    await page.getByText("All run these files: store, front.").first().waitFor();
    await call(page, "who");
    const said = await reply(page, "who")
      .getByText(/principal "/)
      .textContent();
    const [, first, last] = /principal "(\w+)-[\w-]+-(\w+)"/.exec(said ?? "") ?? [];
    await page.getByRole("tab", { name: "store", exact: true }).click();
    await page.getByRole("button", { name: `Copy id ${first}…${last}` }).waitFor();
    await type(page, "x");
    await page
      .getByText(/no `canisters:` is named here/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.getByText("icp.yaml has a mistake.").first().waitFor();
  });

  test("a zip holds what icp needs to build it elsewhere", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Share", exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download a zip" }).click(),
    ]);
    const zip = unzipSync(readFileSync(await download.path()));
    expect(Object.keys(zip).toSorted()).toEqual(["README.md", "icp.yaml", "main.mo", "mops.toml"]);
    expect(strFromU8(zip["icp.yaml"]!)).toContain("main: main.mo");
  });

  test("search in all files leads to the place", async () => {
    const page = await open();
    await page.keyboard.press("Control+Shift+F");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("searchbox").fill("PERSISTENT");
    await dialog.getByText(/places? in 2 files/).waitFor();
    await dialog.getByLabel("Match case").check();
    await dialog.getByText("Not found in any file.").waitFor();
    await dialog.getByLabel("Match case").uncheck();
    await dialog
      .getByRole("button", { name: /^README\.md, line/ })
      .first()
      .click();
    await page.getByRole("tab", { name: "README.md", selected: true }).waitFor();
    await page.locator(".monaco-editor.focused").waitFor();
    await page.keyboard.insertText("lasting");
    await kept(page, "saved").waitFor();
    expect(String((await stored(page))[0]!.files["README.md"])).toContain("`lasting`");
  });

  test("a folder: opened, saved, changed on the disk, refused", async () => {
    // The page's own private folder stands in for the picker, which no test can press.
    await visitor.context.addInitScript(() => {
      const refused = () => sessionStorage.getItem("refuse") !== null;
      Object.assign(window, {
        showDirectoryPicker: async () => {
          if (refused()) throw new DOMException("no", "NotAllowedError");
          return (await navigator.storage.getDirectory()).getDirectoryHandle("demo", { create: true });
        },
      });
    });
    const page = await open();
    const onDisk = (path: string, text?: string) =>
      page.evaluate(
        async ([path, text]) => {
          const demo = await (
            await navigator.storage.getDirectory()
          ).getDirectoryHandle("demo", { create: true });
          const handle = await demo.getFileHandle(path!, { create: text !== undefined });
          if (text === undefined) return (await handle.getFile()).text();
          const stream = await handle.createWritable();
          await stream.write(text);
          await stream.close();
          return text;
        },
        [path, text],
      );
    await onDisk("hello.wat", "(module)");
    await projectMenu(page, /^Open a folder/);
    await page.getByRole("tab", { name: "hello.wat" }).waitFor();
    await type(page, ";; mine\n");
    await page.keyboard.press("Control+S");
    await page.getByText("Saved into demo: 1 file written.").waitFor();
    expect(await onDisk("hello.wat")).toBe(";; mine\n(module)");
    // Both sides change.
    await onDisk("hello.wat", "(module) ;; theirs");
    await type(page, ";; again\n");
    await page.keyboard.press("Control+S");
    const asked = page.getByRole("dialog");
    await asked.getByText("Changed here and in demo").waitFor();
    await asked.getByRole("button", { name: "Take the folder's" }).click();
    await page.locator(".view-lines").getByText(";; theirs").first().waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.locator(".view-lines").getByText(";; again").first().waitFor();
    // Only the disk changes, and the page is looked at again.
    await page.keyboard.press("Control+S");
    await page.getByText("Saved into demo: 1 file written.").waitFor();
    await onDisk("more.wat", "(module)");
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await page.getByText("Changed in demo meanwhile: more.wat.").waitFor();
    await page.getByRole("button", { name: "Take them" }).click();
    await page.getByRole("tab", { name: "more.wat" }).waitFor();
    await page.evaluate(() => sessionStorage.setItem("refuse", "1"));
    await projectMenu(page, /^Save into another folder/);
    await page.getByText(/does not let this page write into/).waitFor();
  });
});
