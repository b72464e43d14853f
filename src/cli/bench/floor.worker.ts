import { exposeFloor } from "./floor.ts";

exposeFloor();
