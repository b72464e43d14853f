/** Which walk is on, and how far. Never in the way: it can be closed at any time, and nothing waits for it. */
import { selection } from "../shared/selection.svelte.ts";
import { keepSetting, setting } from "../shared/storage.ts";
import { situation } from "./situation.ts";
import { advance, begin, FIRST_VISIT, guessed, type Progress, WALKS } from "./walks.ts";

const SEEN = "first-visit-seen";

class Guide {
  progress = $state.raw<Progress | undefined>(undefined);

  /** On a first visit only. */
  async welcome(): Promise<void> {
    if ((await setting<boolean>(SEEN)) === true || this.progress !== undefined) return;
    this.progress = begin(FIRST_VISIT, situation());
  }
  begin(id: string): void {
    const walk = WALKS.find((w) => w.id === id);
    if (walk === undefined) return;
    selection.clear();
    this.progress = begin(walk, situation());
  }
  guess(option: number): void {
    if (this.progress !== undefined) this.progress = guessed(this.progress, option, situation());
  }
  /** Looks again. Reactive in what it reads of the page, not in its own progress. */
  look(): void {
    const now = situation();
    const { progress } = this;
    if (progress === undefined) return;
    const next = advance(progress, now);
    if (next !== progress) this.progress = next;
  }
  close(): void {
    if (this.progress?.walk === FIRST_VISIT) void keepSetting(SEEN, true);
    this.progress = undefined;
  }
}
export const guide = new Guide();
