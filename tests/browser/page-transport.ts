/** Inside the page: a network, and its `fetch` for those outside, with bodies in base64. */
import type { Network } from "../../src/lab/lab.ts";
import { startPageNetwork } from "../../src/lab/page-network.ts";

export interface PageAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

let network: Network | undefined;

/** Resolves when every node has a certified state. */
export async function open(): Promise<Network["info"]> {
  const opened = await startPageNetwork({ nodes: 4, notaryDelayMs: 50, unitDelayMs: 1000, latencyMs: 0 });
  network = opened;
  const waitedFor = new Set(opened.info.nodes);
  await new Promise<void>((resolve) => {
    const leave = opened.subscribe(({ entries }) => {
      for (const { node, fact } of entries) if (fact.kind === "certified") waitedFor.delete(node);
      if (waitedFor.size > 0) return;
      leave();
      resolve();
    });
  });
  return opened.info;
}

export async function ask(
  url: string,
  method: string,
  contentType: string | null,
  body: string,
): Promise<PageAnswer> {
  const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
  const answer = await network!.fetch(url, {
    method,
    ...(contentType === null ? {} : { headers: { "content-type": contentType } }),
    ...(method === "POST" ? { body: bytes } : {}),
  });
  const given = new Uint8Array(await answer.arrayBuffer());
  let text = "";
  for (const byte of given) text += String.fromCharCode(byte);
  return {
    status: answer.status,
    contentType: answer.headers.get("content-type") ?? "",
    body: btoa(text),
  };
}
