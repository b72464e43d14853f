/** The editor in AssemblyScript and WAT: types and words where the pointer rests, no false errors, real ones at their place. */
import type { Page } from "playwright-core";
import { beforeEach, expect, inject, test } from "vitest";
import { FAST, visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors({ viewport: { width: 1440, height: 1000 } });
let page: Page;

beforeEach(async () => {
  page = await visit(visitor.context, `${inject("built")}?${FAST}`);
});

async function take(example: RegExp): Promise<void> {
  await page.getByRole("button", { name: "Examples" }).click();
  await page.getByRole("menuitem", { name: example }).click();
  await page.locator(".monaco-editor").first().click();
}

async function write(text: string): Promise<void> {
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

/** Where the first such word is, in the line that holds these words. */
const placeOf = (inLine: string, word: string) =>
  page.waitForFunction(
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

const HOVER_TRIES = 12;
const HOVER_TRY_MS = 5_000;
/** Rests the pointer on a word until these words show. Text that is coloured anew meanwhile takes the hover away: then again. */
async function hover(inLine: string, word: string, words: string): Promise<void> {
  const shown = page.locator(".monaco-hover-content:visible", { hasText: words }).first();
  for (let tries = 1; ; tries++) {
    const { x, y } = (await (await placeOf(inLine, word)).jsonValue())!;
    await page.mouse.move(0, 0);
    await page.mouse.move(x, y, { steps: 4 });
    try {
      return await shown.waitFor({ timeout: HOVER_TRY_MS });
    } catch (error) {
      if (tries === HOVER_TRIES) throw error;
    }
  }
}

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
  await hover("import", "time", "Nanoseconds since 1970");
  expect(await page.locator(squiggles).count()).toBe(0);
});

test("WAT: an instruction, an import of ic0 and the name it was given say what they do", async () => {
  await take(/Counter in WAT/);
  await hover("i64.store", "i64.store", "Writes it to memory");
  await hover("call $append", "$append", "Adds bytes to the reply");
  await hover('(import "ic0" "msg_reply"', "msg_reply", "A call is answered once.");
});

test("Motoko: types and docs on hover, F12, formatting, a member completed, the parameters of a call", async () => {
  const line = (words: string) =>
    page.waitForFunction(
      (words) =>
        [...document.querySelectorAll(".view-line")].some(
          (line) => line.textContent?.replaceAll("\u00a0", " ") === words,
        ),
      words,
    );
  await page.locator(".monaco-editor").first().click();
  await write(`import Nat "mo:core/Nat";
persistent actor {
/// Twice as many.
func twice(n : Nat) : Nat { n*2 };
let four = Nat.toText(twice(2));
}`);
  await hover("let four", "toText", "Converts a natural number");
  await hover("let four", "twice", "Twice as many");
  const said = (await page.locator(".monaco-hover-content:visible").allTextContents()).join(" ");
  expect(said.replaceAll("\u00a0", " ")).toContain("func twice(n : Nat) : Nat");
  const { x, y } = (await (await placeOf("let four", "twice")).jsonValue())!;
  await page.mouse.click(x, y);
  await page.keyboard.press("F12");
  await page.locator(".active-line-number", { hasText: /^4$/ }).waitFor();
  await page.keyboard.press("Control+Shift+I"); // on Linux
  await line("  func twice(n : Nat) : Nat { n * 2 };");
  await page.keyboard.press("Control+End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("End");
  await page.keyboard.type("\nfunc f() : Text { Nat.toT");
  await page.locator(".suggest-widget.visible").getByText("toText").first().waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("(");
  await page.locator(".parameter-hints-widget.visible").getByText("Nat").first().waitFor();
});
