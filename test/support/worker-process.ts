import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DingTalk } from "../../src/simulator/dingtalk.ts";
import type { EchoGateway } from "../../src/simulator/gateway.ts";
import { ROOT, commandFor, type RuntimeName } from "./runtimes.ts";
import { until } from "./until.ts";

/** A log line of the worker, as it writes them when not on a terminal. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Run {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly logs: () => LogLine[];
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
}

/** A folder of its own for a test's files. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "dingbridge-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Runs src/main.ts with nothing of this machine's configuration in sight.
 * @param input what stands on its standard input; default: nothing.
 */
export function runMain(
  runtime: RuntimeName,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string,
): Run {
  const [program = "", ...rest] = commandFor(runtime, "src/main.ts", args);
  const child = spawn(program, rest, {
    cwd: ROOT,
    // The lock of a robot lies in the temporary folder: the test's own, so that nothing is left behind.
    env: { TMPDIR: env["HOME"], PATH: process.env["PATH"], LANG: "zh_CN.UTF-8", ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  child.stdin?.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (data) => (stdout += String(data)));
  child.stderr?.on("data", (data) => (stderr += String(data)));
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    logs: () =>
      stdout
        .split("\n")
        .filter((line) => line.startsWith("{") && line.endsWith("}"))
        .map((line) => JSON.parse(line) as LogLine),
    exited: new Promise((resolve) => child.on("close", resolve)),
  };
}

/** What became of a command. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for the end of a command. */
export async function ended(run: Run): Promise<Ended> {
  const code = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

export interface WorkerSetup {
  readonly runtime: RuntimeName;
  /** The robot; undefined where the worker's file says which robots there are. */
  readonly dingtalk: Pick<DingTalk, "url" | "clientId" | "clientSecret"> | undefined;
  readonly gateway: Pick<EchoGateway, "url" | "token">;
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Connections to wait for; default: one. */
  readonly links?: number;
}

/** Starts the worker against the simulator and waits until it is connected. */
export async function startWorker(setup: WorkerSetup) {
  const run = runWorker(setup);
  const started = await connected(run, setup.links).catch((error: unknown) => {
    // Nobody else knows of it: it would live on after the tests.
    run.process.kill("SIGKILL");
    throw error;
  });
  return {
    ...run,
    http: String(started["http"]),
    /** Asks it to stop and resolves with the exit code. */
    stop: async () => {
      run.process.kill("SIGTERM");
      return await run.exited;
    },
  };
}

/** The same without waiting: for starts that are meant to go wrong. */
export function runWorker(setup: WorkerSetup): Run {
  return runMain(setup.runtime, ["start"], environmentOf(setup));
}

/** What the worker is told by its environment: enough to find the simulators. */
export function environmentOf({ dingtalk, gateway, home, env }: WorkerSetup) {
  return {
    HOME: home,
    // They would win over what the file says, for every robot.
    ...(dingtalk === undefined ? {} : robotIn(dingtalk)),
    OPENCLAW_GATEWAY_URL: gateway.url,
    OPENCLAW_GATEWAY_TOKEN: gateway.token,
    DINGBRIDGE_PORT: "0",
    DINGBRIDGE_LOG_LEVEL: "debug",
    // A developer's own OpenClaw must not see them.
    DINGBRIDGE_LOG_DIR: "off",
    ...env,
  };
}

const robotIn = ({ url, clientId, clientSecret }: NonNullable<WorkerSetup["dingtalk"]>) => ({
  DINGTALK_CLIENT_ID: clientId,
  DINGTALK_CLIENT_SECRET: clientSecret,
  DINGTALK_API_URL: url,
  DINGTALK_OAPI_URL: url,
});

/** The line it starts with, once it is connected. */
async function connected(run: Run, links = 1): Promise<LogLine> {
  const started = await until(
    "the worker's start line",
    () => find(run, "dingbridge is starting") ?? exit(run),
  );
  await until(
    "the link to DingTalk",
    () =>
      run.logs().filter(({ message }) => message === "connected to DingTalk").length >= links ||
      exit(run),
  );
  return started;
}

const find = (run: Run, message: string) => run.logs().find((line) => line.message === message);

function exit(run: Run): undefined {
  const { exitCode } = run.process;
  if (exitCode === null) return undefined;
  throw new Error(`the worker ended with ${exitCode}:\n${run.stdout()}${run.stderr()}`);
}

export type WorkerProcess = Awaited<ReturnType<typeof startWorker>>;
