/**
 * When a request is too old or too far ahead.
 *
 *   X1  now ≤ expiry ≤ now + 5 min + 30 s of drift. At the edges exactly: accepted. Source: interface A11.
 *   X2  The refusal contains "Invalid request expiry: ", by which agents know that their clock is off; they then read
 *       `/time` and try again. Source: interface H31.
 */
import type { Nanos } from "../../types/ids.ts";

const SECOND = 1_000_000_000n;
/** How far ahead a sender may date a message; also the window in which blocks may carry it. Source: interface §10. */
export const INGRESS_TTL: Nanos = 300n * SECOND;
/** What the sender's clock may be ahead of ours. */
export const PERMITTED_DRIFT: Nanos = 30n * SECOND;

/** The sentence to refuse with, or undefined when the expiry is in the window. */
export function expiryFault(expiry: Nanos, now: Nanos): string | undefined {
  const latest = now + INGRESS_TTL + PERMITTED_DRIFT;
  if (now <= expiry && expiry <= latest) return undefined;
  return (
    "Invalid request expiry: Specified ingress_expiry not within expected range: " +
    `Minimum allowed expiry: ${utcText(now)}, Maximum allowed expiry: ${utcText(latest)}, ` +
    `Provided expiry: ${utcText(expiry)}`
  );
}

const DAY_SECONDS = 86_400n;

/** `2026-11-22 11:30:16.005 UTC`: nanoseconds without trailing zeros. The core has no Date. */
export function utcText(time: Nanos): string {
  const seconds = time / SECOND;
  const rest = time % SECOND;
  const { year, month, day } = civilDay(Number(seconds / DAY_SECONDS));
  const clock = Number(seconds % DAY_SECONDS);
  const hms = [Math.floor(clock / 3600), Math.floor(clock / 60) % 60, clock % 60].map(two).join(":");
  const fraction = rest === 0n ? "" : `.${rest.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${year}-${two(month)}-${two(day)} ${hms}${fraction} UTC`;
}

const two = (n: number): string => n.toString().padStart(2, "0");

/**
 * Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that the leap day comes last:
 * 146,097 days in 400 years, 153 days in the five months from March to July.
 */
function civilDay(sinceEpoch: number): { year: number; month: number; day: number } {
  const z = sinceEpoch + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
