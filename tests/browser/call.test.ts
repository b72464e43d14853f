/**
 * Calling, as a new user does it, in a real Chromium on the build: what an upgrade would do is
 * told before Deploy and undone after it; users; a dropped module; forms for every type; pictures in replies; the
 * history; and all that may be done to a canister, until it is deleted.
 */
import type { Page } from "playwright-core";
import { beforeAll, beforeEach, expect, inject, test } from "vitest";
import { loadWabt } from "../../src/compilers/wat/load-wabt.ts";
import { FAST, faults, visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

/** Answers what it was given. */
const ECHO_WAT = `(module
  (import "ic0" "msg_arg_data_size" (func $size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (memory 2)
  (func (export "canister_update echo") (call $copy (i32.const 0) (i32.const 0) (call $size))
    (call $append (i32.const 0) (call $size)) (call $reply))
  (func (export "canister_query show") (call $copy (i32.const 0) (i32.const 0) (call $size))
    (call $append (i32.const 0) (call $size)) (call $reply)))`;
const ECHO_DID = `type T = record { count : nat; small : int8; data : blob; who : principal; kind : variant { plain; named : text };
  call : func (nat) -> (nat) query; on : bool; many : vec nat16; next : opt T };
service : { echo : (value : T) -> (T); show : (text) -> (text) query }`;

const visitor = visitors();
let echo: number[];
beforeAll(async () => {
  const wabt = await loadWabt();
  echo = [...wabt.parseWat("echo.wat", ECHO_WAT).toBinary({}).buffer];
});

let page: Page;
beforeEach(async () => {
  page = await visit(visitor.context, `${inject("built")}?${FAST}`);
  await page.getByRole("button", { name: "Call inc" }).waitFor();
});

const panel = () => page.getByRole("region", { name: "Canisters" });
const code = () => page.getByRole("region", { name: "Code" });
const view = (name: string) =>
  panel()
    .getByRole("tab", { name: new RegExp(`^${name}`) })
    .click();
const press = (name: string | RegExp, exact = true) =>
  page
    .getByRole("button", { name, exact: typeof name === "string" && exact })
    .first()
    .click();
const reply = (method: string) => page.getByRole("status", { name: `Reply of ${method}` });
const call = async (method: string, text: string | RegExp): Promise<void> => {
  await press(`Call ${method}`);
  await reply(method).getByText(text, { exact: true }).first().waitFor();
};
const write = async (source: string): Promise<void> => {
  await page.locator(".monaco-editor").first().click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(source);
};
const drop = (files: { name: string; bytes: number[] }[]) =>
  page.evaluate((files) => {
    const dataTransfer = new DataTransfer();
    for (const { name, bytes } of files) dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
    const target = document.querySelector("section[aria-label=Canisters]");
    target?.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, files);

test("what an upgrade would do is told while typing; one that loses data asks, and is undone", async () => {
  const safety = page.getByRole("status", { name: "Upgrade safety" });
  await safety.getByText("counter runs this code.").waitFor();
  await call("inc", "1");
  await write(
    "persistent actor { var count : Nat = 0; public func inc() : async Nat { count += 1; count }; public query func get() : async Nat { count }; public query func twice() : async Nat { count * 2 } }",
  );
  await safety.getByText(/Safe to upgrade counter/).waitFor();
  await write(
    'persistent actor { var other : Nat = 7; public func inc() : async Text { other += 1; "no" }; public query func get() : async Nat { other } }',
  );
  await safety.getByText(/count is not in the new code/).waitFor();
  await press("Deploy");
  const question = page.getByRole("group", { name: "Upgrade question" });
  await question.getByText("now answers text, callers expect nat").waitFor();
  await press("Leave it");
  await call("get", "1");
  await press("Deploy");
  await press("Upgrade anyway");
  await code().getByText("counter is upgraded.").waitFor();
  await call("get", "7");
  await press("Load it back");
  await code().getByText("counter is as it was before the upgrade.").waitFor();
  await call("get", "1");
  await press("How to deploy");
  await page.getByRole("menuitem", { name: /^Reinstall/ }).click();
  await code().getByText("counter starts anew, empty.").waitFor();
  await call("get", "7");
  await press("Load it back");
  await code().getByText("counter is as it was before the reinstallation.").waitFor();
  await call("get", "1");
});

test("users are made, renamed, deleted and brought back; each call says whose it was", async () => {
  await press("Users");
  await page.getByRole("textbox", { name: "Name of a new user" }).fill("You");
  await press("New user");
  await panel().getByRole("alert").getByText("You exists already.").waitFor();
  await page.getByRole("textbox", { name: "Name of a new user" }).fill("Alice");
  await press("New user");
  await page.getByRole("textbox", { name: "Name of Alice" }).fill("Bob");
  await page.keyboard.press("Tab");
  await press("Delete Bob");
  await press("Undo");
  await page.getByLabel("Identity").selectOption({ label: "Bob" });
  await call("inc", "1");
  await view("Calls");
  await panel()
    .getByText(/^as Bob, certified at \d+/)
    .waitFor();
  await press("Pin inc");
  await press("Run inc again");
  await panel().getByRole("searchbox", { name: "Search the calls" }).fill("bob 2");
  await panel().getByText("2", { exact: true }).first().waitFor();
});

test("a dropped module: every type by form and JSON, faults at the field, a picture in a frame without scripts", async () => {
  await drop([
    { name: "echo.did", bytes: [...new TextEncoder().encode(ECHO_DID)] },
    { name: "echo.wasm", bytes: echo },
  ]);
  await press("Call echo");
  await panel().getByText("A number is needed.").first().waitFor();
  await panel().getByText("A principal is needed.").first().waitFor();
  const form = panel().getByRole("article").filter({ hasText: "echo" }).first();
  await form.getByRole("button", { name: "JSON" }).click();
  const json = {
    count: "123456789012345678901234567890",
    small: -7,
    data: "0x00ff",
    who: "aaaaa-aa",
    kind: { named: "x" },
    call: { principal: "aaaaa-aa", method: "m" },
    on: true,
    many: [1, 2],
    next: null,
  };
  await form.getByRole("textbox").fill(JSON.stringify([json]));
  await form.getByRole("button", { name: "fields" }).click();
  await expect.poll(() => form.getByRole("textbox", { name: "small int8" }).inputValue()).toBe("-7");
  await press("Call echo");
  await reply("echo")
    .getByText(/func "aaaaa-aa".m.*count = 123456789012345678901234567890/)
    .waitFor();
  await panel()
    .getByRole("textbox", { name: /^argument text/ })
    .fill(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>parent.document.title="bad"</script></svg>',
    );
  await press("Call show");
  const frame = reply("show").locator("iframe");
  await frame.waitFor();
  expect(await frame.getAttribute("sandbox")).toBe("");
  expect(await page.title()).not.toBe("bad");
});

test("a dropped file that is neither says so; a module without an interface takes raw bytes", async () => {
  await drop([{ name: "notes.txt", bytes: [1] }]);
  await panel()
    .getByRole("alert")
    .getByText(/notes.txt is neither a module/)
    .waitFor();
  await drop([{ name: "bare.wasm", bytes: echo }]);
  await panel().getByRole("tab", { name: "bare" }).waitFor();
  await panel().getByRole("textbox", { name: "method" }).fill("echo");
  await press("Call echo");
  await reply("echo").getByText("4449444c0000").waitFor();
});

test("settings, snapshots, uninstall and back, stop, start, delete", async () => {
  await call("inc", "1");
  await view("Canister");
  await press("Take a snapshot");
  const load = panel().getByRole("button", { name: /^Load snapshot/ });
  await load.waitFor();
  await panel().getByText("Settings", { exact: true }).click();
  const threshold = panel().getByLabel("freezing threshold");
  await threshold.waitFor();
  expect(await faults(page)).toEqual([]);
  await view("Log");
  expect(await faults(page)).toEqual([]);
  await view("Calls");
  expect(await faults(page)).toEqual([]);
  await view("Canister");
  await panel().getByText("Settings", { exact: true }).click();
  await threshold.fill("soon");
  await press("Save 1 change");
  await panel().getByRole("alert").getByText('"soon" is no amount.').waitFor();
  await threshold.fill("7d");
  await press("Save 1 change");
  await panel().getByText("Saved.").waitFor();
  await view("Methods");
  await call("inc", "2");
  await view("Canister");
  await load.click();
  await panel()
    .getByText(/^counter is as it was/)
    .waitFor();
  await view("Methods");
  await call("get", "1");
  await view("Canister");
  await press("Uninstall");
  await press("Load it back");
  await view("Methods");
  await call("get", "1");
  await view("Canister");
  await press("Stop");
  await panel().getByText("It is stopped: calls are refused.").waitFor();
  await press("Start");
  await panel().getByText("It is stopped: calls are refused.").waitFor({ state: "detached" });
  await press("Delete…");
  await press("Delete for good");
  await panel()
    .getByText(/No canister yet/)
    .waitFor();
});
