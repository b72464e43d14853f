/** One message's way told stage by stage: the caption while it is followed. Pure. Checked by: narration.test.ts. */
import type { Flight } from "../../lab/lab.ts";
import type { NodeId } from "../../types/ids.ts";
import type { Caption, Cast } from "./caption.ts";
import type { Chronicle, Gathering, MessageMark } from "./chronicle.ts";
import { listed, thresholdsOf } from "./health.ts";
import { familyOf } from "./marks.ts";

export interface Followed {
  readonly method: string;
  /** Undefined: no node has heard of it. */
  readonly mark: MessageMark | undefined;
  /** How long it took from the button, once the reply is verified. */
  readonly tookMs: number | undefined;
  readonly failure?: { readonly headline: string; readonly certified: boolean } | undefined;
}

export function narrationOf(followed: Followed, chronicle: Chronicle, cast: Cast): Caption {
  const { method, mark, tookMs, failure } = followed;
  const { high, low } = thresholdsOf(cast.members.length);
  const name = (id: NodeId | undefined): string => (id === undefined ? "a node" : cast.nameOf(id));
  const names = (ids: Iterable<NodeId>): string => listed([...ids].map(name).sort());
  const progress = (g: Gathering | undefined, need: number, what: string): string => {
    const have = Math.min(g?.shares.size ?? 0, need);
    const who = have === 0 ? "" : ` (${names(g!.shares.keys())})`;
    return `${have} of ${need} ${what}${who}`;
  };
  if (tookMs !== undefined && failure !== undefined) {
    return {
      headline: `${failure.headline}.`,
      rest: failure.certified
        ? "The subnet signed this rejection, and the page checked the signature."
        : "No certificate came: this is the word of one node or of the page alone.",
    };
  }
  if (tookMs !== undefined) {
    return {
      headline: "The reply is verified.",
      rest: `The page checked the subnet's signature itself: ${Math.round(tookMs).toLocaleString("en")} ms from button to proof.`,
    };
  }
  if (mark?.acceptedAt === undefined && mark?.proposedAt === undefined) {
    return {
      headline: `${method} is signed and on its way.`,
      rest: "The signature proves who calls. The bytes go to one node of the subnet.",
    };
  }
  const column = mark.height === undefined ? undefined : chronicle.column(mark.height);
  const block = mark.block === undefined ? undefined : column?.blocks.get(mark.block);
  if (mark.certifiedAt !== undefined) {
    return {
      headline: `The subnet has signed the state at ${mark.executedHeight}.`,
      rest: "The page fetches the reply with its certificate, and checks both.",
    };
  }
  if (mark.executedAt !== undefined) {
    const at = mark.executedHeight === undefined ? undefined : chronicle.column(mark.executedHeight);
    const ran =
      mark.outcome === "ok"
        ? `Every node runs ${method} and gets the same`
        : `Every node runs ${method}, and it ${mark.outcome === "trapped" ? "traps" : "is rejected"}`;
    return {
      headline: `${ran}: ${(mark.instructions ?? 0n).toLocaleString("en")} instructions.`,
      rest: `Each signs the root of its new state: ${progress(at?.certification, high, "shares")}.`,
    };
  }
  if (mark.finalizedAt !== undefined) {
    return {
      headline: `Block ${mark.height} is final: nothing can change it.`,
      rest: `Before it runs, the nodes reveal its random tape: ${progress(column?.tape, low, "shares")}.`,
    };
  }
  if (mark.notarizedAt !== undefined || block?.notarization.whole !== undefined) {
    return {
      headline: `Block ${mark.height} is notarized: ${high} nodes found it valid.`,
      rest: `It is final once as many say that they notarized no other block here: ${progress(block?.finalization, high, "did")}.`,
    };
  }
  if (mark.proposedAt !== undefined) {
    return {
      headline: `${name(block?.maker)} puts it into block ${mark.height}.`,
      rest: `The others check the block, wait for a better-ranked one, and sign: ${progress(block?.notarization, high, "signatures")}.`,
    };
  }
  const heard = [...mark.heardBy].filter((n) => n !== mark.acceptedBy);
  return {
    headline: `${name(mark.acceptedBy)} checked the signature and accepted it.`,
    rest:
      heard.length === 0
        ? "It tells the other nodes. Whoever makes the next block can put it in."
        : `${names(heard)} ${heard.length === 1 ? "has" : "have"} it too. Whoever makes the next block can put it in.`,
  };
}

/** Whether what flies has to do with the message: its own bytes, its block, and what is signed about them. */
export function concerns(flight: Flight, mark: MessageMark): boolean {
  const family = familyOf(flight.what);
  if (family === "ingress") return flight.artifact !== undefined && flight.artifact === mark.artifact;
  if (family === "request" || flight.height === undefined || mark.height === undefined) return false;
  if (family === "certify") return flight.height === (mark.executedHeight ?? mark.height);
  return family !== "beacon" && flight.height === mark.height;
}
