/** Nothing is lost: what is typed, deleted, written in two tabs, or refused by the browser's storage. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { FAST, kept, stored, type, visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors();
const open = () => visit(visitor.context, `${inject("built")}?${FAST}`);
const manage = async (page: Page) => {
  await page.getByTitle("What this device keeps").click();
  return page.getByRole("dialog");
};
const sees = (page: Page, text: string) => page.locator(".view-lines").getByText(text).first().waitFor();

test("two tabs on one project: the second says so and follows; both writing at once loses neither", async () => {
  const one = await open();
  await type(one, "// one\n");
  await kept(one, "saved").waitFor();
  const two = await open();
  await two.getByText("is open in another tab too", { exact: false }).waitFor();
  await sees(two, "// one");
  await type(one, "// and more\n");
  await sees(two, "// and more");
  // Both write before either hears of the other.
  await Promise.all([type(one, "// left\n"), type(two, "// right\n")]);
  await Promise.all([kept(one, "saved").waitFor(), kept(two, "saved").waitFor()]);
  const texts = (await stored(one)).map((p) => String(p.files["main.mo"]));
  for (const mark of ["// left", "// right"])
    expect(
      texts.some((t) => t.includes(mark)),
      mark,
    ).toBe(true);
});

test("Work on a copy: from then on the tabs have a project each", async () => {
  const one = await open();
  await kept(one, "saved").waitFor();
  const two = await open();
  await two.getByRole("button", { name: "Work on a copy" }).click();
  await two.getByRole("button", { name: /^Project .*\(copy\)$/ }).waitFor();
  await type(two, "// of the copy\n");
  await kept(two, "saved").waitFor();
  const all = await stored(one);
  expect(all.filter((p) => String(p.files["main.mo"]).includes("of the copy")).length).toBe(1);
  expect(all.length).toBe(2);
});

test("a deleted file and a deleted project come back", async () => {
  const page = await open();
  await page.getByRole("tab", { name: "README.md" }).click();
  await page.getByRole("button", { name: "Files: add or remove" }).click();
  await page
    .getByRole("menuitem", { name: /README\.md/ })
    .filter({ hasText: /Remove|Delete/ })
    .click();
  await page.getByText("README.md is deleted.").waitFor();
  expect(await page.getByRole("tab", { name: "README.md" }).count()).toBe(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("tab", { name: "README.md" }).waitFor();
  await type(page, "# mine\n");
  await kept(page, "saved").waitFor();
  const [mine] = await stored(page);
  const dialog = await manage(page);
  await dialog.getByRole("button", { name: `Delete ${mine!.name}` }).click();
  await dialog.getByText(`${mine!.name} is deleted.`).waitFor();
  expect((await stored(page)).some((p) => JSON.stringify(p.files).includes("# mine"))).toBe(false);
  await dialog.getByRole("button", { name: "Undo" }).click();
  await dialog.getByRole("button", { name: "Close" }).click();
  await sees(page, "# mine");
  expect((await stored(page)).some((p) => JSON.stringify(p.files).includes("# mine"))).toBe(true);
});

test("everything goes out in a zip, the device is wiped, and it all comes back from the zip", async () => {
  const page = await open();
  await type(page, "// precious\n");
  await kept(page, "saved").waitFor();
  let dialog = await manage(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Export everything" }).click(),
  ]);
  const zip = readFileSync(await download.path());
  await dialog.getByRole("button", { name: "Wipe this device…" }).click();
  await Promise.all([
    page.waitForNavigation(),
    dialog.getByRole("button", { name: "Delete it all" }).click(),
  ]);
  await page.waitForSelector("html[data-ready]");
  expect(JSON.stringify(await stored(page))).not.toContain("precious");
  dialog = await manage(page);
  await dialog
    .locator("input[type=file]")
    .setInputFiles({ name: "terrarium.zip", mimeType: "application/zip", buffer: zip });
  await dialog
    .getByRole("status")
    .getByText(/ (is|are) in\.$/)
    .waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await sees(page, "// precious");
});

test("a link of Embed Motoko becomes a project; a damaged one says so", async () => {
  const page = await open();
  const dialog = await manage(page);
  const field = dialog.getByRole("textbox", { name: "Link of Embed Motoko" });
  await field.fill("https://embed.motoko.org/motoko/gFtqc6mAnLA8fhVT6kn");
  await dialog.getByRole("button", { name: "From a link" }).click();
  await dialog.getByText("The link is damaged").waitFor();
  await field.fill("https://embed.motoko.org/motoko/gFtqc6mAnLA8fhVT6knkjrY?lines=20");
  await dialog.getByRole("button", { name: "From a link" }).click();
  await dialog.getByText("From Embed Motoko is in.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await sees(page, "// TEST");
});

test.each([
  ["full", "This browser's storage is full"],
  ["blocked", "This browser keeps nothing for this page"],
])("storage that is %s: the page says so and works on", async (fault, sentence) => {
  await visitor.context.addInitScript((fault) => {
    if (fault === "blocked") {
      Object.defineProperty(window, "indexedDB", {
        value: {
          open() {
            throw new DOMException("denied", "SecurityError");
          },
        },
      });
      return;
    }
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
      if (this.name === "projects") throw new DOMException("no room", "QuotaExceededError");
      return put.call(this, value, key);
    };
  }, fault);
  const page = await open();
  await page.getByRole("alert").getByText(sentence, { exact: false }).waitFor();
  await page.getByRole("button", { name: "Call inc" }).click();
  await page.getByRole("status", { name: "Reply of inc" }).getByText("1", { exact: true }).waitFor();
  const dialog = await manage(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Export everything" }).click(),
  ]);
  expect(readFileSync(await download.path()).length).toBeGreaterThan(100);
});

test("storage cleared while the page is open: it says so, and what is on the page can be kept again", async () => {
  const page = await open();
  await type(page, "// still here\n");
  await kept(page, "saved").waitFor();
  const devtools = await visitor.context.newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", {
    origin: new URL(inject("built")).origin,
    storageTypes: "indexeddb",
  });
  await page.getByText("storage was cleared", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Keep it again" }).click();
  await kept(page, "saved").waitFor();
  expect(JSON.stringify(await stored(page))).toContain("still here");
});
