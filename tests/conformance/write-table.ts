/** `node tests/conformance/write-table.ts` writes CONFORMANCE.md. */
import { writeFileSync } from "node:fs";
import { readRows, table } from "./rows.ts";

writeFileSync("CONFORMANCE.md", table(readRows()));
