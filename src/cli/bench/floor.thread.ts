import { parentPort } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { defined } from "../../base/assert.ts";
import { exposeFloor } from "./floor.ts";

exposeFloor(nodeEndpoint(defined(parentPort ?? undefined, "a thread has a parent")));
