/** A QR code as one SVG path: as much as fits at the lowest level of error correction, for screens and projectors. */
import { encodeQR } from "qr";

export const QR_MAX_BYTES = 2_953;
const QUIET = 4;

/** Undefined when the text is too long. */
export function qrOf(text: string): { readonly size: number; readonly path: string } | undefined {
  if (text.length > QR_MAX_BYTES) return undefined;
  const rows = encodeQR(text, "raw", { ecc: "low", encoding: "byte", border: QUIET });
  const path = rows
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")))
    .filter((square) => square !== "")
    .join("");
  return { size: rows.length, path };
}
