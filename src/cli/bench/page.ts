/**
 * What the built page costs a browser, seen from outside: its first paint and first answer with its thread four times
 * slower, scripts that it fetched, work a frame, and what its process holds and burns (the last two from Linux's /proc).
 */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { worksOf } from "./frames.ts";

const SLOWER = 4;
const WATCHED_MS = 10_000;
const LIVED_MS = 120_000;
const DOZED_MS = 20_000;
/** Linux counts a process's time in these. */
const TICKS_PER_SECOND = 100;

async function visited<T>(
  browser: Browser,
  use: (page: Page, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
  try {
    return await use(await context.newPage(), context);
  } finally {
    await context.close();
  }
}
const editor = (page: Page) => page.locator(".monaco-editor").first().waitFor();

export interface FirstLook {
  readonly paint: number;
  /** The page itself, in place of the one sentence of `index.html`. */
  readonly panels: number;
  /** Until the button could be pressed and the page had shown an answer to it. */
  readonly answer: number;
}

/** Milliseconds from the address on. */
export const firstLook = (browser: Browser, url: string): Promise<FirstLook> =>
  visited(browser, async (page, context) => {
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    await page.addInitScript(pressAtOnce);
    await page.goto(url, { waitUntil: "commit" });
    await page.waitForFunction(() => performance.getEntriesByName("answered").length > 0, undefined, {
      polling: 500,
    });
    return page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0]!.startTime,
      panels: performance.getEntriesByName("panels")[0]!.startTime,
      answer: performance.getEntriesByName("answered")[0]!.startTime,
    }));
  });

/** Runs in the page: the first button that calls is pressed in the frame in which it can be. */
function pressAtOnce(): void {
  let pressed = false;
  let panels = false;
  const look = (): void => {
    if (!panels && document.querySelector("main") !== null) {
      panels = true;
      requestAnimationFrame(() => performance.mark("panels"));
    }
    const button = document.querySelector<HTMLButtonElement>('[aria-label="Call inc"]:enabled');
    const answer = document.querySelector('[aria-label="Reply of inc"]')?.textContent.trim();
    if (answer) {
      requestAnimationFrame(() => performance.mark("answered")); // what was found is drawn by then
      return;
    }
    if (!pressed && button !== null) {
      pressed = true;
      button.click();
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Kilobytes of JavaScript, gzipped, that the page and its workers' entries fetched before the editor. */
export const scripts = (browser: Browser, url: string): Promise<{ page: number; workers: number }> =>
  visited(browser, async (page) => {
    const ofWorkers = new Set<string>();
    page.on("worker", (worker) => ofWorkers.add(basename(worker.url())));
    await page.goto(url);
    await editor(page);
    const fetched = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .toSorted((a, b) => a.startTime - b.startTime)
        .map((entry) => entry.name)
        .filter((name) => name.endsWith(".js")),
    );
    const files = fetched.map((name) => basename(name));
    const before = [
      ...new Set(
        files.slice(
          0,
          files.findIndex((name) => name.startsWith("monaco-")),
        ),
      ),
    ];
    const kilobytes = (names: readonly string[]): number =>
      names.reduce((sum, name) => sum + gzipSync(readFileSync(`dist/assets/${name}`)).length, 0) / 1_000;
    return {
      page: kilobytes(before.filter((name) => !ofWorkers.has(name))),
      workers: kilobytes([...ofWorkers]),
    };
  });

/** Milliseconds of the page's thread for each frame, while the nodes send one another so many messages a second. */
export const frames = (browser: Browser, url: string): Promise<{ works: number[]; messages: number }> =>
  visited(browser, async (page) => {
    await page.addInitScript(countMessages);
    await page.goto(url);
    await editor(page);
    const seen = (): Promise<number> => page.evaluate("messagesSeen");
    await browser.startTracing(page, {
      categories: ["devtools.timeline", "disabled-by-default-devtools.timeline"],
    });
    const before = { messages: await seen(), at: performance.now() };
    await page.waitForTimeout(WATCHED_MS);
    const messages = (await seen()) - before.messages;
    const seconds = (performance.now() - before.at) / 1_000;
    const trace = (await browser.stopTracing()).toString();
    return { works: worksOf(trace), messages: messages / seconds };
  });

/** Runs in the page: nodes report through ports what arrived at them. */
function countMessages(): void {
  const counted = globalThis as unknown as { messagesSeen: number };
  counted.messagesSeen = 0;
  const known = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage")!;
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    ...known,
    set(listener: (event: MessageEvent) => void) {
      known.set!.call(this, (event: MessageEvent) => {
        counted.messagesSeen += (event.data as { flights?: unknown[] } | null)?.flights?.length ?? 0;
        listener.call(this, event);
      });
    },
  });
}

export interface Lived {
  readonly megabytes: number;
  /** Percent of one core. */
  readonly dozing: number;
  readonly compilers: number;
}

/** A visit of two minutes in which one Motoko canister is changed and deployed, and what its process is like after it. */
export const lived = (browser: Browser, url: string): Promise<Lived> =>
  visited(browser, async (page) => {
    const start = performance.now();
    await page.goto(url);
    await editor(page);
    await page.locator(".monaco-editor .view-line").first().click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.insertText("// changed\n");
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page
      .getByText(/is upgraded/)
      .first()
      .waitFor({ timeout: 90_000 });
    await page.waitForTimeout(LIVED_MS - (performance.now() - start));
    const pid = await rendererOf(browser);
    const megabytes = residentMegabytes(pid);
    const before = ticks(pid);
    await page.waitForTimeout(DOZED_MS);
    const share = (ticks(pid) - before) / TICKS_PER_SECOND / (DOZED_MS / 1_000);
    const compilers = page.workers().filter((w) => w.url().includes("compiler.worker")).length;
    return { megabytes, dozing: 100 * share, compilers };
  });

export const canReadProcesses = existsSync("/proc/self/smaps_rollup");

/** The largest: beside the page's own there may be a spare one. */
async function rendererOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const renderers = processInfo.filter((p) => p.type === "renderer").map((p) => p.id);
  return renderers.toSorted((a, b) => residentMegabytes(b) - residentMegabytes(a))[0]!;
}
const residentMegabytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
/** Of all its threads, in user and in kernel mode. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
