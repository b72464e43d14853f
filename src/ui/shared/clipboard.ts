/** Copies a text. Over plain http there is no clipboard to ask: then the old way, from a field made for it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard !== undefined) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Refused: the page has not the focus, or the person said no.
  }
  const from = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.style.cssText = "position:fixed;opacity:0";
  // Inside a dialog, if there is one: it would take the focus back.
  (document.querySelector("[role=dialog]") ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    if (from instanceof HTMLElement) from.focus();
  }
}
