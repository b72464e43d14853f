/** A long run of a canister, as a thread of its node, in Node. */
import { parentPort } from "node:worker_threads";
import { runSandbox, type SandboxJob } from "../src/shell/sandbox.ts";

parentPort!.on("message", (job: SandboxJob) => runSandbox(job, (word) => parentPort!.postMessage(word)));
