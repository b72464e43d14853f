/** The few methods of the management canister that the page calls. Source: interface §8. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { customSection, readSections } from "../../compilers/wasm-sections.ts";
import type { PageAgent } from "./agent.ts";

const MANAGEMENT = "aaaaa-aa";
const CYCLES = 100_000_000_000_000n;
/** Below the 2 MiB that an ingress message may have, with room for the envelope. */
const PLAIN_WASM_MAX_BYTES = 1_900_000;

const Settings = IDL.Record({ controllers: IDL.Opt(IDL.Vec(IDL.Principal)) });
const CreateArg = IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(Settings) });
const CreateReply = IDL.Record({ canister_id: IDL.Principal });
const Mode = IDL.Variant({
  install: IDL.Null,
  reinstall: IDL.Null,
  upgrade: IDL.Opt(
    IDL.Record({
      skip_pre_upgrade: IDL.Opt(IDL.Bool),
      wasm_memory_persistence: IDL.Opt(IDL.Variant({ keep: IDL.Null, replace: IDL.Null })),
    }),
  ),
});
const InstallArg = IDL.Record({
  mode: Mode,
  canister_id: IDL.Principal,
  wasm_module: IDL.Vec(IDL.Nat8),
  arg: IDL.Vec(IDL.Nat8),
});

/** A new canister with plenty of cycles; its id as text. */
export async function createCanister(agent: PageAgent): Promise<string> {
  const controllers = [agent.principal];
  const arg = IDL.encode([CreateArg], [{ amount: [CYCLES], settings: [{ controllers: [controllers] }] }]);
  const effective = Principal.fromHex(agent.network.info.defaultEffectiveCanisterId).toText();
  const { reply } = await agent.update(MANAGEMENT, "provisional_create_canister_with_cycles", arg, {
    effective,
  });
  const [created] = IDL.decode([CreateReply], reply) as unknown as [{ canister_id: Principal }];
  return created.canister_id.toText();
}

export type InstallMode = "install" | "reinstall" | "upgrade";
export async function installCode(
  agent: PageAgent,
  canister: string,
  mode: InstallMode,
  wasm: Uint8Array,
  arg: Uint8Array,
): Promise<void> {
  // Motoko's orthogonal persistence keeps the heap itself; other modules bring their own memory.
  const persistence = keepsItsHeap(wasm) ? [{ keep: null }] : [];
  const upgrade = [{ skip_pre_upgrade: [], wasm_memory_persistence: persistence }];
  const module = wasm.length > PLAIN_WASM_MAX_BYTES ? await gzip(wasm) : wasm;
  const encoded = IDL.encode(
    [InstallArg],
    [
      {
        mode: mode === "upgrade" ? { upgrade } : { [mode]: null },
        canister_id: Principal.fromText(canister),
        wasm_module: module,
        arg,
      },
    ],
  );
  await agent.update(MANAGEMENT, "install_code", encoded, { effective: canister });
}

export async function simpleCommand(
  agent: PageAgent,
  method: "start_canister" | "stop_canister" | "delete_canister",
  canister: string,
): Promise<void> {
  const Arg = IDL.Record({ canister_id: IDL.Principal });
  const arg = IDL.encode([Arg], [{ canister_id: Principal.fromText(canister) }]);
  await agent.update(MANAGEMENT, method, arg, { effective: canister });
}

const PERSISTENCE_SECTION = "icp:private enhanced-orthogonal-persistence";
/** Whether moc marked the module so. */
export function keepsItsHeap(wasm: Uint8Array): boolean {
  const sections = readSections(wasm);
  return sections.ok && customSection(sections.value, PERSISTENCE_SECTION) !== undefined;
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
