/** What a thread that draws has worked for each frame, out of a trace of Chromium's. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  /** Of processor time, where the system tells: other processes do not count. */
  readonly tdur?: number;
  readonly dur?: number;
}

/** Milliseconds: all tasks of the thread that draws most, from one frame's end to the next one's. */
export function worksOf(trace: string): number[] {
  const events = (JSON.parse(trace) as { traceEvents: TraceEvent[] }).traceEvents;
  const threadOf = (e: TraceEvent): string => `${e.pid} ${e.tid}`;
  const drawn = Map.groupBy(events.filter(isEnd), threadOf);
  const [main] = [...drawn].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
  const works = [0];
  for (const event of events.filter((e) => threadOf(e) === main).toSorted((a, b) => a.ts - b.ts)) {
    if (event.name === "RunTask") works[works.length - 1]! += milliseconds(event);
    if (isEnd(event)) works.push(0);
  }
  return works.slice(1, -1);
}
/** The page's part of a frame ends when it is handed to the compositor. */
const isEnd = ({ name }: TraceEvent): boolean => name === "Commit";
const milliseconds = ({ tdur, dur }: TraceEvent): number => (tdur ?? dur ?? 0) / 1_000;
