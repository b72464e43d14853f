/** Who a node is: its keys, the registry as it knows it, and the time that the subnet began with. */
import { createParts } from "../../codec/parts.ts";
import { concat, fromHex, toHex } from "../../base/bytes.ts";
import type { Registry, SubnetRecord } from "../../registry/registry.ts";
import type { Hash, LabTime, RegistryVersion } from "../../types/ids.ts";
import type { NodeSecrets, ThresholdShares } from "../node-crypto.ts";
import { openLog } from "./record-log.ts";
import type { SyncFile } from "./sync-file.ts";

export interface Identity {
  /** With a version beyond the latest where one was prepared, and nobody has said yet that it counts. */
  readonly registry: Registry;
  /** This node's own keys and shares, and nobody else's; the shares are those that it began with. */
  readonly secrets: NodeSecrets;
  /** Of versions since. */
  readonly shares: ReadonlyMap<RegistryVersion, ThresholdShares>;
  readonly genesis: LabTime;
}

/** What a node of that version signs with. */
export const secretsAt = ({ secrets, shares }: Identity, version: RegistryVersion): NodeSecrets => ({
  ...secrets,
  ...shares.get(version),
});

/** With one more version that does not count yet, and this node's shares of it. */
export function prepared(
  identity: Identity,
  version: RegistryVersion,
  subnet: SubnetRecord,
  { lowShare, highShare }: ThresholdShares,
): Identity {
  const { latestVersion, versions } = identity.registry;
  return {
    ...identity,
    registry: { latestVersion, versions: new Map([...versions, [version, subnet]]) },
    shares: new Map([...identity.shares, [version, { lowShare, highShare }]]),
  };
}

/** From now on that version counts, if it was prepared. */
export function committed(identity: Identity, version: RegistryVersion): Identity {
  const { latestVersion, versions } = identity.registry;
  if (version <= latestVersion || !versions.has(version)) return identity;
  return { ...identity, registry: { latestVersion: version, versions } };
}

const PART = 1;
const ROOT = 2;

export interface IdentityFile {
  /** Undefined where none was written, or where it is damaged. */
  readonly identity: Identity | undefined;
  readonly isDamaged: boolean;
  write(identity: Identity): void;
}

export function openIdentity(files: readonly [SyncFile, SyncFile]): IdentityFile {
  const parts = new Map<Hash, Uint8Array>();
  let root: Hash | undefined;
  let found = 0;
  const log = openLog("identity", files, ({ kind, payload }) => {
    found++;
    const hash = toHex(payload.subarray(0, 32));
    if (kind === ROOT) root = hash;
    else parts.set(hash, payload.subarray(32));
  });
  const read = root === undefined ? undefined : createParts().read(root, (hash) => parts.get(hash));
  return {
    // Nodes that were written down before nodes could join have no later shares.
    identity:
      read?.ok === true ? { shares: new Map(), ...(read.value as Omit<Identity, "shares">) } : undefined,
    isDamaged: read?.ok !== true && found + log.damaged > 0,
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
