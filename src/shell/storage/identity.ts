/** Who a node is, written down once at its birth: its keys, and the registry and the time that the subnet began with. */
import { createParts } from "../../codec/parts.ts";
import { concat, fromHex, toHex } from "../../base/bytes.ts";
import type { Registry } from "../../registry/registry.ts";
import type { Hash, LabTime } from "../../types/ids.ts";
import type { NodeSecrets } from "../node-crypto.ts";
import { openLog } from "./record-log.ts";
import type { SyncFile } from "./sync-file.ts";

export interface Identity {
  readonly registry: Registry;
  /** This node's own keys and shares, and nobody else's. */
  readonly secrets: NodeSecrets;
  readonly genesis: LabTime;
}

const PART = 1;
const ROOT = 2;

export interface IdentityFile {
  /** Undefined where none was written, or where it is damaged. */
  readonly identity: Identity | undefined;
  write(identity: Identity): void;
}

export function openIdentity(files: readonly [SyncFile, SyncFile]): IdentityFile {
  const log = openLog(files);
  const parts = new Map<Hash, Uint8Array>();
  let root: Hash | undefined;
  log.read(({ kind, payload }) => {
    const hash = toHex(payload.subarray(0, 32));
    if (kind === ROOT) root = hash;
    else parts.set(hash, payload.subarray(32));
  });
  const read = root === undefined ? undefined : createParts().read(root, (hash) => parts.get(hash));
  return {
    identity: read?.ok === true ? (read.value as Identity) : undefined,
    write(identity) {
      const records: { kind: number; payload: Uint8Array }[] = [];
      const hash = createParts().write(identity, {
        has: () => false,
        keep: (part, bytes) => records.push({ kind: PART, payload: concat(fromHex(part), bytes) }),
      });
      log.rewrite([...records, { kind: ROOT, payload: fromHex(hash) }]);
    },
  };
}
