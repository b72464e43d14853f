/**
 * `ic/timers`: many timers on the canister's one.
 *
 *   T1  Timers run in the order of their times, several in one message when they are due together.
 *   T2  The canister's timer stands at the earliest, or at none.
 *
 * Source: interface §4 (global_timer_set).
 */
export const TIMERS = `
import { setTimerAt, time } from "./system";

class Timer {
  constructor(public id: u32, public at: u64, public every: u64, public run: () => void) {}
}

let timers: Timer[] = [];
let nextTimer: u32 = 1;

function arm(): void {
  let earliest: u64 = u64.MAX_VALUE;
  for (let i = 0; i < timers.length; i++) earliest = min(earliest, timers[i].at);
  setTimerAt(timers.length == 0 ? 0 : earliest);
}

function start(delay: u64, every: u64, run: () => void): u32 {
  const id = nextTimer++;
  timers.push(new Timer(id, time() + max<u64>(delay, 1), every, run));
  arm();
  return id;
}

/** Runs a function once, so many nanoseconds from now. A second has 1_000_000_000. */
export function setTimer(delay: u64, run: () => void): u32 { return start(delay, 0, run); }

/** Runs a function again and again. */
export function setInterval(every: u64, run: () => void): u32 { return start(every, max<u64>(every, 1), run); }

export function clearTimer(id: u32): void {
  for (let i = 0; i < timers.length; i++) {
    if (timers[i].id != id) continue;
    timers.splice(i, 1);
    break;
  }
  arm();
}

export function runTimers(): void {
  const now = time();
  const due: Timer[] = [];
  const rest: Timer[] = [];
  for (let i = 0; i < timers.length; i++) {
    const timer = timers[i];
    if (timer.at > now) { rest.push(timer); continue; }
    due.push(timer);
    if (timer.every > 0) rest.push(new Timer(timer.id, now + timer.every, timer.every, timer.run));
  }
  timers = rest;
  due.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : <i32>a.id - <i32>b.id));
  for (let i = 0; i < due.length; i++) due[i].run();
  arm();
}
`;
