/**
 * Links, as sender and receiver meet them: a link of a stranger runs nothing and touches nothing until the person says
 * so; a link of a friend opens what was sent, makes its calls, and goes into QR codes and frames.
 */
import decodeQR from "qr/decode.js";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { encodeLink } from "../../src/lab/share-link.ts";
import { call, FAST, kept, reply, stored, type, visit } from "./visit.ts";
import { newVisitor, visitors } from "./visitors.ts";

const COUNTER = `persistent actor {
  var n : Nat = 0;
  public func add(by : Nat) : async Nat { n += by; n };
  public query func get() : async Nat { n };
};
`;
/** (40 : nat), (2 : nat) */
const arg = (n: number) => Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 0, 1, 0x7d, n);
const EMPTY_ARG = Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 0, 0);
const HTML = "<img src=x onerror=\"window.hit='image'\"><script>window.hit='script'</script>";

const visitor = visitors();
const strangers: string[] = [];
const home = () => inject("built");
const open = (hash = "", query = FAST) => visit(visitor.context, `${home()}?${query}${hash}`);
const bar = (page: Page) => page.getByRole("region", { name: "Shared project" });
/** Nothing was compiled and nothing was deployed. */
const nothingRan = async (page: Page): Promise<void> => {
  await page.getByText("No canister yet.").waitFor();
  expect(page.workers().filter((w) => w.url().includes("compiler"))).toEqual([]);
  expect(await page.evaluate("window.hit")).toBeUndefined();
};

beforeEach(async () => {
  strangers.length = 0;
  visitor.context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^https?:$/.test(protocol) && origin !== new URL(home()).origin) strangers.push(request.url());
  });
});
afterEach(async () => {
  expect(strangers).toEqual([]);
});

test("a friend's link waits; Run it deploys it and makes its calls; it is a project of mine then", async () => {
  const link = await encodeLink({
    files: { "main.mo": COUNTER, "notes.md": "look here" },
    main: "main.mo",
    name: "Adder",
    open: "notes.md",
    calls: [
      { canister: "main.mo", method: "add", arg: arg(40) },
      { canister: "main.mo", method: "add", arg: arg(2) },
      { canister: "main.mo", method: "get", arg: EMPTY_ARG, query: true },
    ],
    layout: { columns: [20, 50, 30] },
  });
  const page = await open(link);
  await bar(page).getByText("Adder came with a link").waitFor();
  await bar(page).getByText("2 files", { exact: false }).first().waitFor();
  await bar(page).getByText("3 calls to make", { exact: false }).waitFor();
  await nothingRan(page);
  await page.reload();
  await page.waitForSelector("html[data-ready]");
  await bar(page).getByText("Adder came with a link").waitFor();
  await nothingRan(page);
  await bar(page).getByRole("button", { name: "Run it" }).click();
  await reply(page, "get").getByText("42", { exact: true }).waitFor();
  await reply(page, "add").getByText("42", { exact: true }).waitFor();
  expect(await bar(page).count()).toBe(0);
  expect(new URL(page.url()).hash).toBe("");
  await kept(page, "saved").waitFor();
  expect((await stored(page)).map((p) => p.name)).toEqual(["Adder"]);
});

test("Keep mine: my project is as it was, the link is gone; what I typed in the link is kept beside", async () => {
  const page = await open();
  await call(page, "inc");
  await reply(page, "inc").getByText("1", { exact: true }).waitFor();
  await type(page, "// mine\n");
  await kept(page, "saved").waitFor();
  const link = await encodeLink({ files: { "main.mo": COUNTER }, main: "main.mo", name: "Theirs" });
  await page.evaluate((hash) => {
    location.hash = hash;
  }, link);
  await bar(page).getByText("Theirs came with a link").waitFor();
  expect((await stored(page)).length).toBe(1);
  // My canister still answers beside it.
  await call(page, "inc");
  await reply(page, "inc").getByText("2", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: "Deploy", exact: true }).isDisabled()).toBe(true);
  await type(page, "// tried\n");
  await bar(page).getByRole("button", { name: "Keep mine" }).click();
  await page.getByText("// mine").first().waitFor();
  await page.getByText("What you changed in Theirs is kept", { exact: false }).waitFor();
  const names = (await stored(page)).map((p) => p.name);
  expect(names).toContain("Theirs");
  expect(names.length).toBe(2);
});

