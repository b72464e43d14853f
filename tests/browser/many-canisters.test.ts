/** Wasm memories are scarce in a tab (DESIGN §6): canisters may be more than would fit, and nobody notices. */
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launch } from "../../src/cli/chromium.ts";
import type { PrebuiltIndex } from "../../src/compilers/prebuilt.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

function prebuilt(id: string): number[] {
  const index = JSON.parse(readFileSync("public/prebuilt/index.json", "utf8")) as PrebuiltIndex;
  const file = index.examples.find((e) => e.id === id)!.canisters[0]!.wasm;
  return [...readFileSync(`public/prebuilt/${file}`)];
}

test("40 one-page canisters and 20 Motoko canisters live on four nodes", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.route("**/blank", (r) => r.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.goto(new URL("blank", inject("dev")).href);
  const kinds = [
    { wasm: prebuilt("counter-wat"), counts: "Nat64", many: 40 },
    { wasm: prebuilt("counter-motoko"), counts: "Nat", many: 20 },
  ];
  const result = await page.evaluate(
    `import("/tests/browser/many-canisters.ts").then((m) => m.manyCanisters(${JSON.stringify(kinds)}, 2))`,
  );
  expect(result).toEqual({ counts: Array(60).fill("2"), statuses: Array(4).fill("running") });
  await page.context().close();
});
