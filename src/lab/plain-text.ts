/** One line of a stranger's words: no control characters, no marks that turn the direction of text or have no width. */
export function plainText(text: string, max: number): string {
  const shown = text
    .slice(0, max * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return shown.length > max ? `${shown.slice(0, max - 1)}…` : shown;
}
