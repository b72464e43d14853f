/** Faults that come and go, at their times; and what users ask, as heights pass. */
import type { Prng } from "../../base/prng.ts";
import type { Height, NodeId } from "../../types/ids.ts";
import type { VirtualNetwork } from "../virtual-network.ts";
import type { Plan } from "./plan.ts";
import { type Modules, randomRequests } from "./random-requests.ts";
import { SIMULATION_GENESIS } from "./simulation.ts";
import type { Tally } from "./tally.ts";

export interface Appointment {
  readonly atMs: number;
  readonly keep: () => void;
}

/** The faults of nodes, soonest first. */
export function faultsAgenda(
  { faults }: Plan,
  nodes: readonly NodeId[],
  network: VirtualNetwork,
  tally: Tally,
  revive: (node: number) => void,
  diverge: (node: number) => void,
): Appointment[] {
  const agenda: Appointment[] = [];
  const at = (atMs: number, keep: () => void): void => {
    agenda.push({ atMs, keep });
  };
  for (const node of faults.silence) at(0, () => network.setSilent(nodes[node]!, true));
  for (const { node, ms } of faults.slowness)
    at(0, () => {
      tally.count("slowness");
      network.setSlow(nodes[node]!, ms);
    });
  for (const { node, fromMs, byMs } of faults.skew)
    at(fromMs, () => {
      tally.count("skew");
      network.setSkew(nodes[node]!, byMs);
    });
  for (const { node, fromMs, toMs } of faults.freeze) {
    if (faults.silence.includes(node)) continue;
    at(fromMs, () => {
      tally.count("freeze");
      network.setSilent(nodes[node]!, true);
    });
    at(toMs, () => network.setSilent(nodes[node]!, false));
  }
  for (const { node, fromMs } of faults.divergence) at(fromMs, () => diverge(node));
  for (const [i, { node, fromMs, toMs, effects }] of faults.crash.entries()) {
    const whileWriting = faults.tearing > 0 && i % 2 === 0;
    at(fromMs, () => network.crashAfter(nodes[node]!, effects, whileWriting));
    at(toMs, () => revive(node));
  }
  return agenda;
}

/** Runs until all is kept and `forMs` have passed, or until it is done. */
export function keepAgenda(
  network: VirtualNetwork,
  agenda: readonly Appointment[],
  forMs: number,
  done: () => boolean,
): void {
  const start = network.now;
  for (const { atMs, keep } of [...agenda].sort((a, b) => a.atMs - b.atMs)) {
    if (atMs > forMs || network.runUntil(done, start + atMs - network.now)) break;
    keep();
  }
  network.runUntil(done, start + forMs - network.now);
}

/** Of the heights asked for, the part after which canisters are there, and the part in which requests come. */
const SETUP = 30;
const REQUESTS = 70;

/** To be told how high the chain is: posts what is due by then. */
export function createUsers(
  { faults, heights }: Plan,
  nodes: readonly NodeId[],
  network: VirtualNetwork,
  tally: Tally,
  draw: Prng,
  modules: Modules,
): (height: Height) => void {
  const plan = { nodes: nodes.length, requests: faults.requests, setupMs: SETUP, forMs: REQUESTS };
  const waiting =
    faults.requests === 0
      ? []
      : randomRequests(draw, SIMULATION_GENESIS, modules, plan).sort((a, b) => b.afterMs - a.afterMs);
  return (height) => {
    for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
      if (height * (SETUP + REQUESTS) < next.afterMs * heights) return;
      waiting.pop();
      tally.count("requests");
      for (const i of next.to) network.post(nodes[i]!, next.request);
    }
  };
}
