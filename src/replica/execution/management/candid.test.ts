import { IDL } from "@icp-sdk/core/candid";
import { Principal as SdkPrincipal } from "@icp-sdk/core/principal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, fromHex } from "../../../base/bytes.ts";
import { encodeLeb } from "../../../codec/leb128.ts";
import { CanisterIdArgs, CreateCanisterArgs, InstallCodeArgs, UpdateSettingsArgs } from "./candid.ts";
import { decodeArgument, decodeNothing } from "./candid-decode.ts";
import { EMPTY_REPLY, encodeReply } from "./candid-encode.ts";
import {
  Blob,
  Bool,
  fieldHash,
  Nat,
  Nat64,
  Null,
  Opt,
  Principal,
  Record,
  Text,
  Variant,
  Vec,
} from "./candid-types.ts";

const sdk = (types: IDL.Type[], values: unknown[]): Uint8Array => new Uint8Array(IDL.encode(types, values));
const ID = "00000000000000070101";
const sdkId = SdkPrincipal.fromHex(ID);

describe("against the official library", () => {
  const ours = Record({
    flag: Bool,
    amount: Nat,
    stamp: Nat64,
    name: Text,
    who: Principal,
    data: Blob,
    maybe: Opt(Vec(Text)),
    kind: Variant({ none: Null, some: Record({ n: Nat }) }),
  });
  const theirs = IDL.Record({
    flag: IDL.Bool,
    amount: IDL.Nat,
    stamp: IDL.Nat64,
    name: IDL.Text,
    who: IDL.Principal,
    data: IDL.Vec(IDL.Nat8),
    maybe: IDL.Opt(IDL.Vec(IDL.Text)),
    kind: IDL.Variant({ none: IDL.Null, some: IDL.Record({ n: IDL.Nat }) }),
  });
  const nat = fc.bigInt({ min: 0n, max: 2n ** 200n });
  const values = fc.record({
    flag: fc.boolean(),
    amount: nat,
    stamp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    name: fc.string({ unit: "grapheme" }),
    who: fc.uint8Array({ maxLength: 29 }),
    data: fc.uint8Array({ maxLength: 300 }),
    maybe: fc.option(fc.array(fc.string()), { nil: undefined }),
    n: fc.option(nat, { nil: undefined }),
  });

  test("reads what it writes, and writes what it reads", () => {
    fc.assert(
      fc.property(values, ({ n, ...v }) => {
        const who = SdkPrincipal.fromUint8Array(v.who);
        const mine = {
          ...v,
          who: who.toHex().toLowerCase(),
          kind:
            n === undefined
              ? ({ tag: "none", value: null } as const)
              : ({ tag: "some", value: { n } } as const),
        };
        const official = {
          ...v,
          who,
          maybe: v.maybe === undefined ? [] : [v.maybe],
          kind: n === undefined ? { none: null } : { some: { n } },
        };
        expect(decodeArgument(ours, sdk([theirs], [official]))).toEqual({ ok: true, value: mine });
        const [back] = IDL.decode([theirs], encodeReply(ours, mine)) as unknown as [typeof official];
        expect({ ...back, who: back.who.toHex() }).toEqual({ ...official, who: who.toHex() });
      }),
      { numRuns: 100 },
    );
  });

  test("field hashes", () => {
    for (const name of ["canister_id", "wasm_memory_threshold", "é"]) {
      const sample = sdk([IDL.Record({ [name]: IDL.Null })], [{ [name]: null }]);
      expect(sample).toEqual(
        concat(fromHex("4449444c016c01"), encodeLeb(fieldHash(name)), fromHex("7f0100")),
      );
    }
  });

  test("nothing", () => {
    expect(sdk([], [])).toEqual(EMPTY_REPLY);
    expect(decodeNothing(EMPTY_REPLY).ok).toBe(true);
  });
});

