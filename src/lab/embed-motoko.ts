/**
 * Links of Embed Motoko, one Motoko file each: `/motoko/g` + base58(zlib(UTF-8)), as its page reads and writes them. The
 * path may carry a query behind it. Base58 takes time by the square of its length: longer payloads are refused unread.
 *
 * Checked by: embed-motoko.test.ts.
 */
import { base58 } from "@scure/base";
import { utf8 } from "../base/bytes.ts";
import { deflate, inflate } from "./deflate.ts";

const HOME = "https://embed.motoko.org/motoko/g";
const PAYLOAD_MAX = 20_000;
const CODE_MAX_BYTES = 256 * 1024;

export type EmbedMotoko =
  { readonly ok: true; readonly code: string } | { readonly ok: false; readonly sentence: string };

/** The address that shows `code`, or undefined when it would be too long for one. */
export async function embedMotokoLink(code: string): Promise<string | undefined> {
  const packed = await deflate(utf8(`${code.trim()}\n`), "deflate");
  if (packed.length * 1.38 > PAYLOAD_MAX) return undefined;
  return HOME + base58.encode(packed);
}

export async function readEmbedMotokoLink(text: string): Promise<EmbedMotoko> {
  const [, format, payload = ""] = /\/motoko\/(\w)\/?([^/?#\s]*)/.exec(text) ?? [];
  if (format === undefined)
    return no("This is no Embed Motoko link: such a link holds /motoko/g and then the code.");
  if (format !== "g")
    return no(`Embed Motoko links of format “${format}” are not known here, only those of “g”.`);
  if (payload.length > PAYLOAD_MAX)
    return no(
      `The link's code takes ${payload.length.toLocaleString("en")} characters; at most 20,000 are read.`,
    );
  let packed: Uint8Array;
  try {
    packed = base58.decode(payload);
  } catch {
    return no("The link is damaged: it holds characters that such a link never has.");
  }
  const bytes = await inflate(packed, "deflate", CODE_MAX_BYTES);
  if (bytes === "too-large") return no("The link unpacks to more than 256 KiB of code.");
  if (bytes === "does-not-inflate") return no("The link is damaged: its code cannot be unpacked.");
  try {
    return { ok: true, code: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return no("The link unpacks, but what it holds is not text.");
  }
}
const no = (sentence: string): EmbedMotoko => ({ ok: false, sentence });
