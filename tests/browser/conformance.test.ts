/**
 * The interface as a page's own agent meets it: cases of tests/conformance against the transport inside a real
 * Chromium. The official agent runs here; its requests are asked in the page.
 */
import { Principal } from "@icp-sdk/core/principal";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { launch } from "../../src/cli/chromium.ts";
import { certificates } from "../conformance/cases/certified.ts";
import { queries, routes } from "../conformance/cases/http.ts";
import { canisterSignatures } from "../conformance/cases/identities.ts";
import { newProbe, type World } from "../conformance/world.ts";
import type { PageAnswer } from "./page-transport.ts";

let browser: Browser;
let world: World;
const inPage = `import("/tests/browser/page-transport.ts")`;

const fetchIn =
  (page: Page): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    const body = Buffer.from(await request.arrayBuffer()).toString("base64");
    const asked = [request.url, request.method, request.headers.get("content-type"), body];
    const answer = (await page.evaluate(
      `${inPage}.then((m) => m.ask(...${JSON.stringify(asked)}))`,
    )) as PageAnswer;
    return new Response(Buffer.from(answer.body, "base64"), {
      status: answer.status,
      headers: { "content-type": answer.contentType },
    });
  };

beforeAll(async () => {
  browser = await launch();
  const page = await (await browser.newContext()).newPage();
  await page.route("**/blank", (r) => r.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.goto(new URL("blank", inject("dev")).href);
  const info = (await page.evaluate(
    `${inPage}.then((m) => m.open()).then((i) => ({ ...i, rootKey: [...i.rootKey] }))`,
  )) as { rootKey: number[]; subnetId: string; nodes: string[]; defaultEffectiveCanisterId: string };
  const anyId = Principal.fromHex(info.defaultEffectiveCanisterId);
  const place = {
    fetch: fetchIn(page),
    host: "https://terrarium.example",
    rootKey: Uint8Array.from(info.rootKey),
    subnet: Principal.fromHex(info.subnetId),
    nodes: info.nodes.map((node) => Principal.fromHex(node)),
    anyId,
  };
  world = { ...place, probe: await newProbe({ ...place, probe: anyId }) };
});
afterAll(() => browser.close());

describe("routes", () => routes(() => world));
describe("queries", () => queries(() => world));
describe("canister signatures", () => canisterSignatures(() => world));
describe("certificates", () => certificates(() => world));
