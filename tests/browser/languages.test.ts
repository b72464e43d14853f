/** The editor in AssemblyScript and WAT: types and words where the pointer rests, no false errors, real ones at their place. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { launch } from "../../src/cli/chromium.ts";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(90_000);
  await page.goto(`${inject("dev")}?nodes=1&notary-delay=50&latency=0`);
  await page.waitForSelector("html[data-ready]");
});
afterEach(() => page.context().close());

async function take(example: RegExp): Promise<void> {
  await page.getByRole("button", { name: "Examples" }).click();
  await page.getByRole("menuitem", { name: example }).click();
  await page.locator(".monaco-editor").first().click();
}

async function write(text: string): Promise<void> {
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

/** Rests the pointer on the first such word of the line that holds these words. */
async function rest(inLine: string, word: string): Promise<void> {
  const place = await page.waitForFunction(
    ([inLine, word]) => {
      for (const line of document.querySelectorAll(".view-line")) {
        if (!line.textContent?.replaceAll("\u00a0", " ").includes(inLine!)) continue;
        const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
          const at = text.textContent?.indexOf(word!) ?? -1;
          if (at < 0) continue;
          const range = document.createRange();
          range.setStart(text, at);
          range.setEnd(text, at + word!.length);
          const { x, y, width, height } = range.getBoundingClientRect();
          return { x: x + width / 2, y: y + height / 2 };
        }
      }
      return undefined;
    },
    [inLine, word],
  );
  const { x, y } = (await place.jsonValue())!;
  await page.mouse.move(x, y, { steps: 4 });
}

const hover = (words: string) => page.locator(".monaco-hover-content:visible", { hasText: words }).first();
const squiggles = ".squiggly-error, .squiggly-warning, .squiggly-info";

test("AssemblyScript: the guestbook has no errors, types on hover, and a mistake is marked", async () => {
  await take(/Counter in AssemblyScript/);
  const guestbook = `import { query, update, time } from "ic";
class Entry { name: string = ""; at: u64 = 0; }
let entries: Entry[] = [];
@update function sign(name: string): u64 { entries.push({ name, at: time() }); return entries.length; }
@query function read(last: u32): Entry[] { return entries.slice(-last); }
`;
  await write(`${guestbook}let wrong: string = 5;`);
  await page.locator(squiggles).first().waitFor();
  await page.getByLabel("Diagnostics").getByText("not assignable").waitFor();
  await write(guestbook);
  await page.locator(squiggles).first().waitFor({ state: "detached" });
  await rest("import", "time");
  await hover("Nanoseconds since 1970").waitFor();
  expect(await page.locator(squiggles).count()).toBe(0);
});

test("WAT: an instruction, an import of ic0 and the name it was given say what they do", async () => {
  await take(/Counter in WAT/);
  await rest("i64.store", "i64.store");
  await hover("Writes it to memory").waitFor();
  await rest("call $append", "$append");
  await hover("Adds bytes to the reply").waitFor();
  await rest('(import "ic0" "msg_reply"', "msg_reply");
  await hover("A call is answered once.").waitFor();
});
