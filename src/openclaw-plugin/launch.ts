import type { ChildProcess, SpawnOptions } from "node:child_process";
import {
  closeSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { Environment } from "./block.ts";

export type Spawn = (
  command: string,
  args: readonly string[],
  options: SpawnOptions,
) => Pick<ChildProcess, "pid" | "once" | "unref">;

export interface LaunchOptions {
  readonly spawn: Spawn;
  /** The Node that runs the launcher, which then chooses the worker's runtime. */
  readonly node: string;
  readonly launcher: string;
  /** OpenClaw's configuration file. */
  readonly configPath: string;
  readonly dataDir: string;
  readonly env: Environment;
  /** To be put before the command, if that works. */
  readonly scope: readonly string[];
}

export interface Launched {
  readonly pid: number | undefined;
  /** The file that takes what the process writes. */
  readonly output: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ending>;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last line the process wrote for people, if any. */
  readonly said: string | undefined;
}

/** Beyond this the next start begins a new file, and keeps one old one. */
const OUTPUT_MAX_BYTES = 10 * 1024 * 1024;

/** Of a file that may have grown for months, only the end is looked at. */
const LAST_BYTES = 8192;

/** systemd's of the gateway: not the worker's to answer. */
const NOT_OURS: ReadonlySet<string> = new Set([
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "LISTEN_FDS",
  "LISTEN_PID",
]);

/**
 * Starts a worker that outlives this process. Rejects if the process cannot be started at all or its
 * output has no place.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { node, launcher, configPath, dataDir, scope } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const output = join(dataDir, "autostart.log");
  rotate(output);
  const log = openSync(output, "a", 0o600);
  try {
    fchmodSync(log, 0o600);
    const begin = fstatSync(log).size;
    const command = [node, launcher, "start", "--config", configPath];
    const child = await spawned([...scope, ...command], log, options).catch((error: unknown) => {
      if (scope.length === 0) throw error;
      return spawned(command, log, options);
    });
    const ended = child.ended.then((ending) => ({ ...ending, said: lastWords(output, begin) }));
    return { pid: child.pid, output, ended };
  } finally {
    closeSync(log);
  }
}

function spawned(
  [command = "", ...args]: readonly string[],
  log: number,
  { spawn, env, configPath }: LaunchOptions,
): Promise<{ pid: number | undefined; ended: Promise<Omit<Ending, "said">> }> {
  const others = Object.entries(env).filter(([name]) => !NOT_OURS.has(name));
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      // Of a session of its own: neither the gateway's end nor its terminal's Ctrl+C reaches it.
      detached: true,
      stdio: ["ignore", log, log],
      windowsHide: true,
      // The gateway's address and token are looked for in the same file.
      env: { ...Object.fromEntries(others), OPENCLAW_CONFIG_PATH: configPath },
    });
    const ended = new Promise<Omit<Ending, "said">>((end) => {
      child.once("exit", (code, signal) => end({ code, signal }));
    });
    child.once("error", reject);
    child.once("spawn", () => resolve({ pid: child.pid, ended }));
    child.unref();
  });
}

function rotate(path: string): void {
  try {
    if (statSync(path).size > OUTPUT_MAX_BYTES) renameSync(path, `${path}.1`);
  } catch {
    // There is none yet, or it goes on as it is.
  }
}

/**
 * Errors are plain lines; what the worker logs while it runs is JSON, and stays in the file.
 * @param begin where this process began to write.
 */
function lastWords(path: string, begin: number): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const from = Math.max(begin, fstatSync(file).size - LAST_BYTES);
    const bytes = new Uint8Array(LAST_BYTES);
    const text = new TextDecoder().decode(
      bytes.subarray(0, readSync(file, bytes, { position: from })),
    );
    const last = text.split("\n").findLast((line) => line.trim() !== "" && !line.startsWith("{"));
    return last?.trim().slice(0, 300);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
