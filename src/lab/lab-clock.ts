/** The time of a network of workers: how fast it passes, that it stands, and a single step while it does. */
import { type ClockSetting, labTimeAt, withRate } from "../shell/clock.ts";
import type { LabTime } from "../types/ids.ts";
import { alive, type Seat } from "./seats.ts";

export interface LabClock {
  readonly setting: ClockSetting;
  readonly paused: boolean;
  now(): LabTime;
  pause(): void;
  resume(): void;
  setRate(rate: number): void;
  /** While it stands: the earliest thing that some node waits for happens. */
  step(): void;
}

/** It begins with the wall's time, and tells every node that lives whenever it is set. */
export function createLabClock(seats: readonly Seat[]): LabClock {
  const wallNow = (): number => performance.timeOrigin + performance.now();
  let setting: ClockSetting = { wall: wallNow(), lab: Math.floor(wallNow()), rate: 1 };
  let rate = 1;
  const set = (next: ClockSetting): void => {
    setting = next;
    for (const seat of seats) if (alive(seat)) void seat.occupant.api.setClock(next);
  };

  async function stepEarliest(): Promise<void> {
    if (setting.rate !== 0) return;
    const times = await Promise.all(
      seats
        .filter((s) => s.status === "running")
        .map(async (seat) => ({ seat, at: (await seat.occupant.api.nextTime()) as LabTime | undefined })),
    );
    let best: { seat: Seat; at: LabTime } | undefined;
    for (const { seat, at } of times) {
      if (at !== undefined && (best === undefined || at < best.at)) best = { seat, at };
    }
    if (best === undefined || setting.rate !== 0) return;
    if (best.at > setting.lab) set({ ...setting, lab: best.at });
    await best.seat.occupant.api.stepOne(setting.lab);
  }

  return {
    get setting() {
      return setting;
    },
    get paused() {
      return setting.rate === 0;
    },
    now: () => labTimeAt(setting, wallNow()),
    pause() {
      if (setting.rate !== 0) set(withRate(setting, 0, wallNow()));
    },
    resume() {
      if (setting.rate === 0) set(withRate(setting, rate, wallNow()));
    },
    setRate(next) {
      rate = next;
      if (setting.rate !== 0) set(withRate(setting, next, wallNow()));
    },
    step: () => void stepEarliest(),
  };
}
