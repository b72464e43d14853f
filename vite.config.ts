/** The page: static, relative, no special headers. Workers are ES modules, so that they can load compilers lazily. */
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { site } from "./src/cli/site.ts";

export default defineConfig({
  base: "./",
  plugins: [svelte(), site()],
  // The Motoko plugin asks for the whole of Prettier, which needs Node, and uses what the browsers' part has as well.
  resolve: { alias: [{ find: /^prettier$/, replacement: "prettier/standalone" }] },
  worker: { format: "es" },
  build: { target: "esnext", chunkSizeWarningLimit: 16_000, modulePreload: { polyfill: false } },
  // One scan finds what the workers need too: a late discovery would reload the page under a person's hands.
  optimizeDeps: { entries: ["index.html", "workers/*.ts"] },
  server: { host: "127.0.0.1", watch: { ignored: ["**/dist/**", "**/tests/**", "**/.git/**"] } },
});
