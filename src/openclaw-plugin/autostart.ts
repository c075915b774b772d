import { existsSync } from "node:fs";
import { join } from "node:path";
import { wantedBy } from "./block.ts";
import { launch, type Ending, type LaunchOptions, type Launched } from "./launch.ts";
import { runningWorker } from "./running.ts";

export interface PluginLog {
  info(message: string): void;
  warn(message: string): void;
}

/** What is remembered while the gateway's process lives: the plugin itself is loaded anew at every change. */
export interface Memory {
  /** The worker that this process has started, until it ends. */
  child?: Launched;
  /** One start after the other. */
  latest?: Promise<void>;
  /** Of the plugin's latest life: the one before may no longer be allowed to write. */
  log: PluginLog;
}

export interface AutostartOptions extends Omit<LaunchOptions, "dataDir"> {
  /** OpenClaw's, as the gateway has read it. */
  readonly config: unknown;
  readonly home: string;
  readonly memory: Memory;
}

/**
 * Starts the worker unless there is one or none is wanted, and says in one line what came of it. Never
 * throws. Two gateways that start at once may start one each: the second worker finds the first one's
 * lock and ends.
 */
export function autostart(options: AutostartOptions): Promise<void> {
  const { memory } = options;
  memory.latest = (memory.latest ?? Promise.resolve()).then(() => report(options));
  return memory.latest;
}

async function report(options: AutostartOptions): Promise<void> {
  const { memory } = options;
  try {
    const { text, isWrong = false } = await attempt(options);
    if (isWrong) memory.log.warn(text);
    else memory.log.info(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    memory.log.warn(`dingbridge cannot be started: ${reason}`);
  }
}

interface Said {
  readonly text: string;
  readonly isWrong?: boolean;
}

const REASONS = {
  off: "channels.dingtalk.autostart is false",
  disabled: "channels.dingtalk.enabled is false",
  unconfigured: "channels.dingtalk has no clientId and clientSecret yet",
};

async function attempt(options: AutostartOptions): Promise<Said> {
  const { config, env, home, launcher, memory } = options;
  const { kind, dataDir } = wantedBy(config, env, home);
  const running = runningWorker(join(dataDir, "dingbridge.lock"));
  if (running !== undefined) {
    return { text: `dingbridge runs already${running.pid ? ` (pid ${running.pid})` : ""}` };
  }
  if (kind !== "wanted") return { text: `dingbridge is not started: ${REASONS[kind]}` };
  if (memory.child !== undefined) {
    return { text: `dingbridge is being started (pid ${memory.child.pid})` };
  }
  if (!existsSync(launcher)) {
    const text = `dingbridge is not started: there is no ${launcher}; install the plugin with --link, from dingbridge's own folder`;
    return { text, isWrong: true };
  }
  const child = await launch({ ...options, dataDir });
  memory.child = child;
  void child.ended.then((ending) => {
    delete memory.child;
    const { text, isWrong } = farewell(child, ending);
    if (isWrong) memory.log.warn(text);
    else memory.log.info(text);
  });
  return { text: `dingbridge started (pid ${child.pid}); its output goes to ${child.output}` };
}

function farewell({ pid, output }: Launched, { code, signal, said }: Ending) {
  const who = `dingbridge (pid ${pid})`;
  if (code === 0) return { text: `${who} has stopped`, isWrong: false };
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const text = `${who} ended ${how}${said === undefined ? "" : `: ${said}`}; see ${output}`;
  return { text, isWrong: true };
}
