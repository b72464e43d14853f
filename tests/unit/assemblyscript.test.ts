/** AssemblyScript canisters on the real replica, called by the official agent through one node on the virtual clock. */
import { Actor } from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { assemblyscriptCompiler } from "../../src/compilers/assemblyscript/assemblyscript.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { idlOf, readInterface } from "../../src/ui/shared/candid/shape.ts";
import { agentFor, deploy } from "../agent/clients.ts";
import { realSetup } from "../simulation/setup.ts";
import { runSubnet } from "../simulation/subnet.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SIMULATION_GENESIS });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Word for word as issue 4 has it. */
const GUESTBOOK = `
  import { query, update, time } from "ic";
  class Entry { name: string = ""; at: u64 = 0; }
  let entries: Entry[] = [];
  @update function sign(name: string): u64 { entries.push({ name, at: time() }); return entries.length; }
  @query function read(last: u32): Entry[] { return entries.slice(-last); }
`;

const CALLER = `
  import { call, later, Principal, query, randomness, reject, reply, stable, update, Answer } from "ic";
  class Entry { name: string = ""; at: u64 = 0; }
  class Asked { constructor(public name: string) {} }
  @stable let log: string[] = [];

  @update function signFor(book: Principal, name: string): string {
    call(book, "sign").arg(name).keep(new Asked(name)).onReply((answer) => {
      const n = answer.value<u64>();
      log.push(answer.kept<Asked>().name);
      reply(answer.kept<Asked>().name + " is number " + n.toString());
    });
    return later<string>();
  }
  @update function last(book: Principal): Entry | null {
    call(book, "read").arg<u32>(1).onReply((answer) => {
      const entries = answer.value<Entry[]>();
      reply<Entry | null>(entries.length > 0 ? entries[0] : null);
    });
    return later<Entry | null>();
  }
  @update function wrong(book: Principal): u64 { call(book, "nobody"); return later<u64>(); }
  @update function handled(book: Principal): string {
    call(book, "nobody").onReject((r) => { reply(r.code.toString()); });
    return later<string>();
  }
  @update function both(book: Principal): u64 {
    call(book, "sign").arg("first").onReply((a) => { log.push("first " + a.value<u64>().toString()); });
    call(book, "sign").arg("second").onReply((a) => { log.push("second " + a.value<u64>().toString()); });
    return 5;
  }
  @update function dice(): Uint8Array {
    randomness((answer) => { reply(answer.value<Uint8Array>()); });
    return later<Uint8Array>();
  }
  @query function logged(): string[] { return log; }
`;

async function subnet() {
  const setup = realSetup(1, 5);
  const { network, nodes } = runSubnet(setup, 2);
  const registry = setup.registry.versions.get(1)!;
  const agent = agentFor({
    fetch: network.fetchAt(nodes[0]!),
    rootKey: registry.publicKeyDer,
    host: "https://virtual.invalid",
  });
  const effective = Principal.fromHex(registry.canisterRanges[0]!.start);
  return {
    async install(source: string) {
      const made = await assemblyscriptCompiler.compile({ "main.ts": source }, "main.ts");
      if (!made.ok || made.did === undefined) throw new Error(JSON.stringify(made.diagnostics));
      const id = await deploy(agent, effective, made.wasm);
      const did = readInterface(made.did);
      const methods = did.methods.map(({ name, func }) => {
        const args = func.args.flatMap(({ type }) => idlOf([{ name: undefined, type }], did.types));
        const results = func.results.flatMap(({ type }) => idlOf([{ name: undefined, type }], did.types));
        return [
          name,
          IDL.Func(args as [IDL.Type], results as [IDL.Type], func.mode === "query" ? ["query"] : []),
        ] as const;
      });
      const service: IDL.InterfaceFactory = () => IDL.Service(Object.fromEntries(methods));
      return {
        id,
        actor: Actor.createActor<Record<string, (...args: unknown[]) => Promise<unknown>>>(service, {
          agent,
          canisterId: id,
        }),
      };
    },
  };
}

describe("AssemblyScript canisters on a subnet", () => {
  test("the guestbook of issue 4 compiles and runs word for word", async () => {
    const { install } = await subnet();
    const { actor } = await install(GUESTBOOK);
    for (const [i, name] of ["Ada", "Grace", "Барбара"].entries()) {
      expect(await actor.sign!(name)).toBe(BigInt(i + 1));
    }
    const entries = (await actor.read!(2)) as { name: string; at: bigint }[];
    expect(entries.map((e) => e.name)).toEqual(["Grace", "Барбара"]);
    expect(entries.every((e) => e.at > 0n)).toBe(true);
  });

  test("calls: answered later, kept objects, rejects passed on and handled, several at once, randomness", async () => {
    const { install } = await subnet();
    const book = await install(GUESTBOOK);
    const { actor } = await install(CALLER);
    expect(await actor.last!(book.id)).toEqual([]);
    expect(await actor.signFor!(book.id, "Ada")).toBe("Ada is number 1");
    expect(await actor.last!(book.id)).toMatchObject([{ name: "Ada" }]);
    await expect(actor.wrong!(book.id)).rejects.toThrow(/the call of nobody failed: .*nobody/s);
    expect(await actor.handled!(book.id)).toBe("5");
    expect(await actor.both!(book.id)).toBe(5n);
    expect(((await actor.dice!()) as Uint8Array).length).toBe(32);
    expect(await actor.logged!()).toEqual(["Ada", "first 2", "second 3"]);
  });
});
