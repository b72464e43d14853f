/** What a query's signature proves, in words: less than a certificate. */
export const shieldless = (node: string): string => `answered and signed by ${node} alone`;

const TRILLION = 1_000_000_000_000n;
/** Cycles in trillions with two digits, smaller amounts whole. */
export function cyclesText(cycles: bigint): string {
  if (cycles < TRILLION / 100n) return cycles.toLocaleString("en");
  return `${(Number(cycles / (TRILLION / 1000n)) / 1000).toFixed(2)} T`;
}
export const shortId = (id: string): string => `${id.split("-")[0]}…${id.split("-").at(-1)}`;
