/** C1, C2: calls from `start` on, once round, until one has something; the next call starts behind that one. */
export function callInTurn<C, T>(
  components: readonly C[],
  start: number,
  call: (component: C) => T | undefined,
): { readonly found: T | undefined; readonly next: number } {
  for (let i = 0; i < components.length; i++) {
    const at = (start + i) % components.length;
    const found = call(components[at]!);
    if (found !== undefined) return { found, next: (at + 1) % components.length };
  }
  return { found: undefined, next: start };
}
