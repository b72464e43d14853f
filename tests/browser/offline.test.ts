/**
 * The built page without a network, after one visit and after a reload; on an origin that browsers do not trust; and
 * a newer version that comes while it is open. It never asks another origin for anything.
 */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { findChromium, launch } from "../../src/cli/chromium.ts";
import { call, FAST, kept, reply, type, visit } from "./visit.ts";

let browser: Browser;
let context: BrowserContext;
const errors: string[] = [];
const origins = new Set<string>();
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

function watch(watched: BrowserContext): void {
  watched.on("request", (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol)) origins.add(url.origin);
  });
  watched.on("weberror", (error) => errors.push(error.error().message));
}
beforeEach(async () => {
  errors.length = 0;
  origins.clear();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  watch(context);
});
afterEach(async () => {
  await context.close();
  expect(errors).toEqual([]);
});
const offlineReady = (page: Page) => page.waitForSelector("html[data-offline=ready]", { timeout: 120_000 });
const take = async (page: Page, example: RegExp) => {
  await page.getByRole("button", { name: "Examples" }).click();
  await page.getByRole("menuitem", { name: example }).first().click();
};
const deploy = (page: Page) => page.getByRole("button", { name: "Deploy", exact: true }).click();

test("after one visit the network may go: reload, examples, every compiler, and no other origin was asked", async () => {
  const page = await visit(context, `${inject("built")}?${FAST}`);
  await offlineReady(page);
  await context.setOffline(true);
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  await call(page, "inc");
  await reply(page, "inc").getByText("1", { exact: true }).waitFor();
  await type(page, "// typed without a network\n");
  await deploy(page);
  await page.getByText("is upgraded, its data kept").first().waitFor();
  for (const language of [/WAT/, /AssemblyScript/]) {
    await take(page, language);
    await page.locator(".monaco-editor .view-line").first().waitFor();
    await type(page, language.source === "WAT" ? ";; changed\n" : "// changed\n");
    await deploy(page);
    await page
      .getByText(/is (deployed|upgraded)/)
      .first()
      .waitFor();
    await call(page, "inc");
    await reply(page, "inc")
      .getByText(/certified at/)
      .waitFor();
  }
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  expect([...origins]).toEqual([new URL(inject("built")).origin]);
});

test("a newer version is taken whole, when the person says so; one that is half there is not taken at all", async () => {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-"));
  cpSync("dist", folder, { recursive: true });
  const { server, url } = await host(folder);
  try {
    const page = await visit(context, `${url}?${FAST}`);
    await offlineReady(page);
    // Half an update: the worker names a file that has not come yet.
    const worker = readFileSync(join(folder, "sw.js"), "utf8");
    const half = worker
      .replace(/VERSION = "\w+"/, 'VERSION = "half"')
      .replace("FILES = [", 'FILES = [["assets/not-yet.js","AAAA"],');
    writeFileSync(join(folder, "sw.js"), half);
    await page.evaluate(async () => {
      const registration = (await navigator.serviceWorker.getRegistration())!;
      const gone = new Promise<void>((resolve) => {
        registration.addEventListener("updatefound", () => {
          const { installing } = registration;
          installing!.addEventListener("statechange", () => installing!.state === "redundant" && resolve());
        });
      });
      await registration.update();
      await gone;
    });
    expect(await page.getByText("A new version of Terrarium is here.").count()).toBe(0);
    writeFileSync(join(folder, "sw.js"), worker.replace(/VERSION = "\w+"/, 'VERSION = "newer"'));
    await page.evaluate(async () => {
      await (await navigator.serviceWorker.getRegistration())!.update();
    });
    await page.getByText("A new version of Terrarium is here.").waitFor();
    await type(page, "// not lost by the update\n");
    await kept(page, "saved").waitFor();
    await Promise.all([
      page.waitForNavigation(),
      page.getByRole("button", { name: "Reload with it" }).click(),
    ]);
    await page.waitForSelector("html[data-ready]");
    await page.getByText("// not lost by the update").first().waitFor();
    const caches_ = await page.evaluate(async () => (await caches.keys()).map((k) => k.split(" ").at(-1)));
    expect(caches_).toContain("newer");
    expect(caches_).not.toContain("half");
  } finally {
    server.close();
  }
});

test("over plain http in a room's network it works, and says what is missing", async () => {
  const built = new URL(inject("built"));
  const room = await chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP classroom.test 127.0.0.1"],
  });
  const { server, url } = await host("dist");
  try {
    const visitor = await room.newContext({
      viewport: { width: 1440, height: 900 },
      reducedMotion: "reduce",
    });
    watch(visitor);
    const page = await visit(visitor, `http://classroom.test:${new URL(url).port}/?${FAST}`);
    expect(await page.evaluate("isSecureContext")).toBe(false);
    await call(page, "inc");
    await reply(page, "inc")
      .getByText(/certified at/)
      .waitFor();
    await type(page, "// in class\n");
    await kept(page, "saved").waitFor();
    await deploy(page);
    await page.getByText("is upgraded, its data kept").first().waitFor();
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByRole("textbox", { name: "Link" }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Copy" }).click();
    await page.getByRole("status", { name: "Share result" }).getByText("Copied.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTitle("What this device keeps").click();
    await page.getByText("This page came over plain http.", { exact: false }).waitFor();
    expect(built.protocol).toBe("http:");
  } finally {
    await room.close();
    server.close();
  }
});

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};
/** The plainest static host, on any name. */
async function host(folder: string): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://x");
    try {
      const path = join(folder, pathname === "/" ? "index.html" : decodeURIComponent(pathname));
      const body = readFileSync(path);
      response
        .writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { server, url: `http://127.0.0.1:${port}/` };
}
