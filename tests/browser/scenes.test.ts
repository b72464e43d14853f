/**
 * Scenes of the gallery, opened as the links that they are, and played to their ends in the page. All of them, the two
 * that take minutes too, are played on the virtual clock: tests/simulation/scenes.test.ts.
 */
import { expect, inject, test } from "vitest";
import { networkForLink } from "../../src/lab/link-contents.ts";
import { PAGE_SETTINGS } from "../../src/lab/lab.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import { encodeLink } from "../../src/lab/share-link.ts";
import { messages } from "../../src/ui/shared/messages.ts";
import { visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

const MINUTES = ["sleeper", "two-notarized"];
const visitor = visitors();

test.each(SCENES.filter(({ id }) => !MINUTES.includes(id)))("$scene.title", async ({ scene, network }) => {
  const files = { "main.wat": "(module)" };
  const link = await encodeLink({
    ...{ files, main: "main.wat", name: scene.title, scene },
    network: networkForLink({ ...PAGE_SETTINGS, ...network }),
  });
  const page = await visit(visitor.context, `${inject("built")}${link}`);
  await page.getByRole("button", { name: "Run it" }).click();
  const told = page.getByRole("status", { name: "Scene" });
  for (const step of scene.steps) {
    await told.getByText(step.say).waitFor();
    await page.getByRole("button", { name: messages.scenes.act }).click();
    await told.getByText(messages.scenes.seen[step.until]).waitFor();
  }
  await told.getByText(messages.scenes.over).waitFor();
  const broken = scene.steps.some(({ until }) => until === "safety-broken");
  const safety = page.getByRole("status", { name: "Safety", exact: true });
  expect(await safety.innerText()).toMatch(broken ? /broken at height \d+/ : /held/);
});
