/** A node of the subnet, as a thread of Node.js. */
import { parentPort, Worker } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { defined } from "../src/base/assert.ts";
import { exposeNode } from "../src/shell/node-worker.ts";

exposeNode(nodeEndpoint(defined(parentPort ?? undefined, "a thread has a parent")), () => {
  const worker = new Worker(new URL("./sandbox.thread.ts", import.meta.url));
  return {
    post: (job) => worker.postMessage(job),
    onWord(hear) {
      worker.on("message", hear);
      worker.on("error", ({ message }) =>
        hear({ kind: "failed", because: `the sandbox's script failed: ${message}` }),
      );
    },
    terminate: () => void worker.terminate(),
  };
});
