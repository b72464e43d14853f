/** `node tests/conformance/write-table.ts` writes CONFORMANCE.md. */
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { readRows, table } from "./rows.ts";

writeFileSync(
  "CONFORMANCE.md",
  await format(table(readRows()), { parser: "markdown", proseWrap: "preserve" }),
);
