/** Every scene of the gallery, played to its end on the virtual clock: what it tells people to look for is seen. */
import { describe, expect, test } from "vitest";
import { canSpeak, Safety } from "../../src/lab/promises.ts";
import { faultFor, type GalleryScene, SCENES } from "../../src/lab/scenes.ts";
import { thresholdsOf } from "../../src/ui/shared/health.ts";
import type { TraceEntry } from "../../src/types/trace.ts";
import { Chronicle } from "../../src/ui/shared/chronicle.ts";
import { momentOf, seen } from "../../src/ui/app/sights.ts";
import { faultySubnet } from "./faulty-subnet.ts";
import { standInSetup } from "./setup.ts";

const DKG_INTERVAL_LENGTH = 99;
const PATIENCE_MS = 400_000;
const LOOK_EVERY_MS = 250;

function play({ scene, network: asked }: GalleryScene, seed: number) {
  const chronicle = new Chronicle();
  const safety = new Safety();
  const news: TraceEntry[] = [];
  const settings = { notaryDelayMs: asked.notaryDelayMs ?? 300 };
  const { network, nodes, faults } = faultySubnet(
    standInSetup(asked.nodes, seed, DKG_INTERVAL_LENGTH, settings),
    asked.latencyMs ?? 40,
    (entry) => void news.push(entry),
  );
  const now = () => {
    const entries = news.splice(0);
    chronicle.fold(entries);
    safety.fold(entries);
    const frozen = new Set(
      faults.inForce.flatMap(({ fault }) => (fault.kind === "freeze" ? [fault.node] : [])),
    );
    const up = nodes.filter((n) => !frozen.has(n));
    const canGoOn = canSpeak(up, faults.inForce) >= thresholdsOf(nodes.length).high;
    return momentOf(chronicle, network.now, canGoOn, safety.broken?.height);
  };
  network.runFor(3_000);
  const told: string[] = [];
  for (const { act, until } of scene.steps) {
    const since = now();
    if (act === "heal") faults.heal();
    else for (const fault of act) faults.inject(faultFor(fault, nodes));
    const end = network.now + PATIENCE_MS;
    while (seen(until, now(), since, chronicle) === undefined && network.now < end)
      network.runFor(LOOK_EVERY_MS);
    if (seen(until, now(), since, chronicle) !== undefined) told.push(until);
  }
  return { told, broken: safety.broken, left: faults.inForce.length };
}

describe.each(SCENES.map((s) => [s.id, s] as const))("%s", (id, gallery) => {
  test("is seen as it is told", () => {
    const { told, broken, left } = play(gallery, 1);
    expect(told).toEqual(gallery.scene.steps.map(({ until }) => until));
    if (id === "too-many-liars") expect(broken?.what).toBe("blocks");
    else expect([broken, left]).toEqual([undefined, 0]);
  });
});
