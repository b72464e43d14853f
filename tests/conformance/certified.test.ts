/** Interface §1.7, 1.8 and §3 against `serve`. */
import { certified } from "./cases/certified.ts";
import { serveWorld } from "./serve-world.ts";

certified(serveWorld(1));
