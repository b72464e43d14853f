/** Looking back, in a real Chromium, on the build: a moment before two calls, one after them, and the present again. */
import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { FAST, visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors({ viewport: { width: 1366, height: 768 } });
let page: Page;

const button = (name: string) => page.getByRole("button", { name, exact: true });
const moment = () => page.getByRole("slider", { name: "Moment in view" });
const reply = () => page.getByRole("status", { name: "Reply of inc" });
const inPast = () => page.getByRole("status", { name: "The past" });
const network = () => page.getByRole("region", { name: "Network" });
const memory = () => page.getByRole("region", { name: "Bytes of counter" });

async function call(value: number): Promise<void> {
  await page.getByRole("tab", { name: "Methods" }).click();
  await button("Call inc").click();
  await reply().getByText(`${value} nat`).waitFor();
  await reply().getByText(/certified at \d+/).waitFor(); // prettier-ignore
  await page.getByRole("tab", { name: "Canister", exact: true }).click();
}
const stateText = async (): Promise<string> =>
  /Height \d+[\s\S]*[0-9a-f]{64}/.exec(await network().innerText())?.[0] ?? "";
/** When the network stood still. A round in hand goes on meanwhile: what a node tells then may be older. */
async function standStill(): Promise<string> {
  await button("Pause").click();
  await page.getByText("Paused at block").waitFor();
  const at = (await moment().getAttribute("max"))!;
  await button("Resume").click();
  return at;
}

test("a moment before two calls is as it was; forward again the hashes are those of then; live, calls go on", async () => {
  page = await visit(visitor.context, `${inject("built")}?${FAST}`);
  await page.getByText("counter is deployed.").first().waitFor(); // before that there are no bytes of it
  await page.getByRole("tab", { name: "State" }).click();
  await page.locator("input[aria-label='Moment in view']:enabled").waitFor();
  const before = await standStill();
  await call(1);
  await call(2);
  const after = await standStill();

  const seen: { readonly state: string; readonly memory: string }[] = [];
  for (const at of [before, after, before]) {
    await moment().fill(at);
    await inPast().waitFor();
    await expect.poll(stateText, { timeout: 30_000 }).not.toBe(seen.at(-1)?.state ?? "");
    await network().getByText("the root that the nodes told then").waitFor();
    await memory().locator("pre").waitFor();
    await expect.poll(() => memory().innerText(), { timeout: 30_000 }).not.toBe(seen.at(-1)?.memory ?? "");
    seen.push({ state: await stateText(), memory: await memory().innerText() });
  }
  expect(seen[2]).toEqual(seen[0]);
  expect(await page.getByText("The replay is not what happened").count()).toBe(0);

  await page.getByRole("tab", { name: "Methods" }).click();
  expect(await button("Call inc").isDisabled()).toBe(true);
  await button("One event back").click();
  await moment().press("PageUp");
  await moment().press("End");
  await inPast().waitFor({ state: "detached" });
  await call(3);
});
