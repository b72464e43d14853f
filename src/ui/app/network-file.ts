/**
 * A whole network as one file: what its nodes had written down, keys included, and what the page knows of its canisters.
 *
 *   E1  What was packed is unpacked byte for byte: the same keys, the same states, so old certificates still verify.
 *   E2  A file may come from anybody: its size, its names and its values are bounded before anything is kept.
 *
 * A zip: `network.cbor`, and `nodes/NUMBER/FILE`. Checked by: network-file.test.ts.
 */
import { type Unzipped, unzipSync, type Zippable, zipSync } from "fflate";
import { type CborInput, type CborValue, decodeCbor, encodeCbor } from "../../codec/cbor.ts";
import type { NetworkFile } from "../../lab/lab.ts";
import { plainText } from "../../lab/link-contents.ts";
import type { PackedNetwork } from "../shared/networks.svelte.ts";
import type { StoredCanister, StoredNetwork } from "../shared/storage.ts";

const ABOUT = "network.cbor";
const FORMAT = 1;
export const NETWORK_MAX_BYTES = 1 << 30;
const PLACE = /^nodes\/(\d{1,2})\/([a-z]+-[ab])$/;

export type ReadNetwork =
  | { readonly ok: true; readonly network: PackedNetwork; readonly files: readonly NetworkFile[] }
  | { readonly ok: false; readonly sentence: string };

export function packNetwork(
  { name, settings, canisters }: PackedNetwork,
  files: readonly NetworkFile[],
): Uint8Array {
  const about = { format: FORMAT, name, settings, canisters } as unknown as CborInput;
  const zip: Zippable = { [ABOUT]: encodeCbor(about) };
  for (const { node, name, bytes } of files) zip[`nodes/${node}/${name}`] = bytes;
  return zipSync(zip, { level: 1 });
}

export function readNetworkFile(fileName: string, bytes: Uint8Array): ReadNetwork {
  const bad = (what: string): ReadNetwork => ({ ok: false, sentence: `${plainText(fileName, 80)} ${what}.` });
  let size = 0;
  let unpacked: Unzipped;
  try {
    unpacked = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (name !== ABOUT && !PLACE.test(name)) return false;
        size += originalSize;
        return size <= NETWORK_MAX_BYTES;
      },
    });
  } catch {
    return bad("is no network: no zip file, or a damaged one");
  }
  if (size > NETWORK_MAX_BYTES) return bad("unpacks to more than 1 GiB");
  const about = unpacked[ABOUT];
  if (about === undefined) return bad("holds no network");
  const decoded = decodeCbor(about);
  if (!decoded.ok) return bad(`is damaged: ${ABOUT}: ${decoded.because}`);
  const fields = fieldsOf(decoded.value);
  if (fields?.["format"] !== FORMAT)
    return bad("was written by a version of Terrarium that this one cannot read");
  const settings = settingsOf(fields["settings"]);
  const canisters = listOf(fields["canisters"])?.map(canisterOf);
  if (settings === undefined || canisters === undefined || canisters.includes(undefined))
    return bad("does not say what network it holds");
  const files = Object.entries(unpacked).flatMap(([path, bytes]): NetworkFile[] => {
    const [, node, name] = PLACE.exec(path) ?? [];
    return node === undefined || name === undefined ? [] : [{ node: Number(node), name, bytes }];
  });
  const nodes = new Set(files.map((f) => f.node));
  // Who left the subnet may still be among them.
  if (nodes.size < settings.nodes) return bad(`holds ${nodes.size} of ${settings.nodes} nodes`);
  const name = plainText(textOf(fields["name"]) ?? "", 80) || "Imported network";
  return { ok: true, network: { name, settings, canisters: canisters as StoredCanister[] }, files };
}

function settingsOf(value: CborValue | undefined): StoredNetwork["settings"] | undefined {
  const fields = fieldsOf(value);
  const ms = (name: string, most: number): number | undefined => {
    const found = fields?.[name];
    return typeof found === "number" && found >= 0 && found <= most ? found : undefined;
  };
  const nodes = fields?.["nodes"];
  const notaryDelayMs = ms("notaryDelayMs", 60_000);
  const unitDelayMs = ms("unitDelayMs", 60_000);
  const latencyMs = ms("latencyMs", 10_000);
  if (nodes !== 1 && nodes !== 4 && nodes !== 7 && nodes !== 13) return undefined;
  if (notaryDelayMs === undefined || unitDelayMs === undefined || latencyMs === undefined) return undefined;
  return { nodes, notaryDelayMs, unitDelayMs, latencyMs };
}

function canisterOf(value: CborValue): StoredCanister | undefined {
  const fields = fieldsOf(value);
  const id = textOf(fields?.["id"]);
  if (fields === undefined || id === undefined || !/^[a-z0-9-]{1,63}$/.test(id)) return undefined;
  const undo = fieldsOf(fields["undo"]);
  const snapshot = undo?.["snapshot"];
  return {
    id,
    name: plainText(textOf(fields["name"]) ?? "", 80) || "canister",
    main: textOf(fields["main"]) ?? "",
    project: textOf(fields["project"]) ?? "",
    did: textOf(fields["did"]),
    moduleHash: textOf(fields["moduleHash"]),
    module: moduleOf(fields["module"]),
    undo:
      snapshot instanceof Uint8Array ? { snapshot, words: textOf(undo?.["words"]) ?? "a change" } : undefined,
    parent: textOf(fields["parent"]),
  };
}

function moduleOf(value: CborValue | undefined): StoredCanister["module"] {
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const init = fieldsOf(fields["init"]);
  const [types, arg] = [textOf(init?.["types"]), init?.["arg"]];
  return {
    name: textOf(fields["name"]) ?? "",
    main: textOf(fields["main"]) ?? "",
    project: textOf(fields["project"]) ?? "",
    did: textOf(fields["did"]),
    persistence: textOf(fields["persistence"]) ?? "",
    files: fieldsOf(fields["files"]),
    init: types !== undefined && arg instanceof Uint8Array ? { types, arg } : undefined,
  };
}

const textOf = (value: CborValue | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
const listOf = (value: CborValue | undefined): readonly CborValue[] | undefined =>
  Array.isArray(value) ? value : undefined;
const fieldsOf = (value: CborValue | undefined): Record<string, CborValue> | undefined =>
  value instanceof Map ? (Object.fromEntries(value) as Record<string, CborValue>) : undefined;
