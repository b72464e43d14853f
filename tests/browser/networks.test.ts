/** A network outlives its tab: reloads, crashes, a second tab, a file, a full disk. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, expect, inject, test } from "vitest";
import { call, FAST, reply, visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

const folder = mkdtempSync(join(tmpdir(), "terrarium-"));
afterAll(() => rmSync(folder, { recursive: true }));

const visitor = visitors();
const open = () => visit(visitor.context, `${inject("built")}?${FAST}`);
const ready = (page: Page) => page.waitForSelector("html[data-ready]");
async function counts(page: Page, to: number): Promise<void> {
  await call(page, "inc");
  await reply(page, "inc").getByText(String(to), { exact: true }).waitFor();
}
const idOf = (page: Page) => page.getByText(/^\w{5}….*cai$/).textContent();
async function manage(page: Page) {
  await page.getByRole("button", { name: /, (kept|in memory)$/ }).click();
  return page.getByRole("dialog");
}

test("reload, crash and a closed tab: the same canister goes on counting; a second tab says so, and its copy goes its own way", async () => {
  const first = await open();
  await counts(first, 1);
  await counts(first, 2);
  const id = await idOf(first);
  await first.reload();
  await ready(first);
  await first.getByRole("tab", { name: "Calls 2" }).waitFor();
  await reply(first, "inc")
    .getByText(/^certified/)
    .waitFor();
  await counts(first, 3);
  expect(await idOf(first)).toBe(id);

  const session = await visitor.context.newCDPSession(first);
  const crashed = first.waitForEvent("crash");
  session.send("Page.crash").catch(() => {});
  await crashed;
  await first.close();
  const one = await open();
  await counts(one, 4);
  expect(await idOf(one)).toBe(id);

  const two = await open();
  await two.getByText("My network runs in another tab", { exact: false }).waitFor();
  await two.getByRole("button", { name: "Open a copy here" }).click();
  await two.getByRole("button", { name: "My network, copied, kept" }).waitFor();
  await ready(two);
  await Promise.all([counts(one, 5), counts(two, 5)]);
  await counts(two, 6);
  await one.close();
  await two.close();
  const three = await open();
  await counts(three, 7);
});

test("a network as a file: taken in it goes on beside the first; a damaged file is refused in words; deleted it is gone", async () => {
  const page = await open();
  await counts(page, 1);
  const dialog = await manage(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Export My network" }).click(),
  ]);
  const path = join(folder, "network.zip");
  await download.saveAs(path);
  const bytes = readFileSync(path);
  const half = join(folder, "half.zip");
  writeFileSync(half, bytes.subarray(0, bytes.length / 2));
  const picker = dialog.locator("input[type=file]");
  await picker.setInputFiles(half);
  await dialog.getByText("half.zip is no network: no zip file, or a damaged one.").waitFor();
  await picker.setInputFiles(path);
  await dialog.getByText("My network (My network 2) is here, to be opened.").waitFor();
  await page.keyboard.press("Escape");
  await counts(page, 2);

  await (await manage(page)).getByText("My network (My network 2)").click();
  await page.getByRole("button", { name: "My network (My network 2), kept" }).waitFor();
  await ready(page);
  await counts(page, 2);

  const again = await manage(page);
  await again.getByRole("button", { name: "Delete My network", exact: true }).click();
  await again.getByRole("button", { name: "Delete", exact: true }).click();
  await again.getByText("My network", { exact: true }).waitFor({ state: "detached" });
  const left = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const names: string[] = [];
    for await (const name of (await root.getDirectoryHandle("networks")).keys()) names.push(name);
    return names.length;
  });
  expect(left).toBe(1);
});

test("no room left: the network pauses with a word, and goes on where it was when there is room", async () => {
  const page = await open();
  await counts(page, 1);
  const session = await visitor.context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000 });
  const alert = page.getByRole("alert").filter({ hasText: "it could not be written down" });
  await alert.waitFor();
  await page.getByRole("status", { name: "Health" }).getByText("Paused.").waitFor();
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  await page.getByRole("button", { name: "Go on" }).click();
  await alert.waitFor({ state: "detached" });
  await counts(page, 2);
  await page.reload();
  await ready(page);
  await counts(page, 3);
});
