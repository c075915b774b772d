import process from "node:process";
import { text as readAll } from "node:stream/consumers";
import { readHttpConfiguration } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { networkFor } from "./_network.ts";
import { bodyOf, type SendArguments } from "./_send-body.ts";
import { createWorkerClient, type SentFate, type WorkerClient } from "./_worker-client.ts";

export interface SendOptions extends SendArguments {
  readonly config?: string | undefined;
  /** Seconds, as text. */
  readonly wait?: string | undefined;
  readonly json?: boolean | undefined;
}

const POLL_MS = 300;
const MAX_WAIT_SECONDS = 86_400;

/** Hands a message to the running worker. Resolves with the exit code, 0 once it is taken on, or sent. */
export async function send(options: SendOptions): Promise<number> {
  const waitMs = options.wait === undefined ? 0 : millisecondsOf(options.wait);
  const body = await bodyOf(options, readInput);
  const worker = connect(options.config);
  if (worker === undefined) return EXIT.configuration;
  const { id, answer } = await worker.submit(body);
  if (options.wait === undefined) {
    console.log(options.json === true ? JSON.stringify(answer) : id);
    return EXIT.ok;
  }
  // Already now: whoever loses patience can still ask what became of it.
  if (options.json !== true) console.log(id);
  const fate = await settled(worker, id, waitMs);
  if (options.json === true) console.log(JSON.stringify(fate));
  if (fate.state === "sent") return EXIT.ok;
  throw new UserError(complaint(fate, options.wait), EXIT.crash);
}

function connect(file: string | undefined): WorkerClient | undefined {
  const loaded = readHttpConfiguration(file);
  if (!loaded.ok) {
    for (const problem of loaded.problems) console.error(`error: ${problem}`);
    return undefined;
  }
  const { http, warnings } = loaded;
  if (http.token === undefined) {
    for (const warning of warnings) console.error(`warning: ${warning}`);
    console.error(
      "error: http.token is not set: sending needs one. Set channels.dingtalk.http.token in the configuration file, or DINGBRIDGE_API_TOKEN, to a long random text, for the worker too, and start that again",
    );
    return undefined;
  }
  // The worker is on this machine, also where it listens on an address of the company's network.
  const { fetch } = networkFor({ proxy: "" });
  return createWorkerClient({ ...http, token: http.token, fetch });
}

/** What became of it, once nothing of it waits any more or the time is up. */
async function settled(worker: WorkerClient, id: string, waitMs: number): Promise<SentFate> {
  const end = performance.now() + waitMs;
  for (;;) {
    const fate = await worker.fate(id);
    const left = end - performance.now();
    if (fate.state !== "queued" || left <= 0) return fate;
    await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, left)));
  }
}

function complaint(fate: SentFate, seconds: string): string {
  const open = fate.deliveries
    .filter(({ state }) => state !== "sent")
    .map(({ to, state, reason }) => `${to} ${state}${reason === undefined ? "" : ` (${reason})`}`);
  const shown =
    open.slice(0, 10).join("; ") + (open.length > 10 ? `; ${open.length - 10} more` : "");
  return fate.state === "queued"
    ? `not sent within ${seconds} s, and still waiting to be: ${shown}`
    : `not sent to everybody: ${shown}`;
}

function millisecondsOf(seconds: string): number {
  const number = /^\d+$/.test(seconds) ? Number(seconds) : Infinity;
  if (number > MAX_WAIT_SECONDS) {
    throw new UserError("--wait: expected a number of seconds, at most 86400", EXIT.usage);
  }
  return number * 1000;
}

async function readInput(): Promise<string | undefined> {
  return process.stdin.isTTY ? undefined : await readAll(process.stdin);
}
