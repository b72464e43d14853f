/**
 * The least that still breaks: one height, two, four and so on until it does; then without any fault; then kinds of fault
 * are left out one after the other, as long as the run stays red. Heights first, because every run is short then. Greedy
 * and deterministic; kinds draw from streams of their own, so what is left stays as it was.
 */
import { drawPlan, type Given, kindsOf, type Plan } from "./plan.ts";

export async function minimise(
  seed: number,
  given: Given,
  breaks: (plan: Plan) => Promise<boolean>,
): Promise<Given> {
  const first = drawPlan(seed, given);
  let least: Given = {
    crypto: given.crypto,
    nodes: first.nodes,
    heights: first.heights,
    only: kindsOf(first),
  };
  const shrink = async (smaller: Given): Promise<boolean> => {
    if (!(await breaks(drawPlan(seed, smaller)))) return false;
    least = smaller;
    return true;
  };
  for (let heights = 1; heights < first.heights; heights *= 2) if (await shrink({ ...least, heights })) break;
  if (await shrink({ ...least, only: [] })) return least;
  for (const kind of kindsOf(first))
    await shrink({ ...least, only: (least.only ?? []).filter((other) => other !== kind) });
  return least;
}
