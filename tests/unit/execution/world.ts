/** A subnet of scripted canisters, driven round by round through the true routing and execution. */
import { defined } from "../../../src/base/assert.ts";
import { createExecution, type Execution } from "../../../src/replica/execution/execution.ts";
import { defaultSettings, emptyCanister } from "./empty-canister.ts";
import { createBeginRound } from "../../../src/replica/routing/begin-round.ts";
import type { CanisterState } from "../../../src/replica/state/canister.ts";
import type { WasmHost } from "../../../src/replica/interfaces/wasm-host.ts";
import type { ReplicatedState } from "../../../src/replica/state/state.ts";
import { cyclesLedger, missingCycles } from "../../../src/replica/state/cycles-ledger.ts";
import { NOTHING_TOLD } from "../../../src/replica/state/query-stats.ts";
import { NO_SCHEDULE } from "../../../src/replica/state/standing.ts";
import { subnetInfo } from "../../../src/replica/state/draft.ts";
import { APPLICATION_LIMITS, type SubnetRecord } from "../../../src/registry/registry.ts";
import { canisterIdOf } from "../../../src/types/principal.ts";
import type { IngressStatus, SignedIngress } from "../../../src/types/messages.ts";
import type { Fact } from "../../../src/types/trace.ts";
import { utf8, utf8Lossy } from "../../../src/base/bytes.ts";
import { scriptedHost, withProgram, type Program } from "./scripted-host.ts";

export const SECOND = 1_000_000_000n;
export const START = 1_700_000_000n * SECOND;
export const USER = `${"ab".repeat(28)}02`;
export const idOf = (index: number): string => canisterIdOf(BigInt(index));

/** A round of `round` instructions more than one message may take of it. */
export function subnetOf(nodes: number, limits: Partial<SubnetRecord["limits"]> = {}): SubnetRecord {
  return {
    id: `${"cd".repeat(28)}02`,
    type: "application",
    nodes: Array.from({ length: nodes }, (_, i) => ({
      id: `${i.toString(16).padStart(56, "0")}02`,
      publicKey: new Uint8Array(44),
      multiSigKey: new Uint8Array(96),
      multiSigPop: new Uint8Array(48),
    })),
    lowCoefficients: [],
    highCoefficients: [],
    publicKeyDer: new Uint8Array(133).fill(7),
    initialNotaryDelayMs: 300,
    unitDelayMs: 1000,
    maxIngressBytesPerMessage: 2 ** 21,
    maxIngressMessagesPerBlock: 1000,
    maxBlockPayloadBytes: 2 ** 22,
    dkgIntervalLength: 499,
    queryStatsEpochLength: 600,
    canisterRanges: [{ start: idOf(0), end: idOf(2 ** 20 - 1) }],
    limits: {
      ...APPLICATION_LIMITS,
      ...limits,
      round: (limits.round ?? 2_000_000_001n) + APPLICATION_LIMITS.slice - 1n,
    },
  };
}

export class World {
  state: ReplicatedState;
  readonly subnet: SubnetRecord;
  readonly execution: Execution;
  readonly facts: Fact[] = [];
  private calls = 0;

  constructor(
    programs: readonly Program[],
    options: {
      readonly cycles?: bigint;
      readonly subnet?: SubnetRecord;
      /** Instead of the scripted one. */
      readonly host?: WasmHost;
      readonly change?: (canister: CanisterState, index: number) => CanisterState;
    } = {},
  ) {
    this.subnet = options.subnet ?? subnetOf(13);
    const cycles = options.cycles ?? 100_000_000_000_000n;
    const keyed = Object.fromEntries(programs.map((p, i) => [`program-${i}`, p]));
    this.execution = createExecution(options.host ?? scriptedHost(keyed));
    const canisters = programs.map((program, i) => {
      const origin = { kind: "user", user: USER } as const;
      const empty = emptyCanister(idOf(i), defaultSettings([USER]), cycles, START, origin);
      const installed = withProgram(empty, `program-${i}`, program);
      return options.change?.(installed, i) ?? installed;
    });
    this.state = {
      height: 0,
      time: START,
      previousRoot: new Uint8Array(0),
      subnet: subnetInfo(this.subnet),
      canisters: new Map(canisters.map((c) => [c.id, c])),
      nextCanisterIndex: BigInt(programs.length),
      ingressHistory: new Map(),
      subnetQueue: [],
      held: [],
      postponedRawRand: [],
      scheduler: NO_SCHEDULE,
      nodeMetrics: [],
      queryStats: NOTHING_TOLD,
      totals: { updates: 0n, cyclesMinted: cycles * BigInt(programs.length), cyclesBurned: 0n },
    };
  }

  canister(index: number): CanisterState {
    return this.state.canisters.get(idOf(index))!;
  }

  ingress(receiver: string, method: string, arg: Uint8Array | string = "", expiresIn = 300n): SignedIngress {
    return {
      content: {
        id: (++this.calls).toString(16).padStart(64, "0"),
        sender: USER,
        canister: receiver,
        method,
        arg: typeof arg === "string" ? utf8(arg) : arg,
        expiry: this.state.time + expiresIn * SECOND,
        nonce: undefined,
      },
      effectiveCanister: receiver,
      bytes: new Uint8Array(0),
    };
  }

  /** One round, `seconds` after the last. Returns its facts. */
  round(ingress: readonly SignedIngress[] = [], seconds = 1n): Fact[] {
    const height = this.state.height + 1;
    const round = createBeginRound(this.execution.executor)(
      this.state,
      {
        height,
        time: this.state.time + seconds * SECOND,
        randomness: new Uint8Array(32).fill(height),
        registryVersion: 1,
        ingress,
        blockMaker: this.subnet.nodes[0]!.id,
        failedBlockMakers: [],
      },
      this.subnet,
    );
    const facts: Fact[] = [];
    for (;;) {
      const step = round.step();
      facts.push(...step.facts);
      if (!step.done) continue;
      this.state = step.state;
      this.facts.push(...facts);
      return facts;
    }
  }

  /** Calls and runs one round. */
  call(index: number, method: string, arg: Uint8Array | string = ""): IngressStatus {
    const message = this.ingress(idOf(index), method, arg);
    this.round([message]);
    return this.status(message);
  }

  status(message: SignedIngress): IngressStatus {
    return this.state.ingressHistory.get(message.content.id)!.status;
  }

  /** The reply as text, or the reject as `code error: message`. */
  ask(index: number, method: string, arg: Uint8Array | string = ""): string {
    return told(this.call(index, method, arg));
  }

  query(index: number, method: string, arg = "", certificate?: Uint8Array): string {
    const query = { sender: USER, receiver: idOf(index), method, arg: utf8(arg) };
    const result = defined(
      this.execution.queries.query(this.state, query, certificate, this.subnet, `${++this.calls}`),
      "there is one thread only",
    );
    return result.kind === "replied" ? utf8Lossy(result.reply) : rejectText(result.reject);
  }

  /** Zero, always: minted = held + in flight + burned. */
  missingCycles(): bigint {
    return missingCycles(cyclesLedger(this.state));
  }
}

const rejectText = (r: { code: number; error?: string; message: string }): string =>
  `${r.code} ${r.error ?? "-"}: ${r.message}`;

export function told(status: IngressStatus): string {
  if (status.kind === "replied") return utf8Lossy(status.reply);
  if (status.kind === "rejected") return rejectText(status.reject);
  return `(${status.kind})`;
}
