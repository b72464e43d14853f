/**
 * `npm run fuzz -- --seed N [--minutes M]`: subnets of four nodes on the virtual clock, under random requests, modules
 * and storms of messages, one seed after the other for so many minutes (one seed without). It ends at the first broken
 * promise with the command that repeats it, and exit code 1.
 */
import { fuzzSeed } from "../lab/simulation/fuzz.ts";
import { randomModule } from "../shell/testing/random-module.ts";
import { wat } from "../shell/testing/wat.ts";
import { createWasmHost } from "../shell/wasm-host.ts";
import { STORM_WAT } from "../lab/simulation/storm-canister.ts";
import { commit } from "./commit.ts";
import { flags, integer } from "./flags.ts";

const given = flags({ seed: { type: "string" }, minutes: { type: "string" } });
const first = integer("seed", given.seed ?? "1", 0, 2 ** 31 - 1);
const minutes = integer("minutes", given.minutes ?? "0", 0, 24 * 60);

process.stdout.write(`seed ${first}, commit ${commit()}\n`);
const host = createWasmHost({ memoryUnits: 1000 });
const world = { wasmHost: () => host, modules: { storm: wat(STORM_WAT), random: randomModule } };
const until = Date.now() + minutes * 60_000;
let executed = 0;
for (let seed = first; seed === first || Date.now() < until; seed++) {
  const { broken, messages } = fuzzSeed(seed, world);
  if (broken.length > 0) {
    for (const sentence of broken.slice(0, 20)) process.stderr.write(`${sentence}\n`);
    process.stderr.write(`Again: npm run fuzz -- --seed ${seed}\n`);
    process.exit(1);
  }
  executed += messages;
  process.stdout.write(`seed ${seed}: ${messages} messages executed, nothing broken\n`);
}
process.stdout.write(`${executed} messages, nothing broken\n`);
