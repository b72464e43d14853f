/**
 * The canister that is on its way while the page starts: its methods show at once, since it was prepared, and what is
 * pressed meanwhile is called as soon as it is installed.
 */
import { type Did, readInterface } from "./candid/shape.ts";
import type { Prebuilt } from "./examples.ts";
import { project } from "./project.svelte.ts";

interface Expected {
  readonly project: string;
  readonly name: string;
  readonly did: Did;
}

class Coming {
  #expected = $state.raw<Expected | undefined>(undefined);
  /** Methods without arguments, in the order in which they were pressed. */
  pressed = $state.raw<readonly string[]>([]);

  /** Undefined when none is, or another project was taken. */
  get canister(): Expected | undefined {
    return this.#expected?.project === project.id ? this.#expected : undefined;
  }
  expect(project: string, { name, did }: Prebuilt): void {
    this.#expected = { project, name, did: readInterface(did) };
  }
  press(method: string): void {
    if (!this.pressed.includes(method)) this.pressed = [...this.pressed, method];
  }
  /** It is there, or will not come: what was pressed. */
  end(): readonly string[] {
    const { pressed } = this;
    this.#expected = undefined;
    this.pressed = [];
    return pressed;
  }
}
export const coming = new Coming();
