/** Each example deployed on a subnet with real BLS and called by the official agent: what its README promises happens. */
import { Certificate, lookupResultToBuffer } from "@icp-sdk/core/agent";
import type { Principal } from "@icp-sdk/core/principal";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { utf8Lossy } from "../../src/base/bytes.ts";
import { compile } from "../../src/compilers/compile.ts";
import { asText, draw, guess, samples, trained } from "../../examples/digits-assemblyscript/train.mts";
import { readFileSync } from "node:fs";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { Stage } from "./example-stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SIMULATION_GENESIS });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each(["counter-motoko", "counter-assemblyscript", "counter-wat"])("%s counts", async (id) => {
  const stage = await Stage.of(id);
  expect(await stage.call("counter", "inc")).toBe(1n);
  expect(await stage.call("counter", "inc")).toBe(2n);
  expect(await stage.call("counter", "get")).toBe(2n);
});

test("guestbook: entries know their signers, an empty one is undone", async () => {
  const stage = await Stage.of("guestbook-motoko");
  await stage.call("guestbook", "sign", ["hello"], "you");
  await stage.call("guestbook", "sign", ["me too"], "Ada");
  await expect(stage.call("guestbook", "sign", [""])).rejects.toThrow("say something");
  const entries = (await stage.call("guestbook", "read")) as { who: Principal; text: string }[];
  expect(entries.map((e) => [e.who.toText(), e.text])).toEqual([
    [stage.identity("you").getPrincipal().toText(), "hello"],
    [stage.identity("Ada").getPrincipal().toText(), "me too"],
  ]);
});

test("pixel wall: the reply is a picture, and two users share it", async () => {
  const stage = await Stage.of("pixel-wall-motoko");
  await stage.call("wall", "paint", [3n, 4n, { red: null }], "you");
  const picture = await stage.call("wall", "paint", [15n, 15n, { blue: null }], "Ada");
  expect(picture).toMatch(
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 16 16"[\s\S]*<\/svg>$/,
  );
  expect(picture).toContain('<rect x="3" y="4" width="1" height="1" fill="#ff8573"/>');
  expect(picture).toContain('<rect x="15" y="15" width="1" height="1" fill="#7fb2ff"/>');
  expect(await stage.call("wall", "wall")).toBe(picture);
  await expect(stage.call("wall", "paint", [16n, 0n, { red: null }])).rejects.toThrow("16 pixels wide");
  expect(await stage.call("wall", "count")).toEqual({ strokes: 2n, painted: 2n });
});

