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

interface Servers {
  readonly dev: string;
  readonly built: string;
  close(): Promise<void>;
}
/** One pair for both projects that ask. */
const shared = globalThis as { servers?: Promise<Servers>; askedBy?: number };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.askedBy = (shared.askedBy ?? 0) + 1;
  shared.servers ??= serve();
  const { dev, built, close } = await shared.servers;
  project.provide("dev", dev);
  project.provide("built", built);
  return async () => {
    shared.askedBy!--;
    if (shared.askedBy === 0) await close();
  };
}

async function serve(): Promise<Servers> {
  findChromium();
  // In a process of its own: within a test run vite would make a page for development.
  execFileSync(process.execPath, ["src/cli/launch.js", "src/cli/build"], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const dev = await createServer({ server: { host: "127.0.0.1", port: 5190 }, logLevel: "warn" });
  await dev.listen();
  const built = await preview({ preview: { host: "127.0.0.1", port: 5290 }, logLevel: "warn" });
  return {
    dev: dev.resolvedUrls!.local[0]!,
    built: built.resolvedUrls!.local[0]!,
    async close() {
      await dev.close();
      await built.close();
    },
  };
}
