/** For tests: the other thread on which long runs go on, played by the one that there is. */
import { runJob } from "../../../src/replica/execution/long-runs.ts";
import type { WasmHost } from "../../../src/replica/interfaces/wasm-host.ts";
import { createWasmHost } from "../../../src/shell/wasm-host.ts";

export const SLICE = 2_000_000n;

/** Inline runs of the core give up early here, as they would at 200 M instructions. */
const impatient = (host: WasmHost): WasmHost => ({
  ...host,
  run: (request) =>
    host.run(request.giveUpAfter === undefined ? request : { ...request, giveUpAfter: 500_000n }),
});

/** Another thread, played by this one: of each job it tells a little more at every question. */
export function slowElsewhere(stepsPerSlice: number): {
  readonly host: WasmHost;
  waits: number;
  inHand(): number;
} {
  const jobs = new Map<string, { told: number; slices: bigint[]; result: unknown }>();
  const begin = (job: unknown) => {
    const slices: bigint[] = [];
    const host = createWasmHost({ slices: { instructions: SLICE, onSlice: (used) => slices.push(used) } });
    return { told: 0, slices, result: structuredClone(runJob(host, structuredClone(job))) };
  };
  const self = {
    waits: 0,
    inHand: () => jobs.size,
    host: {
      ...impatient(createWasmHost()),
      elsewhere(name: string, job: unknown) {
        const begun = jobs.get(name) ?? begin(job);
        jobs.set(name, begun);
        begun.told++;
        const passed = Math.floor(begun.told / stepsPerSlice);
        if (passed > begun.slices.length) {
          jobs.delete(name);
          return { kind: "ended" as const, result: begun.result };
        }
        self.waits++;
        return { kind: "running" as const, instructions: begun.slices[passed - 1] ?? 0n };
      },
    },
  };
  return self;
}
