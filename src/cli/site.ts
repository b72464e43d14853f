/**
 * What makes `dist/` a page that needs no network and trusts nobody: a list of all its files for the offline worker,
 * and a policy that forbids every request to another origin. On the dev server there is neither, and a worker that an
 * earlier preview left at the same address removes itself.
 */
import { createHash } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, transformWithOxc } from "vite";

const WORKER = "workers/offline.sw.ts";

/** Wasm must compile; styles are set by components; frames show what canisters answer, without scripts. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "media-src 'self' data: blob:",
  "connect-src 'self' data: blob:",
  "frame-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const LEAVE = `
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", async () => {
  await self.registration.unregister();
  for (const client of await self.clients.matchAll()) client.navigate(client.url);
});`;

export function site(): Plugin {
  let out = "";
  return {
    name: "terrarium-site",
    configResolved(config) {
      out = join(config.root, config.build.outDir);
    },
    transformIndexHtml(_html, { server }) {
      if (server !== undefined) return [];
      return [
        {
          tag: "meta",
          attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
          injectTo: "head-prepend",
        },
      ];
    },
    configureServer(server) {
      server.middlewares.use("/sw.js", (_request, response) => {
        response.setHeader("content-type", "text/javascript").end(LEAVE);
      });
    },
    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        writeFileSync(join(out, "sw.js"), await offlineWorker(out));
      },
    },
  };
}

async function offlineWorker(folder: string): Promise<string> {
  const files = globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "sw.js")
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path): [string, string] => {
      const name = path.slice(folder.length + 1).replaceAll("\\", "/");
      const sha256 = createHash("sha256").update(readFileSync(path)).digest("base64");
      // Hosts hand the page out under its folder's name, and may redirect from this one.
      return [name === "index.html" ? "./" : name, sha256];
    });
  const list = JSON.stringify(files);
  const version = createHash("sha256").update(list).digest("hex").slice(0, 16);
  const source = readFileSync(WORKER, "utf8");
  const { code } = await transformWithOxc(source, WORKER, { sourcemap: false });
  return `const VERSION = ${JSON.stringify(version)};\nconst FILES = ${list};\n${code}`;
}
