/**
 * Sends rubbish: bytes that are nothing, messages cut short, shares about heights far and near in anybody's name,
 * ingress that is none, and statuses that ask for everything since the beginning.
 */
import { encodeArtifacts, encodeStatus } from "../../replica/gossip/wire.ts";
import { toHex } from "../../base/bytes.ts";
import type { Prng } from "../../base/prng.ts";
import { encoded } from "../../types/artifact.ts";
import type { Artifact } from "../../types/consensus.ts";
import type { NodeId } from "../../types/ids.ts";
import type { LieMaker } from "./liar.ts";

const HOW_OFTEN = 0.02;
const AT_ONCE = 8;

export const floods: LieMaker = ({ me, peers, draw, lied }) => {
  let height = 1;
  const names = [me, ...peers];
  return (_event, effects) => {
    for (const effect of effects)
      if (effect.kind === "trace" && "height" in effect.entry.fact)
        height = Math.max(height, effect.entry.fact.height);
    if (peers.length === 0 || !draw.chance(HOW_OFTEN)) return effects;
    lied();
    const to = peers[draw.below(peers.length)]!;
    const flood = Array.from({ length: AT_ONCE }, () => rubbish(draw, names, height));
    return [...effects, ...flood.map((bytes) => ({ kind: "send", to, bytes }) as const)];
  };
};

function rubbish(draw: Prng, names: readonly NodeId[], height: number): Uint8Array {
  const choice = draw.below(6);
  if (choice === 0) return draw.bytes(draw.below(500));
  if (choice === 1) {
    const nothing = { finalized: 0, notarized: 0, beacon: 0, tape: 0, certified: 0, executed: 0, catchUp: 0 };
    return encodeStatus(draw.chance(0.5) ? nothing : { ...nothing, executed: 2 ** 40, notarized: 2 ** 50 });
  }
  const bytes = encodeArtifacts(
    Array.from({ length: 1 + draw.below(10) }, () => encoded(invented(draw, names, height))),
  );
  return choice === 2 ? bytes.subarray(0, draw.below(bytes.length)) : bytes;
}

function invented(draw: Prng, names: readonly NodeId[], tip: number): Artifact {
  const signer = names[draw.below(names.length)]!;
  const height = draw.chance(0.2) ? draw.below(2 ** 40) : Math.max(1, tip - 3 + draw.below(30));
  const signature = draw.bytes(48);
  const hash = toHex(draw.bytes(32));
  const content = { height, block: hash };
  switch (draw.below(8)) {
    case 0:
      return { kind: "notarization-share", content, signer, signature };
    case 1:
      return { kind: "finalization-share", content, signer, signature };
    case 2:
      return { kind: "notarization", content, signers: names, signature };
    case 3:
      return { kind: "random-beacon", content: { height, previous: hash }, signature };
    case 4:
      return { kind: "random-tape-share", content: { height }, signer, signature };
    case 5:
      return { kind: "certification-share", height, root: hash, signer, signature };
    case 6:
      return { kind: "certification", height, root: hash, signature };
    default:
      return { kind: "ingress", bytes: draw.bytes(draw.below(200)) };
  }
}
