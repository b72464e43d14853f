/**
 * What a shared link asks of the page, read from values that a stranger chose. Pure.
 *
 *   C1  Whatever the values are, reading ends with contents; what is not understood or not allowed is left out and
 *       told in `leftOut`, never guessed.
 *   C2  A call names a file of the link, never a canister's id: it can reach only what this link deploys.
 *   C3  Texts are bounded, and hold no characters that hide or reverse their neighbours.
 *   C4  Network settings are those a person could choose here, within the times a person waits.
 *   C5  A scene is read as `scenes.ts` says.
 *
 * Checked by: link-contents.test.ts.
 */
import type { NetworkSettings } from "./lab.ts";
import { plainText } from "./plain-text.ts";
import { readScene, type Scene } from "./scenes.ts";
import type { SharedProject } from "./share-link.ts";

export { plainText };

export const CALLS_MAX = 50;
export const ARGUMENT_MAX_BYTES = 64 * 1024;
const METHOD_MAX = 200;
const NAME_MAX = 80;
/** Longer waits would look like a page that hangs. The address bar may ask for more. */
const LINK_NOTARY_DELAY_MAX_MS = 5_000;
const LINK_LATENCY_MAX_MS = 2_000;
const PANELS_MIN_PERCENT = 10;

export interface LinkedCall {
  /** The entry file of the canister it is for. */
  readonly canister: string;
  readonly method: string;
  readonly arg: Uint8Array;
  readonly query: boolean;
}
export type LinkedNetwork = Partial<Pick<NetworkSettings, "nodes" | "notaryDelayMs" | "latencyMs">>;
export interface LinkedLayout {
  readonly columns?: readonly number[];
  readonly rows?: readonly number[];
}
export interface LinkContents {
  /** Empty: the link gives none. */
  readonly name: string;
  readonly files: SharedProject["files"];
  readonly main: string | undefined;
  readonly open: { readonly file: string; readonly line?: number } | undefined;
  readonly network: LinkedNetwork;
  readonly calls: readonly LinkedCall[];
  readonly layout: LinkedLayout;
  /** What is to be done to the network once it runs, step by step, each when the person says so. */
  readonly scene: Scene | undefined;
  /** What the link asks for and does not get, a sentence each. */
  readonly leftOut: readonly string[];
  /** Keys of later versions: kept for sharing again. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export function readContents(project: SharedProject): LinkContents {
  const { files, main, name, network, calls, layout, open, scene, ...extra } = project;
  const leftOut: string[] = [];
  return {
    name: typeof name === "string" ? plainText(name, NAME_MAX) : "",
    files,
    main,
    open: readOpen(open, files),
    network: readNetwork(network, leftOut),
    calls: readCalls(calls, files, leftOut),
    layout: readLayout(layout, leftOut),
    scene: readLinkedScene(scene, leftOut),
    leftOut,
    extra: scene === undefined ? extra : { ...extra, scene },
  };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
/** Own keys only: a link has no say in what objects inherit. */
const own = (map: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(map, key) ? map[key] : undefined;

function readOpen(value: unknown, files: SharedProject["files"]): LinkContents["open"] {
  const file = isMap(value) ? own(value, "file") : value;
  if (typeof file !== "string" || !Object.hasOwn(files, file)) return undefined;
  const line = isMap(value) ? own(value, "line") : undefined;
  return typeof line === "number" && Number.isInteger(line) && line > 0 && line < 1e6
    ? { file, line }
    : { file };
}

/** C4 */
function readNetwork(value: unknown, leftOut: string[]): LinkedNetwork {
  if (value === undefined) return {};
  if (!isMap(value)) {
    leftOut.push("Its network settings cannot be read.");
    return {};
  }
  const found: { -readonly [K in keyof LinkedNetwork]: LinkedNetwork[K] } = {};
  const nodes = own(value, "nodes");
  if (nodes === 1 || nodes === 4 || nodes === 7 || nodes === 13) found.nodes = nodes;
  else if (nodes !== undefined)
    leftOut.push("A subnet here has 1, 4, 7 or 13 nodes; the link asks for another number.");
  const delay = (key: string, max: number, words: string): number | undefined => {
    const ms = own(value, key);
    if (ms === undefined) return undefined;
    if (typeof ms === "number" && ms >= 0 && ms <= max) return ms;
    leftOut.push(
      `The ${words} may be 0 to ${max.toLocaleString("en")} ms; the link asks for something else.`,
    );
    return undefined;
  };
  const notaryDelayMs = delay("notaryDelay", LINK_NOTARY_DELAY_MAX_MS, "notary delay");
  const latencyMs = delay("latency", LINK_LATENCY_MAX_MS, "latency of links");
  if (notaryDelayMs !== undefined) found.notaryDelayMs = notaryDelayMs;
  if (latencyMs !== undefined) found.latencyMs = latencyMs;
  return found;
}

/** C2 */
function readCalls(value: unknown, files: SharedProject["files"], leftOut: string[]): LinkedCall[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    leftOut.push("Its calls cannot be read.");
    return [];
  }
  const calls: LinkedCall[] = [];
  let wrong = 0;
  for (const entry of value.slice(0, CALLS_MAX)) {
    const call = isMap(entry) ? readCall(entry, files) : undefined;
    if (call === undefined) wrong++;
    else calls.push(call);
  }
  if (value.length > CALLS_MAX)
    leftOut.push(`It has ${value.length} calls; the first ${CALLS_MAX} are taken.`);
  if (wrong > 0) leftOut.push(`${wrong} of its calls cannot be read, or name no file of the link.`);
  return calls;
}
function readCall(
  entry: Readonly<Record<string, unknown>>,
  files: SharedProject["files"],
): LinkedCall | undefined {
  const [canister, method, arg, query] = ["canister", "method", "arg", "query"].map((key) => own(entry, key));
  if (typeof canister !== "string" || !Object.hasOwn(files, canister)) return undefined;
  if (typeof method !== "string" || method === "" || method.length > METHOD_MAX) return undefined;
  if (!(arg instanceof Uint8Array) || arg.length > ARGUMENT_MAX_BYTES) return undefined;
  return { canister, method, arg, query: query === true };
}

function readLayout(value: unknown, leftOut: string[]): LinkedLayout {
  if (value === undefined) return {};
  const columns = isMap(value) ? panels(own(value, "columns")) : undefined;
  const rows = isMap(value) ? panels(own(value, "rows")) : undefined;
  if (columns === undefined && rows === undefined) leftOut.push("Its sizes of panels cannot be.");
  return { ...(columns === undefined ? {} : { columns }), ...(rows === undefined ? {} : { rows }) };
}
function readLinkedScene(value: unknown, leftOut: string[]): Scene | undefined {
  const scene = value === undefined ? undefined : readScene(value);
  if (value !== undefined && scene === undefined) leftOut.push("Its scene cannot be read.");
  return scene;
}
/** Percentages that fill the whole, none too small to grab. */
function panels(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length < 2 || value.length > 4) return undefined;
  if (!value.every((v) => typeof v === "number" && v >= PANELS_MIN_PERCENT)) return undefined;
  const sum = value.reduce((a, b) => a + b, 0);
  return Math.abs(sum - 100) < 0.5 ? value : undefined;
}

/** The network settings as a link carries them: all of them, so that it opens alike whatever later defaults are. */
export const networkForLink = (settings: NetworkSettings): SharedProject["network"] => ({
  nodes: settings.nodes,
  notaryDelay: settings.notaryDelayMs,
  latency: settings.latencyMs,
});
