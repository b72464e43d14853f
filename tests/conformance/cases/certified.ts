/** Interface §1.7, 1.8 and §3: what read_state shows to whom, certificates, the state tree, certified data. */
import { Principal } from "@icp-sdk/core/principal";
import { describe, expect, test } from "vitest";
import { decodeCbor } from "../../../src/codec/cbor.ts";
import { type HashTree, rootHash } from "../../../src/codec/hash-tree.ts";
import { isWellFormed, lookupSubtree } from "../../../src/codec/witness.ts";
import { sha224, sha256 } from "../../../src/crypto/hash.ts";
import {
  alice,
  anonymous,
  bob,
  call,
  callContent,
  concat,
  found,
  fromHex,
  label,
  managementAs,
  mapOf,
  newProbe,
  outcome,
  pathOf,
  queryContent,
  readContent,
  readState,
  send,
  type Signer,
  signed,
  textOf,
  toHex,
  treeOf,
  utf8,
  utf8Lossy,
  valueAt,
  type World,
} from "../world.ts";
import { probeWasm } from "../probe.ts";

type Path = readonly (string | Uint8Array)[];
const ROUTES = [
  ["canister", "v2"],
  ["canister", "v3"],
  ["subnet", "v2"],
  ["subnet", "v3"],
] as const;

/** How each of the four endpoints answers a read of the path: 200, or the status of the refusal. */
async function statuses(world: World, path: Path, signer?: Signer, about = world.probe): Promise<number[]> {
  const all: number[] = [];
  for (const [scope, version] of ROUTES) {
    const body = signer ? await signed(readContent([path]), signer) : anonymous(readContent([path]));
    const who = scope === "canister" ? about : world.subnet;
    all.push((await send(world, pathOf("read_state", who, version, scope), body)).status);
  }
  return all;
}

const nat = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => (sum << 7n) | BigInt(byte & 0x7f), 0n);

