/**
 * A liar: an honest replica whose effects are changed on their way out. A lie sees the event and what honest code
 * makes of it, and says what happens instead; it signs with the node's own keys alone. Each lie is a file; they combine.
 */
import { encodeArtifacts, type readMessage } from "../../replica/gossip/wire.ts";
import type { Replica, ReplicaEffect } from "../../replica/interfaces/events.ts";
import type { LiarSeat, Lie } from "../../shell/lie.ts";
import { type EncodedArtifact, encoded } from "../../types/artifact.ts";
import type { Artifact } from "../../types/consensus.ts";
import type { NodeId } from "../../types/ids.ts";

/** What a lie is told about the node that tells it. */
export interface LiarView extends LiarSeat {
  readonly peers: readonly NodeId[];
  /** To be called whenever it really lied. */
  readonly lied: () => void;
}

export type LieMaker = (view: LiarView) => Lie;

export const lying = (honest: Replica, lie: Lie): Replica => ({
  step: (event) => lie(event, honest.step(event)) as ReplicaEffect[],
  snapshot: () => honest.snapshot(),
});

/** A lie about artifacts: what is sent to a peer in the place of each. Statuses pass. */
export const retelling =
  ({ read }: Pick<LiarView, "read">, tell: (artifact: Artifact, to: NodeId) => readonly Artifact[]): Lie =>
  (_event, effects) =>
    effects.flatMap((effect): ReplicaEffect[] => {
      if (effect.kind !== "send") return [effect];
      const told = artifactsIn(read(effect.bytes));
      if (told.length === 0) return [effect];
      const instead = told.flatMap((known) => {
        const others = tell(known.artifact, effect.to);
        return others.length === 1 && others[0] === known.artifact ? [known] : others.map(encoded);
      });
      return instead.length === 0 ? [] : [{ ...effect, bytes: encodeArtifacts(instead) }];
    });

/** The artifacts of a message; none in what is no message of artifacts. */
export function artifactsIn(message: ReturnType<typeof readMessage>): EncodedArtifact[] {
  if (!message.ok || message.value.kind !== "artifacts") return [];
  return message.value.artifacts.flatMap((part) => {
    const artifact = part.decoded();
    return artifact.ok ? [artifact.value] : [];
  });
}

export const sendTo = (peers: readonly NodeId[], artifacts: readonly Artifact[]): ReplicaEffect[] => {
  const bytes = encodeArtifacts(artifacts.map(encoded));
  return peers.map((to) => ({ kind: "send", to, bytes }));
};
