/** A node of the subnet, as a thread of Node.js. */
import { parentPort } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { defined } from "../src/base/assert.ts";
import { exposeNode } from "../src/shell/node-worker.ts";

exposeNode(nodeEndpoint(defined(parentPort ?? undefined, "a thread has a parent")));
