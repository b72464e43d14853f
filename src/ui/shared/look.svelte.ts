import { keepSetting, setting } from "./storage.ts";

export type Theme = "dark" | "light";
class Look {
  theme = $state<Theme>("dark");
  /** For a projector: larger type, a calm canvas. Not kept: it belongs to the hour. */
  presenter = $state(false);
  /** A plain text field in Monaco's place: for screen readers and for phones. */
  plainEditor = $state(false);
}
export const look = new Look();

export function setPresenter(on: boolean): void {
  look.presenter = on;
  document.documentElement.classList.toggle("presenter", on);
}

export function setPlainEditor(on: boolean): void {
  look.plainEditor = on;
  void keepSetting("plain-editor", on);
}
/** The last choice, else what suits fingers. */
export async function takeEditorWanted(): Promise<void> {
  look.plainEditor = (await setting<boolean>("plain-editor")) ?? matchMedia("(pointer: coarse)").matches;
}

export function setTheme(theme: Theme, keep = true): void {
  look.theme = theme;
  document.documentElement.classList.toggle("light", theme === "light");
  if (keep) void keepSetting("theme", theme);
}

/** The address, else the last choice, else what the system prefers. */
export async function themeWanted(asked: string | null): Promise<Theme> {
  if (asked === "dark" || asked === "light") return asked;
  const kept = await setting<Theme>("theme");
  if (kept === "dark" || kept === "light") return kept;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}
