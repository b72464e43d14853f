/** Compiles, or runs what was compiled. Nothing heavy is imported before it answers: compilers load at first use. */
import { expose } from "comlink";
import { compilerWorkerApi } from "../src/compilers/worker-api.ts";

expose(compilerWorkerApi);
