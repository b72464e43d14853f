/** The open project's `icp.yaml`, read whenever it or the list of files changes. Undefined without one. */
import type { SourceFiles } from "../../compilers/compiler.ts";
import { type IcpYaml, ICP_YAML, readIcpYaml } from "../../compilers/icp-yaml/canisters.ts";

class Manifest {
  read = $state.raw<IcpYaml | undefined>(undefined);
  /** Resolves when what was followed last is read. */
  settled: Promise<void> = Promise.resolve();
  #key = "";

  follow(files: SourceFiles): void {
    const key = keyOf(files);
    if (key === this.#key) return;
    this.#key = key;
    if (key === "") {
      this.read = undefined;
      return;
    }
    this.settled = readIcpYaml(files).then((read) => {
      if (this.#key === key) this.read = read;
    });
  }
}

/** All that the reading depends on: what is said there, and which files there are. */
function keyOf(files: SourceFiles): string {
  if (typeof files[ICP_YAML] !== "string") return "";
  const paths = Object.keys(files).sort();
  return JSON.stringify([paths, paths.filter((p) => p.endsWith(".yaml")).map((p) => String(files[p]))]);
}
export const manifest = new Manifest();
