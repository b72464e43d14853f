/** A node of the subnet, as a thread of Node.js. */
import { parentPort, Worker } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { defined } from "../src/base/assert.ts";
import { dealer } from "../src/lab/dealer.ts";
import { folderDisk } from "../src/cli/folder-disk.ts";
import type { LoadLiar } from "../src/shell/lie.ts";
import { makeNode } from "../src/shell/node-worker.ts";

const loadLiar: LoadLiar = async () => (await import("../src/lab/liars/lies.ts")).createLiar;
const node = makeNode(
  () => {
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
  },
  folderDisk,
  loadLiar,
);

expose({ ...node, ...dealer }, nodeEndpoint(defined(parentPort ?? undefined, "a thread has a parent")));
