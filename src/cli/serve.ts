/**
 * `npm run serve`: the same engine behind HTTP, for any Internet Computer agent. Stdout holds one JSON line when
 * every node has certified a height; everything else goes to stderr. SIGINT and SIGTERM end it with 0.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { toHex } from "../base/bytes.ts";
import type { Network, NetworkSettings } from "../lab/lab.ts";
import type { NodeId } from "../types/ids.ts";
import { principalBytes, principalText } from "../types/principal.ts";
import { networkEntry } from "../lab/network-entry.ts";
import { fail, flags, integer } from "./flags.ts";
import { startThreadNetwork } from "./thread-network.ts";

const ADVICE =
  "Its files were left as they are: put a copy of the folder in its place, or begin a new network in another one.";
const MAX_BODY_BYTES = 5 * 1024 * 1024;
const SIZES = [1, 4, 7, 13] as const;

const values = flags({
  port: { type: "string", default: "4943" },
  host: { type: "string", default: "127.0.0.1" },
  nodes: { type: "string", default: "4" },
  "notary-delay": { type: "string", default: "300" },
  latency: { type: "string", default: "0" },
  "state-dir": { type: "string" },
});
const nodes = SIZES.find((n) => String(n) === values.nodes);
if (nodes === undefined) fail(`--nodes takes 1, 4, 7 or 13, not "${values.nodes}".`);
const settings: NetworkSettings = {
  nodes,
  notaryDelayMs: integer("notary-delay", values["notary-delay"], 0, 60_000),
  unitDelayMs: 1_000,
  latencyMs: integer("latency", values.latency, 0, 60_000),
};
const port = integer("port", values.port, 0, 65_535);

let network: Network | undefined;
let listening = false;
const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    if (!response.headersSent) plain(response, 503, "no node of this network can answer");
  });
});
server.on("error", (error: NodeJS.ErrnoException) => {
  if (!listening && error.code === "EADDRINUSE") fail(`Port ${port} on ${values.host} is taken.`);
  fail(`Cannot listen on ${values.host}:${port}: ${error.message}.`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
server.listen(port, values.host, () => {
  listening = true;
  void start();
});

async function start(): Promise<void> {
  const folder = values["state-dir"];
  if (folder !== undefined) claim(folder);
  const kept = folder === undefined ? undefined : SIZES.find((n) => n === nodesIn(folder));
  if (kept !== undefined && kept !== nodes)
    process.stderr.write(`The network in ${folder} has ${kept} nodes: it goes on with them.\n`);
  network = await startThreadNetwork({ ...settings, nodes: kept ?? settings.nodes }, folder).catch(
    (error: unknown) => {
      const because = error instanceof Error ? error.message : String(error);
      return folder === undefined
        ? fail(`The network did not start: ${because}.`)
        : fail(`The network in ${folder} cannot go on. ${because}. ${ADVICE}`);
    },
  );
  await certified(network, folder);
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  const { info } = network;
  const ready = {
    event: "ready",
    url: `http://${values.host}:${actual}`,
    rootKey: toHex(info.rootKey),
    subnetId: principalText(info.subnetId),
    nodes: info.nodes.map(principalText),
    defaultEffectiveCanisterId: principalText(info.defaultEffectiveCanisterId),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  process.stderr.write(`# For icp.yaml:\n${networkEntry(ready.url, ready.rootKey)}`);
}

/** One process owns a folder. What a dead one left behind is no claim. */
function claim(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "owner");
  const owner = existsSync(path) ? Number(readFileSync(path, "utf8")) : undefined;
  if (owner !== undefined && owner !== process.pid && isAlive(owner))
    fail(`Process ${owner} runs the network in ${folder}.`);
  writeFileSync(path, String(process.pid));
}

/** A folder each, numbered. */
const nodesIn = (folder: string): number => readdirSync(folder).filter((name) => /^\d+$/.test(name)).length;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Every node that runs has a certified state: from then on every route answers, whichever node is asked. */
function certified(network: Network, folder: string | undefined): Promise<void> {
  const waitedFor = new Set(network.info.nodes);
  const nameOf = (node: NodeId): string => {
    const home = folder === undefined ? "" : ` (${join(folder, String(network.info.nodes.indexOf(node)))})`;
    return `node ${principalText(node)}${home}`;
  };
  return new Promise((resolve) => {
    const leave = network.subscribe((batch) => {
      for (const { node, status, because } of batch.statuses) {
        if (because === undefined) continue;
        const then = status === "starting" ? "it signs nothing until a catch-up package is made" : status;
        process.stderr.write(`${nameOf(node)}: ${because}; ${then}\n`);
        if (status === "stopped") waitedFor.delete(node);
      }
      if (network.info.nodes.every((node) => network.status(node) === "stopped"))
        fail(`No node is left. ${ADVICE}`);
      for (const { node, fact } of batch.entries) if (fact.kind === "certified") waitedFor.delete(node);
      if (waitedFor.size > 0) return;
      resolve();
      leave();
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-methods", "GET, POST");
  response.setHeader("access-control-allow-headers", "Authorization, Accept, Content-Type");
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
    return;
  }
  if (network === undefined) return plain(response, 503, "The network is starting.");
  const url = new URL(request.url ?? "/", "http://localhost");
  if (request.method === "GET" && url.pathname === "/_/topology") return topology(response, network);
  const body = await bodyOf(request);
  if (body === undefined) return plain(response, 413, `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  const contentType = request.headers["content-type"];
  const reply = await network.fetch(url, {
    method: request.method ?? "GET",
    ...(contentType === undefined ? {} : { headers: { "content-type": contentType } }),
    ...(request.method === "POST" ? { body: Uint8Array.from(body) } : {}),
  });
  response.writeHead(reply.status, { "content-type": reply.headers.get("content-type") ?? "text/plain" });
  response.end(new Uint8Array(await reply.arrayBuffer()));
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(text);
}

/** PocketIC's shape, which its clients read. */
function topology(response: ServerResponse, network: Network): void {
  const base64 = (id: string): string => Buffer.from(principalBytes(id)).toString("base64");
  const { info } = network;
  const id = { canister_id: base64(info.defaultEffectiveCanisterId) };
  response.writeHead(200, { "content-type": "application/json" }).end(
    JSON.stringify({
      subnet_configs: {
        [principalText(info.subnetId)]: {
          subnet_kind: "Application",
          canister_ranges: [{ start: id, end: { canister_id: base64(info.lastCanisterId) } }],
        },
      },
      default_effective_canister_id: id,
    }),
  );
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function stop(): void {
  server.closeAllConnections();
  server.close();
  void (network?.close() ?? Promise.resolve()).then(() => process.exit(0));
  setTimeout(() => process.exit(0), 1_000).unref();
}
