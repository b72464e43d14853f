/** `npm start` and `npm run preview`: examples prebuilt, then vite on 127.0.0.1, `$PORT` or 5173, else the next free. */
import { existsSync } from "node:fs";
import { build, createServer, preview } from "vite";
import { prebuild } from "./prebuild.ts";

const wanted = Number(process.env.PORT ?? 5173);
const options = { host: "127.0.0.1", port: wanted, strictPort: false };
await prebuild();
if (process.argv.includes("--preview")) {
  if (!existsSync("dist/index.html")) await build();
  const server = await preview({ preview: options });
  print(server.resolvedUrls?.local[0]);
} else {
  const server = await createServer({ server: options });
  await server.listen();
  print(server.resolvedUrls?.local[0]);
}

function print(url: string | undefined): void {
  process.stdout.write(`  Local: ${url ?? "(no address)"}\n`);
}
