/** Following a message, in a real Chromium, on the build: live and slowed, and again from the facts. */
import type { Page } from "playwright-core";
import { beforeEach, expect, inject, test } from "vitest";
import mainnet from "../vectors/mainnet-certificate.json" with { type: "json" };
import { FAST, FOUR } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors({ reducedMotion: "no-preference" });
let page: Page;

const open = async (query = FOUR): Promise<void> => {
  await page.goto(`${inject("built")}?${query}`);
  await page.waitForSelector("html[data-ready]");
  await page.getByRole("button", { name: "Call inc" }).waitFor();
};
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
const score = () => page.getByRole("region", { name: "Score" });
const replied = () =>
  page
    .getByRole("status", { name: "Reply of inc" })
    .getByText(/certified at \d+/)
    .waitFor();

beforeEach(async () => {
  page = await visitor.context.newPage();
  page.setDefaultTimeout(30_000);
});

test("a call is followed slowly, told to its end, and the speed comes back by itself", async () => {
  await open();
  const speed = page.getByRole("combobox", { name: "Speed" });
  expect(await speed.inputValue()).toBe("1");
  await button("Follow a new call of inc").click();
  const bar = page.getByRole("group", { name: "Following inc" });
  await bar.getByText("slowed down").waitFor();
  await score().getByText("The reply is verified.").waitFor();
  await replied();
  await bar.waitFor({ state: "detached" });
  expect(await speed.inputValue()).toBe("1");
});

test("a call that has arrived is shown again from what nodes told; its stages can be visited; Escape goes back", async () => {
  await open();
  await button("Call inc").click();
  await replied();
  await button("Follow it").click();
  const bar = page.getByRole("group", { name: "Following inc" });
  await bar.getByText("shown again").waitFor();
  await bar.getByRole("button", { name: /made final/ }).click();
  await score()
    .getByText(/is notarized/)
    .waitFor();
  await bar.getByRole("button", { name: /waited for a block/ }).click();
  await score()
    .getByText(/Whoever makes the next block/)
    .waitFor();
  await page.keyboard.press("Escape");
  await bar.waitFor({ state: "detached" });
  await page.getByRole("slider", { name: "Heights" }).waitFor();
});

test("two heights are compared; a certificate of another network is refused here, and accepted under its own key; so is one of mainnet", async () => {
  await open(FAST);
  await page.getByRole("tab", { name: "State" }).click();
  await button("Remember").click();
  await page.getByText(/Remembered height/).waitFor();
  await button("Call inc").click();
  await replied();
  await button("Compare").click();
  const differences = page.getByRole("region", { name: "Differences" });
  await differences.getByText("is “replied”").first().waitFor();
  await page.getByRole("tab", { name: "Keys" }).click();
  const key = await page.getByText(/^308182/).innerText();
  await page.getByRole("button", { name: /certified at/ }).click();
  const verdict = page.getByRole("status", { name: "Verification" });
  await verdict.getByText("accepts").waitFor();
  await page.getByText("to copy and paste elsewhere").click();
  const bytes = page.getByRole("textbox", { name: "Bytes in hexadecimal" });
  const certificate = await bytes.inputValue();
  await open("nodes=1&notary-delay=50&latency=1"); // another subnet, with other keys
  await page.getByRole("tab", { name: "State" }).click();
  await button("Check a certificate…").click();
  await page.getByRole("textbox", { name: "Certificate" }).fill(certificate);
  await verdict.getByText("refuses").waitFor();
  await page.getByRole("radio", { name: "another" }).check();
  await page.getByRole("textbox", { name: "Root key" }).fill(key.replaceAll(/\s/g, ""));
  await verdict.getByText("accepts").waitFor();
  await page.getByRole("textbox", { name: "Certificate" }).fill(mainnet.certificate);
  await verdict.getByText("refuses").waitFor();
  await page.getByRole("radio", { name: "the Internet Computer's" }).check();
  await verdict.getByText("accepts").waitFor();
});

test("a message that calls another canister opens as a tree: parts, and cycles sent and returned", async () => {
  await open(FAST);
  await page.getByRole("button", { name: "Examples" }).press("Enter");
  await page.getByRole("menuitem").first().waitFor();
  await page.getByRole("menuitem", { name: /Two canisters/ }).click();
  const canister = page.getByRole("tab", { name: "front", exact: true });
  await canister.click();
  const method = page.getByRole("article").filter({ has: button("Call remember") });
  await method.getByRole("textbox", { name: "key" }).fill("answer");
  await method.getByRole("textbox", { name: "value" }).fill("42");
  await button("Call remember").click();
  const reply = page.getByRole("status", { name: "Reply of remember" });
  await reply.getByText(/certified at \d+/).waitFor();
  await button("Details").click();
  const tree = page.getByRole("region", { name: "Inspector" });
  await tree.getByText("Its calls").waitFor();
  await tree.getByText("of store").waitFor();
  await expect
    .poll(() => tree.innerText())
    .toMatch(/instructions in 2 parts[\s\S]*1,000,000 cycles sent, 0 came back/);
  expect(await tree.getByText("replied").count()).toBe(2);
});
