/** `serve` as a child process. */
import { type ChildProcess, spawn } from "node:child_process";

/** The line that `serve` prints when it can be used. */
export interface Ready {
  readonly event: "ready";
  readonly url: string;
  readonly rootKey: string;
  readonly subnetId: string;
  readonly nodes: string[];
  readonly defaultEffectiveCanisterId: string;
}

export interface Serve {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

export function startServe(...args: string[]): Serve {
  const child = spawn(process.execPath, ["src/cli/serve.ts", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (d: Buffer) => {
    out += d.toString();
  });
  child.stderr.on("data", (d: Buffer) => {
    err += d.toString();
  });
  return { child, stdout: () => out, stderr: () => err };
}

export const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once("exit", (code) => resolve(code)));

export const readyOf = ({ child, stdout, stderr }: Serve): Promise<Ready> =>
  new Promise((resolve, reject) => {
    child.stdout!.on("data", () => {
      if (stdout().includes("\n")) resolve(JSON.parse(stdout()) as Ready);
    });
    child.once("exit", () => reject(new Error(stderr())));
  });
