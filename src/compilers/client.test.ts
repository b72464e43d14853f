/** The client against a worker of a few lines on a MessageChannel: order, superseded checks, death and endless loops. */
import { expose } from "comlink";
import { describe, expect, test, vi } from "vitest";
import type { RunnableModule, RunOutcome } from "./assemblyscript/run-exports.ts";
import { type CompilerProgress, IDLE_MAX_MS, makeCompilerClient, type WorkerLike } from "./client.ts";
import type { Compilation } from "./compiler.ts";
import type { CompilerWorkerApi } from "./worker-api.ts";

const made = (wasm: Uint8Array): Compilation => ({
  ok: true,
  wasm,
  did: undefined,
  stable: undefined,
  diagnostics: [],
});

function fakeWorkers(api: Partial<CompilerWorkerApi>) {
  const started: { terminated: boolean; die(): void }[] = [];
  const start = (): WorkerLike => {
    const { port1, port2 } = new MessageChannel();
    expose({ load: async () => {}, start: async () => {}, ...api }, port2);
    port1.start();
    const onError: ((event: Event) => void)[] = [];
    const state = { terminated: false, die: () => onError.map((listener) => listener(new Event("error"))) };
    started.push(state);
    return {
      postMessage: (message: unknown, transfer?: unknown) =>
        port1.postMessage(message, transfer as Transferable[]),
      addEventListener: (type: string, listener: unknown) => {
        if (type === "error") onError.push(listener as (event: Event) => void);
        else port1.addEventListener(type as "message", listener as (event: MessageEvent) => void);
      },
      removeEventListener: (type: string, listener: unknown) =>
        port1.removeEventListener(type as "message", listener as (event: MessageEvent) => void),
      terminate: () => {
        state.terminated = true;
        port1.close();
      },
    } as WorkerLike;
  };
  return { started, start };
}

describe("compiler client", () => {
  test("compilations come in order, each of its own sources; progress tells loading and compiling", async () => {
    const asked: string[] = [];
    const { start, started } = fakeWorkers({
      load: async (language) => void asked.push(`load ${language}`),
      compile: async (language, files) => {
        asked.push(`compile ${language}`);
        return made(files.a as Uint8Array);
      },
    });
    const client = makeCompilerClient(start);
    const seen: CompilerProgress[] = [];
    const stop = client.onProgress((p) => seen.push(p));
    const one = client.compile("motoko", { a: Uint8Array.of(1) }, "a");
    const two = client.compile("wat", { a: Uint8Array.of(2) }, "a");
    expect([await one, await two]).toEqual([made(Uint8Array.of(1)), made(Uint8Array.of(2))]);
    expect(asked).toEqual(["load motoko", "compile motoko", "load wat", "compile wat"]);
    expect(seen.map((p) => p.stage)).toEqual([
      "idle",
      "loading",
      "compiling",
      "idle",
      "loading",
      "compiling",
      "idle",
    ]);
    expect(started.length).toBe(1);
    stop();
  });

  test("a waiting check gives way to a newer one of the same file, and to no other", async () => {
    const checked: unknown[] = [];
    const { start } = fakeWorkers({
      check: async (_, files, main) => {
        checked.push([main, files.a]);
        return [];
      },
    });
    const client = makeCompilerClient(start);
    await Promise.all([
      client.check("motoko", { a: "1" }, "a"),
      client.check("motoko", { a: "1" }, "b"),
      client.check("motoko", { a: "2" }, "a"),
      client.check("motoko", { a: "3" }, "a"),
    ]);
    expect(checked).toEqual([
      ["a", "3"],
      ["b", "1"],
    ]);
    await client.check("motoko", { a: "4" }, "a");
    expect(checked.at(-1)).toEqual(["a", "4"]);
  });

  test("a worker's death fails what it owed; the next request has a new worker", async () => {
    let alive = false;
    const { start, started } = fakeWorkers({
      compile: (_, files) => {
        if (alive) return Promise.resolve(made(files.a as Uint8Array));
        started[0]!.die();
        return new Promise(() => {});
      },
    });
    const client = makeCompilerClient(start);
    const files = { a: Uint8Array.of(7) };
    await expect(client.compile("motoko", files, "a")).rejects.toThrow("the compiler's worker failed");
    expect(started[0]!.terminated).toBe(true);
    alive = true;
    expect(await client.compile("motoko", files, "a")).toEqual(made(files.a));
    expect(started.length).toBe(2);
  });

  test("an endless function is ended and the compiler stays; the module starts afresh", async () => {
    const events: string[] = [];
    const { start, started } = fakeWorkers({
      compile: async (_, files) => made(files.a as Uint8Array),
      start: async () => void events.push("start"),
      call: (name): Promise<RunOutcome> => {
        if (name === "loop") return new Promise(() => {});
        events.push(name);
        return Promise.resolve({ ok: true, value: 1, printed: [] });
      },
    });
    const client = makeCompilerClient(start);
    await client.compile("wat", { a: Uint8Array.of(1) }, "a");
    const module = { ok: true, wasm: Uint8Array.of(), exports: [], diagnostics: [] } satisfies RunnableModule;
    const ok = { ok: true, value: 1, printed: [] };
    expect([await client.run(module, "f", []), await client.run(module, "f", [])]).toEqual([ok, ok]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const endless = client.run(module, "loop", []);
    vi.advanceTimersByTime(5_000);
    vi.useRealTimers();
    expect(await endless).toMatchObject({
      ok: false,
      message: "loop did not end within 5 seconds",
    });
    expect(await client.run(module, "f", [])).toEqual(ok);
    expect(events).toEqual(["start", "f", "f", "start", "f"]);
    expect(started.map((w) => w.terminated)).toEqual([false, true, false]);
  });

  test("a worker that nobody asks for a minute is ended, unless it holds an author's variables", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { start, started } = fakeWorkers({
        compile: async () => made(Uint8Array.of(1)),
        call: async (): Promise<RunOutcome> => ({ ok: true, value: 1, printed: [] }) as never,
      });
      const client = makeCompilerClient(start);
      const module = { ok: true, wasm: Uint8Array.of(1), exports: [] } as unknown as RunnableModule & {
        ok: true;
      };
      await client.compile("wat", {}, "a");
      await client.run(module, "f", []);
      vi.advanceTimersByTime(IDLE_MAX_MS - 1);
      await client.compile("wat", {}, "a");
      vi.advanceTimersByTime(IDLE_MAX_MS - 1);
      expect(started.map((w) => w.terminated)).toEqual([false, false]);
      vi.advanceTimersByTime(1);
      expect(started.map((w) => w.terminated)).toEqual([true, false]);
      await client.compile("wat", {}, "a");
      expect(started.length).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });
});
