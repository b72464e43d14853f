/** Executes the oldest input of a canister: a call, an answer, or a task. */
import { unreachable } from "../../base/assert.ts";
import type { CanisterId } from "../../types/ids.ts";
import type { WasmHost } from "../interfaces/wasm-host.ts";
import { canisterOf, type Draft } from "../state/draft.ts";
import { executeRequest } from "./execute-request.ts";
import { executeResponse } from "./execute-response.ts";
import { executeTask } from "./execute-task.ts";

/** Returns the instructions used. Nothing waits: 0. */
export function executeNextInput(host: WasmHost, draft: Draft, id: CanisterId): bigint {
  const canister = canisterOf(draft, id);
  const [input, ...inputs] = canister.inputs;
  if (input === undefined) return 0n;
  draft.canisters.set(id, { ...canister, inputs });
  switch (input.kind) {
    case "request":
      return executeRequest(host, draft, input);
    case "response":
      return executeResponse(host, draft, input);
    case "task":
      return executeTask(host, draft, id, input.task);
    default:
      return unreachable(input);
  }
}
