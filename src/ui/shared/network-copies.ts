/** Tabs of this page hand one another whole networks: who runs one gives a copy of what its nodes have written down. */
import { messages } from "./messages.ts";
import type { PackedFiles } from "./networks.svelte.ts";

type Word =
  | { readonly kind: "wanted"; readonly network: string; readonly by: string }
  | { readonly kind: "given"; readonly by: string; readonly packed: PackedFiles };

/** A tab in the background may be slow, and a network large. */
const PATIENCE_MS = 30_000;
const openChannel = (): BroadcastChannel => new BroadcastChannel("terrarium-networks");

/** `give`: undefined of a network that this tab does not run. */
export function whenAsked(give: (network: string) => Promise<PackedFiles | undefined>): void {
  const channel = openChannel();
  channel.onmessage = async ({ data }: MessageEvent<Word>) => {
    if (data.kind !== "wanted") return;
    const packed = await give(data.network);
    if (packed !== undefined) channel.postMessage({ kind: "given", by: data.by, packed } satisfies Word);
  };
}

/** Rejects when no tab answers. */
export async function askOtherTab(network: string): Promise<PackedFiles> {
  const channel = openChannel();
  const by = crypto.randomUUID();
  try {
    return await new Promise<PackedFiles>((resolve, reject) => {
      channel.onmessage = ({ data }: MessageEvent<Word>) => {
        if (data.kind === "given" && data.by === by) resolve(data.packed);
      };
      setTimeout(() => reject(new Error(messages.networks.noAnswer)), PATIENCE_MS);
      channel.postMessage({ kind: "wanted", network, by } satisfies Word);
    });
  } finally {
    channel.close();
  }
}
