/** Beside a summary's beacon it sends a catch-up package of its own making: a block that nobody proposed, a state that nobody has. */
import { toHex } from "../../base/bytes.ts";
import { isSummaryHeight } from "../../registry/registry.ts";
import { catchUpPackage } from "../../types/artifact.ts";
import { nanosOf } from "../../types/ids.ts";
import { type LieMaker, retelling } from "./liar.ts";

export const forgesCatchUp: LieMaker = ({ subnet, draw, lied, read }) =>
  retelling({ read }, (artifact) => {
    if (artifact.kind !== "random-beacon" || !isSummaryHeight(artifact.content.height, subnet))
      return [artifact];
    lied();
    const { height } = artifact.content;
    const context = { certifiedHeight: height - 1, registryVersion: 1, time: nanosOf(2 ** 41) };
    const summary = { registryVersion: 1, nextRegistryVersion: 1 };
    const parent = toHex(draw.bytes(32));
    const block = { parent, height, rank: 0, context, payload: { ingress: [], summary } };
    return [artifact, catchUpPackage(block, artifact, toHex(draw.bytes(32)), artifact.signature)];
  });
