/** A message's way as consecutive stretches of time. A missing fact joins its stretch to the next. Pure. */
import type { Height, LabTime } from "../../types/ids.ts";
import type { MessageMark } from "./chronicle.ts";
import type { Family } from "./marks.ts";
import type { Selected } from "./selection.svelte.ts";

export interface Stage {
  readonly name: "sent" | "gossip" | "block" | "notarize" | "finalize" | "execute" | "certify" | "reply";
  readonly short: string;
  readonly words: string;
  readonly family: Family;
  /** The exact moment: what is shown is rounded, where a replay goes must not be. */
  readonly begins: LabTime;
  readonly ms: number;
}

/** Only where it mattered: a node may put what it accepted into its own block before anybody else has heard of it. */
const gossiped = ({ gossipedAt, proposedAt }: MessageMark): LabTime | undefined =>
  gossipedAt !== undefined && gossipedAt <= (proposedAt ?? gossipedAt) ? gossipedAt : undefined;

type Step = Omit<Stage, "begins" | "ms"> & { readonly until: (m: MessageMark) => LabTime | undefined };
const STEPS: readonly Step[] = [
  { name: "sent", short: "", words: "signed, sent and accepted by a node", family: "ingress", until: (m) => m.acceptedAt },
  { name: "gossip", short: "", words: "told to the other nodes", family: "ingress", until: gossiped },
  { name: "block", short: "block", words: "waited for a block", family: "block", until: (m) => m.proposedAt },
  { name: "notarize", short: "notarize", words: "block checked and signed", family: "notarize", until: (m) => m.notarizedAt },
  { name: "finalize", short: "final", words: "block made final", family: "finalize", until: (m) => m.finalizedAt },
  { name: "execute", short: "run", words: "random tape opened and message executed", family: "tape", until: (m) => m.executedAt },
  { name: "certify", short: "certify", words: "state signed by the subnet", family: "certify", until: (m) => m.certifiedAt },
]; // prettier-ignore

export function stagesOf(
  sentAt: LabTime,
  mark: MessageMark | undefined,
  doneAt: LabTime | undefined,
): Stage[] {
  const stages: Stage[] = [];
  if (mark === undefined) return stages;
  let from = sentAt;
  for (const { until, ...stage } of STEPS) {
    const at = until(mark);
    // What came after the answer was told again, by a node that came back.
    if (at === undefined || (doneAt !== undefined && at > doneAt)) continue;
    stages.push({ ...stage, begins: from, ms: Math.max(0, Math.round(at - from)) });
    from = Math.max(from, at);
  }
  if (doneAt !== undefined && stages.length > 0) {
    const ms = Math.max(0, Math.round(doneAt - from));
    const words = "reply fetched and verified";
    stages.push({ name: "reply", short: "", words, family: "ingress", begins: from, ms });
  }
  return stages;
}

/** What was made in a stage, for the Inspector. `certificate`: the call that has one. */
export function openStage(
  stage: Stage["name"],
  mark: MessageMark,
  certificate: number | undefined,
): Selected | undefined {
  const at = (height: Height | undefined, row: string): Selected | undefined =>
    height === undefined ? undefined : { kind: "height", height, row };
  switch (stage) {
    case "sent":
    case "gossip":
      return mark.artifact === undefined ? undefined : { kind: "artifact", id: mark.artifact };
    case "block":
      return at(mark.height, "block");
    case "notarize":
      return at(mark.height, "notarized");
    case "finalize":
      return at(mark.height, "finalized");
    case "execute":
      return at(mark.height, "tape");
    case "certify":
      return at(mark.executedHeight ?? mark.height, "certified");
    case "reply":
      return certificate === undefined
        ? at(mark.executedHeight, "certified")
        : { kind: "certificate", call: certificate };
  }
}
