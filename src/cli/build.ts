/** `npm run build`: examples prebuilt by source hash, then a static `dist/` that works from any folder of any host. */
import { build } from "vite";
import { prebuild } from "./prebuild.ts";

await prebuild();
await build();
