/** Every scene of the gallery, opened as the link that it is, and played to its end in the page. */
import { expect, inject, test } from "vitest";
import { networkForLink } from "../../src/lab/link-contents.ts";
import { PAGE_SETTINGS } from "../../src/lab/lab.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import { encodeLink } from "../../src/lab/share-link.ts";
import { messages } from "../../src/ui/shared/messages.ts";
import { visit } from "./visit.ts";
import { visitors } from "./visitors.ts";

/** One waits for 160 heights of four nodes. */
const PATIENCE_MS = 240_000;
const visitor = visitors();

test.each(SCENES)(
  "$scene.title",
  async ({ scene, network }) => {
    const files = { "main.wat": "(module)" };
    const link = await encodeLink({
      ...{ files, main: "main.wat", name: scene.title, scene },
      network: networkForLink({ ...PAGE_SETTINGS, ...network }),
    });
    const page = await visit(visitor.context, `${inject("built")}${link}`);
    await page.getByRole("button", { name: "Run it" }).click();
    page.setDefaultTimeout(PATIENCE_MS);
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
  },
  PATIENCE_MS,
);
