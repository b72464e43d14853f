/**
 * A Motoko program of our own, by the official compiler with enhanced orthogonal persistence: an actor class, calls,
 * a timer, a region, stable data that is upgraded to wider types, and an upgrade that is refused.
 */
import { readFileSync } from "node:fs";
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { defined } from "../../src/base/assert.ts";
import { describe, expect, test } from "vitest";
import { motokoCompiler } from "../../src/compilers/motoko/motoko.ts";
import { idOf } from "../unit/execution/world.ts";
import { Subnet } from "./scriptable/subnet.ts";

const FOLDER = "tests/conformance/motoko";
const SHELF = readFileSync(`${FOLDER}/shelf.mo`, "utf8");
const FIRST = readFileSync(`${FOLDER}/library.mo`, "utf8");
/** Wider: years before our era, and a third kind. */
const WIDER = FIRST.replace("year : Nat;", "year : Int;").replace(
  "{ #paper; #audio",
  "{ #paper; #lost; #audio",
);
/** Titles that are numbers: what is kept is not that. */
const OTHER = FIRST.replace("title : Text;", "title : Nat;");

const made = new Map<string, Promise<Uint8Array>>();

function compiled(main: string): Promise<Uint8Array> {
  const before = made.get(main) ?? compile(main);
  made.set(main, before);
  return before;
}

async function compile(main: string): Promise<Uint8Array> {
  const made = await motokoCompiler.compile({ "main.mo": main, "shelf.mo": SHELF }, "main.mo");
  if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
  return made.wasm;
}

const bookOf = (year: IDL.Type, kinds: Record<string, IDL.Type>): IDL.Type => {
  const Book = IDL.Rec();
  Book.fill(
    IDL.Record({
      title: IDL.Text,
      year,
      tags: IDL.Vec(IDL.Text),
      kind: IDL.Variant(kinds),
      sequel: IDL.Opt(Book),
    }),
  );
  return Book;
};
const KINDS = { paper: IDL.Null, audio: IDL.Record({ minutes: IDL.Nat }) };
const Book = bookOf(IDL.Nat, KINDS);
const WiderBook = bookOf(IDL.Int, { ...KINDS, lost: IDL.Null });
const TROY = { title: "Troy", year: 1873n, tags: ["city", "Ἴλιον"], kind: { paper: null }, sequel: [] };
const RETURN = {
  title: "Return",
  year: 1922n,
  tags: [],
  kind: { audio: { minutes: 1200n } },
  sequel: [TROY],
};

