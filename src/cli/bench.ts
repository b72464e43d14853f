/**
 * `npm run bench [-- NAME]`: measures in a real Chromium, prints one JSON line each beside its floor, and a
 * calibration by which absolute bars scale (DESIGN §9). Medians of five runs.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { createServer, preview, type PreviewServer, type ViteDevServer } from "vite";
import { launch } from "./chromium.ts";
import { renameExports } from "../compilers/assemblyscript/rename-exports.ts";
import { runAsc } from "../compilers/assemblyscript/run-asc.ts";
import type { PrebuiltIndex } from "../compilers/prebuilt.ts";
import { wat } from "../shell/testing/wat.ts";
import { createWasmHost } from "../shell/wasm-host.ts";
import { type CrashCost, crashCost, CRASHES, SERVED } from "./bench/crashes.ts";
import { evmPerSecond } from "./bench/evm.ts";
import { repeated } from "./bench/large-module.ts";
import { historyCost } from "./bench/history.ts";
import { bareCallsPerSecond, COUNTER_WAT, filledWat, LEDGER_WAT, TRANSFER_ARG } from "./bench/jobs.ts";
import { FIVE_FILES_MAX, fiveFiles, linkLength, TYPICAL_MAX } from "./bench/links.ts";
import { LOAD_NOTARY_DELAY_MS, updatesPerSecond } from "./bench/load.ts";
import { canReadProcesses, firstLook, frames, lived, scripts } from "./bench/page.ts";
import { certification, heightCost } from "./bench/states.ts";
import { type DiskCost, diskCost, stateCost } from "./bench/storage.ts";
import { startThreadNetwork } from "./thread-network.ts";
import { KERNELS, KERNELS_SOURCE } from "./bench/kernels-source.ts";
import { deploy, quantile } from "./bench/scenarios.ts";
import { fail } from "./flags.ts";
import { prebuild } from "./prebuild.ts";

type InPage = typeof import("./bench/in-page.ts");
type Kernels = typeof import("./bench/kernels.ts");
type LanguageBench = typeof import("./bench/language.ts");

interface Line {
  readonly bench: string;
  readonly n: number;
  readonly home?: "chromium" | "node";
  readonly unit: string;
  readonly values: readonly number[];
  /** In the same unit. */
  readonly floor?: number;
  /** Fails below (rates) or above (times). */
  readonly bar?: number;
  readonly higherIsBetter: boolean;
  /** The bar is for the slowest twentieth, not the median. */
  readonly forP95?: boolean;
}

const RUNS = 5;
/** On the machine for which absolute bars are. */
const PAIRING_MS = 6.4;
const COPY_MS = 5;
const LANGUAGE_P95_MS = 150;
/** A subnet quick enough for the 200 messages a second that the bar of a frame's work speaks of. */
const BUSY = "notary-delay=100";
const SIZES = [1, 4, 7, 13] as const;
/** Canisters, megabytes of state. */
const STATES = [
  [10, 1],
  [100, 1],
  [1_000, 1],
  [10_000, 1],
  [10, 64],
  [10, 1_024],
] as const;

const only = process.argv[2];
await prebuild();
const server: ViteDevServer = await createServer({
  server: { host: "127.0.0.1", port: 5390 },
  logLevel: "warn",
});
await server.listen();
const base = server.resolvedUrls!.local[0]!;
const browser = await launch();

