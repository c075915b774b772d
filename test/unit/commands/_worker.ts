import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { commandFor, type RuntimeName } from "../../support/runtimes.ts";
import { temporaryFolder } from "../../support/worker-process.ts";
import { serving, TOKEN } from "../http/_app.ts";

/** The HTTP side of a worker on a port of its own, over submissions in memory. */
export function startHttp(fetch?: (request: Request) => Response | Promise<Response>) {
  const world = serving();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: fetch ?? ((request) => world.app.fetch(request)),
  });
  return { ...world, port: server.port ?? 0, stop: () => server.stop(true) };
}

export interface SendRun {
  readonly runtime?: RuntimeName;
  /** `channels.dingtalk` of the configuration file. */
  readonly block?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** In the file's place. */
  readonly file?: string;
}

/** Runs `dingbridge send …` with nothing of this machine's configuration in sight. */
export async function runSend(args: readonly string[], run: SendRun) {
  const home = temporaryFolder();
  const folder = join(home.path, ".openclaw");
  mkdirSync(folder);
  const file = run.file ?? JSON.stringify({ channels: { dingtalk: run.block } });
  if (run.file !== undefined || run.block !== undefined) {
    writeFileSync(join(folder, "dingbridge.json"), file);
  }
  const command = commandFor(run.runtime ?? "bun", "src/main.ts", ["send", ...args]);
  const [program = "", ...rest] = command;
  const child = spawn(program, rest, {
    cwd: home.path,
    env: { HOME: home.path, TMPDIR: home.path, LANG: "en_US.UTF-8", ...run.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(run.input ?? "");
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  home.remove();
  if (`${stdout}${stderr}`.includes(TOKEN)) throw new Error("the token was printed");
  return { code, stdout, stderr, cwd: home.path };
}
