/**
 * What an honest node may never sign, seen from the messages it sends:
 *
 *   two blocks of a height; two notarization shares of a height and rank; two finalization shares of a height, or one
 *   beside a notarization share for another block; beacon shares upon two beacons; certification shares of two roots.
 */
import type { BlockHash, Height, NodeId } from "../../types/ids.ts";
import type { readMessage } from "../../replica/gossip/wire.ts";
import { artifactsIn } from "../liars/liar.ts";

export function createDoubleSigning(
  report: (sentence: string) => void,
  read: typeof readMessage,
  /** They may sign a root, find it wrong, and sign the right one. */
  astray: ReadonlySet<NodeId>,
): (from: NodeId, bytes: Uint8Array) => void {
  const first = new Map<string, string>();
  const rankOf = new Map<BlockHash, number>();
  const notarized = new Map<string, Set<BlockHash>>();
  const finalized = new Map<string, BlockHash>();

  function once(node: NodeId, height: Height, what: string, value: string): void {
    const key = `${node} ${height} ${what}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, value);
    else if (known !== value) report(`${node} signs two ${what} at height ${height}: ${known} and ${value}`);
  }

  /** F2, whichever of the two is seen first. */
  function beside(node: NodeId, height: Height): void {
    const key = `${node} ${height}`;
    const final = finalized.get(key);
    for (const block of notarized.get(key) ?? [])
      if (final !== undefined && block !== final)
        report(`${node} finalizes ${final} at height ${height} and notarizes ${block}`);
  }

  return (from, bytes) => {
    for (const { artifact } of artifactsIn(read(bytes))) {
      if (artifact.kind === "block-proposal") rankOf.set(artifact.hash, artifact.block.rank);
      if (!("signer" in artifact) || artifact.signer !== from) continue;
      switch (artifact.kind) {
        case "block-proposal":
          once(from, artifact.block.height, "blocks", artifact.hash);
          break;
        case "notarization-share": {
          const { height, block } = artifact.content;
          const key = `${from} ${height}`;
          notarized.set(key, (notarized.get(key) ?? new Set()).add(block));
          const rank = rankOf.get(block);
          if (rank !== undefined) once(from, height, `notarization shares of rank ${rank}`, block);
          beside(from, height);
          break;
        }
        case "finalization-share": {
          const { height, block } = artifact.content;
          once(from, height, "finalization shares", block);
          finalized.set(`${from} ${height}`, block);
          beside(from, height);
          break;
        }
        case "random-beacon-share":
          once(from, artifact.content.height, "beacon shares", artifact.content.previous);
          break;
        case "certification-share":
          if (!astray.has(from)) once(from, artifact.height, "certification shares", artifact.root);
          break;
        default:
      }
    }
  };
}