/** How much slower than the machine of the bars this one is at cryptography: absolute bars grow by it (DESIGN §9). */
const slowness = await calibrate();

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  // Measured before everything else anyway: naming it measures nothing more.
  calibration: async () => {},
  heights: async () => {
    for (const n of SIZES) {
      const floors = await repeat(
        (page) => inPage(page, "in-page.ts", (m: InPage, n) => m.floor(n, 12), n),
        3,
      );
      const floor = 1000 / quantile(floors, 0.5);
      const values = await repeat((page) =>
        inPage(page, "in-page.ts", (m: InPage, n) => m.heights(n, 5_000), n),
      );
      emit({
        bench: `heights.n${n}`,
        n,
        unit: "heights/s",
        values,
        floor,
        ...(n === 4 ? { bar: Math.max(4 / slowness, floor / 2) } : {}),
        higherIsBetter: true,
      });
    }
  },
  updates: async () => {
    for (const [delay, bar] of [
      [300, undefined],
      [0, 400],
    ] as const) {
      const wasm = counter();
      const values = await repeat((page) =>
        inPage(
          page,
          "in-page.ts",
          (m: InPage, [delay, wasm]) => m.updates(delay, Uint8Array.from(wasm), 10),
          [delay, wasm] as const,
        ),
      );
      emit({
        bench: `update.delay-${delay}`,
        n: 4,
        unit: "ms",
        values: values.flat(),
        ...(bar === undefined ? {} : { bar: bar * slowness }),
        higherIsBetter: false,
      });
    }
  },
  storage: async () => {
    const costs = Array.from({ length: RUNS }, () => stateCost(100e6));
    const rows = { first: "firstMs", next: "nextMs", read: "readMs", sync: "syncMs" } as const;
    for (const [name, key] of Object.entries(rows))
      node(
        `state-100MB.${name}`,
        1,
        "ms",
        costs.map((cost) => cost[key]),
        false,
      );
    const disks: DiskCost[] = [];
    for (let k = 0; k < RUNS; k++) disks.push(await diskCost(8_000));
    const ratios = disks.map((disk) => disk.ratio);
    emit({
      bench: "disk.heights",
      n: 4,
      home: "node",
      unit: "of those without",
      values: ratios,
      bar: 0.8,
      higherIsBetter: true,
    });
    node(
      "disk.height",
      4,
      "bytes a node",
      disks.map((disk) => disk.bytesAHeight),
      false,
    );
    node(
      "disk.restart",
      4,
      "ms",
      disks.map((disk) => disk.restartMs),
      false,
    );
  },
  // Two names, because each takes five minutes.
  crashes: async () => emitCrashes("node", await crashesInNode()),
  "crashes-page": async () => {
    const run = (page: Page) =>
      inPage(page, "in-page.ts", (m: InPage, wasm) => m.crashing(Uint8Array.from(wasm)), counter());
    emitCrashes("chromium", (await repeat(run, 1))[0]!);
  },
  // What the editor asks of Motoko in 200 lines, a new text each time.
  language: async () => {
    const [took] = await repeat(
      (page) => inPage(page, "language.ts", (m: LanguageBench, n) => m.languageAnswers(n), 60),
      1,
    );
    for (const [question, values] of Object.entries(took!)) {
      const line = {
        unit: "ms",
        values,
        bar: LANGUAGE_P95_MS * slowness,
        higherIsBetter: false,
        forP95: true,
      };
      emit({ bench: `language.motoko.${question}`, n: 1, ...line });
    }
  },
  queries: async () => {
    const wasm = counter();
    const values = await repeat((page) =>
      inPage(page, "in-page.ts", (m: InPage, wasm) => m.queries(Uint8Array.from(wasm), 200), wasm),
    );
    emit({ bench: "queries", n: 4, unit: "queries/s", values, higherIsBetter: true });
  },
  load: async () => {
    for (const [job, text, arg] of [
      ["counter", COUNTER_WAT, new Uint8Array()],
      ["ledger", LEDGER_WAT, TRANSFER_ARG],
    ] as const) {
      const wasm = wat(text);
      const bare = bareCallsPerSecond(wasm, arg);
      const peer = await evmPerSecond(job);
      for (const [kind, rate] of Object.entries(peer))
        emit({
          bench: `evm.${job}.${kind}`,
          home: "node",
          n: 1,
          unit: "updates/s",
          values: [rate],
          higherIsBetter: true,
        });
      for (const signed of [false, true]) {
        const line = {
          n: 4,
          unit: "updates/s",
          higherIsBetter: true,
          floor: bare,
          bar: signed ? peer.transactions : 1_000 / slowness,
        };
        const name = `load.${job}${signed ? ".signed" : ""}`;
        const calls = signed ? 2_000 : 5_000;
        const page = await repeat((p) =>
          inPage(p, "in-page.ts", (m: InPage, given) => m.load(given as never), {
            wasm: [...wasm],
            arg: [...arg],
            canisters: 20,
            calls,
            signed,
          }),
        );
        emit({ bench: name, ...line, values: page });
        const network = await startThreadNetwork({
          nodes: 4,
          notaryDelayMs: LOAD_NOTARY_DELAY_MS,
          unitDelayMs: 1_000,
          latencyMs: 0,
        });
        const node = await updatesPerSecond(network, { wasm, arg, canisters: 100, calls, signed });
        await network.close();
        emit({ bench: name, home: "node", ...line, values: [node] });
      }
    }
  },
  history: async () => {
    const { idle, calls, seeks, recordedMs, bareMs } = await historyCost(wat(COUNTER_WAT));
    const line = { home: "node", n: 4, higherIsBetter: false } as const;
    emit({ bench: "history.idle", ...line, unit: "MB/minute", values: [idle] });
    emit({ bench: "history.calls", ...line, unit: "MB/minute", values: [calls] });
    emit({ bench: "history.height", ...line, unit: "ms", values: [recordedMs], floor: bareMs });
    emit({ bench: "history.seek", ...line, unit: "ms", values: seeks, bar: 1_000 * slowness, forP95: true });
  },
  certification: async () => {
    const { updatedMs, rebuiltMs } = certification();
    const line = { home: "node", n: 1, unit: "ms", higherIsBetter: false } as const;
    emit({
      bench: "certify.10-of-10000",
      ...line,
      values: [updatedMs],
      floor: rebuiltMs,
      bar: rebuiltMs / 50,
    });
  },
  state: async () => {
    const names = { heightMs: "height.idle", updateMs: "update.delay-0" } as const;
    const ofSmall: Partial<Record<keyof typeof names, number>> = {};
    for (const megabytes of [1, 64]) {
      const wasm = [...wat(filledWat(megabytes))];
      const runs = await repeat((page) =>
        inPage(page, "in-page.ts", (m: InPage, wasm) => m.filled(Uint8Array.from(wasm)), wasm),
      );
      for (const what of ["heightMs", "updateMs"] as const) {
        const values = runs.map((run) => run[what]);
        ofSmall[what] ??= quantile(values, 0.5);
        const line = { n: 4, unit: "ms", values, floor: ofSmall[what], higherIsBetter: false };
        emit({ bench: `${names[what]}.${megabytes}-MB`, ...line });
      }
    }
    const host = createWasmHost({ memoryUnits: 2_000 });
    const line = { home: "node", n: 1, unit: "ms/height", higherIsBetter: false } as const;
    for (const [canisters, megabytes] of STATES) {
      const { idleMs, activeMs } = heightCost(host, wat(COUNTER_WAT), canisters, megabytes * 2 ** 20);
      const name = `${canisters}-canisters.${megabytes}-MB`;
      emit({ bench: `height.idle.${name}`, ...line, values: [idleMs] });
      emit({ bench: `height.ten-updates.${name}`, ...line, values: [activeMs] });
    }
  },
  rollback: async () => {
    const runs = await repeat((page) => inPage(page, "in-page.ts", (m: InPage) => m.undo()));
    for (const [k, { pages }] of runs[0]!.entries())
      emit({
        bench: `rollback.64-MB.${pages}-pages`,
        n: 1,
        unit: "ms",
        values: runs.map((r) => r[k]!.trappedMs),
        floor: quantile(
          runs.map((r) => r[k]!.returnedMs),
          0.5,
        ),
        higherIsBetter: false,
      });
  },
  install: async () => {
    const file = process.env["TERRARIUM_BENCH_WASM"];
    if (file === undefined) {
      process.stderr.write(
        "install: TERRARIUM_BENCH_WASM names no module (say, experimental.wasm of npm's azle).\n",
      );
      return;
    }
    const wasm = [...readFileSync(file)];
    const values = await repeat((page) =>
      inPage(page, "in-page.ts", (m: InPage, wasm) => m.install(Uint8Array.from(wasm)), wasm),
    );
    emit({ bench: "install", n: 4, unit: "ms", values, higherIsBetter: false });
  },
  rewrite: async () => {
    const file = process.env["TERRARIUM_BENCH_WASM"];
    const wasm = file === undefined ? repeated(prebuilt("two-canisters-motoko", 1), 3e6) : readFileSync(file);
    const runs = await repeat((page) =>
      inPage(page, "kernels.ts", (m: Kernels, wasm) => m.rewriting(Uint8Array.from(wasm)), [...wasm]),
    );
    const line = { n: 1, unit: "MB/s", higherIsBetter: true } as const;
    emit({ bench: "rewrite", ...line, values: runs.map((r) => r.warm), bar: 50 / slowness });
    emit({ bench: "rewrite.first", ...line, values: runs.map((r) => r.first) });
  },
  memory: async () => {
    const resident = async (nodes: 1 | 4): Promise<number> => {
      const before = process.memoryUsage().rss;
      const network = await startThreadNetwork({ nodes, notaryDelayMs: 0, unitDelayMs: 1_000, latencyMs: 0 });
      await Promise.all(Array.from({ length: 20 }, () => deploy(network, wat(COUNTER_WAT))));
      const grown = process.memoryUsage().rss - before;
      await network.close();
      return grown / 2 ** 20 / nodes;
    };
    const line = { home: "node", unit: "MB/node", higherIsBetter: false } as const;
    for (const n of [1, 4] as const) emit({ bench: "memory", n, ...line, values: [await resident(n)] });
  },
  metering: async () => {
    const wasm = await kernels();
    for (const [bench, marks, bar] of [
      ["metering.page-charge-off", false, 1.35],
      ["metering.page-charge-on", true, 2.2],
    ] as const) {
      const runs = await repeat((page) =>
        inPage(page, "kernels.ts", (m: Kernels, [wasm, marks]) => m.metering(Uint8Array.from(wasm), marks), [
          wasm,
          marks,
        ] as const),
      );
      const geometricMean = (r: Record<string, number>): number =>
        Math.exp(Object.values(r).reduce((sum, v) => sum + Math.log(v), 0) / Object.values(r).length);
      const line = { n: 1, unit: "metered/bare", higherIsBetter: false } as const;
      emit({ bench, ...line, values: runs.map(geometricMean), bar });
      for (const name of KERNELS)
        emit({ bench: `${bench}.${name}`, ...line, values: runs.map((r) => r[name]!) });
    }
  },
  links: async () => {
    const { examples } = await prebuild();
    const lengths = await Promise.all(examples.map(linkLength));
    const line = { home: "node", unit: "characters", higherIsBetter: false } as const;
    emit({ bench: "links.typical", ...line, n: 1, values: lengths, bar: TYPICAL_MAX });
    const five = [await linkLength(fiveFiles(examples))];
    emit({ bench: "links.five-files", ...line, n: 5, values: five, bar: FIVE_FILES_MAX });
  },
  page: async () => {
    const built = await builtPage();
    const url = built.resolvedUrls!.local[0]!;
    const times = async <T>(run: () => Promise<T>, runs = RUNS): Promise<T[]> => {
      const out: T[] = [];
      while (out.length < runs) out.push(await run());
      return out;
    };
    const looks = await times(() => firstLook(browser, url));
    const ms = { n: 4, unit: "ms", higherIsBetter: false } as const;
    emit({ bench: "page.first-paint", ...ms, values: looks.map((l) => l.paint), bar: 1_500 * slowness });
    emit({ bench: "page.first-panels", ...ms, values: looks.map((l) => l.panels) });
    emit({ bench: "page.first-answer", ...ms, values: looks.map((l) => l.answer), bar: 3_000 * slowness });
    const kB = { n: 4, unit: "kB gzip", higherIsBetter: false } as const;
    const fetched = await scripts(browser, url);
    emit({ bench: "page.scripts", ...kB, values: [fetched.page], bar: 250 });
    emit({ bench: "page.scripts.workers", ...kB, values: [fetched.workers] });
    const drawn = await frames(browser, `${url}?${BUSY}`);
    const rate = { n: 4, unit: "messages/s", higherIsBetter: true } as const;
    emit({ bench: "page.frame.messages", ...rate, values: [drawn.messages], bar: 200 });
    emit({ bench: "page.frame", ...ms, values: drawn.works, bar: 8 * slowness, forP95: true });
    if (canReadProcesses) {
      const life = await lived(browser, url);
      const after = { n: 4, higherIsBetter: false } as const;
      emit({ bench: "page.memory", ...after, unit: "MB", values: [life.megabytes], bar: 400 });
      emit({ bench: "page.compilers", ...after, unit: "workers", values: [life.compilers], bar: 0 });
      emit({ bench: "page.dozing", ...after, unit: "% of a core", values: [life.dozing], bar: 10 });
    } else process.stderr.write("page: memory and dozing are read from Linux's /proc.\n");
    await built.close();
  },
  "first-reply": async () => {
    const built = await builtPage();
    const values = await repeat(async (page) => {
      await page.goto(built.resolvedUrls!.local[0]!);
      const loaded = performance.now();
      await page.getByRole("button", { name: "Call inc" }).click({ timeout: 60_000 });
      await page
        .getByText(/certified at \d+/)
        .first()
        .waitFor({ timeout: 60_000 });
      return performance.now() - loaded;
    });
    await built.close();
    emit({ bench: "first-reply", n: 4, unit: "ms", values, bar: 6_000 * slowness, higherIsBetter: false });
  },
};

