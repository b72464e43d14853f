/**
 * The page for everyone: the first visit's guide, the three walks with a guess, the gallery, the palette, the keyboard, the
 * narrator, the plain editor, presenter mode, small screens, and no accessibility fault in any of them.
 */
import type { Page } from "playwright-core";
import { beforeEach, expect, inject, test } from "vitest";
import { FAST, faults, FOUR } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors({ viewport: { width: 1366, height: 768 } });
let page: Page;

const open = async (query = FOUR): Promise<void> => {
  await page.goto(`${inject("built")}?${query}`);
  await page.waitForSelector("html[data-ready]");
};
const guide = () => page.getByRole("complementary", { name: "Guide" });
const guideSays = (words: string | RegExp) => guide().getByText(words).waitFor();
const button = (name: string | RegExp) => page.getByRole("button", { name });
const reply = (method: string) => page.getByRole("status", { name: `Reply of ${method}` });
const ready = () => button("Call inc").waitFor();
const run = async (command: string): Promise<void> => {
  await page.keyboard.press("Control+K");
  const field = page.getByRole("combobox", { name: "Commands" });
  await field.fill(command);
  await page.getByRole("option", { name: command }).first().waitFor();
  await page.keyboard.press("Enter");
  await field.waitFor({ state: "detached" });
};
beforeEach(async () => {
  page = await visitor.context.newPage();
  page.setDefaultTimeout(60_000);
});

test("a first visit: one thing to press, follow it, break a byte; never in the way, and not again", async () => {
  await open(FAST);
  await guideSays(/Press Call beside inc/);
  await button("Call inc").click();
  await guideSays(/Press Follow it/);
  await button("Follow it").click();
  await guideSays(/press “certified at”/);
  await reply("inc")
    .getByText(/certified at/)
    .click();
  await guideSays(/Change any byte/);
  await button("Change byte").click();
  await guideSays(/the official agent refuses it/);
  await button("Close the guide").click();
  await guide().waitFor({ state: "detached" });
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  await button("Call inc").click();
  await reply("inc")
    .getByText(/certified at/)
    .waitFor();
  expect(await guide().count()).toBe(0);
});

test("what is pressed and typed before the canister is there is done as soon as it is", async () => {
  const held = Promise.withResolvers<void>();
  await page.route(/prebuilt\/.*\.wasm/, (route) => held.promise.then(() => route.continue()));
  await page.goto(`${inject("built")}?${FAST}`);
  await button("Call inc").click();
  await reply("inc").getByText("Noted").waitFor();
  await page.keyboard.press("Control+K"); // its dialog is fetched now: what is typed meanwhile counts
  await page.keyboard.type("call get");
  await page.getByRole("option", { name: "Call get" }).waitFor();
  await page.keyboard.press("Enter");
  await reply("get").getByText("Noted").waitFor();
  await page.keyboard.press("Control+Enter");
  held.resolve();
  await reply("inc").getByText("1", { exact: true }).waitFor();
  await reply("get").getByText("nat", { exact: true }).waitFor();
  await page.getByRole("status", { name: "Deployment" }).getByText("its data kept").waitFor();
});

test("walk: follow a call. The guess is judged by what the call took", async () => {
  await open(FAST);
  await ready();
  await run("Walk: Follow a call");
  await guideSays(/What will take the most time/);
  await guide().getByRole("button", { name: "Running the code" }).click();
  await button("Call inc").click();
  await guideSays(/Press Follow it/);
  await button("Follow it").click();
  await guideSays(/Agreeing took \d+ ms, opening the random tape and running \d+ ms, proving \d+ ms/);
  await guideSays(/You said: running the code\.|As you said\./);
});

test("walk: f nodes frozen are survived, f + 1 are not, and nothing is lost", async () => {
  await open();
  await ready();
  await run("Walk: Freeze f nodes");
  await guide().getByRole("button", { name: "With 2 frozen" }).click();
  await guideSays(/Freeze one node/);
  await button("Freeze n4").click();
  await guideSays(/Now call an update/);
  await button("Call inc").click();
  await guideSays(/Freeze one more/);
  await button("Freeze n3").click();
  await guideSays(/Call again/);
  await button("Call inc").click();
  await guideSays(/too few are left to sign/);
  await button("Thaw n3").click();
  await guideSays(/As you said\./);
  await guideSays(/With 1 down the call was certified after \d+ ms; with 2 down it waited/);
  await reply("inc").getByText("2", { exact: true }).waitFor();
});

test("walk: break a certificate, with the guide pressing what can be pressed", async () => {
  await open(FAST);
  await ready();
  await run("Walk: Break a certificate");
  await guide().getByRole("button", { name: "Accept it" }).click();
  await guideSays(/Call an update first/);
  await button("Do it for me").click();
  await guideSays(/Press “certified at” beside the reply/);
  await button("Do it for me").click();
  await guideSays(/Change a byte, any one/);
  await button("Change byte").click();
  await guideSays(/Then undo it/);
  await button("Undo").click();
  await guideSays(/You said: accept it: one byte is little/);
  await guideSays(/It refused byte \d+/);
});

