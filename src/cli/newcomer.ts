/**
 * `npm run newcomer`: a first visit to the built page acted out, each step timed and photographed into
 * `artifacts/newcomer/`: open, call, follow, break a byte, change a line, deploy, share, open the link as somebody else,
 * run it. Pauses for reading are left out. Fails at a dead end, and beyond five minutes.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import type { Page } from "playwright-core";
import { preview } from "vite";
import { launch } from "./chromium.ts";

const FOLDER = "artifacts/newcomer";
const ALL_MAX_MS = 300_000;
/** Whoever waits longer than this for one step has given up. */
const STEP_MAX_MS = 60_000;

interface Step {
  readonly name: string;
  readonly act: (page: Page) => Promise<unknown>;
}
const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first().click();
const certified = (page: Page) =>
  page
    .getByRole("status", { name: "Reply of inc" })
    .getByText(/certified at \d+/)
    .waitFor();
const guideSays = (page: Page, words: string) =>
  page.getByRole("status", { name: "What to do" }).getByText(words).waitFor();

let link = "";
const MINE: readonly Step[] = [
  { name: "open", act: (page) => page.getByRole("button", { name: "Call inc" }).waitFor() },
  {
    name: "call",
    act: async (page) => {
      await press(page, "Call inc");
      await certified(page);
    },
  },
  {
    name: "follow",
    act: async (page) => {
      await guideSays(page, "Press Follow it");
      await press(page, "Follow it");
      await page.getByRole("button", { name: "Back to live" }).waitFor();
      await page.screenshot({ path: `${FOLDER}/following.png` });
      await page.getByRole("button", { name: "Back to live" }).waitFor({ state: "detached" });
    },
  },
  {
    name: "proof",
    act: async (page) => {
      await guideSays(page, "certified at");
      await press(page, /certified at/);
      await page.getByRole("button", { name: "Change byte" }).waitFor();
    },
  },
  {
    name: "break a byte",
    act: async (page) => {
      await press(page, "Change byte");
      await page.getByText("The official agent refuses it.").waitFor();
    },
  },
  {
    name: "change a line",
    act: async (page) => {
      await page.locator(".monaco-editor .view-line", { hasText: "+= 1" }).click();
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("Backspace");
      await page.keyboard.type("5");
      await page.getByRole("status", { name: "Upgrade safety" }).getByText("✓").waitFor();
    },
  },
  {
    name: "deploy",
    act: async (page) => {
      await page.getByRole("button", { name: "Deploy", exact: true }).click();
      await page
        .getByText(/is upgraded/)
        .first()
        .waitFor();
    },
  },
  {
    name: "call again",
    act: async (page) => {
      await press(page, "Call inc");
      await certified(page);
    },
  },
  {
    name: "share",
    act: async (page) => {
      await page.getByRole("button", { name: "Share", exact: true }).click();
      link = await page.getByRole("textbox", { name: "Link" }).inputValue();
    },
  },
];
const THEIRS: readonly Step[] = [
  { name: "open the link", act: (page) => page.getByRole("button", { name: "Run it" }).waitFor() },
  {
    name: "run it",
    act: async (page) => {
      await press(page, "Run it");
      await page.getByRole("button", { name: "Call inc" }).waitFor();
    },
  },
  {
    name: "call it",
    act: async (page) => {
      await press(page, "Call inc");
      await certified(page);
    },
  },
];

execFileSync(process.execPath, ["src/cli/launch.js", "src/cli/build"], {
  env: { ...process.env, NODE_ENV: "production" },
  stdio: ["ignore", "ignore", "inherit"],
});
const server = await preview({ preview: { host: "127.0.0.1", port: 5391 }, logLevel: "error" });
const browser = await launch();
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
let number = 0;
let total = 0;
const ended =
  (await visit(server.resolvedUrls!.local[0]!, MINE)) && (await visit(link, THEIRS)) && total <= ALL_MAX_MS;
process.stdout.write(`${(total / 1_000).toFixed(1)} s in all\n`);
await browser.close();
await server.close();
process.exit(ended ? 0 : 1);

/** In a profile of its own. False: a dead end. */
async function visit(url: string, steps: readonly Step[]): Promise<boolean> {
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MAX_MS);
  let start = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  for (const { name, act } of steps) {
    const path = `${FOLDER}/${String(++number).padStart(2, "0")}-${name.replaceAll(" ", "-")}.png`;
    try {
      await act(page);
    } catch (error) {
      await page.screenshot({ path });
      process.stderr.write(`${name}: a dead end, see ${path}. ${String(error).split("\n")[0]}\n`);
      return false;
    }
    const tookMs = performance.now() - start;
    total += tookMs;
    await page.screenshot({ path });
    process.stdout.write(`${(tookMs / 1_000).toFixed(1).padStart(6)} s  ${name}\n`);
    start = performance.now();
  }
  await context.close();
  return true;
}
