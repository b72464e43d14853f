/**
 * The page as a person meets it, in a real Chromium, on the dev server and on the build: open, see a living subnet,
 * deploy, call, read a verified reply; break a certificate; freeze nodes and thaw them; share and come back.
 */
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { FAST, FOUR } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors({ reducedMotion: "no-preference" });
describe.each(["dev", "built"] as const)("%s", (home) => {
  /** The built page is what people get: all runs on it, and the first visit on the dev server too. */
  const also = test.runIf(home === "built");
  let page: Page;

  const open = async (query = FOUR, hash = ""): Promise<void> => {
    await page.goto(`${inject(home)}?${query}${hash}`);
    await page.waitForSelector("html[data-ready]");
  };
  const height = async (): Promise<number> => Number(await page.locator("html").getAttribute("data-height"));
  const heightAbove = (h: number) =>
    page.waitForFunction((h) => Number(document.documentElement.dataset.height) > h, h);
  const reply = (method: string) => page.getByRole("status", { name: `Reply of ${method}` });
  const call = (method: string) => page.getByRole("button", { name: `Call ${method}` }).click();
  const takeExample = async (name: RegExp): Promise<void> => {
    await page.getByRole("button", { name: "Examples" }).click();
    await page.getByRole("menuitem", { name }).click();
  };

  beforeEach(async () => {
    page = await visitor.context.newPage();
    page.setDefaultTimeout(90_000);
  });

  test("a first visit: heights pass, one thing to press, a verified reply", async () => {
    await open();
    await heightAbove((await height()) + 3);
    for (const name of ["Code", "Canisters", "Network", "Score"]) {
      await page.getByRole("region", { name }).waitFor();
    }
    await call("inc");
    await reply("inc").getByText("1", { exact: true }).waitFor();
    await reply("inc")
      .getByText(/certified at \d+/)
      .waitFor();
    await call("get");
    await reply("get").getByText("1", { exact: true }).waitFor();
  });

  also("one byte of a certificate changed: the agent refuses it, undone it is accepted", async () => {
    await open();
    await call("inc");
    await reply("inc")
      .getByRole("button", { name: /certified at/ })
      .click();
    const inspector = page.getByRole("region", { name: "Inspector" }).or(page.getByLabel("Inspector"));
    const verdict = inspector.first().getByRole("status", { name: "Verification" });
    await verdict.getByText("The official agent accepts it.").waitFor();
    await page.getByRole("button", { name: "Change byte" }).click();
    await verdict.getByText("The official agent refuses it.").waitFor();
    expect(await page.locator("li[data-state=failed]").count()).toBe(1);
    await page.getByRole("button", { name: "Undo" }).click();
    await verdict.getByText("The official agent accepts it.").waitFor();
  });

  also.each([/Counter in WAT/, /Counter in AssemblyScript/])(
    "the counter in %s: taken, compiled, deployed, called",
    async (language) => {
      await open(FAST);
      await call("inc");
      await reply("inc")
        .getByText(/certified at/)
        .waitFor();
      await takeExample(language);
      const deploy = page.getByRole("button", { name: "Deploy", exact: true });
      await deploy.click();
      await page.getByRole("button", { name: "Call inc" }).waitFor();
      await call("inc");
      await reply("inc")
        .getByText(/certified at/)
        .waitFor();
    },
  );

  also(
    "Motoko compiles in the worker: a change is deployed and answers; a mistake is shown at its place",
    async () => {
      await open(FAST);
      await call("inc");
      await reply("inc")
        .getByText(/certified at/)
        .waitFor();
      const editor = page.locator(".monaco-editor").first();
      await editor.click();
      await page.keyboard.press("Control+A");
      await page.keyboard.insertText(
        "persistent actor { var n : Nat = 40; public func two() : async Nat { n += 2; n } }",
      );
      await page.getByRole("button", { name: "Deploy", exact: true }).click();
      // The example's counter and its methods are gone: the page asks before it drops them.
      await page.getByRole("button", { name: "Start over, empty" }).click();
      await page.getByRole("button", { name: "Call two" }).waitFor();
      await call("two");
      await reply("two").getByText("42", { exact: true }).waitFor();
      await editor.click();
      await page.keyboard.press("Control+A");
      await page.keyboard.insertText("persistent actor { public func bad() : async Nat { true } }");
      await page.getByRole("button", { name: "Deploy", exact: true }).click();
      await page
        .getByLabel("Diagnostics")
        .getByText(/Nat|Bool/)
        .first()
        .waitFor();
    },
  );

  also(
    "one node frozen: calls finish; two: nothing is final and the page says why; thawed: progress; one killed: calls finish, and it comes back",
    async () => {
      await open("notary-delay=50&latency=5");
      await call("inc");
      await reply("inc").getByText("1", { exact: true }).waitFor();
      const node = (what: string, name: string) =>
        page.getByRole("button", { name: `${what} ${name}` }).click();
      await node("Freeze", "n1");
      await call("inc");
      await reply("inc").getByText("2", { exact: true }).waitFor();
      await node("Freeze", "n2");
      await page
        .getByRole("status", { name: "Health" })
        .getByText("2 of 4 nodes speak, 3 are needed")
        .waitFor();
      await call("inc");
      await reply("inc").getByText("Waiting: the subnet is halted.").waitFor();
      await node("Thaw", "n1");
      await node("Thaw", "n2");
      await reply("inc").getByText("3", { exact: true }).waitFor();
      await node("Kill", "n4");
      await call("inc");
      await reply("inc").getByText("4", { exact: true }).waitFor();
      await node("Restart", "n4");
      await page.getByText("All nodes speak.").waitFor();
      await node("Kill", "n1");
      await call("inc");
      await reply("inc").getByText("5", { exact: true }).waitFor();
    },
  );

  also("paused nothing moves; Step moves one message; Resume goes on", async () => {
    await open();
    await heightAbove(2);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("status", { name: "Health" }).getByText("Paused").waitFor();
    const at = await height();
    for (let i = 0; i < 5; i++) await page.getByRole("button", { name: "Step" }).click();
    expect(await height()).toBeLessThanOrEqual(at + 1);
    await page.getByRole("button", { name: "Resume" }).click();
    await heightAbove(at + 2);
  });

  also(
    "a project returns after a reload, and travels in a link; a damaged link says so and keeps one's own work",
    async () => {
      await open(FAST);
      await page.locator(".monaco-editor").first().click();
      await page.keyboard.press("Control+Home");
      await page.keyboard.insertText("// mine\n");
      await page.getByText("saved", { exact: true }).waitFor();
      await page.reload();
      await page.waitForSelector("html[data-ready]");
      await page.getByText("// mine").first().waitFor();
      await page.getByRole("button", { name: "Share" }).click();
      const link = page.getByRole("textbox", { name: "Link" });
      await link.waitFor();
      const url = await link.inputValue();
      expect(url).toMatch(/#v1=[\w-]+$/);
      await page.getByText("Only this machine can open it").waitFor();
      await page.goto("about:blank");
      await page.goto(`${url.slice(0, -6)}AAAAAA`);
      await page.waitForSelector("html[data-ready]");
      await page.getByText(/link/i).first().waitFor();
      await page.getByText("// mine").first().waitFor();
    },
  );
});