if (only !== undefined && BENCHES[only] === undefined) {
  fail(`There is no bench "${only}". There are: ${Object.keys(BENCHES).join(", ")}.`);
}
for (const [name, run] of Object.entries(BENCHES)) if (only === undefined || only === name) await run();
await browser.close();
await server.close();

function node(
  bench: string,
  n: number,
  unit: string,
  values: readonly number[],
  higherIsBetter: boolean,
): void {
  emit({ bench, n, home: "node", unit, values, higherIsBetter });
}

async function crashesInNode(): Promise<CrashCost> {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-bench-"));
  try {
    const network = await startThreadNetwork(SERVED, folder);
    const cost = await crashCost(network, Uint8Array.from(counter()));
    await network.close();
    return cost;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function emitCrashes(home: "chromium" | "node", cost: CrashCost): void {
  for (const sentence of new Set(cost.failed)) process.stderr.write(`crashes: ${sentence}\n`);
  const line = { home, n: 4, higherIsBetter: false } as const;
  const { updates, queries, failed, miscounts, forks } = cost;
  emit({
    bench: "crashes",
    ...line,
    unit: "crashes",
    values: [cost.crashes],
    bar: CRASHES,
    higherIsBetter: true,
  });
  emit({
    bench: "crashes.calls",
    ...line,
    unit: "calls",
    values: [updates.length + queries.length + failed.length],
  });
  emit({ bench: "crashes.failed", ...line, unit: "calls", values: [failed.length], bar: 0 });
  emit({ bench: "crashes.miscounted", ...line, unit: "updates", values: miscounts.map(Math.abs), bar: 0 });
  emit({
    bench: "crashes.forks",
    ...line,
    unit: `of ${cost.heights} heights`,
    values: [forks.length],
    bar: 0,
  });
  emit({ bench: "crashes.update", ...line, unit: "ms", values: updates });
  emit({ bench: "crashes.query", ...line, unit: "ms", values: queries });
  emit({ bench: "crashes.back", ...line, unit: "ms", values: cost.backMs });
}

async function calibrate(): Promise<number> {
  const values = await repeat((page) => inPage(page, "kernels.ts", (m: Kernels) => m.calibrate()));
  const line = { n: 1, unit: "ms", higherIsBetter: false } as const;
  const pairings = values.map((v) => v.pairingMs);
  emit({ bench: "calibration.pairing-check", ...line, values: pairings, floor: PAIRING_MS });
  emit({ bench: "calibration.copy-64MiB", ...line, values: values.map((v) => v.copyMs), floor: COPY_MS });
  return quantile(pairings, 0.5) / PAIRING_MS;
}

function emit({
  bench,
  home = "chromium",
  n,
  unit,
  values,
  floor,
  bar,
  higherIsBetter,
  forP95 = false,
}: Line): void {
  const median = quantile(values, 0.5);
  const p95 = quantile(values, 0.95);
  const max = quantile(values, 1);
  const round = (x: number): number => Math.round(x * 1000) / 1000;
  const line = {
    bench,
    home,
    n,
    unit,
    median: round(median),
    p95: round(p95),
    max: round(max),
    runs: values.length,
    floor: floor === undefined ? null : round(floor),
    ratio: floor === undefined ? null : round(median / floor),
    bar: bar === undefined ? null : round(bar),
    pass: bar === undefined ? null : higherIsBetter ? median >= bar : (forP95 ? p95 : median) <= bar,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Each run in a page of its own: what one leaves behind does not slow the next. */
async function repeat<T>(run: (page: Page) => Promise<T>, runs = RUNS): Promise<T[]> {
  const out: T[] = [];
  for (let i = 0; i < runs; i++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route("**/blank", (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html>" }),
    );
    await page.goto(`${base}blank`);
    out.push(await run(page));
    await context.close();
  }
  return out;
}

async function builtPage(): Promise<PreviewServer> {
  // In a process of its own: beside a development server vite would make a page for development.
  execFileSync(process.execPath, ["src/cli/launch.js", "src/cli/build"], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return preview({ preview: { host: "127.0.0.1", port: 5391 }, logLevel: "error" });
}

/** Calls a function of one of the bench's modules inside the page. */
function inPage<M, A, R>(
  page: Page,
  module: string,
  use: (m: M, argument: A) => R | Promise<R>,
  argument?: A,
): Promise<R> {
  const source = `import("/src/cli/bench/${module}").then((m) => (${use.toString()})(m, ${JSON.stringify(argument ?? null)}))`;
  return page.evaluate(source) as Promise<R>;
}

/** The nine kernels, each exported as a query. */
async function kernels(): Promise<number[]> {
  const flags = ["-O3", "--runtime", "stub", "--use", "abort="];
  const { written, diagnostics } = await runAsc({ "kernels.ts": KERNELS_SOURCE }, "kernels.ts", flags);
  const names = new Map(KERNELS.map((name) => [name as string, `canister_query ${name}`]));
  const wasm = written.wasm;
  if (!(wasm instanceof Uint8Array)) return fail(diagnostics.map((d) => d.message).join(" "));
  const renamed = renameExports(wasm, names);
  return renamed.ok ? [...renamed.value] : fail(renamed.because);
}

/** The prebuilt WAT counter. */
function counter(): number[] {
  return [...prebuilt("counter-wat", 0)];
}

function prebuilt(id: string, canister: number): Uint8Array {
  const index = JSON.parse(readFileSync("public/prebuilt/index.json", "utf8")) as PrebuiltIndex;
  const file = index.examples.find((e) => e.id === id)?.canisters[canister]?.wasm;
  if (file === undefined) return fail(`The example ${id} is not prebuilt.`);
  return readFileSync(`public/prebuilt/${file}`);
}
