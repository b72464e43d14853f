/** A replica that goes through what was recorded of a node: with its code, without its secrets. */
import type { Registry } from "../../registry/registry.ts";
import { runJob } from "../../replica/execution/long-runs.ts";
import type { Replica } from "../../replica/interfaces/events.ts";
import type { StoredParts } from "../../replica/interfaces/storage.ts";
import type { WasmHost } from "../../replica/interfaces/wasm-host.ts";
import { restoreStoredReplica } from "../../replica/replica.ts";
import type { Hash, LabTime, NodeId } from "../../types/ids.ts";
import { replayedCrypto } from "./crypto-record.ts";
import type { RecordedStep } from "./recorded.ts";

export interface ReplayDeps {
  readonly me: NodeId;
  readonly registry: Registry;
  readonly genesis: LabTime;
  /** Without a thread elsewhere: long runs run to their end here. */
  readonly wasm: WasmHost;
  readonly stored: StoredParts;
}

/** Where a replay can begin. */
export interface Beginning {
  readonly at: LabTime;
  readonly name: Hash;
  readonly memoryLostAt: LabTime | undefined;
}

/** A node on its way from a beginning through steps that are given to it. */
export interface Replayed {
  readonly replica: Replica;
  /** A sentence when it did not come to the state that the node came to. */
  step(step: RecordedStep): string | undefined;
}

/**
 * `refused`: of the whole record, since nodes remember verdicts from before a snapshot. Undefined where parts of the
 * snapshot are gone.
 */
export function replayFrom(
  deps: ReplayDeps,
  { name, memoryLostAt }: Beginning,
  refused: ReadonlySet<string>,
): Replayed | undefined {
  const signatures = new Map<string, Uint8Array | undefined>();
  const progress = new Map<string, (bigint | undefined)[]>();
  const { wasm } = deps;
  const replica = restoreStoredReplica(
    {
      ...deps,
      crypto: replayedCrypto(signatures, refused),
      wasm: {
        run: (request) => wasm.run(request),
        validate: (module) => wasm.validate(module),
        elsewhere(job, what) {
          const instructions = progress.get(job)?.shift();
          return instructions === undefined
            ? { kind: "ended", result: runJob(wasm, what) }
            : { kind: "running", instructions };
        },
      },
      ...(memoryLostAt === undefined ? {} : { memoryLostAt }),
    },
    name,
  );
  if (replica === undefined) return undefined;
  return {
    replica,
    step(step) {
      for (const [question, answer] of step.signatures) signatures.set(question, answer);
      for (const [job, instructions] of step.progress) {
        const known = progress.get(job);
        if (known === undefined) progress.set(job, [instructions]);
        else known.push(instructions);
      }
      const expected = new Map(step.roots);
      for (const effect of replica.step(step.event)) {
        const fact = effect.kind === "trace" ? effect.entry.fact : undefined;
        if (fact?.kind !== "round-executed") continue;
        const root = expected.get(fact.height);
        expected.delete(fact.height);
        if (root !== fact.root)
          return `height ${fact.height} has the root ${fact.root} here and had ${root ?? "not been executed"} then`;
      }
      const [missing] = expected.keys();
      return missing === undefined ? undefined : `height ${missing} is not executed here, and was then`;
    },
  };
}
