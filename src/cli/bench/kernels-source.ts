/** The nine kernels of `metering`, in AssemblyScript: each a function without arguments that takes about 100 ms bare. */
export const KERNELS = [
  "loop",
  "sha256",
  "branchy",
  "matmul",
  "tree",
  "stringmap",
  "fib",
  "sieve",
  "stores",
] as const;

export const KERNELS_SOURCE = `
/** Results go into memory: what nobody reads is otherwise computed by nobody. */
const results = new StaticArray<u32>(1);
const buffer = new StaticArray<u32>(1 << 20);
const floats = new StaticArray<f64>(3 * 200 * 200);

export function loop(): void {
  let x: u32 = 1;
  for (let i: u32 = 0; i < 60000000; i++) x = x * 1664525 + 1013904223;
  unchecked(results[0] = x);
}

const K = new StaticArray<u32>(64);
export function sha256(): void {
  for (let i = 0; i < 64; i++) unchecked(K[i] = i * 0x9e3779b9);
  const w = new StaticArray<u32>(64);
  let a: u32 = 1, b: u32 = 2, c: u32 = 3, d: u32 = 4, e: u32 = 5, f: u32 = 6, g: u32 = 7, h: u32 = 8;
  for (let block: u32 = 0; block < 240000; block++) {
    for (let i = 0; i < 16; i++) unchecked(w[i] = block + i);
    for (let i = 16; i < 64; i++) {
      const x = unchecked(w[i - 15]), y = unchecked(w[i - 2]);
      const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3), s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10);
      unchecked(w[i] = w[i - 16] + s0 + w[i - 7] + s1);
    }
    for (let i = 0; i < 64; i++) {
      const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + unchecked(K[i]) + unchecked(w[i]);
      const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
    }
  }
  unchecked(results[0] = a);
}

export function branchy(): void {
  let x: u32 = 12345, n: u32 = 0;
  for (let i: u32 = 0; i < 30000000; i++) {
    x ^= x << 13; x ^= x >> 17; x ^= x << 5;
    if (x & 1) { if (x & 2) n += 3; else n ^= x; } else if (x & 4) n -= 1; else if (x & 8) n += i;
  }
  unchecked(results[0] = n);
}

export function matmul(): void {
  const N = 200;
  for (let i = 0; i < 2 * N * N; i++) unchecked(floats[i] = <f64>i * 0.5);
  for (let r = 0; r < 12; r++)
    for (let i = 0; i < N; i++)
      for (let j = 0; j < N; j++) {
        let s: f64 = 0;
        for (let k = 0; k < N; k++) s += unchecked(floats[i * N + k]) * unchecked(floats[N * N + k * N + j]);
        unchecked(floats[2 * N * N + i * N + j] = s);
      }
}

/** A binary tree in an array: insert and look up. */
export function tree(): void {
  let used: u32 = 1, x: u32 = 777;
  for (let i = 0; i < 1 << 20; i++) unchecked(buffer[i] = 0);
  unchecked(buffer[0] = 0x7fffffff);
  for (let i = 0; i < 300000; i++) {
    x = x * 1664525 + 1013904223;
    let node: u32 = 0;
    while (true) {
      const side: u32 = x < unchecked(buffer[node * 3]) ? 1 : 2;
      const next = unchecked(buffer[node * 3 + side]);
      if (next == 0) {
        unchecked(buffer[node * 3 + side] = used);
        unchecked(buffer[used * 3] = x);
        used++;
        break;
      }
      node = next;
    }
  }
  unchecked(results[0] = used);
}

export function stringmap(): void {
  const map = new Map<string, i32>();
  for (let i = 0; i < 500000; i++) {
    const key = (i % 20000).toString();
    map.set(key, (map.has(key) ? map.get(key) : 0) + 1);
  }
  unchecked(results[0] = map.size);
}

function fibonacci(n: u32): u32 { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
export function fib(): void { unchecked(results[0] = fibonacci(36)); }

export function sieve(): void {
  const N = 1 << 20;
  for (let r = 0; r < 45; r++) {
    for (let i = 0; i < N; i++) unchecked(buffer[i] = 1);
    for (let i = 2; i * i < N; i++) if (unchecked(buffer[i])) for (let j = i * i; j < N; j += i) unchecked(buffer[j] = 0);
  }
}

export function stores(): void {
  for (let r: u32 = 0; r < 150; r++) for (let i = 0; i < 1 << 20; i++) unchecked(buffer[i] = r + i);
}
`;
