import type { DingTalk } from "../../src/simulator/dingtalk.ts";
import type { EchoGateway } from "../../src/simulator/gateway.ts";
import { until } from "../support/until.ts";
import { runWorker, type Run } from "../support/worker-process.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import type { Journal } from "./journal.ts";

export interface WorkerStatus {
  readonly store: { readonly inbox: number; readonly outbox: number };
  readonly failedReplies: readonly { readonly reason: string }[];
  readonly [field: string]: unknown;
}

export interface WorkerOptions {
  readonly runtime: RuntimeName;
  readonly dingtalk: DingTalk;
  readonly gateway: EchoGateway;
  readonly home: string;
  readonly journal: Journal;
}

/** A stop takes 15 s at most, and as long again until the gateway may be left. */
const STOP_MS = 32_000;
const START_MS = 20_000;

/** The worker, through all its processes. */
export function createWorkerControl(options: WorkerOptions) {
  const { journal } = options;
  const runs: Run[] = [];
  let run: Run | undefined;
  let http = "";
  /** Its end is ours. */
  let isEnding = false;
  let kills = 0;
  let stops = 0;

  const start = async (): Promise<void> => {
    isEnding = false;
    http = "";
    const mine = runWorker(options);
    run = mine;
    runs.push(mine);
    journal.note(`worker ${runs.length} started (pid ${mine.process.pid})`);
    void mine.exited.then(async (code) => {
      if (run !== mine || isEnding) return;
      const said = `${mine.stdout().slice(-1500)}\n${mine.stderr()}`;
      journal.violation(`the worker ended by itself with ${code}:\n${said}`);
      await start();
    });
    await until(
      "the worker's start line",
      () => {
        const line = mine.logs().find(({ message }) => message === "dingbridge is starting");
        if (line !== undefined && run === mine) http = String(line["http"]);
        return line !== undefined || mine.process.exitCode !== null;
      },
      START_MS,
    );
  };

  const ask = async (path: string): Promise<Response | undefined> =>
    http === ""
      ? undefined
      : await fetch(`${http}${path}`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);

  return {
    start,
    runs,
    /** Kills it at once, to be waited for with `gone`. */
    kill() {
      isEnding = true;
      kills++;
      run?.process.kill("SIGKILL");
    },
    gone: async () => void (await run?.exited),
    async stop() {
      isEnding = true;
      stops++;
      const ending = run;
      const from = Date.now();
      ending?.process.kill("SIGTERM");
      const overdue = setTimeout(() => {
        journal.violation(`the worker did not stop within ${STOP_MS} ms of SIGTERM`);
        ending?.process.kill("SIGKILL");
      }, STOP_MS);
      const code = await ending?.exited;
      clearTimeout(overdue);
      journal.note(`worker stopped after ${Date.now() - from} ms with ${code}`);
      if (code !== 0 && Date.now() - from < STOP_MS)
        journal.violation(`SIGTERM: exit code ${code}: ${ending?.stderr().slice(-1500)}`);
    },
    status: async () =>
      (await (await ask("/status"))?.json().catch(() => undefined)) as WorkerStatus | undefined,
    ready: async () => {
      const response = await ask("/readyz");
      return { status: response?.status, body: await response?.text() };
    },
    get kills() {
      return kills;
    },
    get stops() {
      return stops;
    },
  };
}

export type WorkerControl = ReturnType<typeof createWorkerControl>;
