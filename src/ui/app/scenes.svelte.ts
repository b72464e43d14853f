/** Which scene is on, and how far. It does what it says when the person presses, waits until that is seen, and says so. */
import { faultFor, nodesNamed, type Scene, type SceneStep } from "../../lab/scenes.ts";
import type { Height } from "../../types/ids.ts";
import { live } from "../shared/live.svelte.ts";
import { messages } from "../shared/messages.ts";
import { project } from "../shared/project.svelte.ts";
import { type Moment, momentOf, seen } from "./sights.ts";

export interface Playing {
  readonly scene: Scene;
  /** How many steps are done. */
  readonly done: number;
  /** How it stood when the present step was begun; undefined: it waits for the person. */
  readonly since: Moment | undefined;
  /** Of the last step done: where it was seen. */
  readonly at: Height | undefined;
}
export const stepOf = ({ scene, done }: Playing): SceneStep | undefined => scene.steps[done];

class Scenes {
  playing = $state.raw<Playing | undefined>(undefined);

  begin(scene: Scene): void {
    if (nodesNamed(scene) > live.members.length) {
      const text = messages.scenes.tooFewNodes(scene.title, nodesNamed(scene));
      project.notice = { tone: "info", text };
      return;
    }
    this.playing = { scene, done: 0, since: undefined, at: undefined };
  }
  act(): void {
    const step = this.playing && stepOf(this.playing);
    if (this.playing === undefined || step === undefined || this.playing.since !== undefined) return;
    this.playing = { ...this.playing, since: this.#now(), at: undefined };
    if (step.act === "heal") live.heal();
    else for (const fault of step.act) live.inject(faultFor(fault, live.members));
  }
  /** Looks again: to be called as the network moves. */
  look(): void {
    const { playing } = this;
    const step = playing && stepOf(playing);
    if (playing?.since === undefined || step === undefined) return;
    const at = seen(step.until, this.#now(), playing.since, live.chronicle);
    if (at !== undefined) this.playing = { ...playing, done: playing.done + 1, since: undefined, at };
  }
  /** What it did is undone by Heal all, like everything else. */
  close(): void {
    this.playing = undefined;
  }
  #now(): Moment {
    const canGoOn = live.speak >= live.thresholds.high;
    return momentOf(live.chronicle, live.now(), canGoOn, live.safety.broken?.height);
  }
}
export const scenes = new Scenes();
