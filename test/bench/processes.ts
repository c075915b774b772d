import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT, commandFor, type RuntimeName } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { runWorker, temporaryFolder } from "../support/worker-process.ts";

/** What has to be undone, whatever happens. */
const cleanups = new Set<() => void>();
process.on("exit", () => {
  for (const cleanup of cleanups) cleanup();
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/** Looks after a process: resolves `stop` when it is gone. One that ends by itself ends the bench. */
function keep(child: ChildProcess, name: string, said: () => string, tidy = () => {}) {
  let stopping = false;
  const gone = new Promise<void>((resolve) => {
    child.once("close", (code) => {
      resolve();
      if (stopping) return;
      console.error(`${name} ended with ${code}\n${said()}`);
      process.exit(1);
    });
  });
  const cleanup = () => {
    stopping = true;
    child.kill("SIGKILL");
    tidy();
  };
  cleanups.add(cleanup);
  return async () => {
    stopping = true;
    child.kill("SIGKILL");
    await gone;
    tidy();
    cleanups.delete(cleanup);
  };
}

/** Runs a script of this folder. Its errors are shown. */
export function runScript(runtime: RuntimeName, file: string, args: readonly string[] = []) {
  const [program = "", ...rest] = commandFor(runtime, `test/bench/${file}`, args);
  const child = spawn(program, rest, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  return {
    firstLine: new Promise<string>((resolve) => {
      child.stdout.once("data", (data) => resolve(String(data).trim()));
    }),
    stop: keep(child, `${file} in ${runtime}`, () => ""),
  };
}

export interface WorkerOptions {
  readonly runtime: RuntimeName;
  readonly clientId: string;
  /** DingTalk's API. */
  readonly api: string;
  /** Where session webhooks may point to. */
  readonly oapi: string;
  readonly gateway: string;
  /** A data folder to begin with: it is copied. */
  readonly data?: string;
  /** What its configuration file says under `channels.dingtalk`. */
  readonly settings?: object;
}

/** What a worker says about itself at /status, as far as the bench asks. */
export interface Status {
  readonly counters: Readonly<Record<string, number>>;
  readonly turns: { readonly running: number; readonly waiting: number; readonly held: number };
  readonly store: { readonly inbox: number };
}

/** Starts the worker as users do: its own process, a database file, the usual log. */
export function runBridge(options: WorkerOptions) {
  const { runtime, clientId, api, oapi, gateway, data, settings = {} } = options;
  const home = temporaryFolder();
  const dataDir = join(home.path, "data");
  const file = join(home.path, "bench.json");
  writeFileSync(file, JSON.stringify({ channels: { dingtalk: settings } }));
  if (data !== undefined) cpSync(data, dataDir, { recursive: true });
  const spawnedAt = performance.now();
  const run = runWorker({
    runtime,
    dingtalk: { url: api, clientId, clientSecret: "simulated-secret" },
    gateway: { url: gateway, token: "simulated-token" },
    home: home.path,
    env: {
      DINGBRIDGE_CONFIG: file,
      DINGTALK_OAPI_URL: oapi,
      DINGBRIDGE_LOG_LEVEL: "info",
      DINGBRIDGE_LOG_DIR: "off",
      DINGBRIDGE_DATA_DIR: dataDir,
    },
  });
  const startLine = () => run.logs().find(({ message }) => message === "dingbridge is starting");
  /** From its own status page. */
  const status = async () => {
    const line = await until("the worker's start line", startLine);
    const response = await fetch(`${String(line["http"])}/status`);
    return (await response.json()) as Status;
  };
  return {
    /** From the spawn to the log line that says so, in ms. */
    connected: new Promise<number>((resolve) => {
      run.process.stdout?.on("data", () => {
        if (run.stdout().includes("connected to DingTalk")) resolve(performance.now() - spawnedAt);
      });
    }),
    rssMb: () => memoryMb(run.process.pid ?? 0, "VmRSS"),
    /** The most there ever was. */
    peakRssMb: () => memoryMb(run.process.pid ?? 0, "VmHWM"),
    status,
    counters: async () => (await status()).counters,
    stop: keep(
      run.process,
      `dingbridge in ${runtime}`,
      () => run.stdout() + run.stderr(),
      () => home.remove(),
    ),
  };
}

/** Resident memory in MB, where the system tells. */
function memoryMb(pid: number, field: "VmRSS" | "VmHWM"): number | undefined {
  if (process.platform !== "linux") return undefined;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kb = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1];
  return kb === undefined ? undefined : Number(kb) / 1024;
}