export function reads(world: () => World): void {
  const subnet = () => world().subnet.toUint8Array();
  const node = () => world().nodes[0]!.toUint8Array();
  const probe = () => world().probe.toUint8Array();
  const elsewhere = fromHex("00000000000fffaa0101");

  test("H70 a thousand paths of 127 labels, no more", async () => {
    const status = async (paths: Path[]) => {
      const body = anonymous(readContent(paths));
      return (await send(world(), pathOf("read_state", world().probe), body)).status;
    };
    expect(await status(Array.from({ length: 1000 }, () => ["time"]))).toBe(200);
    expect(await status(Array.from({ length: 1001 }, () => ["time"]))).toBe(400);
    expect(await status([Array.from({ length: 127 }, () => "time")])).toBe(404);
    expect(await status([Array.from({ length: 128 }, () => "time")])).toBe(400);
  });

  test("H71, C6 everything below the path and the time; nothing else", async () => {
    const tree = await readState(world(), [["subnet", subnet(), "node"]]);
    expect(found(tree, "time").kind).toBe("found");
    for (const id of world().nodes) {
      expect(found(tree, "subnet", subnet(), "node", id.toUint8Array(), "public_key").kind).toBe("found");
    }
    for (const hidden of [
      ["subnet", subnet(), "public_key"],
      ["canister", probe(), "module_hash"],
    ] as Path[]) {
      expect(found(tree, ...hidden).kind).toBe("unknown");
    }
    const nothing = await readState(world(), []);
    expect(found(nothing, "time").kind).toBe("found");
    expect(found(nothing, "subnet").kind).toBe("unknown");
  });

  test("H72, H73 ranges, metrics and nodes of this subnet, at the endpoints that may show them", async () => {
    for (const [path, expected] of [
      [["time"], [200, 200, 200, 200]],
      [["api_boundary_nodes"], [200, 200, 200, 200]],
      [
        ["api_boundary_nodes", node(), "domain"],
        [200, 200, 200, 200],
      ],
      [["subnet"], [200, 200, 200, 200]],
      [
        ["subnet", subnet(), "type"],
        [200, 200, 200, 200],
      ],
      [
        ["subnet", subnet(), "node", node(), "public_key"],
        [200, 200, 200, 200],
      ],
      [
        ["subnet", subnet(), "canister_ranges"],
        [200, 200, 200, 200],
      ],
      [
        ["subnet", node(), "canister_ranges"],
        [200, 404, 200, 404],
      ],
      [
        ["subnet", subnet(), "metrics"],
        [404, 404, 200, 200],
      ],
      [
        ["subnet", node(), "metrics"],
        [404, 404, 400, 400],
      ],
      [
        ["canister_ranges", subnet()],
        [404, 404, 200, 200],
      ],
      [
        ["canister", probe(), "module_hash"],
        [200, 200, 404, 404],
      ],
      [
        ["canister", probe(), "controllers"],
        [200, 200, 404, 404],
      ],
      [
        ["canister", probe(), "canister_creation_timestamp"],
        [200, 200, 404, 404],
      ],
      [
        ["canister", probe(), "last_install_timestamp"],
        [200, 200, 404, 404],
      ],
      [
        ["canister", probe(), "metadata", "open"],
        [200, 200, 404, 404],
      ],
      [
        ["canister", probe(), "certified_data"],
        [404, 404, 404, 404],
      ],
    ] as [Path, number[]][]) {
      expect([path[0], path.at(-1), await statuses(world(), path)]).toEqual([path[0], path.at(-1), expected]);
    }
  });

  test("H74 404 for no known shape, 403 for another's, 400 for what is malformed", async () => {
    const { id } = await call(world(), callContent(world(), "echo"), world().probe, alice);
    const { id: other } = await call(world(), callContent(world(), "echo"), world().probe, alice);
    const refusal = async (paths: Path[], signer: Signer | undefined = alice) => {
      const body = signer ? await signed(readContent(paths), signer) : anonymous(readContent(paths));
      return textOf(await send(world(), pathOf("read_state", world().probe), body));
    };
    expect(await refusal([["nothing"]])).toBe("404 Invalid path requested.");
    expect(await refusal([[]])).toBe("404 Invalid path requested.");
    expect(await refusal([["request_status", id, "secret"]])).toBe("404 Invalid path requested.");
    expect(await refusal([["request_status", id]], bob)).toMatch(/^403 /);
    expect(await refusal([["request_status", id.subarray(1)]])).toMatch(/^400 Invalid request id/);
    expect(
      await refusal([
        ["request_status", id],
        ["request_status", other],
      ]),
    ).toMatch(/^400 /);
    expect(await refusal([["canister", elsewhere, "module_hash"]])).toMatch(
      /^400 Effective principal id in URL/,
    );
    expect(await refusal([["canister", probe(), "metadata", "shut"]], bob)).toMatch(
      /^403 Custom section shut can only be requested by the controllers/,
    );
    expect(await refusal([["canister", probe(), "metadata", "shut"]])).toMatch(/^200 /);
    expect(await refusal([["canister", probe(), "metadata", fromHex("ff")]])).toMatch(/^400 /);
  });

  test("H75, C21, C24 what is not there is provably not there", async () => {
    for (const path of [
      ["canister", probe(), "metadata", "missing"],
      ["request_status", new Uint8Array(32).fill(9)],
      ["api_boundary_nodes", node(), "domain"],
      ["subnet", elsewhere, "public_key"],
    ] as Path[]) {
      const tree = await readState(world(), [path]);
      expect([path[0], found(tree, ...path).kind]).toEqual([path[0], "absent"]);
      expect(isWellFormed(tree)).toBe(true);
    }
    const absent = await readState(
      world(),
      [["canister", elsewhere, "module_hash"]],
      Principal.fromUint8Array(elsewhere),
    );
    expect(found(absent, "canister", elsewhere, "module_hash").kind).toBe("absent");
  });

  test("H48, H49 an id that never came is provably unknown to the subnet", async () => {
    const never = new Uint8Array(32).fill(1);
    const tree = await readState(world(), [["request_status", never]]);
    expect(found(tree, "request_status", never).kind).toBe("absent");
    expect(nat(valueAt(tree, "time"))).toBeGreaterThan(0n);
  });
}

