/**
 * What of a reply can be looked at: an image, a drawing or a page, in a blob or a text, however deep in records. What
 * is shown comes from a canister that a stranger may have written, so
 *   P1  it is shown in a frame that runs no script and may load nothing (`sandbox` and a content policy);
 *   P2  links, forms, redirections and embedded pages are taken out before, so that no click leaves for another origin.
 */
import { utf8Strict } from "../../../base/bytes.ts";

export interface Preview {
  readonly kind: "image" | "page";
  /** Of an image: its MIME type. */
  readonly type: string;
  readonly content: Uint8Array | string;
}

const MOST = 4;
const DEEPEST = 6;

export function previewsOf(values: readonly unknown[]): Preview[] {
  const found: Preview[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (found.length >= MOST || depth > DEEPEST) return;
    if (typeof value === "string" || value instanceof Uint8Array) {
      const preview = previewOf(value);
      if (preview !== undefined) found.push(preview);
    } else if (Array.isArray(value)) {
      const bytes = value.length > 8 && value.every((b) => typeof b === "number" && b >= 0 && b < 256);
      if (bytes) visit(Uint8Array.from(value as number[]), depth);
      else for (const item of value.slice(0, 20)) visit(item, depth + 1);
    } else if (
      typeof value === "object" &&
      value !== null &&
      Object.getPrototypeOf(value) === Object.prototype
    ) {
      for (const item of Object.values(value)) visit(item, depth + 1);
    }
  };
  for (const value of values) visit(value, 0);
  return found;
}

const MAGIC: readonly (readonly [type: string, at: number, bytes: readonly number[]])[] = [
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["image/gif", 0, [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", 8, [0x57, 0x45, 0x42, 0x50]],
  ["image/bmp", 0, [0x42, 0x4d]],
  ["image/x-icon", 0, [0x00, 0x00, 0x01, 0x00]],
];

function previewOf(content: Uint8Array | string): Preview | undefined {
  if (typeof content !== "string") {
    const found = MAGIC.find(([, at, bytes]) => bytes.every((b, i) => content[at + i] === b));
    // Two letters alone are no picture: a bitmap also tells its own size.
    if (found !== undefined && (found[0] !== "image/bmp" || sizeOfBitmap(content) === content.length))
      return { kind: "image", type: found[0], content };
  }
  const text = typeof content === "string" ? content : utf8Strict(content);
  if (text === undefined) return undefined;
  const head = text.slice(0, 1_000).trimStart().toLowerCase();
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg[\s>]/.test(head))
    return { kind: "image", type: "image/svg+xml", content: text };
  if (/^(<!--[\s\S]*?-->\s*)*(<!doctype html|<html[\s>])/.test(head))
    return { kind: "page", type: "text/html", content: text };
  return undefined;
}
const sizeOfBitmap = (b: Uint8Array): number =>
  b.length < 6 ? -1 : b[2]! | (b[3]! << 8) | (b[4]! << 16) | (b[5]! << 24);

const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src data:; form-action 'none'; base-uri 'none'";

/** The whole document for the frame's `srcdoc`. */
export function frameDocument(preview: Preview): string {
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  if (preview.kind === "page") return `<!doctype html>${policy}${harmless(String(preview.content))}`;
  const base64 = btoa(binary(preview.content));
  // A drawing as an image loads nothing and runs nothing, whatever it holds.
  const image = `<img alt="" src="data:${preview.type};base64,${base64}" style="max-width:100%;max-height:100vh;image-rendering:auto">`;
  return `<!doctype html>${policy}<body style="margin:0;display:grid;place-items:center;min-height:100vh">${image}`;
}
function binary(content: Uint8Array | string): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  let out = "";
  for (let i = 0; i < bytes.length; i += 8_192) out += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return out;
}

const GONE = "script,base,link,meta,iframe,frame,frameset,object,embed,portal,applet,noscript,template";
const LEADS_AWAY = /^(on|action$|formaction$|target$|ping$|background$|srcset$)/;

/** P2 */
function harmless(html: string): string {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const element of parsed.querySelectorAll(GONE)) element.remove();
  for (const element of parsed.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const link = /(^|:)(href|src)$/.test(name) && !/^\s*(data:image\/|#)/i.test(value);
      if (link || LEADS_AWAY.test(name)) element.removeAttribute(name);
    }
  }
  return parsed.documentElement.outerHTML;
}
