/**
 * The canister that is on its way while the page starts: its methods show at once, since it was prepared, and what is
 * pressed meanwhile is called as soon as it is installed.
 */
import { type Did, readInterface } from "./candid/shape.ts";
import type { Prebuilt } from "./examples.ts";

class Coming {
  canister = $state.raw<{ readonly name: string; readonly did: Did } | undefined>(undefined);
  /** Methods without arguments, in the order in which they were pressed. */
  pressed = $state.raw<readonly string[]>([]);

  expect({ name, did }: Prebuilt): void {
    this.canister = { name, did: readInterface(did) };
  }
  press(method: string): void {
    if (!this.pressed.includes(method)) this.pressed = [...this.pressed, method];
  }
  /** It is there, or will not come: what was pressed. */
  end(): readonly string[] {
    const { pressed } = this;
    this.canister = undefined;
    this.pressed = [];
    return pressed;
  }
}
export const coming = new Coming();
