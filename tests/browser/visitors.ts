/** A browser for a file of tests, and for each of them a visitor whom nobody knows. What throws in a page fails its test. */
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { launch } from "../../src/cli/chromium.ts";

export interface Visitors {
  readonly browser: Browser;
  /** Of the test that runs. */
  readonly context: BrowserContext;
}

export const newVisitor = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });

/** To be called where tests are declared. */
export function visitors(): Visitors {
  let browser: Browser;
  let context: BrowserContext;
  const errors: string[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    errors.length = 0;
    context = await newVisitor(browser);
    context.on("weberror", (error) => errors.push(error.error().message));
  });
  afterEach(async () => {
    await context.close();
    expect(errors).toEqual([]);
  });
  return {
    get browser() {
      return browser;
    },
    get context() {
      return context;
    },
  };
}
