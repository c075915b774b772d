import { statSync } from "node:fs";
import process from "node:process";
import type { Config } from "../core/config/schema.ts";
import { reasonOf } from "../core/log.ts";
import type { Logging } from "../logging.ts";
import type { Worker } from "../worker.ts";
import { readConfiguration, type Configuration } from "./_configuration.ts";
import type { Locks } from "./_locks.ts";
import { secretsIn } from "./_secrets.ts";

export interface ReloadOptions {
  readonly loaded: Configuration;
  /** What the worker runs by. */
  readonly config: Config;
  readonly worker: Pick<Worker, "reload">;
  readonly locks: Locks;
  readonly log: Logging;
}

/** Looked at by hand: not every file system tells of changes, and editors replace files by others. */
const LOOK_EVERY_MS = 1000;

/** Keys that are made use of at the start only. */
const FIXED = ["dataDir", "defaultAccount", "store", "http", "audit", "proxy", "caFile"] as const;

/**
 * Watches the configuration: when a file changes, or at SIGHUP, the worker goes on by the new one. One
 * that cannot work changes nothing, and the log says why.
 */
export function watchConfiguration(options: ReloadOptions): { stop(): void } {
  const { worker, locks, log } = options;
  let { config } = options;
  let watched = options.loaded.watched;
  let seen = stateOf(watched);
  /** A file that is being written is looked at when it is left alone. */
  let unsettled = false;
  let work: Promise<void> = Promise.resolve();

  const reload = async () => {
    const loaded = readConfiguration(options.loaded.explicit);
    watched = loaded.watched;
    for (const warning of loaded.warnings) log.warn("configuration", { warning });
    const next = loaded.config;
    if (next === undefined) {
      const problems = loaded.disabled
        ? ["every robot is switched off (enabled: false): stop dingbridge for that"]
        : loaded.problems;
      log.error("configuration not taken over: the old one holds", { problems });
      return;
    }
    if (JSON.stringify(next) === JSON.stringify(config)) {
      log.info("configuration read again: nothing has changed");
      return;
    }
    for (const secret of secretsIn(next)) log.hide(secret);
    locks.takeRobots(next.accounts);
    log.setLevel(next.log.level);
    const fixed = FIXED.filter((key) => JSON.stringify(next[key]) !== JSON.stringify(config[key]));
    const robots = await worker.reload({ ...config, accounts: next.accounts });
    locks.keepRobots(next.accounts);
    config = { ...config, accounts: next.accounts };
    log.info("configuration taken over", { robots });
    if (fixed.length > 0) {
      log.warn("some changes count from the next start on", { settings: fixed });
    }
  };

  const begin = () => {
    work = work.then(reload).catch((error: unknown) => {
      log.error("configuration not taken over: the old one holds", {
        problems: [reasonOf(error)],
      });
    });
  };

  const timer = setInterval(() => {
    const now = stateOf(watched);
    if (now !== seen) {
      seen = now;
      unsettled = true;
    } else if (unsettled) {
      unsettled = false;
      begin();
    }
  }, LOOK_EVERY_MS);

  // Who closes a terminal wants what runs in it to end.
  const hearsHangUp = process.platform !== "win32" && !process.stdout.isTTY;
  if (hearsHangUp) process.on("SIGHUP", begin);

  return {
    stop() {
      clearInterval(timer);
      if (hearsHangUp) process.off("SIGHUP", begin);
    },
  };
}

/** Changes when one of the files does. */
function stateOf(paths: readonly string[]): string {
  const states = paths.map((path) => {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      return [mtimeMs, size, ino];
    } catch {
      return null;
    }
  });
  return JSON.stringify(states);
}
