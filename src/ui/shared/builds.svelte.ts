/** What the compilers made last of each canister's main file, to be looked at. Installing is another matter. */
import { project } from "./project.svelte.ts";

/** A module ready to be installed. */
export interface Built {
  readonly name: string;
  /** The id of the project that it was made of; the person may be at another by now. */
  readonly project: string;
  readonly main: string;
  readonly wasm: Uint8Array;
  readonly did: string | undefined;
  readonly stable: string | undefined;
  /** The project's files of which it was made. */
  readonly files: unknown;
}
const KEPT = 8;

class Builds {
  #all = $state.raw<ReadonlyMap<string, Built>>(new Map());

  of(main: string): Built | undefined {
    return this.#all.get(keyOf({ project: project.id, main }));
  }
  keep(built: Built): void {
    const others = [...this.#all].filter(([key]) => key !== keyOf(built));
    this.#all = new Map([...others, [keyOf(built), built] as const].slice(-KEPT));
  }
}
const keyOf = ({ project, main }: Pick<Built, "project" | "main">): string => `${project} ${main}`;
export const builds = new Builds();
