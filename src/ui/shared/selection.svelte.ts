/** What the Inspector shows. Panels write it and read it; they never know each other. */
import type { Flight } from "../../lab/lab.ts";
import type { ArtifactId, Height, MessageId, NodeId } from "../../types/ids.ts";

export type Selected =
  | { readonly kind: "height"; readonly height: Height; readonly row?: string }
  | { readonly kind: "message"; readonly message: MessageId }
  /** As a node holds it: its pool is asked. */
  | { readonly kind: "artifact"; readonly id: ArtifactId }
  /** A certificate from anywhere, pasted in. */
  | { readonly kind: "paste" }
  /** What the compiler made of a canister's main file. */
  | { readonly kind: "module"; readonly main: string }
  | { readonly kind: "node"; readonly node: NodeId }
  /** How many nodes, and how far apart. */
  | { readonly kind: "subnet" }
  /** Between some nodes and others. */
  | { readonly kind: "links"; readonly from: readonly NodeId[]; readonly to: readonly NodeId[] }
  /** A message that was on its link when it was clicked. */
  | { readonly kind: "flight"; readonly flight: Flight }
  | { readonly kind: "certificate"; readonly call: number };

class Selection {
  current = $state.raw<Selected | undefined>(undefined);
  /** Where the focus was, to give it back. */
  #from: HTMLElement | undefined;

  select(what: Selected): void {
    if (this.current === undefined) {
      this.#from = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
    }
    this.current = what;
  }
  clear(): void {
    this.current = undefined;
    this.#from?.focus();
    this.#from = undefined;
  }
}
export const selection = new Selection();