describe("a library in Motoko", () => {
  let subnet: Subnet;
  const encode = (types: IDL.Type[], values: unknown[]): Uint8Array =>
    new Uint8Array(IDL.encode(types, values));
  const decode = (types: IDL.Type[], bytes: Uint8Array): unknown => IDL.decode(types, bytes)[0];

  const call = (
    method: string,
    types: IDL.Type[] = [],
    values: unknown[] = [],
    out: IDL.Type[] = [],
  ): unknown => {
    const status = subnet.finish(subnet.submit(0, encode(types, values), method));
    if (status.kind === "replied") return out.length === 0 ? "done" : IDL.decode(out, status.reply);
    if (status.kind === "rejected") return `${status.reject.error}: ${status.reject.message}`;
    return status.kind;
  };
  const ask = (method: string, out: IDL.Type[], types: IDL.Type[] = [], values: unknown[] = []): unknown => {
    const { world } = subnet;
    const query = { sender: "04", receiver: idOf(0), method, arg: encode(types, values) };
    const result = defined(
      world.execution.queries.query(world.state, query, undefined, world.subnet, "one at a time"),
      "there is one thread only",
    );
    if (result.kind === "rejected") return `${result.reject.error}: ${result.reject.message}`;
    return out.length === 1 ? decode(out, result.reply) : IDL.decode(out, result.reply);
  };

  test("it compiles and installs", async () => {
    subnet = new Subnet([{}]);
    expect(subnet.installWasm(0, await compiled(FIRST), "reinstall")).toBe("DIDL\0\0");
  });

  test("rich Candid goes in and comes out", () => {
    expect(call("add", [Book], [TROY], [IDL.Nat])).toEqual([1n]);
    expect(call("add", [Book], [RETURN], [IDL.Nat])).toEqual([2n]);
    expect(ask("all", [IDL.Vec(Book)])).toEqual([TROY, RETURN]);
    const types = [
      IDL.Int,
      IDL.Float64,
      IDL.Vec(IDL.Nat8),
      IDL.Principal,
      IDL.Opt(IDL.Nat8),
      IDL.Record({
        x: IDL.Vec(IDL.Tuple(IDL.Text, IDL.Bool)),
        y: IDL.Variant({ a: IDL.Null, b: IDL.Int64 }),
      }),
    ];
    const values = [
      -(2n ** 70n),
      -0.5,
      Uint8Array.of(0, 255),
      Principal.fromHex(idOf(7)),
      [8],
      { x: [["é", true]], y: { b: -(2n ** 63n) } },
    ];
    expect(ask("mirror", types, types, values)).toEqual(values);
    expect((ask("who", [IDL.Principal]) as Principal).toText()).toBe("2vxsx-fae");
    expect(call("add", [IDL.Text], ["not a book"])).toMatch(
      /^IC0503: Error from Canister rwlgt-\S+: Canister called `ic0.trap` with message: 'IDL error: unexpected IDL type when parsing/,
    );
  });

  test("a region keeps bytes", () => {
    expect(call("note", [IDL.Vec(IDL.Nat8)], [[1, 2, 3]], [IDL.Nat64])).toEqual([1n]);
    expect(call("note", [IDL.Vec(IDL.Nat8)], [[9]], [IDL.Nat64])).toEqual([1n]);
    expect(ask("read", [IDL.Vec(IDL.Nat8)], [IDL.Nat64, IDL.Nat], [0n, 9n])).toEqual(
      Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0, 9),
    );
    expect(ask("read", [IDL.Vec(IDL.Nat8)], [IDL.Nat64, IDL.Nat], [65_536n, 1n])).toContain("IC0503");
  });

  test("a timer rings once", () => {
    const { world } = subnet;
    call("ring", [IDL.Nat], [3n]);
    expect(ask("seen", [IDL.Nat, IDL.Nat])).toEqual([2n, 0n]);
    for (let i = 0; i < 8; i++) world.round();
    expect(ask("seen", [IDL.Nat, IDL.Nat])).toEqual([2n, 1n]);
  });

  test("an actor class: made, called, asked by a composite query, and its trap caught", () => {
    const [made] = call("open", [IDL.Text], ["east"], [IDL.Principal]) as [Principal];
    expect(made.toHex().toLowerCase()).toBe(idOf(1));
    expect(call("fill", [IDL.Text, IDL.Text, IDL.Text], ["a", "b", "c"], [IDL.Vec(IDL.Nat)])).toEqual([
      [3n, 2n, 1n],
    ]);
    expect(ask("shelved", [IDL.Vec(IDL.Text)])).toEqual(["east: a", "east: b", "east: c"]);
    const [words, end] = call("careful", [], [], [IDL.Text, IDL.Text]) as [string, string];
    // The one that made it controls it, and so is told where.
    expect(words.replace(/(\nCanister Backtrace:\n)(?:.+\n)+(?=\.\n)/, "$1")).toBe(
      `IC0503: Error from Canister ${made.toText()}: Canister called \`ic0.trap\` with message: 'assertion failed at shelf.mo:15.5-15.17'\nCanister Backtrace:\n.\n` +
        "Consider gracefully handling failures from this canister or altering the canister to handle exceptions. " +
        "See documentation: https://internetcomputer.org/docs/current/references/execution-errors#trapped-explicitly",
    );
    expect(end).toBe("in the end");
    expect(ask("shelved", [IDL.Vec(IDL.Text)])).toHaveLength(3);
  });

  test("what came before an await stays when what follows it traps", () => {
    expect(call("halfway")).toMatch(/^IC0503: .*'after the await'/);
    expect(ask("seen", [IDL.Nat, IDL.Nat])).toEqual([2n, 101n]);
    expect(call("refuse")).toBe("IC0406: not today");
  });

  test("an upgrade keeps what is stable, in wider types, and forgets what is transient", async () => {
    expect(subnet.installWasm(0, await compiled(WIDER), "upgrade")).toBe("DIDL\0\0");
    expect(ask("all", [IDL.Vec(WiderBook)])).toEqual([TROY, RETURN]);
    expect(ask("seen", [IDL.Nat, IDL.Nat])).toEqual([0n, 101n]);
    const lost = { title: "Margites", year: -700n, tags: [], kind: { lost: null }, sequel: [] };
    expect(call("add", [WiderBook], [lost], [IDL.Nat])).toEqual([3n]);
    expect(ask("read", [IDL.Vec(IDL.Nat8)], [IDL.Nat64, IDL.Nat], [8n, 1n])).toEqual(Uint8Array.of(9));
    expect(ask("shelved", [IDL.Vec(IDL.Text)])).toHaveLength(3);
  });

  test("an upgrade to types that what is kept does not have is refused, and nothing has happened", async () => {
    const before = ask("all", [IDL.Vec(WiderBook)]);
    expect(subnet.installWasm(0, await compiled(OTHER), "upgrade")).toMatch(
      /^5 IC0503: Error from Canister rwlgt-\S+: Canister called `ic0.trap` with message: 'RTS error: Memory-incompatible program upgrade'\nCanister Backtrace:\n(.+\n)+register_stable_type\n@initialize_main_actor\ninit\npost_upgrade\n\.\nConsider/,
    );
    expect(subnet.installWasm(0, await compiled(FIRST), "upgrade")).toContain(
      "Memory-incompatible program upgrade",
    );
    expect(ask("all", [IDL.Vec(WiderBook)])).toEqual(before);
    expect(subnet.world.missingCycles()).toBe(0n);
  });
});
