import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { autostart, type Memory, type PluginLog } from "./autostart.ts";
import { scopeFor } from "./scope.ts";

/** What is used of the gateway's plugin API. */
interface PluginApi {
  /** "full": in the gateway itself. Commands and searches load the plugin in other modes. */
  readonly registrationMode: string;
  /** The plugin's own folder. The code that runs is a copy of it elsewhere. */
  readonly rootDir?: string;
  readonly logger: PluginLog;
  readonly runtime: {
    readonly logging: {
      getChildLogger(bindings: { readonly subsystem: string }): PluginLog;
    };
    readonly state: { resolveStateDir(): string };
  };
  on(event: "gateway_start", handler: (event: unknown, context?: GatewayContext) => void): void;
}

interface GatewayContext {
  readonly config?: unknown;
}

const MEMORY = Symbol.for("dingbridge.autostart");

/**
 * Makes OpenClaw know `channels.dingtalk` (openclaw.plugin.json does that) and starts the worker with
 * the gateway. Loaded with every command of OpenClaw's: nothing happens before `gateway_start`, which
 * the gateway alone sends, when it starts and after each change of `channels`.
 */
export default {
  id: "dingtalk",
  name: "DingTalk (dingbridge)",
  description: "Lets OpenClaw know channels.dingtalk and starts dingbridge with the gateway.",
  register(api: PluginApi): void {
    if (api.registrationMode !== "full") return;
    api.on("gateway_start", (_event, context) => {
      const log = logOf(api);
      try {
        start(api, context?.config, log);
      } catch (error) {
        log.warn(`dingbridge cannot be started: ${String(error)}`);
      }
    });
  },
};

function start(api: PluginApi, config: unknown, log: PluginLog): void {
  const memory = memoryOf(log);
  const { env } = process;
  const options = {
    config,
    env,
    memory,
    spawn,
    home: homedir(),
    node: process.execPath,
    launcher: join(api.rootDir ?? "", "..", "launch.mjs"),
    configPath:
      env["OPENCLAW_CONFIG_PATH"] || join(api.runtime.state.resolveStateDir(), "openclaw.json"),
    scope: scopeFor(cgroup(), process.getuid?.()),
  };
  // After this: the gateway goes on with its own start first.
  setImmediate(() => void autostart(options));
}

/** Where `openclaw channels logs --channel dingtalk` looks, else among what plugins say. */
function logOf(api: PluginApi): PluginLog {
  const quiet = (say: (message: string) => void) => (message: string) => {
    try {
      say(message);
    } catch {
      // A plugin that has been replaced may no longer write: nothing is worth stopping the gateway.
    }
  };
  let log = api.logger;
  try {
    log = api.runtime.logging.getChildLogger({ subsystem: "gateway/channels/dingtalk" });
  } catch {
    // An OpenClaw without them.
  }
  return { info: quiet((text) => log.info(text)), warn: quiet((text) => log.warn(text)) };
}

function memoryOf(log: PluginLog): Memory {
  const shared = globalThis as { [MEMORY]?: Memory };
  const memory = (shared[MEMORY] ??= { log });
  memory.log = log;
  return memory;
}

function cgroup(): string {
  try {
    return readFileSync("/proc/self/cgroup", "utf8");
  } catch {
    return "";
  }
}
