/** Serves the page twice, as `npm start` does and as `npm run build` leaves it, and hands both addresses to the tests. */
import { build, createServer, preview } from "vite";
import type { TestProject } from "vitest/node";
import { prebuild } from "../../src/cli/prebuild.ts";
import { findChromium } from "../../src/cli/chromium.ts";

declare module "vitest" {
  interface ProvidedContext {
    dev: string;
    built: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  findChromium();
  await prebuild();
  await build({ logLevel: "warn" });
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
