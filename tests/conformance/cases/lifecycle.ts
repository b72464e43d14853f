/** Interface §6.2, 6.4 as a user meets them: create, install, stop, delete. */
import { expect, test } from "vitest";
import { wat } from "../../../src/shell/testing/wat.ts";
import { deploy } from "../../agent/clients.ts";
import {
  agentAs,
  alice,
  anonymous,
  callContent,
  IDL,
  management,
  managementAs,
  mapOf,
  newProbe,
  NO_ARG,
  outcome,
  pathOf,
  Principal,
  send,
  type World,
} from "../world.ts";
import { probeWasm } from "../probe.ts";

const Creation = IDL.Record({ amount: IDL.Opt(IDL.Nat), specified_id: IDL.Opt(IDL.Principal) });
const Mode = IDL.Variant({ install: IDL.Null, reinstall: IDL.Null, upgrade: IDL.Null });
const Install = IDL.Record({
  mode: Mode,
  canister_id: IDL.Principal,
  wasm_module: IDL.Vec(IDL.Nat8),
  arg: IDL.Vec(IDL.Nat8),
});

export function lifecycle(world: () => World): void {
  const install = (canister_id: Principal, mode: string, wasm_module = probeWasm()) =>
    outcome(
      world(),
      management(world(), "install_code", Install, {
        mode: { [mode]: null },
        canister_id,
        wasm_module,
        arg: NO_ARG,
      }),
      canister_id,
      alice,
    );
  const create = (specified: [] | [Principal] = []) =>
    outcome(
      world(),
      management(world(), "provisional_create_canister_with_cycles", Creation, {
        amount: [],
        specified_id: specified,
      }),
      world().anyId,
      alice,
    );
  const bump = (probe: Principal) =>
    outcome(world(), callContent(world(), "bump", { canister_id: probe.toUint8Array() }), probe);

  test("L11 create_canister is not for users: refused before induction", async () => {
    const body = anonymous(management(world(), "create_canister", IDL.Record({}), {}));
    const answer = mapOf(await send(world(), pathOf("call", world().anyId, "v4"), body));
    expect(answer).toMatchObject({ status: "non_replicated_rejection" });
  });

  test("L10, L13 a new canister runs, is empty, has 100 T; a chosen id must be free and in the ranges", async () => {
    const chosen = Principal.fromHex("00000000000abcde0101");
    expect(await create([chosen])).toBeInstanceOf(Uint8Array);
    const status = await managementAs(world(), chosen).canister_status({ canister_id: chosen });
    expect(status).toMatchObject({ status: { running: null }, module_hash: [] });
    expect(status.cycles).toBeGreaterThan(99_000_000_000_000n);
    expect(status.settings.controllers.map(String)).toEqual([alice.getPrincipal().toText()]);
    expect(await create([chosen])).toMatchObject({ error: "IC0205" });
    expect(await create([Principal.fromHex("ffffffffffffffff0101")])).toMatchObject({ code: 4 });
  });

  test("L14, L15, L16 install wants an empty canister, upgrade a full one; the heap begins anew", async () => {
    const probe = await newProbe(world());
    await bump(probe);
    expect(await install(probe, "install")).toMatchObject({ error: "IC0514" });
    expect(await bump(probe)).toEqual(Uint8Array.of(2, 0, 0, 0));
    expect(await install(probe, "upgrade")).toBeInstanceOf(Uint8Array);
    expect(await bump(probe)).toEqual(Uint8Array.of(1, 0, 0, 0));
    expect(await install(probe, "reinstall")).toBeInstanceOf(Uint8Array);
    expect(await bump(probe)).toEqual(Uint8Array.of(1, 0, 0, 0));
    await managementAs(world(), probe).uninstall_code({ canister_id: probe });
    expect(await install(probe, "upgrade")).toMatchObject({ error: "IC0537" });
  });

  test("L20 code is installed whatever the status", async () => {
    const probe = await newProbe(world());
    const own = managementAs(world(), probe);
    await own.stop_canister({ canister_id: probe });
    expect(await install(probe, "reinstall")).toBeInstanceOf(Uint8Array);
    expect(await install(probe, "upgrade")).toBeInstanceOf(Uint8Array);
    expect((await own.canister_status({ canister_id: probe })).status).toEqual({ stopped: null });
  });

  test("L46 only a stopped canister is deleted, and then nobody finds it", async () => {
    const probe = await newProbe(world());
    const own = managementAs(world(), probe);
    await expect(own.delete_canister({ canister_id: probe })).rejects.toThrow(/IC0510/);
    await own.stop_canister({ canister_id: probe });
    await own.delete_canister({ canister_id: probe });
    await expect(own.canister_status({ canister_id: probe })).rejects.toThrow(/IC0301/);
  });

  test("S30 a module without memory lives; what copies into it traps", async () => {
    const wasm = wat(`(module
      (import "ic0" "msg_reply" (func $reply))
      (import "ic0" "msg_caller_copy" (func $copy (param i32 i32 i32)))
      (func (export "canister_update answer") (call $reply))
      (func (export "canister_update copy") (call $copy (i32.const 0) (i32.const 0) (i32.const 1))))`);
    const id = await deploy(agentAs(world(), alice), world().anyId, wasm);
    const to = { canister_id: id.toUint8Array() };
    expect(await outcome(world(), callContent(world(), "answer", to), id)).toEqual(NO_ARG);
    expect(await outcome(world(), callContent(world(), "copy", to), id)).toMatchObject({ code: 5 });
  });
}
