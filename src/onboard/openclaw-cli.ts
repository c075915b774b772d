import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import type { Change } from "./edit.ts";

export interface Ran {
  readonly ok: boolean;
  /** The last line it said, without secrets. */
  readonly said: string;
}

const LIMIT_MS = 120_000;

/** The `openclaw` program of this machine; undefined if there is none. */
export function findOpenClaw(path = process.env["PATH"] ?? ""): string | undefined {
  const names = process.platform === "win32" ? ["openclaw.cmd", "openclaw.exe"] : ["openclaw"];
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isProgram);
}

/** Runs `openclaw …`. Never throws but for `signal`, with its reason. */
export async function runOpenClaw(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Ran> {
  signal.throwIfAborted();
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => (said = (said + String(data)).slice(-4000)));
  }
  const stop = () => child.kill();
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(stop, LIMIT_MS);
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      said = error.message;
      resolve(null);
    });
    child.on("close", resolve);
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  const last = said.trim().split("\n").at(-1) ?? "";
  return { ok: code === 0, said: last.replaceAll(/\p{Cc}\[[\d;]*m|\p{Cc}/gu, "").slice(0, 300) };
}

/**
 * `openclaw config set` for several keys at once, through a file for the owner's eyes: on the command line
 * everybody on the machine could read the secret.
 */
export async function setInOpenClaw(
  program: string,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-onboard-"));
  try {
    const file = join(folder, "batch.json");
    const batch = changes.map(({ path, value }) => ({ path: path.join("."), value }));
    writeFileSync(file, JSON.stringify(batch), { mode: 0o600, flag: "wx" });
    const ran = await runOpenClaw(program, ["config", "set", "--batch-file", file], signal);
    // What it says may quote what it was given.
    const hidden = changes
      .flatMap(({ value }) => (typeof value === "string" ? [value] : []))
      .reduce((said, value) => said.replaceAll(value, "***"), ran.said);
    return { ...ran, said: hidden };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
