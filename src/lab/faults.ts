/**
 * Faults in force on a network: what they come to for each node and link, and the fact of each beginning and end.
 * Knows neither workers nor clocks: its home applies what it decides.
 *
 *   L1  Every beginning and every end is said once, in the order in which they happen.
 *   L2  What a node or a link does follows from the faults in force alone: undone in any order, nothing stays behind.
 *   L3  A fault of one message ends by itself when the message has arrived.
 *
 * Checked by: faults.test.ts.
 */
import type { LinkCondition } from "../shell/gate.ts";
import type { Fault, FaultInForce, LieName, LinkFault, Links, MessageFault } from "../types/fault.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
import type { Fact } from "../types/trace.ts";

export interface FaultyHome {
  readonly nodes: readonly NodeId[];
  now(): LabTime;
  say(fact: Extract<Fact, { kind: "fault-begins" | "fault-ends" }>): void;
  /** Without a disk nothing comes back: then a kill is for good. */
  readonly canRestart: boolean;
  setKilled(node: NodeId, killed: boolean): void;
  setFrozen(node: NodeId, frozen: boolean): void;
  setSlow(node: NodeId, ms: number): void;
  setLies(node: NodeId, lies: readonly LieName[]): void;
  /** What is not ordinary about the links that end at a node, by where they begin. */
  setLinks(to: NodeId, conditions: ReadonlyMap<NodeId, LinkCondition>): void;
  /** Does it, and tells when its message will have arrived: "undone" for when the fault is, "too late" for before. */
  touch(number: number, fault: MessageFault): Promise<LabTime | "undone" | "too late">;
  untouch(number: number, fault: MessageFault): void;
}

export interface Faults {
  /** In the order in which they began. */
  readonly inForce: readonly FaultInForce[];
  inject(fault: Fault): number;
  undo(number: number): void;
  heal(): void;
  /** L3: to be called as time passes. */
  sweep(): void;
  /** A node that came back from nothing is as its faults say. */
  apply(node: NodeId): void;
}

export function createFaults(home: FaultyHome): Faults {
  let inForce: readonly (FaultInForce & { readonly until?: LabTime })[] = [];
  let next = 1;

  const canUndo = ({ kind }: Fault): boolean => kind !== "kill" || home.canRestart;
  const of = <K extends Fault["kind"]>(kind: K, node: NodeId) =>
    inForce.flatMap(({ fault }) =>
      fault.kind === kind && "node" in fault && fault.node === node
        ? [fault as Extract<Fault, { kind: K }>]
        : [],
    );
  function apply(node: NodeId): void {
    home.setFrozen(node, of("freeze", node).length > 0);
    home.setSlow(node, Math.max(0, ...of("slow", node).map(({ ms }) => ms)));
    home.setLies(
      node,
      of("lie", node).map(({ lie }) => lie),
    );
    applyLinks(node);
  }
  const applyLinks = (to: NodeId): void => home.setLinks(to, conditionsInto(to, inForce));

  function changed(number: number, fault: Fault, begins: boolean): void {
    home.say({ kind: begins ? "fault-begins" : "fault-ends", number, fault });
    if ("links" in fault) for (const node of home.nodes) applyLinks(node);
    else if (fault.kind === "kill") home.setKilled(fault.node, begins);
    else if (fault.kind === "freeze") home.setFrozen(fault.node, of("freeze", fault.node).length > 0);
    else if ("node" in fault) apply(fault.node);
    else if (!begins) home.untouch(number, fault);
    else
      void home.touch(number, fault).then((until) => {
        if (until === "too late") undo(number);
        else if (until !== "undone")
          inForce = inForce.map((f) => (f.number === number ? { ...f, until } : f));
      });
  }
  function undo(number: number): void {
    const ended = inForce.find((f) => f.number === number);
    if (ended === undefined || !canUndo(ended.fault)) return;
    inForce = inForce.filter((f) => f !== ended);
    changed(number, ended.fault, false);
  }

  return {
    get inForce() {
      return inForce;
    },
    inject(fault) {
      const number = next++;
      inForce = [...inForce, { number, fault }];
      changed(number, fault, true);
      return number;
    },
    undo,
    heal() {
      for (const { number } of inForce) undo(number);
    },
    sweep() {
      const now = home.now();
      for (const { number, until } of inForce) if (until !== undefined && until < now) undo(number);
    },
    apply,
  };
}

/** Of several latencies of a link the last holds; of losses the worst. */
export function conditionsInto(
  to: NodeId,
  inForce: readonly FaultInForce[],
): ReadonlyMap<NodeId, LinkCondition> {
  const conditions = new Map<NodeId, LinkCondition>();
  for (const { fault } of inForce) {
    if (!("links" in fault)) continue;
    for (const from of sendersTo(to, fault.links)) {
      const before = conditions.get(from) ?? { loss: 0 };
      conditions.set(from, worse(before, fault));
    }
  }
  return conditions;
}

function worse(before: LinkCondition, fault: LinkFault): LinkCondition {
  switch (fault.kind) {
    case "cut":
      return { ...before, loss: 1 };
    case "loss":
      return { ...before, loss: Math.max(before.loss, fault.percent / 100) };
    case "latency":
      return { ...before, ms: fault.ms };
  }
}

const sendersTo = (to: NodeId, { from, to: ends, bothWays }: Links): readonly NodeId[] => [
  ...(ends.includes(to) ? from : []),
  ...(bothWays && from.includes(to) ? ends : []),
];
