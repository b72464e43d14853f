/** Which panel has the focus, and on a phone which is to be seen. */
export const TABS = ["Call", "Subnet", "Code", "Log"] as const;
export type Tab = (typeof TABS)[number];
export type PanelName = "Code" | "Canisters" | "Network" | "Score";

const PANELS: readonly (readonly [PanelName, Tab])[] = [
  ["Code", "Code"],
  ["Canisters", "Call"],
  ["Network", "Subnet"],
  ["Score", "Log"],
];

class Layout {
  tab = $state<Tab>("Call");
}
export const layout = new Layout();

const panel = (name: PanelName): HTMLElement | null =>
  document.querySelector(`section[aria-label="${name}"]`);

/** Brings a panel to sight and gives the focus to what is wanted of it, or else to its first control. */
export function showPanel(name: PanelName, wanted?: () => HTMLElement | null | undefined): void {
  layout.tab = PANELS.find(([known]) => known === name)![1];
  requestAnimationFrame(() => {
    const inside = "button:not(:disabled), [tabindex='0'], input, textarea";
    (wanted?.() ?? panel(name)?.querySelector<HTMLElement>(inside))?.focus();
  });
}

/** From the panel that holds the focus to its neighbour. */
export function nextPanel(back: boolean): void {
  const at = PANELS.findIndex(([name]) => panel(name)?.contains(document.activeElement));
  const next = back ? (at <= 0 ? PANELS.length : at) - 1 : (at + 1) % PANELS.length;
  showPanel(PANELS[next]![0]);
}
