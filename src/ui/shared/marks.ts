/** Each artifact's own shape and hue, centred on 0,0 and about 12 across: the ring and the score draw the same. */
import type { Flight } from "../../lab/lab.ts";

export type Family =
  "ingress" | "beacon" | "block" | "notarize" | "finalize" | "tape" | "certify" | "request";

export const MARKS: Record<Family, string> = {
  ingress: "M-6-4h12v8h-12zM-6-4l6 5 6-5",
  beacon: "M0-6l6 6-6 6-6-6z",
  block: "M-6-3a3 3 0 0 1 3-3h6a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-6a3 3 0 0 1-3-3z",
  notarize: "M-4.6 0a4.6 4.6 0 1 0 9.2 0a4.6 4.6 0 1 0-9.2 0z",
  finalize: "M-5.6 0a5.6 5.6 0 1 0 11.2 0a5.6 5.6 0 1 0-11.2 0z",
  tape: "M0-5.5l5.5 10h-11z",
  certify: "M0-6.5l5.6 2.2v4c0 3.6-2.4 5.4-5.6 6.6c-3.2-1.2-5.6-3-5.6-6.6v-4z",
  request: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
};
/** A finalization's dot inside its ring. */
export const DOT = "M-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0-5.2 0z";

export function familyOf(what: Flight["what"]): Family {
  if (what.startsWith("random-beacon")) return "beacon";
  if (what.startsWith("random-tape")) return "tape";
  if (what.startsWith("notarization")) return "notarize";
  if (what.startsWith("finalization")) return "finalize";
  if (what.startsWith("certification")) return "certify";
  if (what === "block-proposal" || what === "equivocation-proof") return "block";
  return what === "ingress" ? "ingress" : "request";
}

export const familyWords: Record<Family, string> = {
  ingress: "message",
  beacon: "beacon",
  block: "block",
  notarize: "notarization",
  finalize: "finalization",
  tape: "tape",
  certify: "certification",
  request: "catch-up",
};
