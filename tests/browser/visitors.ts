/** A browser for a file of tests, and for each of them a visitor whom nobody knows. What throws in a page fails its test. */
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { launch } from "../../src/cli/chromium.ts";

export interface Visitors {
  readonly browser: Browser;
  /** Of the test that runs. */
  readonly context: BrowserContext;
}

/** Without a service worker, which would fetch the whole site at each first visit: that is tested where a visitor goes offline. */
export const newVisitor = (browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> =>
  browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    serviceWorkers: "block",
    ...options,
  });

/** To be called where tests are declared. */
export function visitors(options: BrowserContextOptions = {}): Visitors {
  let browser: Browser;
  let context: BrowserContext;
  const errors: string[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    errors.length = 0;
    context = await newVisitor(browser, options);
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
