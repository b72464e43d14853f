/**
 * `npm run simulate -- --seed N [--nodes N] [--heights H] [--bls] [--only KIND,…] [--swarm K] [--twice] [--without RULE]`:
 * whole subnets on the virtual clock, under faults and liars drawn from the seed (`lab/simulation`). The first line says seed, commit
 * and what was drawn. A broken promise ends it with exit code 1, the command that repeats it, and the same with as few
 * faults and heights as still break it. With `--swarm` so many seeds from N on, one thread for each core, and sums.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { minimise } from "../lab/simulation/minimise.ts";
import { drawPlan, type Given, type Kind, KINDS, type NodeCount, type Plan } from "../lab/simulation/plan.ts";
import type { Outcome } from "../lab/simulation/simulation.ts";
import type { TraceEntry } from "../types/trace.ts";
import { commit } from "./commit.ts";
import { fail, flags, integer } from "./flags.ts";
import { RULES } from "./simulate/rules.ts";

const asked = flags({
  seed: { type: "string" },
  nodes: { type: "string" },
  heights: { type: "string" },
  only: { type: "string" },
  swarm: { type: "string" },
  without: { type: "string" },
  bls: { type: "boolean" },
  twice: { type: "boolean" },
});
const first = integer("seed", asked.seed ?? "1", 0, 2 ** 31 - 1);
const count = integer("swarm", asked.swarm ?? "1", 1, 1_000_000);
const { without } = asked;
if (without !== undefined && RULES[without] === undefined)
  fail(`--without takes one of ${Object.keys(RULES).join(", ")}, not "${without}".`);
const given: Given = {
  nodes: asked.nodes === undefined ? undefined : nodeCount(asked.nodes),
  heights: asked.heights === undefined ? undefined : integer("heights", asked.heights, 1, 1_000_000),
  crypto: asked.bls === true ? "bls" : undefined,
  only: asked.only === "nothing" ? [] : asked.only?.split(",").map(kind),
};

/** Seeds between two sums, when there are many. */
const SUMS_EVERY = 100;
const threads: Worker[] = [];
const began = performance.now();
let next = first;
let done = 0;
let finalized = 0;
let messages = 0;
const happened = new Map<string, number>();

say(`seed ${first}, commit ${commit()}, ${drawn(drawPlan(first, given))}`);
await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, worker));
sums();
process.exit(0);

async function worker(): Promise<void> {
  const thread = new Worker(new URL("./simulate/seeds.thread.ts", import.meta.url), {
    workerData: { without },
  });
  threads.push(thread);
  while (next < first + count) {
    const seed = next++;
    const plan = drawPlan(seed, given);
    const outcome = await run(thread, plan);
    if (outcome.broken.length > 0) await red(thread, seed, outcome);
    if (asked.twice === true && (await run(thread, plan)).sent !== outcome.sent)
      await red(thread, seed, { ...outcome, broken: ["a second run says other bytes"] });
    finalized += outcome.finalized;
    messages += outcome.messages;
    for (const [what, times] of Object.entries(outcome.happened))
      happened.set(what, (happened.get(what) ?? 0) + times);
    if (++done % SUMS_EVERY === 0 && done < count) sums();
    if (count === 1) say(`state ${outcome.root}, sent ${outcome.sent}`);
  }
}

async function run(thread: Worker, plan: Plan): Promise<Outcome> {
  thread.postMessage(plan);
  const [outcome] = (await once(thread, "message")) as [Outcome];
  return outcome;
}

/** The first red seed ends everything. */
async function red(thread: Worker, seed: number, { broken }: Outcome): Promise<never> {
  next = first + count;
  for (const other of threads) if (other !== thread) void other.terminate();
  process.stderr.write(
    `seed ${seed} is red:\n${broken.slice(0, 5).join("\n")}\nAgain: ${command(seed, given)}\n`,
  );
  const least = await minimise(seed, given, async (plan) => (await run(thread, plan)).broken.length > 0);
  const outcome = await run(thread, drawPlan(seed, least));
  const nodes = [...new Set(outcome.lastFacts.map(({ node }) => node))].sort();
  process.stderr.write(
    `\nWith no more than it takes: ${command(seed, least)}\n${outcome.broken[0]}\n` +
      `${outcome.lastFacts.map((entry) => line(entry, nodes)).join("\n")}\n`,
  );
  process.exit(1);
}

function sums(): void {
  const minutes = (performance.now() - began) / 60_000;
  const faults = [...happened]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, times]) => `${what} ${times}`);
  say(`happened: ${faults.join(", ") || "nothing"}`);
  say(
    `${done === 1 ? "One seed" : `${done} seeds`}, ${finalized} heights, ${messages} users' messages, ` +
      `${Math.round(finalized / minutes)} heights a minute: nothing broken`,
  );
}

function command(seed: number, { nodes, heights, crypto, only }: Given): string {
  const options = Object.entries({ nodes, heights, only: only && (only.join() || "nothing"), without });
  return `npm run simulate -- --seed ${seed}${crypto === undefined ? "" : " --bls"}${options
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` --${name} ${value}`)
    .join("")}`;
}

function drawn({ seed: _, faults, ...plan }: Plan): string {
  const on = Object.entries(faults).filter(([, value]) => value !== 0 && value.length !== 0);
  return JSON.stringify({ ...plan, faults: Object.fromEntries(on) });
}

function line({ node, at, fact }: TraceEntry, nodes: readonly string[]): string {
  const { kind, ...rest } = fact;
  const text = JSON.stringify(rest, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return `${at} ${nodes.indexOf(node)} ${kind} ${text.replace(/([0-9a-f]{8})[0-9a-f]{40,}/g, "$1…")}`;
}

function nodeCount(text: string): NodeCount {
  const nodes = [1, 4, 7, 13, 40].find((n) => String(n) === text) as NodeCount | undefined;
  return nodes ?? fail(`--nodes takes 1, 4, 7, 13 or 40, not "${text}".`);
}

function kind(name: string): Kind {
  return KINDS.find((k) => k === name) ?? fail(`--only takes some of ${KINDS.join(",")}, not "${name}".`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
