/** A running subnet gets more nodes: by a registry change that blocks agree on, with the same key, and still so after a reload. */
import { expect, inject, test } from "vitest";
import { call, reply, visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

const visitor = visitors();

test("one node becomes four: five are refused, three newcomers fetch the state, blocks wait longer, calls go on, and a reload finds all four", async () => {
  const page = await visit(visitor.context, `${inject("built")}?nodes=1&notary-delay=0&latency=0`);
  const counts = async (to: number): Promise<void> => {
    await call(page, "inc");
    await reply(page, "inc").getByText(String(to), { exact: true }).waitFor();
  };
  const keys = async (): Promise<string> => {
    await page.getByRole("tab", { name: "Keys" }).click();
    const text = await page.getByRole("region", { name: "Network" }).locator("dd.mono").nth(1).innerText();
    await page.getByRole("tab", { name: "Network", exact: true }).click();
    return text;
  };
  await counts(1);
  const key = await keys();
  await page.getByRole("button", { name: "1 node…" }).click();
  const size = page.getByRole("spinbutton", { name: "Nodes" });
  const change = page.getByRole("button", { name: "Change", exact: true });
  await size.fill("5");
  await page.getByText("A subnet of 5 nodes would bear 1 faulty one").waitFor();
  expect(await change.isDisabled()).toBe(true);
  await size.fill("4");
  await page.getByRole("spinbutton", { name: "Notary delay, ms" }).fill("150");
  await change.click();
  await page.getByText("4 nodes, notary delay 150 ms: from height").waitFor();
  await page.getByText("n2, n3 and n4 join: they fetch the state meanwhile.").waitFor();
  await counts(2);
  await page.getByText("4 nodes agree.").waitFor();
  await counts(3);
  expect(await keys()).toBe(key);

  await page.reload();
  await page.waitForSelector("html[data-ready]");
  await page.getByRole("button", { name: "4 nodes…" }).waitFor();
  await counts(4);
});
