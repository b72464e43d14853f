/**
 * Share links: a project as a URL fragment, readable for ever.
 *
 *   `#v1=` + base64url without padding of  CRC-32 of the rest (4 bytes, big-endian) ‖ deflate-raw(CBOR map)
 *   map: { files: { path: text | bytes }, main?, network?, calls?, layout?, open?, name?, scene? }
 *     network: { nodes, notaryDelay, latency }            numbers, delays in ms
 *     calls:   [{ canister: path of its entry file, method, arg: Candid bytes, query?: true }], run in this order
 *     layout:  { columns: [%, …], rows: [%, …] }          sizes of panels
 *     open:    path, or { file, line }
 *     scene:   { title, look, steps: [{ say, act: "heal" or [fault, …], until }] }, see scenes.ts
 * This file packs and unpacks; what the values of the keys may be is decided in `link-contents.ts`.
 *
 * A link comes from a stranger, so decoding decides
 *   L1  a damaged link is told from a hostile one by its checksum, and both are values with a sentence;
 *   L2  nothing inflates past 4 MiB: the stream is cut, never measured afterwards;
 *   L3  at most 200 files, with relative paths that cannot climb out of the project;
 *   L4  keys unknown to this version survive opening and sharing again.
 * Characters that mail and chat programs add at the end (`.`, `)`, `=`, spaces) are dropped.
 *
 * Checked by: share-link.test.ts.
 */
import { decode, encode } from "cborg";
import { concat } from "../base/bytes.ts";
import { deflate, inflate } from "./deflate.ts";

export const LINK_PREFIX = "#v1=";
export const INFLATED_MAX_BYTES = 4 * 1024 * 1024;
export const FILES_MAX = 200;

export interface SharedProject {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly main?: string;
  readonly network?: unknown;
  readonly calls?: unknown;
  readonly layout?: unknown;
  readonly open?: unknown;
  readonly name?: unknown;
  readonly scene?: unknown;
  /** L4 */
  readonly [unknownKey: string]: unknown;
}

export type LinkFault =
  | "not-a-link"
  | "not-base64url"
  | "checksum-differs"
  | "does-not-inflate"
  | "too-large"
  | "not-a-project"
  | "too-many-files"
  | "bad-path";
export type DecodedLink =
  | { readonly ok: true; readonly project: SharedProject }
  | { readonly ok: false; readonly because: LinkFault; readonly sentence: string };

/** The fragment with its prefix. Throws a RangeError with a sentence when `decodeLink` would refuse the result. */
export async function encodeLink(project: SharedProject): Promise<string> {
  const fault = judge(project);
  if (fault !== undefined) throw new RangeError(fault.sentence);
  const plain = encode(project);
  if (plain.length > INFLATED_MAX_BYTES) throw new RangeError(sentences["too-large"]);
  const packed = await deflate(plain, "deflate-raw");
  return LINK_PREFIX + toBase64Url(concat(bigEndian(crc32(packed)), packed));
}

export async function decodeLink(fragment: string): Promise<DecodedLink> {
  const text = fragment.replace(/(?:[.)=\s]|%20)+$/, "");
  if (!text.startsWith(LINK_PREFIX)) return refuse("not-a-link");
  const bytes = fromBase64Url(text.slice(LINK_PREFIX.length));
  if (bytes === undefined) return refuse("not-base64url");
  const packed = bytes.subarray(4);
  if (bytes.length < 5 || readBigEndian(bytes) !== crc32(packed)) return refuse("checksum-differs");
  const plain = await inflate(packed, "deflate-raw", INFLATED_MAX_BYTES);
  if (typeof plain === "string") return refuse(plain);
  let value: unknown;
  try {
    value = decode(plain);
  } catch (error) {
    return refuse("not-a-project", String(error instanceof Error ? error.message : error));
  }
  const fault = judge(value);
  return fault ?? { ok: true, project: value as SharedProject };
}

/** L3: relative, with forward slashes, no empty, `.` or `..` step, no drive, no control character. */
export function isSafePath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (path === "" || path.length > 200 || /[\u0000-\u001f\u007f\\:]/.test(path)) return false;
  if (path in {}) return false; // "constructor": whoever keeps files in an object would find another thing there
  return path.split("/").every((step) => step !== "" && step !== "." && step !== "..");
}

type Refusal = Extract<DecodedLink, { ok: false }>;

const sentences: Record<LinkFault, string> = {
  "not-a-link": "This is no Terrarium link.",
  "not-base64url": "The link is damaged: it holds characters, or has a length, that no link has.",
  "checksum-differs":
    "The link is damaged: its checksum does not match. Part of it was probably lost on the way.",
  "does-not-inflate": "The link is damaged: its content cannot be unpacked.",
  "too-large": "The project is larger than the 4 MiB that a link may hold.",
  "not-a-project": "The link unpacks, but holds no project.",
  "too-many-files": `The project has more than ${FILES_MAX} files.`,
  "bad-path": "The project names a file outside of itself, or by a word that means something else.",
};
const refuse = (because: LinkFault, detail?: string): Refusal => ({
  ok: false,
  because,
  sentence: detail === undefined ? sentences[because] : `${sentences[because]} (${detail})`,
});

function judge(value: unknown): Refusal | undefined {
  if (!isRecord(value) || !isRecord(value.files)) return refuse("not-a-project");
  const files = Object.entries(value.files);
  if (files.length === 0) return refuse("not-a-project", "no files");
  if (files.length > FILES_MAX) return refuse("too-many-files");
  for (const [path, content] of files) {
    if (!isSafePath(path)) return refuse("bad-path", JSON.stringify(path.slice(0, 80)));
    if (typeof content !== "string" && !(content instanceof Uint8Array)) return refuse("not-a-project", path);
  }
  const main = value.main;
  if (main !== undefined && (typeof main !== "string" || !Object.hasOwn(value.files, main))) {
    return refuse("not-a-project", "main names no file");
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});
/** CRC-32 of ISO 3309, as in gzip. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = TABLE[(c ^ b) & 0xff]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

const bigEndian = (n: number): Uint8Array =>
  Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
const readBigEndian = (b: Uint8Array): number => ((b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!) >>> 0;

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
