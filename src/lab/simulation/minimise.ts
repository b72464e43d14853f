/**
 * The least that still breaks: kinds of fault are left out one after the other, then heights halved, as long as the run
 * stays red. Greedy and deterministic; kinds draw from streams of their own, so what is left stays as it was.
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
  for (const kind of kindsOf(first))
    await shrink({ ...least, only: (least.only ?? []).filter((other) => other !== kind) });
  while (
    (least.heights ?? 1) > 1 &&
    (await shrink({ ...least, heights: Math.floor((least.heights ?? 1) / 2) }))
  );
  return least;
}
