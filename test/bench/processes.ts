import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { ROOT, commandFor, type RuntimeName } from "../support/runtimes.ts";
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
}

/** Starts the worker as users do: its own process, a database file, the usual log. */
export function runBridge({ runtime, clientId, api, oapi, gateway }: WorkerOptions) {
  const home = temporaryFolder();
  const run = runWorker({
    runtime,
    dingtalk: { url: api, clientId, clientSecret: "simulated-secret" },
    gateway: { url: gateway, token: "simulated-token" },
    home: home.path,
    env: { DINGTALK_OAPI_URL: oapi, DINGBRIDGE_LOG_LEVEL: "info" },
  });
  return {
    rssMb: () => rssMb(run.process.pid ?? 0),
    /** The worker's counters, from its own status page. */
    async counters() {
      const http = run.logs().find(({ message }) => message === "dingbridge is starting")?.["http"];
      const response = await fetch(`${String(http)}/status`);
      return ((await response.json()) as { counters: Readonly<Record<string, number>> }).counters;
    },
    stop: keep(
      run.process,
      `dingbridge in ${runtime}`,
      () => run.stdout() + run.stderr(),
      () => home.remove(),
    ),
  };
}

/** Resident memory in MB, where the system tells. */
function rssMb(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return line === null ? undefined : Number(line[1]) / 1024;
}
