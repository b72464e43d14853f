import { keepSetting, setting } from "./storage.ts";

export type Theme = "dark" | "light";
class Look {
  theme = $state<Theme>("dark");
}
export const look = new Look();

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
