/**
 * Other tabs of this page in the same browser: who has the same project open, and what they wrote. Only tells;
 * that nothing is overwritten is the store's business (`storage.ts`, S1).
 */
export type TabWord =
  | { readonly kind: "opened" | "also-here"; readonly project: string }
  | { readonly kind: "saved"; readonly project: string; readonly revision: string }
  | { readonly kind: "removed"; readonly project: string };

let channel: BroadcastChannel | undefined;
export function listenToTabs(listener: (word: TabWord) => void): void {
  try {
    channel = new BroadcastChannel("terrarium-projects");
    channel.onmessage = (event: MessageEvent<TabWord>) => listener(event.data);
  } catch {
    // An opaque origin has no channels, and no store that tabs could share.
  }
}
export const tellTabs = (word: TabWord): void => channel?.postMessage(word);
