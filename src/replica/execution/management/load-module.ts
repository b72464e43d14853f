/**
 * An uploaded module, judged, rewritten and ready to be installed.
 *
 *   LM1  The hash is of the bytes as uploaded: a gzip is not inflated first.
 *   LM2  The heap is born with the module's smallest size and its active data segments in their places, in order.
 *
 * Source: interface L24, S1–S8; replica D.7.
 */
import { assert } from "../../../base/assert.ts";
import { BoundedCache } from "../../../base/bounded-cache.ts";
import { toHex } from "../../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../../base/decoded.ts";
import { sha256 } from "../../../crypto/hash.ts";
import type { GlobalValue, WasmHost } from "../../interfaces/wasm-host.ts";
import type { Hash } from "../../../types/ids.ts";
import type { InstalledCode } from "../../state/canister.ts";
import { PAGE, type Pages, withPages, zeroPages } from "../../state/pages.ts";
import { IMPLEMENTED } from "../system-api/table.ts";
import { inflateModule } from "../wasm/gunzip.ts";
import { rewrite } from "../wasm/rewrite.ts";

export interface LoadedModule {
  readonly code: InstalledCode;
  readonly heap: Pages;
  readonly globals: readonly GlobalValue[];
  /** What its compilation is charged by (compile-charge.ts). */
  readonly instrumentedSize: number;
}

const WASM_PAGE = 65_536;

/** `because` is the reject's text: "Canister's Wasm module is not valid: …". */
export function loadModule(uploaded: Uint8Array, host: WasmHost): Decoded<LoadedModule> {
  const hash = sha256(uploaded);
  const key = toHex(hash);
  const recent = RECENT.get(host) ?? new BoundedCache<Decoded<LoadedModule>>(2);
  RECENT.set(host, recent);
  return recent.get(key, () => load(uploaded, hash, key, host));
}

/** The same module is often installed again. Few, because each may hold a hundred megabytes. */
const RECENT = new WeakMap<WasmHost, BoundedCache<Decoded<LoadedModule>>>();

function load(
  uploaded: Uint8Array,
  moduleHash: Uint8Array,
  key: Hash,
  host: WasmHost,
): Decoded<LoadedModule> {
  const inflated = inflateModule(uploaded);
  if (!inflated.ok) return undecodable(inflated.message);
  const rewritten = rewrite(inflated.wasm, key, IMPLEMENTED);
  if (!rewritten.ok) return undecodable(rewritten.message);
  const fault = host.validate(inflated.wasm);
  if (fault !== undefined) return undecodable(fault);
  const { module, exports, metadata, segments, instrumentedSize } = rewritten;
  return decoded({
    code: { moduleHash, uploaded, module, exports, metadata },
    heap: bornHeap((module.memory?.minPages ?? 0) * WASM_PAGE, segments),
    globals: module.globals.map((global) => global.initial),
    instrumentedSize,
  });
}

/** The code with its module rewritten so that whoever runs it may hand out instructions in parts. */
export function pausable(code: InstalledCode): InstalledCode {
  const inflated = inflateModule(code.uploaded);
  assert(inflated.ok, "installed code inflates");
  const rewritten = rewrite(inflated.wasm, `${code.module.key} pausable`, IMPLEMENTED, "pausable");
  assert(rewritten.ok, "installed code is valid");
  return { ...code, module: rewritten.module };
}

/** Only pages that hold something are stored. */
function bornHeap(
  length: number,
  segments: readonly { readonly offset: number; readonly bytes: Uint8Array }[],
): Pages {
  const pages = new Map<number, Uint8Array>();
  for (const { offset, bytes } of segments) {
    for (let done = 0; done < bytes.length;) {
      const index = Math.floor((offset + done) / PAGE);
      const within = (offset + done) % PAGE;
      const part = bytes.subarray(done, done + PAGE - within);
      const page = pages.get(index) ?? new Uint8Array(PAGE);
      page.set(part, within);
      pages.set(index, page);
      done += part.length;
    }
  }
  return withPages(zeroPages(length), pages);
}
