/** Signs another root than the one it computed, and passes off certifications of it. */
import { signedBytes } from "../../types/artifact.ts";
import { GENESIS_VERSION } from "../../registry/registry.ts";
import type { Hash } from "../../types/ids.ts";
import { type LieMaker, retelling } from "./liar.ts";

const another = (root: Hash): Hash => (root.startsWith("0") ? "1" : "0") + root.slice(1);

export const certifiesAnotherState: LieMaker = ({ me, crypto, lied, read }) =>
  retelling({ read }, (artifact) => {
    if (artifact.kind === "certification") {
      lied();
      return [{ ...artifact, root: another(artifact.root) }];
    }
    if (artifact.kind !== "certification-share" || artifact.signer !== me) return [artifact];
    lied();
    const root = another(artifact.root);
    return [
      {
        ...artifact,
        root,
        signature: crypto.signThreshold("high", signedBytes.certification(root), GENESIS_VERSION),
      },
    ];
  });
