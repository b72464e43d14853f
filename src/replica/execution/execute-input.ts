/** Executes the first input of a canister: a call, an answer, or a task. */
import { unreachable } from "../../base/assert.ts";
import type { CanisterId } from "../../types/ids.ts";
import { canisterOf, type Draft } from "../state/draft.ts";
import { executeRequest } from "./execute-request.ts";
import { executeResponse } from "./execute-response.ts";
import { executeTask } from "./execute-task.ts";
import type { RunCanister } from "./long-runs.ts";

/** Returns the instructions used. Nothing waits: 0. */
export function executeNextInput(runs: RunCanister, draft: Draft, id: CanisterId): bigint {
  const canister = canisterOf(draft, id);
  const [input, ...inputs] = canister.inputs;
  if (input === undefined) return 0n;
  draft.canisters.set(id, { ...canister, inputs });
  switch (input.kind) {
    case "request":
      return executeRequest(runs, draft, input);
    case "response":
      return executeResponse(runs, draft, input);
    case "task":
      return executeTask(runs, draft, id, input.task);
    default:
      return unreachable(input);
  }
}
