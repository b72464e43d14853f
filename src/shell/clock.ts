/**
 * A network's one clock: wall time minus pauses, times rate. The page owns the setting and tells every worker; each
 * worker computes the same lab time from the same wall clock. Source: DESIGN §4 "Links, clock, pause".
 */
import type { LabTime } from "../types/ids.ts";

/** From wall instant `wall` (ms since 1970) on, lab time is `lab` + (now − wall) · rate. Rate 0 is a pause. */
export interface ClockSetting {
  readonly wall: number;
  readonly lab: LabTime;
  readonly rate: number;
}

export const labTimeAt = (setting: ClockSetting, wall: number): LabTime =>
  Math.floor(setting.lab + Math.max(0, wall - setting.wall) * setting.rate);

/** Wall milliseconds from now until the lab time is reached; undefined while paused. */
export function wallUntil(setting: ClockSetting, lab: LabTime, wall: number): number | undefined {
  if (setting.rate === 0) return undefined;
  return Math.max(0, (lab - setting.lab) / setting.rate + setting.wall - wall);
}

/** The same instant under another rate: lab time neither jumps nor runs backwards. */
export const withRate = (setting: ClockSetting, rate: number, wall: number): ClockSetting => ({
  wall,
  lab: labTimeAt(setting, wall),
  rate,
});