test("a hostile link: texts stay text, values that cannot be are left out, nothing runs, nothing of mine changes", async () => {
  const own = await open();
  await call(own, "inc");
  await reply(own, "inc").getByText("1", { exact: true }).waitFor();
  const before = await stored(own);
  const link = await encodeLink({
    files: {
      "main.mo": `import Timer "mo:core/Timer"; persistent actor { ${HTML} }`,
      [`${HTML.replaceAll("/", "").slice(0, 150)}.mo`]: HTML,
      "README.md": `${HTML}\n[x](javascript:window.hit='link')`,
      "long.mo": "(".repeat(200_000),
    },
    main: "main.mo",
    name: `${HTML}\u202Egnp.exe`,
    network: { nodes: 1e9, notaryDelay: 1e12, latency: -5, __proto__: null },
    calls: [
      { canister: "aaaaa-aa", method: "uninstall_code", arg: EMPTY_ARG },
      { canister: "__proto__", method: HTML, arg: EMPTY_ARG },
      ...Array.from({ length: 1_000 }, () => ({ canister: "main.mo", method: HTML, arg: EMPTY_ARG })),
    ],
    layout: { columns: [1e9, -1e9, 100], rows: "x" },
    open: { file: "../../etc/passwd", line: 1e308 },
    id: before[0],
    visiting: true,
    files__: HTML,
  });
  const page = await open(link);
  await bar(page).getByText("came with a link").waitFor();
  await bar(page).getByText("A subnet here has 1, 4, 7 or 13 nodes", { exact: false }).waitFor();
  await bar(page).getByText("the first 50 are taken", { exact: false }).waitFor();
  await bar(page).getByText("Its sizes of panels cannot be.").waitFor();
  await bar(page).getByText("Look closer").click();
  for (const path of ["long.mo", "README.md"])
    await bar(page).getByRole("button", { name: path, exact: true }).click();
  expect(await page.locator("img[src=x]").count()).toBe(0);
  expect(await page.getByRole("button", { name: "Freeze n1" }).count()).toBe(1);
  expect(await page.getByRole("button", { name: "Freeze n5" }).count()).toBe(0);
  await nothingRan(page);
  expect(await stored(own)).toEqual(before);
  // Said yes to, it fails in words, and mine is still mine.
  await bar(page).getByRole("button", { name: "Run it" }).click();
  await page
    .getByText(/mistakes? to mend/)
    .first()
    .waitFor();
  expect(await page.evaluate("window.hit")).toBeUndefined();
  expect(await page.evaluate("({}).hit")).toBeUndefined();
  const after = await stored(own);
  expect(after.find((p) => p.name === before[0]!.name)).toEqual(before[0]);
});

test("what the dialog says is in the link is in the link: calls, the network, a QR code that reads back", async () => {
  const page = await open("", `${FAST}&nodes=1`);
  await call(page, "inc");
  await reply(page, "inc").getByText("1", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Share" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("It does not hold the running subnet", { exact: false }).waitFor();
  const field = dialog.getByRole("textbox", { name: "Link" });
  const short = await field.inputValue();
  await dialog.getByRole("checkbox", { name: /last call/ }).check();
  await page.waitForFunction((short) => {
    const field = document.querySelector<HTMLInputElement>("[aria-label=Link]");
    return field !== null && field.value.length > short;
  }, short.length);
  const url = await field.inputValue();
  await dialog.getByText(`${url.length.toLocaleString("en")} characters`, { exact: false }).waitFor();
  await dialog.getByRole("tab", { name: "QR code" }).click();
  const path = await dialog
    .getByRole("img", { name: "QR code of the link" })
    .locator("path")
    .getAttribute("d");
  expect(read(path!)).toBe(url);
  const friend = await visit(await newVisitor(visitor.browser), url);
  await bar(friend).getByText("a subnet of 1 node, notary delay 250 ms", { exact: false }).waitFor();
  await bar(friend).getByRole("button", { name: "Run it" }).click();
  await reply(friend, "inc").getByText("1", { exact: true }).waitFor();
  expect(await friend.getByRole("button", { name: "Freeze n2" }).count()).toBe(0);
  await friend.context().close();
});

test("a frame in somebody's page shows the code, loads nothing more until it is clicked, and keeps nothing", async () => {
  const hash = await encodeLink({ files: { "main.mo": COUNTER }, main: "main.mo", name: "Adder" });
  const page = await visitor.context.newPage();
  page.setDefaultTimeout(90_000);
  let bytes = 0;
  page.on("response", async (response) => {
    bytes += (await response.body().catch(() => Buffer.alloc(0))).length;
  });
  // Any other page of the same machine; a frame is compact whatever its address says.
  await page.route("**/somebody.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<iframe src="${home()}?${FAST}${hash}" width=900 height=600>`,
    }),
  );
  await page.goto(`${home()}somebody.html`);
  const frame = page.frameLocator("iframe");
  await frame.getByText("public func add").waitFor();
  expect(page.workers()).toEqual([]);
  expect(bytes).toBeLessThan(700_000);
  await frame.getByRole("button", { name: "Run it" }).click();
  await frame.getByRole("button", { name: "Call add" }).waitFor();
  const field = frame.getByRole("textbox").last();
  await field.fill("7");
  await frame.getByRole("button", { name: "Call add" }).click();
  await frame.getByRole("status", { name: "Reply of add" }).getByText("7", { exact: true }).waitFor();
  const names = await page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name));
  expect(names).toEqual([]);
});

/** The squares of the path, four pixels each, read by the library's decoder. */
function read(path: string): string {
  const squares = [...path.matchAll(/M(\d+) (\d+)h/g)].map((m) => [Number(m[1]), Number(m[2])] as const);
  const size = Math.max(...squares.map(([x, y]) => Math.max(x, y))) + 5;
  const scale = 4;
  const data = new Uint8Array(size * size * scale * scale * 4).fill(255);
  for (const [x, y] of squares)
    for (let dy = 0; dy < scale; dy++)
      for (let dx = 0; dx < scale; dx++) {
        const at = ((y * scale + dy) * size * scale + x * scale + dx) * 4;
        data.fill(0, at, at + 3);
      }
  return decodeQR({ width: size * scale, height: size * scale, data });
}
