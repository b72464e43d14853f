/** What happens, in plain sentences, for who cannot watch it or would rather read. Pure. Checked by: narrate.test.ts. */

/** What is narrated. Plain values, so that two of them can be compared. */
export interface Scene {
  readonly call: CallScene | undefined;
  /** Names of nodes that do not speak. */
  readonly down: readonly string[];
  readonly nodes: number;
  /** How many must speak. */
  readonly needed: number;
  readonly paused: boolean;
  readonly dozing: boolean;
  readonly deploying: string | undefined;
  readonly deployed: string | undefined;
  readonly trouble: string | undefined;
}
export interface CallScene {
  readonly number: number;
  readonly method: string;
  readonly query: boolean;
  readonly block: number | undefined;
  readonly maker: string | undefined;
  readonly final: boolean;
  readonly executed: boolean;
  readonly outcome: string | undefined;
}

/** What is new in `now`, most important last. */
export function narrate(before: Scene, now: Scene): string[] {
  return [...ofNetwork(before, now), ...ofDeployment(before, now), ...ofCall(before.call, now.call)];
}

function ofNetwork(before: Scene, now: Scene): string[] {
  const said: string[] = [];
  const fell = now.down.filter((n) => !before.down.includes(n));
  const rose = before.down.filter((n) => !now.down.includes(n));
  const up = now.nodes - now.down.length;
  if (now.nodes === before.nodes && (fell.length > 0 || rose.length > 0)) {
    const who = fell.length > 0 ? `${fell.join(", ")} no longer speaks` : `${rose.join(", ")} speaks again`;
    said.push(
      up >= now.needed
        ? `${who}: ${up} of ${now.nodes} nodes, calls finish.`
        : `${who}: ${up} of ${now.nodes} nodes, and ${now.needed} are needed. The subnet waits.`,
    );
  }
  if (now.paused !== before.paused) said.push(now.paused ? "Paused: no message moves." : "Running again.");
  if (now.dozing && !before.dozing)
    said.push("Nobody calls, so the network dozes: rounds are slow until you do.");
  return said;
}

function ofDeployment(before: Scene, now: Scene): string[] {
  if (now.deploying !== undefined && now.deploying !== before.deploying) return [`${now.deploying}…`];
  if (now.trouble !== undefined && now.trouble !== before.trouble) return [`${now.trouble}.`];
  if (now.deployed !== undefined && now.deployed !== before.deployed) return [now.deployed];
  return [];
}

function ofCall(before: CallScene | undefined, now: CallScene | undefined): string[] {
  if (now === undefined) return [];
  const same = before?.number === now.number ? before : undefined;
  if (now.outcome !== undefined)
    return same?.outcome === now.outcome ? [] : [`${now.method}: ${now.outcome}`];
  if (now.executed)
    return same?.executed === true ? [] : [`${now.method} is executed; the subnet signs the state.`];
  if (now.final) return same?.final === true ? [] : [`Block ${now.block} with ${now.method} is final.`];
  if (now.block !== undefined) {
    return same?.block === now.block
      ? []
      : [`${now.maker ?? "A node"} put ${now.method} into block ${now.block}.`];
  }
  if (same !== undefined) return [];
  return [now.query ? `${now.method}: one node is asked.` : `${now.method} is signed and sent.`];
}
