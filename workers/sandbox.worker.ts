/** A long run of a canister, as a Web Worker of its node. */
import { runSandbox, type SandboxJob } from "../src/shell/sandbox.ts";

self.onmessage = ({ data }: MessageEvent<SandboxJob>) => runSandbox(data, (word) => self.postMessage(word));
