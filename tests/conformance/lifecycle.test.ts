/** Interface §6 against `serve`. */
import { lifecycle } from "./cases/lifecycle.ts";
import { serveWorld } from "./serve-world.ts";

lifecycle(serveWorld(1));
