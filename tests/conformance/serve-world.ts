/** A world behind `serve`, for all cases of a file. */
import { Principal } from "@icp-sdk/core/principal";
import { afterAll, beforeAll } from "vitest";
import { fromHex } from "../../src/base/bytes.ts";
import { exitOf, readyOf, type Serve, startServe } from "../agent/serve.ts";
import { newProbe, type World } from "./world.ts";

export function serveWorld(nodes: 1 | 4): () => World {
  let serve: Serve;
  let world: World;
  beforeAll(async () => {
    serve = startServe("--port", "0", "--notary-delay", "20", "--nodes", String(nodes));
    const ready = await readyOf(serve);
    const place = {
      fetch,
      host: ready.url,
      rootKey: fromHex(ready.rootKey),
      subnet: Principal.fromText(ready.subnetId),
      nodes: ready.nodes.map((node) => Principal.fromText(node)),
      anyId: Principal.fromText(ready.defaultEffectiveCanisterId),
    };
    world = { ...place, probe: await newProbe({ ...place, probe: place.anyId }) };
  }, 60_000);
  afterAll(async () => {
    serve.child.kill("SIGTERM");
    await exitOf(serve.child);
  });
  return () => world;
}