test("the gallery: pictures and words, by keyboard; a lie is found by its certificate", async () => {
  await open(FAST);
  await ready();
  await button("Examples").press("Enter");
  const items = page.getByRole("menuitem");
  await items.first().waitFor();
  expect(await items.count()).toBe(21);
  expect(await page.locator(".menu .picture svg").count()).toBe(12);
  await page.keyboard.type("Certified");
  await page.keyboard.press("Enter");
  await button("Call lie").click();
  await page
    .getByRole("status", { name: "Proof of lie" })
    .getByText(/Not true.*“hello”/)
    .waitFor();
  await button("Call get").click();
  await page
    .getByRole("status", { name: "Proof of get" })
    .getByText("the subnet signed this value")
    .waitFor();
});

test("the palette: call, freeze, theme, example; narrated in words", async () => {
  await open();
  await ready();
  await run("Call inc");
  await reply("inc").getByText("1", { exact: true }).waitFor();
  const log = page.getByRole("log", { name: "What happens" });
  await log.getByText(/inc: 1\. Its certificate is verified\./).waitFor();
  await run("Freeze n2");
  await log.getByText("n2 no longer speaks: 3 of 4 nodes, calls finish.").waitFor();
  await page.waitForSelector("html.light"); // as the machine has it
  await run("Dark colours");
  await page.waitForSelector("html:not(.light)");
  await run("Example: Shared pixel wall");
  await button("Call paint").waitFor();
  await run("Call paint");
  await page.waitForFunction(() => /INPUT|SELECT/.test(document.activeElement?.tagName ?? ""));
});

test("a palette that finds nothing says so, and Escape gives the focus back", async () => {
  await open(FAST);
  await ready();
  await button("Examples").focus();
  await page.keyboard.press("Control+K");
  await page.getByRole("combobox", { name: "Commands" }).fill("zzzz");
  await page.getByText("Nothing is called that.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Commands" }).waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.textContent?.trim() === "Examples");
});

test("the plain editor: text that deploys, kept over a reload; F6 goes round the panels; Ctrl Enter deploys", async () => {
  await open(FAST);
  await ready();
  await run("Plain text field as editor");
  const field = page.getByRole("textbox", { name: "main.mo" });
  await field.fill("persistent actor { public query func seven() : async Nat { 7 } }");
  await page.keyboard.press("Control+Enter");
  await button("Start over, empty").click(); // the example's counter and its methods are gone
  await button("Call seven").click();
  await reply("seven").getByText("7", { exact: true }).waitFor();
  await page.getByText("saved", { exact: true }).waitFor();
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  expect(await field.inputValue()).toContain("seven");
  const inPanel = (name: string) =>
    page.waitForFunction(
      (name) => document.activeElement?.closest("section")?.getAttribute("aria-label") === name,
      name,
    );
  for (const name of ["Code", "Canisters", "Network", "Score", "Code"]) {
    await page.keyboard.press("F6");
    await inPanel(name);
  }
  await page.keyboard.press("Shift+F6");
  await inPanel("Score");
});

const SIZES = {
  wide: [
    [1366, 768],
    [683, 384],
    [360, 740],
  ],
  presenting: [[1366, 768]],
} as const;

test.each(["wide", "presenting"] as const)("%s: no fault, nothing cut off, dark and light", async (how) => {
  const presenting = how === "presenting";
  await open(`nodes=${presenting ? 4 : 1}&notary-delay=300&theme=light`);
  await ready();
  if (presenting) await page.keyboard.press("F9");
  for (const [width, height] of SIZES[how]) {
    await page.setViewportSize({ width, height });
    if (width !== 1366) await run("Light colours");
    await looksWell(width, presenting);
  }
});

async function looksWell(width: number, presenting: boolean): Promise<void> {
  const fits = async (): Promise<void> => {
    const [across, down] = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return [scrollWidth - innerWidth, scrollHeight - innerHeight];
    });
    expect(across).toBeLessThanOrEqual(0);
    expect(down).toBeLessThanOrEqual(0);
  };
  await fits();
  if (presenting) {
    const [table, rows, pause] = await Promise.all(
      [button("Table"), page.getByRole("slider", { name: "Heights" }), button("Pause")].map((l) =>
        l.boundingBox(),
      ),
    );
    expect(table!.x + table!.width).toBeLessThanOrEqual(width);
    expect(rows!.y + rows!.height).toBeLessThanOrEqual(pause!.y);
  }
  for (const theme of ["Light", "Dark"]) {
    if (theme === "Dark") await run("Dark colours");
    expect(await faults(page)).toEqual([]);
  }
  await button("Call inc").click();
  await reply("inc")
    .getByText(/certified at/)
    .click();
  await page.getByRole("status", { name: "Verification" }).getByText("accepts").waitFor();
  expect(await faults(page)).toEqual([]);
  await fits();
  await page.keyboard.press("Escape");
  await button("Examples").click();
  await page.getByRole("menuitem").first().waitFor();
  expect(await faults(page)).toEqual([]);
  await fits();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+K");
  await page.locator(".command").first().waitFor();
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press("Escape");
}
