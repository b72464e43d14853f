/** The chosen tab stays in view, also when its row becomes narrower. */
export function inView(tab: HTMLElement): () => void {
  const look = new ResizeObserver(() => tab.scrollIntoView({ inline: "nearest", block: "nearest" }));
  look.observe(tab.parentElement ?? tab);
  return () => look.disconnect();
}