describe("CD2 subtyping", () => {
  test("extra fields and extra arguments are passed over, whatever they hold", () => {
    const extra = IDL.Record({
      canister_id: IDL.Principal,
      a: IDL.Float64,
      b: IDL.Vec(IDL.Nat16),
      c: IDL.Func([IDL.Nat], [IDL.Text], ["query"]),
      d: IDL.Service({ go: IDL.Func([], [], []) }),
      e: IDL.Int8,
    });
    const value = { canister_id: sdkId, a: 1.5, b: [1, 2, 3], c: [sdkId, "go"], d: sdkId, e: -1 };
    expect(decodeArgument(CanisterIdArgs, sdk([extra, IDL.Int], [value, -5n]))).toEqual({
      ok: true,
      value: { canister_id: ID },
    });
  });

  test("what is absent of an option is absent; what is absent otherwise is an error that names it", () => {
    const none = sdk([IDL.Record({})], [{}]);
    expect(decodeArgument(CreateCanisterArgs, none)).toEqual({
      ok: true,
      value: { settings: undefined, sender_canister_version: undefined },
    });
    const failed = decodeArgument(CanisterIdArgs, none);
    expect(failed).toEqual({ ok: false, because: expect.stringContaining("canister_id") });
  });

  test("a value serves as its own option, and an option of another type is absent", () => {
    const plain = sdk(
      [IDL.Record({ sender_canister_version: IDL.Nat64, settings: IDL.Opt(IDL.Text) })],
      [{ sender_canister_version: 7n, settings: ["no settings"] }],
    );
    expect(decodeArgument(CreateCanisterArgs, plain)).toEqual({
      ok: true,
      value: { settings: undefined, sender_canister_version: 7n },
    });
  });

  test("upgrade with and without options, and from a client that knows no persistence", () => {
    const install = (mode: IDL.Type, value: unknown): unknown => {
      const bytes = sdk(
        [
          IDL.Record({
            mode,
            canister_id: IDL.Principal,
            wasm_module: IDL.Vec(IDL.Nat8),
            arg: IDL.Vec(IDL.Nat8),
          }),
        ],
        [{ mode: value, canister_id: sdkId, wasm_module: [], arg: [] }],
      );
      const args = decodeArgument(InstallCodeArgs, bytes);
      return args.ok ? args.value.mode : args.because;
    };
    const old = IDL.Variant({ install: IDL.Null, reinstall: IDL.Null, upgrade: IDL.Null });
    expect(install(old, { upgrade: null })).toEqual({ tag: "upgrade", value: undefined });
    const skip = IDL.Variant({ upgrade: IDL.Opt(IDL.Record({ skip_pre_upgrade: IDL.Opt(IDL.Bool) })) });
    expect(install(skip, { upgrade: [{ skip_pre_upgrade: [true] }] })).toEqual({
      tag: "upgrade",
      value: { skip_pre_upgrade: true, wasm_memory_persistence: undefined },
    });
    expect(install(IDL.Variant({ downgrade: IDL.Null }), { downgrade: null })).toContain("none of");
  });

  test("a required field of the wrong type is an error", () => {
    const wrong = sdk(
      [IDL.Record({ canister_id: IDL.Principal, settings: IDL.Nat })],
      [{ canister_id: sdkId, settings: 1n }],
    );
    expect(decodeArgument(UpdateSettingsArgs, wrong)).toEqual({
      ok: false,
      because: expect.stringContaining("settings"),
    });
  });
});

describe("CD1 hostile bytes cost no more than their length", () => {
  const refused = (hex: string): string => {
    const result = decodeArgument(CanisterIdArgs, fromHex(hex));
    return result.ok ? "accepted" : result.because;
  };
  const magic = "4449444c";

  test("no header", () => {
    expect(refused("010203")).toBe("Cannot parse header 010203");
  });
  test("a vector of 2^40 nulls", () => {
    expect(refused(`${magic}016d7f0100808080808020`)).toContain("take no bytes");
  });
  test("records that double at each of 50 levels", () => {
    const levels = Array.from({ length: 50 }, (_, i) => {
      const inner = i === 0 ? "7f" : i.toString(16).padStart(2, "0");
      return `6c0200${i === 0 ? inner : (i - 1).toString(16).padStart(2, "0")}01${i === 0 ? inner : (i - 1).toString(16).padStart(2, "0")}`;
    }).join("");
    expect(refused(`${magic}32${levels}0131`)).toContain("take no bytes");
  });
  test("options nested a million deep", () => {
    const bytes = concat(fromHex(`${magic}016e000100`), new Uint8Array(1_000_000).fill(1));
    const result = decodeArgument(CanisterIdArgs, bytes);
    expect(result.ok ? "" : result.because).toContain("nested");
  });
  test("a number of a million bytes", () => {
    const bytes = concat(fromHex(`${magic}00017d`), new Uint8Array(1_000_000).fill(0x80));
    const result = decodeArgument(Nat, bytes);
    expect(result.ok ? "" : result.because).toContain("longer than");
  });
  test("each cut of a good message is refused, and so is a byte more", () => {
    const good = sdk(
      [IDL.Record({ canister_id: IDL.Principal, x: IDL.Opt(IDL.Vec(IDL.Text)) })],
      [{ canister_id: sdkId, x: [["a", "b"]] }],
    );
    for (let n = 0; n < good.length; n++)
      expect(decodeArgument(CanisterIdArgs, good.subarray(0, n)).ok).toBe(false);
    expect(decodeArgument(CanisterIdArgs, concat(good, Uint8Array.of(0))).ok).toBe(false);
  });
  test("noise never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        decodeArgument(UpdateSettingsArgs, concat(fromHex(magic), noise));
      }),
      { numRuns: 500 },
    );
  });
});

test("CD3 what is decoded does not share the message's bytes", () => {
  const message = sdk([IDL.Vec(IDL.Nat8)], [[1, 2, 3]]);
  const read = decodeArgument(Blob, message);
  message.fill(0);
  expect(read).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3) });
});
