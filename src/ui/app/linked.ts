/** The person has decided about a link: run it, or keep one's own. */
import { IDL } from "@icp-sdk/core/candid";
import { toHex } from "../../base/bytes.ts";
import type { LinkedCall } from "../../lab/link-contents.ts";
import { type Canister, canisters } from "../shared/canisters.svelte.ts";
import { type DidMethod, idlOf } from "../shared/candid/shape.ts";
import { valueText } from "../shared/candid/value.ts";
import { identities } from "../shared/identities.svelte.ts";
import { live } from "../shared/live.svelte.ts";
import { manifest } from "../shared/manifest.svelte.ts";
import { messages } from "../shared/messages.ts";
import { networks } from "../shared/networks.svelte.ts";
import { leaveLink, project } from "../shared/project.svelte.ts";
import { panels } from "./panels.ts";
import { scenes } from "./scenes.svelte.ts";
import { sameSettings, settingsFrom } from "./settings.ts";
import { deployPrebuilt, firstExample } from "./start.ts";

/** Deploys its canisters, the main one last, then makes its calls in order. Whatever fails ends it, in words. */
export async function runLink(): Promise<void> {
  const link = project.visiting;
  if (link === undefined) return;
  leaveLink();
  project.welcome();
  panels.borrow(link.layout);
  const { id } = project;
  await deployPrebuilt();
  await manifest.settled;
  for (const entry of project.entries) {
    if (canisters.deployedFrom(entry) === undefined) await canisters.deploy(entry, "upgrade");
    if (canisters.deployFailure !== undefined || canisters.pending !== undefined || project.id !== id) return;
  }
  for (const call of link.calls) if (!(await make(call)) || project.id !== id) return;
  if (link.scene !== undefined) scenes.begin(link.scene);
}

async function make(call: LinkedCall): Promise<boolean> {
  const canister = canisters.deployedFrom(call.canister);
  if (canister === undefined) {
    project.notice = { tone: "bad", text: messages.link.noSuchCanister(call.canister) };
    return false;
  }
  canisters.show(canister);
  const method = canister.did?.methods.find((m) => m.name === call.method);
  const query = method === undefined ? call.query : method.func.mode.endsWith("query");
  const record = await canisters.call(canister, {
    method: call.method,
    mode: query ? "query" : "update",
    arg: call.arg,
    args: argumentText(canister, method, call.arg),
    as: identities.current,
  });
  if (record.failure === undefined) return true;
  project.notice = { tone: "bad", text: messages.link.callFailed(call.method) };
  return false;
}
function argumentText(canister: Canister, method: DidMethod | undefined, arg: Uint8Array): string {
  const types = canister.did?.types;
  if (method === undefined || types === undefined) return toHex(arg);
  try {
    const values = IDL.decode(idlOf(method.func.args, types), arg) as unknown[];
    return values.map((v, i) => valueText(v, method.func.args[i]!.type, types)).join(", ");
  } catch {
    return toHex(arg);
  }
}

/** The link is put away. Where it had shaped the network, the page starts over with one's own. */
export async function keepMine(): Promise<void> {
  leaveLink();
  const own = settingsFrom(new URLSearchParams(location.search));
  const mine = project.dismiss();
  const isOthers = networks.home === "visit" || !sameSettings(own, live.network?.settings ?? own);
  if (isOthers && canisters.all.length === 0) {
    await project.settled();
    location.reload();
    return;
  }
  if (!mine) await firstExample();
  await deployPrebuilt();
  const front = canisters.deployedFrom(project.main);
  if (front !== undefined) canisters.show(front);
}
