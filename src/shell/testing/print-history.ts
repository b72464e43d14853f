/** Run by a test in a Node of its own, under the flags that it chooses: prints the hash of a history. */
import { historyHash } from "./history.ts";

console.log(historyHash(JSON.parse(process.argv[2]!), JSON.parse(process.argv[3]!)));
