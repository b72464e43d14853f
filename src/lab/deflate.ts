/** Deflate by the platform's own streams. What is inflated may come from anybody: it is cut at a limit, never measured afterwards. */
import { concat } from "../base/bytes.ts";

type Format = "deflate" | "deflate-raw";
const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();

export async function deflate(bytes: Uint8Array, format: Format): Promise<Uint8Array> {
  const packed = streamOf(bytes).pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** Reads until the limit and lets go of the stream there. */
export async function inflate(
  bytes: Uint8Array,
  format: Format,
  maxBytes: number,
): Promise<Uint8Array | "does-not-inflate" | "too-large"> {
  const reader = streamOf(bytes).pipeThrough(new DecompressionStream(format)).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return concat(...parts);
      size += value.length;
      if (size > maxBytes) {
        reader.cancel().catch(() => undefined);
        return "too-large";
      }
      parts.push(value);
    }
  } catch {
    return "does-not-inflate";
  }
}