test("Game of Life: a timer makes the generations, and they follow the rules", async () => {
  const stage = await Stage.of("life-motoko");
  type Status = { generation: bigint; alive: bigint; runs: boolean };
  const status = async () => (await stage.call("life", "status")) as Status;
  const before = await status();
  stage.pass(10_000);
  const after = await status();
  expect(after.generation - before.generation).toBeGreaterThanOrEqual(8n);
  expect(after.generation - before.generation).toBeLessThanOrEqual(11n);

  // The first world again, by a second account of the rules.
  const side = 24;
  const start = [[12, 11], [13, 11], [11, 12], [12, 12], [12, 13], [2, 1], [3, 2], [1, 3], [2, 3], [3, 3]]; // prettier-ignore
  let cells = new Set(start.map(([x, y]) => y! * side + x!));
  for (let g = 0n; g < after.generation; g++) {
    const neighbours = new Map<number, number>();
    for (const cell of cells) {
      for (const [dx, dy] of [[-1, -1], [0, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [0, 1], [1, 1]] as const) {
        const at = ((Math.floor(cell / side) + dy + side) % side) * side + (((cell % side) + dx + side) % side);
        neighbours.set(at, (neighbours.get(at) ?? 0) + 1);
      }
    } // prettier-ignore
    cells = new Set(
      [...neighbours].filter(([at, n]) => n === 3 || (n === 2 && cells.has(at))).map(([at]) => at),
    );
  }
  expect(after.alive).toBe(BigInt(cells.size));
  expect(await stage.call("life", "picture")).toContain(`<title>Generation ${after.generation}</title>`);

  await stage.call("life", "stop");
  const stopped = await status();
  stage.pass(5_000);
  expect(await status()).toEqual({ ...stopped, runs: false });
  await stage.call("life", "put", [{ glider: null }, 22n, 22n]); // round the corner
  await stage.call("life", "start", [1n]);
  stage.pass(3_000);
  expect((await status()).generation).toBeGreaterThan(stopped.generation);
});

test("two canisters: one asks the other, and pays it", async () => {
  const stage = await Stage.of("two-canisters-motoko");
  expect(await stage.call("front", "remember", ["answer", 42n])).toBe(1n);
  expect(await stage.call("front", "recall", ["answer"])).toEqual([42n]);
  expect(await stage.call("store", "earnings")).toBe(1_000_000n);
});

test("factory: it makes canisters that answer by themselves, and pays for them", async () => {
  const stage = await Stage.of("factory-motoko");
  const before = ((await stage.call("factory", "made")) as { cycles: bigint }).cycles;
  const child = (await stage.call("factory", "make", ["Ada"])) as Principal;
  const other = (await stage.call("factory", "make", ["Bob"])) as Principal;
  expect(child.toText()).not.toBe(other.toText());
  const made = (await stage.call("factory", "made")) as { children: Principal[]; cycles: bigint };
  expect(made.children.map(String)).toEqual([child.toText(), other.toText()]);
  expect(before - made.cycles).toBeGreaterThan(4_000_000_000_000n);
  expect(await stage.call("factory", "greet", [0n])).toBe("Ada greets for time 1");
  await expect(stage.call("factory", "greet", [9n])).rejects.toThrow("no child");
  stage.meet("child", child, "service : { greet : () -> (text) }");
  expect(await stage.call("child", "greet")).toBe("Ada greets for time 2");
  const statuses = (await stage.call("factory", "statuses")) as { name: string; greetings: bigint }[];
  expect(statuses.map((s) => [s.name, s.greetings])).toEqual([["Ada", 2n], ["Bob", 0n]]); // prettier-ignore
});

describe("ICRC-1 token", () => {
  const FEE = 10_000n;
  const SUPPLY = 1_000_000_000_000n;
  interface Ask {
    readonly from_subaccount?: Uint8Array;
    readonly to: { owner: Principal; subaccount: [] | [Uint8Array] };
    readonly amount: bigint;
    readonly fee?: bigint;
    readonly memo?: Uint8Array;
    readonly created_at_time?: bigint;
  }
  const opt = <T>(value: T | undefined): [] | [T] => (value === undefined ? [] : [value]);
  const pay = (stage: Stage, ask: Ask, user = "you") =>
    stage.call("token", "icrc1_transfer", [
      {
        from_subaccount: opt(ask.from_subaccount),
        to: ask.to,
        amount: ask.amount,
        fee: opt(ask.fee),
        memo: opt(ask.memo),
        created_at_time: opt(ask.created_at_time),
      },
    ], user); // prettier-ignore
  const accountOf = (stage: Stage, user: string, subaccount?: Uint8Array) => ({
    owner: stage.identity(user).getPrincipal() as Principal,
    subaccount: opt(subaccount),
  });
  const balance = (stage: Stage, user: string, subaccount?: Uint8Array) =>
    stage.call("token", "icrc1_balance_of", [accountOf(stage, user, subaccount)]);
  const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;

  test("two users pay each other; fees leave the supply", async () => {
    const stage = await Stage.of("icrc1-motoko");
    expect(await balance(stage, "you")).toBe(SUPPLY);
    expect(await pay(stage, { to: accountOf(stage, "Ada"), amount: 500_000n })).toEqual({ Ok: 0n });
    expect(await pay(stage, { to: accountOf(stage, "you"), amount: 200_000n, fee: FEE }, "Ada")).toEqual({
      Ok: 1n,
    });
    expect(await balance(stage, "Ada")).toBe(500_000n - 200_000n - FEE);
    expect(await balance(stage, "you")).toBe(SUPPLY - 500_000n - FEE + 200_000n);
    expect(await stage.call("token", "icrc1_total_supply")).toBe(SUPPLY - 2n * FEE);
    expect(await stage.call("token", "whoami", [], "Ada")).toEqual(stage.identity("Ada").getPrincipal());
  });

  test("what it refuses, by the standard's words", async () => {
    const stage = await Stage.of("icrc1-motoko");
    const to = accountOf(stage, "Ada");
    const left = (await balance(stage, "you")) as bigint;
    expect(await pay(stage, { to, amount: 1n, fee: 1n })).toEqual({ Err: { BadFee: { expected_fee: FEE } } });
    expect(await pay(stage, { to, amount: SUPPLY })).toEqual({
      Err: { InsufficientFunds: { balance: left } },
    });
    expect(await pay(stage, { to, amount: 1n }, "Ada")).toEqual({
      Err: { InsufficientFunds: { balance: 0n } },
    });
    expect(await pay(stage, { to, amount: 1n, memo: new Uint8Array(33) })).toMatchObject({
      Err: { GenericError: {} },
    });
    const now = SIMULATION_GENESIS;
    expect(await pay(stage, { to, amount: 1n, created_at_time: nanos(now - 25 * 3_600_000) })).toEqual({
      Err: { TooOld: null },
    });
    expect(await pay(stage, { to, amount: 1n, created_at_time: nanos(now + 600_000) })).toMatchObject({
      Err: { CreatedInFuture: {} },
    });
    await expect(pay(stage, { to: { ...to, subaccount: [new Uint8Array(3)] }, amount: 1n })).rejects.toThrow(
      "32 bytes",
    );
    expect(await balance(stage, "you")).toBe(left);
  });

  test("the same transfer is not made twice, unless it says nothing of when it was created", async () => {
    const stage = await Stage.of("icrc1-motoko");
    const ask = { to: accountOf(stage, "Ada"), amount: 7n, created_at_time: nanos(SIMULATION_GENESIS) };
    expect(await pay(stage, ask)).toEqual({ Ok: 0n });
    expect(await pay(stage, ask)).toEqual({ Err: { Duplicate: { duplicate_of: 0n } } });
    expect(await pay(stage, { ...ask, memo: Uint8Array.of(1) })).toEqual({ Ok: 1n });
    const { created_at_time: _, ...timeless } = ask;
    expect(await pay(stage, timeless)).toEqual({ Ok: 2n });
    expect(await pay(stage, timeless)).toEqual({ Ok: 3n });
    expect(await balance(stage, "Ada")).toBe(28n);
  });

  test("subaccounts are accounts of their own; the one of zeros is the plain one", async () => {
    const stage = await Stage.of("icrc1-motoko");
    const mine = new Uint8Array(32).fill(1);
    await pay(stage, { to: accountOf(stage, "Ada", mine), amount: 50_000n });
    expect(await balance(stage, "Ada")).toBe(0n);
    expect(await balance(stage, "Ada", mine)).toBe(50_000n);
    const zeros = new Uint8Array(32);
    expect(
      await pay(stage, { from_subaccount: mine, to: accountOf(stage, "Ada", zeros), amount: 40_000n }, "Ada"),
    ).toEqual({ Ok: 1n });
    expect(await balance(stage, "Ada")).toBe(40_000n);
  });

  test("it says what it is", async () => {
    const stage = await Stage.of("icrc1-motoko");
    expect(await stage.call("token", "icrc1_decimals")).toBe(8);
    expect(await stage.call("token", "icrc1_minting_account")).toEqual([]);
    const entries = (await stage.call("token", "icrc1_metadata")) as object[];
    expect(entries.map((e) => Object.values(e))).toEqual([
      ["icrc1:name", { Text: "Terrarium Token" }],
      ["icrc1:symbol", { Text: await stage.call("token", "icrc1_symbol") }],
      ["icrc1:decimals", { Nat: 8n }],
      ["icrc1:fee", { Nat: FEE }],
    ]);
    expect(await stage.call("token", "icrc1_supported_standards")).toMatchObject([{ name: "ICRC-1" }]);
  });
});

test("certified variable: the certificate in the reply is of the value, and a lie is of another", async () => {
  const stage = await Stage.of("certified-motoko");
  const ask = async (method: string) => {
    const { value, certificate } = (await stage.call("certified", method)) as {
      value: string;
      certificate: [] | [Uint8Array];
    };
    const verified = await Certificate.create({
      certificate: certificate[0]!,
      rootKey: stage.rootKey,
      principal: { canisterId: stage.idOf("certified") },
      disableTimeVerification: true,
    });
    const path = ["canister", stage.idOf("certified").toUint8Array(), "certified_data"];
    return { value, signed: utf8Lossy(lookupResultToBuffer(verified.lookup_path(path))!) };
  };
  expect(await ask("get")).toEqual({ value: "hello", signed: "hello" });
  await stage.call("certified", "set", ["the truth"]);
  expect(await ask("get")).toEqual({ value: "the truth", signed: "the truth" });
  expect(await ask("lie")).toEqual({ value: "the truth!", signed: "the truth" });
  await expect(stage.call("certified", "set", ["x".repeat(33)])).rejects.toThrow("32 bytes");
});

test("upgrade: the README's first change keeps the data, its second is refused and loses nothing", async () => {
  const stage = await Stage.of("upgrade-motoko");
  const { files, readme } = stage.example;
  /** What the README says to change: "`old` becomes `new`", in this order. */
  const changes = [...readme.matchAll(/`(type [^`]+)` becomes `(type [^`]+)`/g)].map((m) => [m[1]!, m[2]!]);
  expect(changes).toHaveLength(2);
  const changed = async (n: number): Promise<Uint8Array> => {
    const [from, to] = changes[n]! as [string, string];
    expect(files["main.mo"]).toContain(from);
    const made = await compile(
      "motoko",
      { ...files, "main.mo": files["main.mo"]!.replace(from, to) },
      "main.mo",
    );
    if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
    return made.wasm;
  };
  await stage.call("tasks", "add", ["water the fern"]);
  await stage.call("tasks", "add", ["feed the snails"]);
  await stage.call("tasks", "set", [0n, { done: null }]);
  const tasks = [
    { title: "water the fern", state: { done: null } },
    { title: "feed the snails", state: { open: null } },
  ];
  expect(await stage.call("tasks", "list")).toEqual({ tasks, callsSinceUpgrade: 3n });
  await stage.upgrade("tasks", await changed(0));
  expect(await stage.call("tasks", "list")).toEqual({ tasks, callsSinceUpgrade: 0n });
  await expect(stage.upgrade("tasks", await changed(1))).rejects.toThrow(
    "Memory-incompatible program upgrade",
  );
  expect(await stage.call("tasks", "list")).toEqual({ tasks, callsSinceUpgrade: 0n });
});

describe("neural network", () => {
  const { net, accuracy, source } = trained();

  test("the weights in the repository are what the script trains, and they know digits", () => {
    expect(readFileSync("examples/digits-assemblyscript/weights.ts", "utf8")).toBe(source);
    expect(accuracy).toBeGreaterThan(0.95);
  });

  test("the canister sees what the script sees, errors included", async () => {
    const stage = await Stage.of("digits-assemblyscript");
    for (let digit = 0; digit < 10; digit++) {
      const plain = await stage.call("digits", "sample", [digit]);
      expect(plain).toBe(asText(draw(digit)));
      expect(await stage.call("digits", "look", [plain])).toMatchObject({ digit });
    }
    for (const [, pixels] of samples(40, 99)) {
      expect(await stage.call("digits", "look", [asText(pixels)])).toMatchObject({
        digit: guess(net, pixels),
      });
    }
    await expect(stage.call("digits", "look", ["##"])).rejects.toThrow("you gave 2");
    await expect(stage.call("digits", "sample", [10])).rejects.toThrow("0 to 9");
  });
});
