/** What the nodes of this tab were told, and any of their moments again. */
import { expose } from "comlink";
import { makeHistory } from "../src/lab/history-worker.ts";

expose(makeHistory());
