/** Things to do from the palette and the guide, as if the person had pressed the button. */
import { IDL } from "@icp-sdk/core/candid";
import { canisters } from "../shared/canisters.svelte.ts";
import type { DidMethod } from "../shared/candid/shape.ts";
import { coming } from "../shared/coming.svelte.ts";
import { follow } from "../shared/follow.svelte.ts";
import { identities } from "../shared/identities.svelte.ts";
import { live } from "../shared/live.svelte.ts";
import { selection } from "../shared/selection.svelte.ts";
import { showPanel } from "./layout.svelte.ts";
import type { Act } from "./walks.ts";

const isQuery = ({ func }: DidMethod): boolean => func.mode === "query" || func.mode === "composite_query";

/** Of the canister on screen, which may be on its way still. */
export const methodsShown = (): readonly DidMethod[] =>
  (coming.canister ?? canisters.shown)?.did?.methods ?? [];

/** Calls a method that takes nothing; brings the form of any other. */
export async function callMethod(method: DidMethod, canister = canisters.shown): Promise<void> {
  if (method.func.args.length > 0) {
    showPanel("Canisters", () => {
      const button = document.querySelector(`[aria-label="${CSS.escape(`Call ${method.name}`)}"]`);
      button?.scrollIntoView({ block: "center" });
      return button?.closest("article")?.querySelector<HTMLElement>("input, select, textarea");
    });
    return;
  }
  if (coming.canister !== undefined) return coming.press(method.name);
  if (canister === undefined) return;
  const mode = isQuery(method) ? "query" : "update";
  const arg = new Uint8Array(IDL.encode([], []));
  await canisters.call(canister, { method: method.name, mode, arg, args: "", as: identities.current });
}

export function act(what: Act): void {
  const call = canisters.calls.find((c) => c.mode === "update");
  const method = methodsShown().find((m) => !isQuery(m) && m.func.args.length === 0);
  if (what === "call" && method !== undefined) void callMethod(method);
  else if (what === "call") showPanel("Canisters");
  else if (what === "follow" && call !== undefined) follow.start(call);
  else if (what === "certificate" && call?.certificate !== undefined) {
    selection.select({ kind: "certificate", call: call.number });
  } else if (what === "certificate") act("call");
  else if (what === "freeze") {
    const node = live.nodes.findLast((n) => live.statusOf(n) === "running");
    if (node !== undefined) live.freeze(node);
  } else if (what === "thaw") {
    const node = live.nodes.find((n) => live.statusOf(n) === "frozen");
    if (node !== undefined) live.thaw(node);
  }
}
