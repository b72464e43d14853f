/** What a canister may install and write in a row, and what it is told beyond that. Source: replica D.2, E.2. */
import { expect, test } from "vitest";
import { createWasmHost } from "../../../shell/wasm-host.ts";
import { wat } from "../../../shell/testing/wat.ts";
import { principalText } from "../../../types/principal.ts";
import { HEAP_DELTA_RATE, NO_STANDING } from "../../state/standing.ts";
import { createExecution } from "../execution.ts";
import * as candid from "./candid.ts";
import { encodeReply } from "./candid-encode.ts";
import { TakeSnapshotArgs } from "./candid-snapshots.ts";
import { ALICE, byUser, canister, change, made, newRound, textOf } from "./testing/calls.ts";

const HELP = "See documentation: https://internetcomputer.org/docs/current/references/execution-errors";

test("after an install of more than nothing others wait until a round has worked it off: IC0209", () => {
  const draft = newRound();
  const id = made(draft);
  const { executor } = createExecution(createWasmHost());
  const install = (method: string) => {
    const message = `${draft.ingressHistory.size}`.padStart(64, "0");
    const record = { sender: ALICE, receiver: "", effectiveCanister: id, expiry: 0n, changedAt: draft.time };
    draft.ingressHistory.set(message, { ...record, status: { kind: "received" } });
    const attempt = executor.executeSubnetMessage(draft, {
      kind: "request",
      origin: { kind: "ingress", message, user: ALICE },
      caller: ALICE,
      receiver: "",
      method,
      payload: encodeReply(candid.InstallCodeArgs, {
        mode: { tag: "reinstall", value: null },
        canister_id: id,
        wasm_module: wat(`(module (func (export "canister_init")))`),
        arg: new Uint8Array(),
        sender_canister_version: undefined,
      }),
      cycles: 0n,
    });
    const instructions = attempt.kind === "done" ? attempt.instructions : 0n;
    return { instructions, status: draft.ingressHistory.get(message)!.status };
  };
  const { instructions } = install("install_code");
  expect(instructions).toBeGreaterThan(0n);
  expect(canister(draft, id).standing?.installDebit).toBe(instructions);
  expect(install("install_code").status).toEqual({
    kind: "rejected",
    reject: {
      code: 2,
      error: "IC0209",
      message:
        `Canister ${principalText(id)} is rate limited because it executed too many instructions in the previous install_code messages. ` +
        `Please retry installation after several minutes.\nRetry the installation at a later time. ${HELP}#install-code-rate-limited`,
    },
  });
  change(draft, id, { standing: NO_STANDING });
  expect(install("install_code").status.kind).toBe("replied");
});

test("who has written too much takes no snapshot: IC0210", () => {
  const draft = newRound();
  const id = made(draft);
  change(draft, id, { standing: { ...NO_STANDING, heapDeltaDebit: HEAP_DELTA_RATE + 7 } });
  const args = {
    canister_id: id,
    replace_snapshot: undefined,
    uninstall_code: undefined,
    sender_canister_version: undefined,
  };
  expect(textOf(byUser(draft, "take_canister_snapshot", TakeSnapshotArgs, args))).toBe(
    `Canister ${principalText(id)} is heap delta rate limited: current delta debit is ${HEAP_DELTA_RATE + 7}, but limit is ${HEAP_DELTA_RATE}.` +
      `\nTry waiting a few seconds before retrying the operation. ${HELP}#canister-heap-delta-rate-limited`,
  );
});
