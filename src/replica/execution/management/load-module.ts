/** An uploaded module, judged, rewritten and ready to be installed. Source: interface L24, S1–S8. */
import type { Decoded } from "../../../base/decoded.ts";
import { undecodable } from "../../../base/decoded.ts";
import type { GlobalValue } from "../../interfaces/wasm-host.ts";
import type { InstalledCode } from "../../state/canister.ts";
import type { Pages } from "../../state/pages.ts";

export interface LoadedModule {
  readonly code: InstalledCode;
  /** The memory as it is born: its minimal size, active data segments applied. */
  readonly heap: Pages;
  readonly globals: readonly GlobalValue[];
}

/** `because` is the reject's text: "Canister's Wasm module is not valid: …". */
export function loadModule(_uploaded: Uint8Array): Decoded<LoadedModule> {
  return undecodable("not yet");
}
