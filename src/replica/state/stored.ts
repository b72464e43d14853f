/**
 * A state as it is written down: plain data without what follows from the rest. Of code only the upload stays: how a
 * module is rewritten is this version's affair, and the next one may do it better.
 *
 *   W1  What was written down and read again is the same state: the same root, the same name, the same next round.
 *   W2  A canister that did not change is the very object that was written down before, so nothing of it is hashed anew.
 */
import type { CanisterState, InstalledCode } from "./canister.ts";
import type { ReplicatedState } from "./state.ts";

type CodeOf = (uploaded: Uint8Array) => InstalledCode;

interface StoredCode {
  readonly uploaded: Uint8Array;
}
interface StoredCanister extends Omit<CanisterState, "code" | "standing"> {
  readonly code: StoredCode | undefined;
  readonly standing?: unknown;
}

const CANISTERS = new WeakMap<CanisterState, StoredCanister>();
const CODES = new WeakMap<InstalledCode, StoredCode>();

export const toStored = (state: ReplicatedState): object => ({
  ...state,
  canisters: new Map([...state.canisters].map(([id, canister]) => [id, storedCanister(canister)])),
  scheduler: withStart(state.scheduler, "install", storedCanister),
});

/** `stored`: what `toStored` gave, from parts whose hashes were right. */
export function fromStored(stored: unknown, codeOf: CodeOf): ReplicatedState {
  const state = stored as ReplicatedState;
  const canister = (written: CanisterState): CanisterState => canisterFrom(written, codeOf);
  return {
    ...state,
    canisters: new Map([...state.canisters].map(([id, written]) => [id, canister(written)])),
    scheduler: withStart(state.scheduler, "install", canister),
  };
}

function storedCanister(canister: CanisterState): StoredCanister {
  const known = CANISTERS.get(canister);
  if (known !== undefined) return known;
  const { code, standing, ...rest } = canister;
  const stored = {
    ...rest,
    code: code && storedCode(code),
    ...(standing === undefined ? {} : { standing: withStart(standing, "long", storedCanister) }),
  };
  CANISTERS.set(canister, stored);
  return stored;
}

function storedCode(code: InstalledCode): StoredCode {
  const known = CODES.get(code);
  if (known !== undefined) return known;
  const stored = { uploaded: code.uploaded };
  CODES.set(code, stored);
  return stored;
}

function canisterFrom(stored: CanisterState, codeOf: CodeOf): CanisterState {
  const { code, standing, ...rest } = stored;
  const canister = {
    ...rest,
    code: code && codeOf(code.uploaded),
    ...(standing === undefined
      ? {}
      : { standing: withStart(standing, "long", (start) => canisterFrom(start, codeOf)) }),
  } as CanisterState;
  CANISTERS.set(canister, stored as StoredCanister);
  return canister;
}

/** What takes more than a slice remembers the canister as it began. */
function withStart<K extends string, T extends { readonly [key in K]?: { readonly start: CanisterState } }>(
  value: T,
  key: K,
  change: (start: CanisterState) => unknown,
): T {
  const running = value[key];
  if (running === undefined) return value;
  return { ...value, [key]: { ...running, start: change(running.start) } };
}
