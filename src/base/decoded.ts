/** What became of bytes that somebody else made: a value, or a sentence saying what is wrong and where. Never an exception. */
export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly because: string };

export const decoded = <T>(value: T): Decoded<T> => ({ ok: true, value });
export const undecodable = (because: string): { readonly ok: false; readonly because: string } => ({
  ok: false,
  because,
});
