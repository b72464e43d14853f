/** Promises E1 and E2 of network files. */
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { encodeCbor } from "../../codec/cbor.ts";
import { PAGE_SETTINGS } from "../../lab/lab.ts";
import type { PackedNetwork } from "../shared/networks.svelte.ts";
import { packNetwork, readNetworkFile } from "./network-file.ts";

const network: PackedNetwork = {
  name: "Class of Monday",
  settings: { ...PAGE_SETTINGS, nodes: 1 },
  canisters: [
    {
      id: "rwlgt-iiaaa-aaaaa-aaaaa-cai",
      name: "counter",
      main: "main.mo",
      project: "p",
      did: "service : {}",
      moduleHash: "ab",
      module: {
        name: "counter",
        main: "main.mo",
        project: "p",
        did: "service : {}",
        persistence: "heap",
        files: { "main.mo": "actor {}", "logo.png": Uint8Array.of(1, 2) },
        init: { types: "nat", arg: Uint8Array.of(3) },
      },
      undo: { snapshot: Uint8Array.of(4), words: "the upgrade" },
      parent: undefined,
    },
  ],
};
const files = [
  { node: 0, name: "journal-a", bytes: Uint8Array.of(1, 2, 3) },
  { node: 0, name: "identity-b", bytes: new Uint8Array(0) },
];
const refused = (bytes: Uint8Array): string => {
  const read = readNetworkFile("x.zip", bytes);
  return read.ok ? "" : read.sentence;
};

test("E1: what was packed is unpacked", () => {
  expect(readNetworkFile("x.zip", packNetwork(network, files))).toEqual({ ok: true, network, files });
});

test("E2: what is no network, damaged, or not whole is refused in words", () => {
  const whole = packNetwork(network, files);
  const about = (value: Parameters<typeof encodeCbor>[0]) =>
    zipSync({ "network.cbor": encodeCbor(value), "nodes/0/journal-a": Uint8Array.of(1) });
  expect(refused(utf8("hello"))).toBe("x.zip is no network: no zip file, or a damaged one.");
  expect(refused(whole.subarray(0, whole.length - 30))).toContain("no zip file, or a damaged one");
  expect(refused(zipSync({ "main.mo": utf8("actor {}") }))).toBe("x.zip holds no network.");
  expect(refused(zipSync({ "network.cbor": utf8("hello") }))).toContain("is damaged: network.cbor");
  expect(refused(about({ format: 2 }))).toContain("a version of Terrarium that this one cannot read");
  expect(refused(about({ format: 1, settings: { ...PAGE_SETTINGS, nodes: 5 }, canisters: [] }))).toContain(
    "does not say what network it holds",
  );
  expect(refused(about({ format: 1, settings: { ...PAGE_SETTINGS }, canisters: [] }))).toBe(
    "x.zip holds 1 of 4 nodes.",
  );
});

test("E2: what says that it unpacks to more than 1 GiB is not unpacked", () => {
  const zip = packNetwork(network, files);
  const view = new DataView(zip.buffer, zip.byteOffset);
  for (let at = 0; at + 28 <= zip.length; at++) {
    const isEntry = view.getUint32(at, true) === 0x02014b50; // of the zip's directory: its length unpacked is 24 bytes on
    if (isEntry) view.setUint32(at + 24, 600 << 20, true);
  }
  expect(refused(zip)).toBe("x.zip unpacks to more than 1 GiB.");
});

test("E2: files with other names stay outside", () => {
  const zip = zipSync({
    "network.cbor": encodeCbor({ format: 1, settings: { ...PAGE_SETTINGS, nodes: 1 }, canisters: [] }),
    "nodes/0/journal-a": Uint8Array.of(1),
    "nodes/0/../../evil": Uint8Array.of(2),
    "nodes/0/owner": Uint8Array.of(3),
  });
  const read = readNetworkFile("x.zip", zip);
  expect(read.ok && read.files.map((f) => f.name)).toEqual(["journal-a"]);
});
