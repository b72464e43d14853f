/** Read before the page itself, which is large: the nodes' workers load beside it. */
import { wakeWorkers } from "../../lab/page-network.ts";
import { settingsFrom } from "./settings.ts";

wakeWorkers(settingsFrom(new URLSearchParams(location.search)).nodes);
