/** `npm run serve -- --state-dir DIR`: whatever was certified is there after `kill -9`, and goes on. */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Principal } from "@icp-sdk/core/principal";
import { afterEach, expect, test } from "vitest";
import { fromHex } from "../../src/base/bytes.ts";
import { agentFor, counterOf, deploy, type Endpoint } from "../agent/clients.ts";
import { exitOf, type Ready, readyOf, startServe } from "../agent/serve.ts";
import { counterWasm } from "../simulation/setup.ts";

let folder: string;
let child: ChildProcess;
afterEach(async () => {
  if (child.signalCode === null) await crash();
  rmSync(folder, { recursive: true, force: true });
});

async function start(nodes = "4"): Promise<{
  readonly ready: Ready;
  readonly endpoint: Endpoint;
  readonly printed: () => string;
}> {
  const started = startServe("--port", "0", "--nodes", nodes, "--notary-delay", "0", "--state-dir", folder);
  child = started.child;
  const ready = await readyOf(started);
  return {
    ready,
    endpoint: { fetch, rootKey: fromHex(ready.rootKey), host: ready.url },
    printed: started.stderr,
  };
}
async function crash(): Promise<void> {
  child.kill("SIGKILL");
  await exitOf(child);
}

test("kill -9 while calls are under way: what was answered is counted, what was not is counted once or not at all", async () => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-"));
  const first = await start();
  const any = Principal.fromText(first.ready.defaultEffectiveCanisterId);
  const agent = agentFor(first.endpoint);
  const canister = await deploy(agent, any, counterWasm());
  let answered = 0n;
  let sent = 0n;
  for (const life of [1, 2]) {
    const { ready, endpoint } = life === 1 ? first : await start();
    expect(ready.rootKey).toBe(first.ready.rootKey);
    const counter = counterOf(agentFor(endpoint), canister);
    const before = await counter.get();
    expect(before).toBeGreaterThanOrEqual(answered);
    expect(before).toBeLessThanOrEqual(sent);
    answered = before;
    for (let k = 0; k < 5; k++) {
      sent++;
      answered = await counter.inc();
    }
    const lost = [1, 2, 3].map(() => counter.inc().catch(() => undefined));
    sent += 3n;
    await crash();
    await Promise.all(lost);
  }
}, 120_000);

test("a changed byte in what a node signed: it says so, is silent until a catch-up package, and the others go on", async () => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-"));
  const { ready } = await start();
  await crash();
  const journal = ["journal-a", "journal-b"]
    .map((name) => join(folder, "0", name))
    .find((path) => readFileSync(path).length > 500)!;
  const bytes = readFileSync(journal);
  bytes[100]! ^= 1;
  writeFileSync(journal, bytes);
  const again = await start();
  expect(again.ready.rootKey).toBe(ready.rootKey);
  expect(again.printed()).toContain("signs nothing");
  expect(readdirSync(folder).sort()).toEqual(["0", "1", "2", "3", "owner"]);
}, 120_000);

test("the only node's memory is damaged, or written by another version: it says which file and what can be done, and leaves it so", async () => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-"));
  await start("1");
  await crash();
  const journal = join(folder, "0", "journal-a");
  const bytes = readFileSync(journal);
  for (const [at, sentence] of [
    [bytes.length - 14, "its journal is damaged: 1 of its records changed on the disk"],
    [14, "its journal has format 5, and this version of Terrarium knows format 1"],
  ] as const) {
    const damaged = Uint8Array.from(bytes);
    damaged[at]! ^= 4;
    writeFileSync(journal, damaged);
    const again = startServe("--port", "0", "--nodes", "1", "--state-dir", folder);
    expect(await exitOf(again.child)).toBe(2);
    expect(again.stderr()).toContain(sentence);
    expect(again.stderr()).toContain("put a copy of the folder in its place, or begin a new network");
    expect(readFileSync(journal).equals(damaged)).toBe(true);
  }
  writeFileSync(journal, bytes);
  await start("1");
}, 60_000);

test("one process owns a folder", async () => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-"));
  await start();
  const second = startServe("--port", "0", "--state-dir", folder);
  expect(await exitOf(second.child)).toBe(2);
  expect(second.stderr()).toContain("runs the network in");
}, 60_000);
