/** A node of the subnet, as a Web Worker. */
import { exposeNode } from "../src/shell/node-worker.ts";

exposeNode();
