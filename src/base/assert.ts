/** A broken invariant of ours: a bug, never a user's or a peer's fault. The node that throws one stops. */
export class BugError extends Error {
  override name = "BugError";
}

export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new BugError(sentence);
}

export function unreachable(value: never): never {
  throw new BugError(`unreachable case: ${JSON.stringify(value)}`);
}

/** The value, which the caller knows to be there; `sentence` says why. */
export function defined<T>(value: T | undefined, sentence: string): T {
  assert(value !== undefined, sentence);
  return value;
}
