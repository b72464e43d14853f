/** A page of its own for each test, the words that tests of sharing and keeping use, and links made by strangers. */
import AxeBuilder from "axe-core";
import type { BrowserContext, Page } from "playwright-core";

/** One node, and blocks that are not made as fast as can be: what is tested is the page, and the machine's two cores are for it. */
export const FAST = "nodes=1&notary-delay=250&latency=0";
export const FOUR = "nodes=4&notary-delay=250&latency=5";

export async function visit(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  await page.goto(url);
  await page.waitForSelector("html[data-ready]");
  return page;
}
export const call = (page: Page, method: string) =>
  page.getByRole("button", { name: `Call ${method}` }).click();
export const reply = (page: Page, method: string) => page.getByRole("status", { name: `Reply of ${method}` });
export const kept = (page: Page, state: string) =>
  page.getByTitle("What this device keeps").getByText(state, { exact: true });

/** Types at the beginning of the open file. */
export async function type(page: Page, text: string): Promise<void> {
  await page.locator(".monaco-editor .view-line").first().click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText(text);
}
/** What the browser really holds, past the page. */
export const stored = (page: Page): Promise<{ name: string; files: Record<string, unknown> }[]> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const asked = indexedDB.open("terrarium");
        asked.onsuccess = () => {
          const all = asked.result.transaction("projects").objectStore("projects").getAll();
          all.onsuccess = () => {
            asked.result.close();
            resolve(all.result);
          };
        };
      }),
  );

/** What axe finds against it, Monaco's own DOM excepted. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(AxeBuilder.source);
  // Its hidden lines, which reach beyond its panel, would count as covering what lies there.
  await page.addStyleTag({ content: ".monaco-editor { visibility: hidden }" });
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof AxeBuilder }).axe.run(
      { exclude: [".monaco-editor"] },
      { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
    ),
  );
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}
