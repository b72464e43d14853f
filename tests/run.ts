/**
 * `npm test [-- --project unit|simulation|browser*] [vitest arguments]`: everything, or one project. The browser
 * project builds first and runs each test on the dev server and on the build.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";

rmSync("node_modules/.vite/vitest", { recursive: true, force: true });
const result = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)],
  {
    stdio: "inherit",
  },
);
process.exit(result.status ?? 1);
