/** What is done to a running subnet in the page, by hand: to a node, to links, to one message; and undone, and healed. */
import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors({ viewport: { width: 1366, height: 768 } });
let page: Page;

const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
const status = (name: string) => page.getByRole("status", { name, exact: true });
const inForce = () => page.getByRole("region", { name: "Network" }).getByRole("region", { name: "In force" });
const close = () => button("Close Inspector").click();

test("a liar, a slow node, a cut and a loss, a message dropped: each is in force until undone; Heal all ends the rest, and the log has it", async () => {
  page = await visit(visitor.context, `${inject("built")}?latency=300&notary-delay=50`);
  await status("Safety").getByText("One history").waitFor();

  await button("Faults of n2").click();
  await page.getByRole("checkbox", { name: "votes for every block it hears of" }).check();
  await page.getByRole("combobox", { name: "Slow" }).selectOption("5");
  await close();
  await inForce().getByText("n2 takes 5 ms for each step").waitFor();
  await page.getByText("1 node lies; this subnet can bear 1.").waitFor();

  await button("Links…").click();
  for (const end of ["From n1", "From n2", "To all others"]) await button(end).click();
  await button("Cut").click();
  await button("Lose some").click();
  await button("Take longer").click();
  await close();
  await status("Liveness").getByText("It needs 3, 2 can speak.").waitFor();
  await status("Health").getByText("Halted.").waitFor();
  await button("Heal: undo “cut: n1, n2 ↔ n3, n4”").click();
  await status("Liveness").getByText("progressing").waitFor();

  await button("Table").click();
  await button("Pause").click();
  const aloft = page.getByRole("region", { name: "Network" }).getByRole("listitem").filter({ hasText: "→" });
  await aloft.filter({ hasNotText: "arrived" }).first().getByRole("button").click();
  for (const what of ["Duplicate", "Corrupt", "Delay", "Replay later", "Drop"]) await button(what).click();
  await inForce()
    .getByText(/^dropped: /)
    .waitFor();
  await inForce()
    .getByText(/^one bit turned: /)
    .waitFor();
  await page
    .getByRole("region", { name: "Inspector" })
    .getByRole("button", { name: /^Undo: dropped/ })
    .click();
  await inForce()
    .getByText(/^dropped: /)
    .waitFor({ state: "detached" });
  await close();
  await button("Resume").click();

  await inForce().getByRole("button", { name: "Heal all" }).click();
  await inForce().waitFor({ state: "detached" });
  await status("Liveness").getByText("progressing").waitFor();
  expect(await status("Safety").innerText()).toContain("held");
  await button("Log").click();
  await page
    .getByRole("textbox", { name: "Search" })
    .or(page.getByPlaceholder("search"))
    .first()
    .fill("over: cut");
  await page.getByText("over: cut: n1, n2 ↔ n3, n4").waitFor();
});