export function certificates(world: () => World): void {
  const raw = async (): Promise<Map<string, unknown>> => {
    const answer = mapOf(
      await send(world(), pathOf("read_state", world().probe), anonymous(readContent([["time"]]))),
    );
    const certificate = answer.certificate as Uint8Array;
    expect(certificate.subarray(0, 3)).toEqual(fromHex("d9d9f7"));
    const value = decodeCbor(certificate);
    return value.ok ? (value.value as Map<string, unknown>) : new Map();
  };

  test("C1, C2 a tagged map of tree and 48-byte signature, no delegation; nodes as arrays", async () => {
    const map = await raw();
    expect([...map.keys()].sort()).toEqual(["signature", "tree"]);
    expect(map.get("signature")).toHaveLength(48);
    const check = (node: unknown): void => {
      const [tag, ...rest] = node as [number, ...unknown[]];
      expect([0, 2, 2, 1, 1][tag]).toBe(rest.length);
      if (tag === 1) rest.forEach(check);
      if (tag === 2) check(rest[1]);
      if (tag > 1) expect(rest[0]).toBeInstanceOf(Uint8Array);
      if (tag === 4) expect(rest[0]).toHaveLength(32);
    };
    check(map.get("tree"));
  });

  test("C3, C4 the root hash is signed under ic-state-root by the root key; a changed leaf is not", async () => {
    const tree = await readState(world(), [["time"]]);
    expect(rootHash(tree)).toHaveLength(32);
    const forged = (await raw()) as Map<string, never>;
    const { encodeCborTagged } = await import("../../../src/codec/cbor.ts");
    const flip = (node: readonly unknown[]): unknown =>
      node[0] === 3
        ? [3, (node[1] as Uint8Array).with(0, (node[1] as Uint8Array)[0]! ^ 1)]
        : node.map((part) => (Array.isArray(part) ? flip(part) : part));
    forged.set("tree", flip(forged.get("tree")!) as never);
    expect(() => treeOf(world(), encodeCborTagged(forged))).toThrow(/not the root key's/);
  });

  test("C5, C15 the root key in DER has 133 bytes and names the root subnet", () => {
    expect(world().rootKey).toHaveLength(133);
    expect(toHex(world().rootKey.subarray(0, 37))).toBe(
      "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100",
    );
    expect(world().subnet.toUint8Array()).toEqual(concat(sha224(world().rootKey), Uint8Array.of(2)));
  });

  test("C16, C17 the subnet's key, type, ranges and nodes, for agents that check queries", async () => {
    const tree = await readState(world(), [["subnet"]]);
    const at = (...rest: Path) => valueAt(tree, "subnet", world().subnet.toUint8Array(), ...rest);
    expect(at("public_key")).toEqual(world().rootKey);
    expect(utf8Lossy(at("type"))).toBe("application");
    const ranges = decodeCbor(at("canister_ranges"));
    expect(ranges.ok && ranges.value).toEqual([[world().anyId.toUint8Array(), expect.any(Uint8Array)]]);
    for (const id of world().nodes) expect(at("node", id.toUint8Array(), "public_key")).toHaveLength(44);
  });

  test("C20, C23 values, labels, absence and what is hidden are told apart; labels rise", async () => {
    const tree = await readState(world(), [["subnet", world().subnet.toUint8Array()]]);
    expect(isWellFormed(tree)).toBe(true);
    expect(found(tree, "time").kind).toBe("found");
    expect(found(tree, "subnet").kind).toBe("error");
    expect(found(tree, "time", "x").kind).toBe("absent");
    expect(found(tree, "canister", world().probe.toUint8Array()).kind).toBe("unknown");
  });

  test("C22 the ranges of a subnet, shard by shard", async () => {
    const id = world().subnet.toUint8Array();
    const tree = await readState(world(), [["canister_ranges", id]], world().subnet, { scope: "subnet" });
    const shards = lookupSubtree(tree, ["canister_ranges", id].map(label));
    const labels: Uint8Array[] = [];
    const walk = (node: HashTree): void => {
      if (node.kind === "fork") [node.left, node.right].forEach(walk);
      if (node.kind === "labeled") labels.push(node.label);
    };
    if (shards.kind === "found") walk(shards.tree);
    expect(labels).toEqual([world().anyId.toUint8Array()]);
    const shard = decodeCbor(valueAt(tree, "canister_ranges", id, labels[0]!));
    expect(shard.ok && shard.value).toEqual([[world().anyId.toUint8Array(), expect.any(Uint8Array)]]);
  });
}

export function tree(world: () => World): void {
  test("C7 leaves: numbers in LEB128, text in UTF-8, bytes as they are", async () => {
    const { tree, id } = await call(world(), callContent(world(), "boom"));
    expect(valueAt(tree, "request_status", id, "reject_code")).toEqual(Uint8Array.of(5));
    expect(utf8Lossy(valueAt(tree, "request_status", id, "error_code"))).toBe("IC0503");
    expect(Math.abs(Number(nat(valueAt(tree, "time")) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
  });

  test("a canister's leaves: hash, controllers, timestamps, sections; absent when it holds no code (L24)", async () => {
    const probe = await newProbe(world());
    const id = probe.toUint8Array();
    const leaves = ["module_hash", "controllers", "canister_creation_timestamp", "last_install_timestamp"];
    const paths = [...leaves.map((l) => ["canister", id, l]), ["canister", id, "metadata", "open"]];
    const before = await readState(world(), paths, probe);
    expect(valueAt(before, "canister", id, "module_hash")).toEqual(sha256(probeWasm()));
    const controllers = decodeCbor(valueAt(before, "canister", id, "controllers"));
    expect(controllers.ok && controllers.value).toEqual([alice.getPrincipal().toUint8Array()]);
    expect(utf8Lossy(valueAt(before, "canister", id, "metadata", "open"))).toBe("o");
    const [created, installed] = ["canister_creation_timestamp", "last_install_timestamp"].map((l) =>
      nat(valueAt(before, "canister", id, l)),
    );
    expect(installed).toBeGreaterThanOrEqual(created!);
    const management = managementAs(world(), probe);
    await management.install_code({
      canister_id: probe,
      mode: { upgrade: [] },
      wasm_module: probeWasm(),
      arg: new Uint8Array(),
    });
    const after = await readState(world(), paths, probe);
    expect(nat(valueAt(after, "canister", id, "last_install_timestamp"))).toBeGreaterThan(installed!);
    await management.uninstall_code({ canister_id: probe });
    const empty = await readState(world(), paths, probe);
    expect(found(empty, "canister", id, "canister_creation_timestamp").kind).toBe("found");
    for (const gone of ["module_hash", "last_install_timestamp"]) {
      expect([gone, found(empty, "canister", id, gone).kind]).toEqual([gone, "absent"]);
    }
    expect(found(empty, "canister", id, "metadata", "open").kind).toBe("absent");
  });

  test("the subnet's metrics are a CBOR map of four (H73)", async () => {
    const id = world().subnet.toUint8Array();
    const tree = await readState(world(), [["subnet", id, "metrics"]], world().subnet, { scope: "subnet" });
    const { decode } = await import("cborg");
    const metrics = decode(valueAt(tree, "subnet", id, "metrics"), { useMaps: true }) as Map<number, unknown>;
    expect([...metrics.keys()].sort()).toEqual([0, 1, 2, 3]);
    expect(metrics.get(0)).toBeGreaterThan(0);
    expect(metrics.get(2)).toBeInstanceOf(Map);
  });
}

export function certifiedData(world: () => World): void {
  const shown = async (probe: Principal): Promise<{ readonly tree: HashTree; readonly data: Uint8Array }> => {
    const query = queryContent(world(), "certificate", { canister_id: probe.toUint8Array() });
    const answer = mapOf(await send(world(), pathOf("query", probe), anonymous(query)));
    const tree = treeOf(world(), (answer.reply as Map<string, Uint8Array>).get("arg"));
    return { tree, data: valueAt(tree, "canister", probe.toUint8Array(), "certified_data") };
  };
  const set = (probe: Principal, data: Uint8Array) =>
    outcome(
      world(),
      callContent(world(), "set_certified", { canister_id: probe.toUint8Array(), arg: data }),
      probe,
    );

  test("C40 empty at first, kept by an upgrade, dropped by a reinstallation", async () => {
    const probe = await newProbe(world());
    const again = (mode: { upgrade: [] } | { reinstall: null }) =>
      managementAs(world(), probe).install_code({
        canister_id: probe,
        mode,
        wasm_module: probeWasm(),
        arg: new Uint8Array(),
      });
    expect((await shown(probe)).data).toEqual(new Uint8Array(0));
    await set(probe, utf8("certified"));
    expect(utf8Lossy((await shown(probe)).data)).toBe("certified");
    await again({ upgrade: [] });
    expect(utf8Lossy((await shown(probe)).data)).toBe("certified");
    await again({ reinstall: null });
    expect((await shown(probe)).data).toEqual(new Uint8Array(0));
  });

  test("C41 thirty-two bytes, not thirty-three; the trap leaves what was there", async () => {
    const probe = await newProbe(world());
    expect(await set(probe, new Uint8Array(32).fill(3))).toBeInstanceOf(Uint8Array);
    expect(await set(probe, new Uint8Array(33))).toMatchObject({ code: 5, error: "IC0504" });
    expect((await shown(probe)).data).toEqual(new Uint8Array(32).fill(3));
  });

  test("C42 offered to the method asked, not to calls, not to those it asks in turn", async () => {
    expect(await outcome(world(), callContent(world(), "certificate_offered"))).toEqual(new Uint8Array(4));
    const other = await newProbe(world());
    const nested = anonymous(queryContent(world(), "nested", { arg: other.toUint8Array() }));
    const answer = mapOf(await send(world(), pathOf("query", world().probe), nested));
    expect(answer.reply).toEqual(new Map([["arg", new Uint8Array(4)]]));
  });

  test("C43 it shows the canister's own data and the time, of the state the query ran on", async () => {
    const probe = world().probe;
    const { tree } = await shown(probe);
    expect(found(tree, "time").kind).toBe("found");
    expect(found(tree, "canister", probe.toUint8Array(), "module_hash").kind).toBe("unknown");
    expect(found(tree, "subnet").kind).toBe("unknown");
  });
}

export function certified(world: () => World): void {
  describe("reads", () => reads(world));
  describe("certificates", () => certificates(world));
  describe("the tree", () => tree(world));
  describe("certified data", () => certifiedData(world));
}
