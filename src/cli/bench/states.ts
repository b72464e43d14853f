/**
 * What a height costs a node beside consensus, in one thread: a round of ten updates among many canisters, and the tree
 * that is certified. No network: states are made, rounds are run, trees are built as a replica does it.
 */
import { rootHash } from "../../codec/hash-tree.ts";
import { stateTree } from "../../replica/certification/state-tree.ts";
import { createExecution } from "../../replica/execution/execution.ts";
import { loadModule } from "../../replica/execution/management/load-module.ts";
import type { WasmHost } from "../../replica/interfaces/wasm-host.ts";
import { createBeginRound } from "../../replica/routing/begin-round.ts";
import type { CanisterState } from "../../replica/state/canister.ts";
import { PAGE, withPages, zeroPages } from "../../replica/state/pages.ts";
import { sampleCanister, sampleState, sampleSubnet } from "../../replica/state/sample.ts";
import type { ReplicatedState } from "../../replica/state/state.ts";
import { canisterIdOf } from "../../types/principal.ts";

const SECOND = 1_000_000_000n;
const ACTIVE = 10;

export interface HeightCost {
  readonly idleMs: number;
  readonly activeMs: number;
}

/** Milliseconds a height with no message, and with ten; `stateBytes` lie in the stable memories. */
export function heightCost(
  host: WasmHost,
  wasm: Uint8Array,
  canisters: number,
  stateBytes: number,
): HeightCost {
  const subnet = sampleSubnet(1);
  const { executor } = createExecution(host);
  const begin = createBeginRound(executor);
  let state = stateOf(host, wasm, canisters, stateBytes);
  let tree = stateTree(state);
  let calls = 0;
  const height = (messages: number): void => {
    const previous = { state, tree };
    const round = begin(
      state,
      {
        height: state.height + 1,
        time: state.time + SECOND,
        randomness: new Uint8Array(32),
        registryVersion: 1,
        blockMaker: subnet.nodes[0]!.id,
        failedBlockMakers: [],
        ingress: Array.from({ length: messages }, (_, k) =>
          ingressTo(canisterIdOf(BigInt(k)), ++calls, state),
        ),
      },
      subnet,
    );
    for (;;) {
      const step = round.step();
      if (!step.done) continue;
      state = { ...step.state, previousRoot: rootHash(tree) };
      break;
    }
    tree = stateTree(state, previous);
    rootHash(tree);
  };
  const median = (messages: number): number => {
    const times: number[] = [];
    for (let k = 0; k < 25; k++) {
      const start = performance.now();
      height(messages);
      times.push(performance.now() - start);
    }
    // The mean: every tenth height charges for storage.
    return times.slice(5).reduce((sum, t) => sum + t, 0) / 20;
  };
  return { idleMs: median(0), activeMs: median(ACTIVE) };
}

/** Milliseconds to certify a height of 10,000 canisters of which ten changed: on the tree before, and from nothing. */
export function certification(): { readonly updatedMs: number; readonly rebuiltMs: number } {
  const subnet = sampleSubnet(1);
  const of = (height: number, changed: number): ReplicatedState =>
    sampleState(subnet, height, {
      canisters: Array.from({ length: 10_000 }, (_, k) =>
        sampleCanister(canisterIdOf(BigInt(k)), k < changed ? { createdAt: BigInt(height) } : FIXED),
      ),
    });
  const first = of(1, 0);
  const tree = stateTree(first);
  rootHash(tree);
  const changed = new Map(first.canisters);
  for (const [id, canister] of [...changed].slice(0, ACTIVE))
    changed.set(id, { ...canister, createdAt: canister.createdAt + 1n });
  const second: ReplicatedState = { ...first, height: 2, canisters: changed };
  const time = (build: () => Uint8Array): number => {
    const times = Array.from({ length: 7 }, () => {
      const start = performance.now();
      build();
      return performance.now() - start;
    });
    return times.sort((a, b) => a - b)[3]!;
  };
  return {
    updatedMs: time(() => rootHash(stateTree(second, { state: first, tree }))),
    rebuiltMs: time(() => rootHash(stateTree(second))),
  };
}
const FIXED: Partial<CanisterState> = { createdAt: 1n };

function stateOf(host: WasmHost, wasm: Uint8Array, canisters: number, bytes: number): ReplicatedState {
  const loaded = loadModule(wasm, host);
  if (!loaded.ok) throw new Error(loaded.because);
  const { code, heap, globals } = loaded.value;
  const pages = Math.floor(bytes / canisters / PAGE);
  const stable = (): CanisterState["stable"] =>
    withPages(
      zeroPages(pages * PAGE),
      new Map(Array.from({ length: pages }, (_, p) => [p, new Uint8Array(PAGE).fill(p + 1)])),
    );
  return sampleState(sampleSubnet(1), 1, {
    canisters: Array.from({ length: canisters }, (_, k) =>
      sampleCanister(canisterIdOf(BigInt(k)), {
        code,
        heap,
        globals,
        stable: stable(),
        cycles: 10n ** 18n,
        chargedUntil: sampleState(sampleSubnet(1), 1).time - BigInt(k % 10) * SECOND,
      }),
    ),
  });
}

function ingressTo(canister: string, call: number, state: ReplicatedState) {
  return {
    content: {
      id: call.toString(16).padStart(64, "0"),
      sender: "04",
      canister,
      method: "go",
      arg: new Uint8Array(),
      expiry: state.time + 200n * SECOND,
      nonce: undefined,
    },
    effectiveCanister: canister,
    bytes: new Uint8Array(),
  };
}
