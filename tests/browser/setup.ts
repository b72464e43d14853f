/** Serves the page twice, as `npm start` does and as `npm run build` leaves it, and hands both addresses to the tests. */
import { execFileSync } from "node:child_process";
import { createServer, preview } from "vite";
import type { TestProject } from "vitest/node";
import { findChromium } from "../../src/cli/chromium.ts";

declare module "vitest" {
  interface ProvidedContext {
    dev: string;
    built: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  findChromium();
  // In a process of its own: within a test run vite would make a page for development.
  execFileSync(process.execPath, ["src/cli/launch.js", "src/cli/build"], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const dev = await createServer({ server: { host: "127.0.0.1", port: 5190 }, logLevel: "warn" });
  await dev.listen();
  const built = await preview({ preview: { host: "127.0.0.1", port: 5290 }, logLevel: "warn" });
  project.provide("dev", dev.resolvedUrls!.local[0]!);
  project.provide("built", built.resolvedUrls!.local[0]!);
  return async () => {
    await dev.close();
    await built.close();
  };
}
