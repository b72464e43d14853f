/** Interface §2 against `serve`. */
import { identities } from "./cases/identities.ts";
import { serveWorld } from "./serve-world.ts";

identities(serveWorld(1));
