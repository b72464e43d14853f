/**
 * `npm run screens`: the page in its states, photographed into `artifacts/screens/VIEW-THEME-WIDTH.png`. With names, only
 * those views: `npm run screens -- live halted`.
 */
import { mkdirSync, rmSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { createServer } from "vite";
import { encodeLink } from "../lab/share-link.ts";
import { launch } from "./chromium.ts";
import { prebuild } from "./prebuild.ts";

const FOLDER = "artifacts/screens";
const WIDTHS = { desk: [1366, 768], large: [1600, 1000], phone: [360, 740] } as const;

interface View {
  readonly name: string;
  readonly size: keyof typeof WIDTHS;
  readonly query?: string;
  readonly hash?: () => Promise<string>;
  readonly act: (page: Page) => Promise<void>;
}

const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first().click();
const certified = async (page: Page): Promise<void> => {
  await press(page, "Call inc");
  await page
    .getByText(/certified at/)
    .first()
    .waitFor();
};
const noGuide = (page: Page) => press(page, "Close the guide");
const command = async (page: Page, words: string): Promise<void> => {
  await page.keyboard.press("Control+K");
  await page.getByRole("combobox", { name: "Commands" }).fill(words);
  await page.getByRole("option", { name: words }).first().click();
};
const example = async (page: Page, name: RegExp): Promise<void> => {
  await press(page, "Examples");
  await page.getByRole("menuitem", { name }).click();
};
const editor = (page: Page) => page.locator(".monaco-editor").first().waitFor();
const phoneTab = (name: string) => async (page: Page) => {
  await noGuide(page);
  await page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name }).click();
};

const VIEWS: readonly View[] = [
  { name: "first-visit", size: "desk", act: editor },
  {
    name: "live",
    size: "large",
    act: async (page) => {
      await noGuide(page);
      await certified(page);
      await editor(page);
    },
  },
  {
    name: "following",
    size: "desk",
    act: async (page) => {
      await certified(page);
      await press(page, "Follow it");
      await editor(page);
    },
  },
  {
    name: "proof-red-byte",
    size: "large",
    act: async (page) => {
      await noGuide(page);
      await certified(page);
      await press(page, /certified at/);
      await press(page, "Change byte");
      await page.getByText("The official agent refuses it.").waitFor();
      await editor(page);
    },
  },
  {
    name: "compile-error",
    size: "desk",
    act: async (page) => {
      await noGuide(page);
      await editor(page);
      await page.locator(".monaco-editor").first().click();
      await page.keyboard.press("Control+End");
      await page.keyboard.insertText("\nlet x : Nat = true;");
      await press(page, "Deploy");
      await page.getByText("mend").first().waitFor();
    },
  },
  {
    name: "halted",
    size: "desk",
    act: async (page) => {
      await noGuide(page);
      await certified(page);
      await press(page, "Freeze n3");
      await press(page, "Freeze n4");
      await press(page, "Call inc");
      await page.getByText("Waiting: the subnet is halted.").waitFor();
      await editor(page);
    },
  },
  {
    name: "strangers-link",
    size: "desk",
    hash: () =>
      encodeLink({
        name: "From afar",
        main: "main.mo",
        files: { "main.mo": 'persistent actor {\n  public query func hi() : async Text { "hi" };\n};\n' },
      }),
    act: editor,
  },
  { name: "thirteen", size: "large", query: "nodes=13", act: noGuide },
  {
    name: "presenter",
    size: "desk",
    act: async (page) => {
      await noGuide(page);
      await certified(page);
      await page.keyboard.press("F9");
      await editor(page);
    },
  },
  {
    name: "walk",
    size: "desk",
    act: async (page) => {
      await command(page, "Walk: Freeze");
      await editor(page);
    },
  },
  {
    name: "gallery",
    size: "desk",
    act: async (page) => {
      await noGuide(page);
      await press(page, "Examples");
      await page.getByRole("menuitem").first().waitFor();
    },
  },
  {
    name: "palette",
    size: "desk",
    act: async (page) => {
      await noGuide(page);
      await page.keyboard.press("Control+K");
      await page.locator(".command").first().waitFor();
    },
  },
  {
    name: "pixel-wall",
    size: "desk",
    act: async (page) => {
      await noGuide(page);
      await example(page, /Shared pixel wall/);
      await press(page, "Call wall");
      await page.locator("iframe").scrollIntoViewIfNeeded();
      await editor(page);
    },
  },
  {
    name: "certified-variable",
    size: "desk",
    act: async (page) => {
      await noGuide(page);
      await example(page, /Certified variable/);
      await press(page, "Call lie");
      await press(page, "Call get");
      await page.getByRole("status", { name: "Proof of get" }).getByText("signed this value").waitFor();
    },
  },
  { name: "phone-first-visit", size: "phone", act: async () => {} },
  { name: "phone-subnet", size: "phone", act: phoneTab("Subnet") },
  { name: "phone-code", size: "phone", act: phoneTab("Code") },
  { name: "phone-log", size: "phone", act: phoneTab("Log") },
  {
    name: "phone-gallery",
    size: "phone",
    act: async (page) => {
      await press(page, "Examples");
      await page.getByRole("menuitem").first().waitFor();
    },
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !VIEWS.some((v) => v.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `No view is called ${unknown.join(", ")}. There are: ${VIEWS.map((v) => v.name).join(", ")}.\n`,
  );
  process.exit(2);
}
const views = wanted.length === 0 ? VIEWS : VIEWS.filter((v) => wanted.includes(v.name));
if (wanted.length === 0) rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
await prebuild();
const server = await createServer({
  server: { host: "127.0.0.1", port: Number(process.env.PORT ?? 5390) },
  logLevel: "warn",
});
await server.listen();
const browser = await launch();
let failed = 0;
for (const view of views) {
  for (const theme of ["dark", "light"]) failed += (await photograph(browser, view, theme)) ? 0 : 1;
}
await browser.close();
await server.close();
process.exit(failed === 0 ? 0 : 1);

async function photograph(browser: Browser, view: View, theme: string): Promise<boolean> {
  const [width, height] = WIDTHS[view.size];
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const path = `${FOLDER}/${view.name}-${theme}-${width}.png`;
  try {
    const query = new URLSearchParams({ theme, ...Object.fromEntries(new URLSearchParams(view.query)) });
    await page.goto(`${server.resolvedUrls!.local[0]}?${query}${(await view.hash?.()) ?? ""}`);
    await page.waitForSelector("html[data-ready]");
    if (view.hash === undefined) await page.getByRole("button", { name: "Close the guide" }).waitFor();
    await view.act(page);
    await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
    await page.screenshot({ path });
    process.stdout.write(`${path}\n`);
    return true;
  } catch (error) {
    process.stderr.write(
      `${path}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}\n`,
    );
    return false;
  } finally {
    await context.close();
  }
}
