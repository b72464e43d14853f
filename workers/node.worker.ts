/** A node of the subnet, as a Web Worker. */
import { expose } from "comlink";
import { dealer } from "../src/lab/dealer.ts";
import type { LoadLiar } from "../src/shell/lie.ts";
import { makeNode } from "../src/shell/node-worker.ts";
import { opfsDisk } from "../src/shell/storage/opfs-disk.ts";
import type { SandboxWord } from "../src/shell/sandbox.ts";

const loadLiar: LoadLiar = async () => (await import("../src/lab/liars/lies.ts")).createLiar;
const node = makeNode(
  () => {
    const worker = new Worker(new URL("./sandbox.worker.ts", import.meta.url), { type: "module" });
    return {
      post: (job) => worker.postMessage(job),
      onWord(hear) {
        worker.onmessage = ({ data }: MessageEvent<SandboxWord>) => hear(data);
        worker.onerror = ({ message }) =>
          hear({ kind: "failed", because: `the sandbox's script failed: ${message}` });
      },
      terminate: () => worker.terminate(),
    };
  },
  opfsDisk,
  loadLiar,
);

expose({ ...node, ...dealer });
