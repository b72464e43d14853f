/**
 * The page as a person meets it, in a real Chromium, on the dev server and on the build: open, see a living subnet,
 * deploy, call, read a verified reply; break a certificate; freeze nodes and thaw them.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { launch } from "../../src/cli/chromium.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe.each(["dev", "built"] as const)("%s", (home) => {
  let page: Page;
  const errors: string[] = [];

  beforeEach(async () => {
    errors.length = 0;
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.setDefaultTimeout(60_000);
    await page.goto(`${inject(home)}?notary-delay=50&latency=5`);
    await page.waitForSelector("html[data-ready]");
  });
  afterEach(async () => {
    await page.context().close();
    expect(errors).toEqual([]);
  });

  test("the subnet lives: heights pass", async () => {
    const height = async (): Promise<number> =>
      Number(await page.locator("html").getAttribute("data-height"));
    const first = await height();
    await page.waitForFunction((h) => Number(document.documentElement.dataset.height) > h + 5, first);
  });

  test("a call to the first example is answered and verified", async () => {
    await page.getByRole("button", { name: "Call inc" }).click();
    const reply = page.getByRole("status", { name: "Reply of inc" });
    await reply.getByText("1").first().waitFor();
    await page
      .getByText(/certified at \d+/)
      .first()
      .waitFor();
  });
});
