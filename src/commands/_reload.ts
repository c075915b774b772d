import { statSync } from "node:fs";
import process from "node:process";
import { createSystemClock, type Clock } from "../core/clock.ts";
import { knownPaths } from "../core/config/keys.ts";
import { valueAt } from "../core/config/layers.ts";
import type { Config } from "../core/config/schema.ts";
import { WORKER } from "../core/config/shape.ts";
import { reasonOf } from "../core/log.ts";
import type { Logging } from "../logging.ts";
import type { Worker } from "../worker.ts";
import { readConfiguration, type Configuration } from "../host/configuration.ts";
import type { Locks } from "./_locks.ts";
import { secretsIn } from "./_secrets.ts";

export interface ReloadOptions {
  readonly loaded: Configuration;
  /** What the worker runs by. */
  readonly config: Config;
  readonly worker: Pick<Worker, "reload">;
  readonly locks: Pick<Locks, "takeRobots" | "keepRobots">;
  readonly log: Pick<Logging, "info" | "warn" | "error" | "hide" | "setLevel">;
}

/** Looked at by hand: not every file system tells of changes, and editors replace files by others. */
const LOOK_EVERY_MS = 1000;

/** Keys of the worker that need no start of it: the level is set here, and `autostart` is the gateway's to read. */
const LIVE: ReadonlySet<string> = new Set(["log.level", "autostart"]);

/** All others are made use of at the start only. */
const FIXED = knownPaths(WORKER).filter((key) => !LIVE.has(key));

/**
 * Watches the configuration: when a file changes, or at SIGHUP, the worker goes on by the new one. One
 * that cannot work, or has lost the file it stood in, changes nothing, and the log says why.
 */
export function watchConfiguration(
  options: ReloadOptions,
  clock: Pick<Clock, "after"> = createSystemClock(setImmediate),
): { stop(): void } {
  const { worker, locks, log } = options;
  /** What the process was started with: keys that are fixed count as they stand here. */
  const started = options.config;
  const { watched } = options.loaded;
  let taken = { loaded: options.loaded, config: options.config };
  let seen = stateOf(watched);
  /** A file that is being written is looked at when it is left alone. One may have changed during the start. */
  let unsettled = !isSame(readConfiguration(options.loaded.explicit).config, taken.config);
  let isStopped = false;
  let work: Promise<void> = Promise.resolve();

  const reload = async () => {
    if (isStopped) return;
    // Before it is read: what is written from now on is another change.
    seen = stateOf(watched);
    unsettled = false;
    const loaded = readConfiguration(options.loaded.explicit);
    for (const warning of loaded.warnings) log.warn("configuration", { warning });
    const next = loaded.config;
    const problems = [...problemsWith(loaded), ...lossOf(taken.loaded, loaded)];
    if (next === undefined || problems.length > 0) {
      log.error("configuration not taken over: the old one holds", { problems });
      return;
    }
    if (isSame(next, taken.config)) {
      taken = { loaded, config: next };
      log.info("configuration read again: nothing has changed");
      return;
    }
    for (const secret of secretsIn(next)) log.hide(secret);
    locks.takeRobots(next.accounts);
    log.setLevel(next.log.level);
    const robots = await worker.reload({ ...started, accounts: next.accounts });
    locks.keepRobots(next.accounts);
    // Once for each change, and not for one that is taken back.
    const late = FIXED.filter(
      (key) => !isSameAt(key, next, taken.config) && !isSameAt(key, next, started),
    );
    taken = { loaded, config: next };
    log.info("configuration taken over", { robots });
    if (late.length > 0) {
      log.warn("some changes count from the next start on", { settings: late });
    }
  };

  const begin = () => {
    work = work.then(reload).catch((error: unknown) => {
      log.error("configuration not taken over: the old one holds", {
        problems: [reasonOf(error)],
      });
    });
  };

  const look = () => {
    timer = clock.after(LOOK_EVERY_MS, look);
    const now = stateOf(watched);
    if (now !== seen) {
      seen = now;
      unsettled = true;
    } else if (unsettled) {
      unsettled = false;
      begin();
    }
  };
  let timer = clock.after(LOOK_EVERY_MS, look);

  // Who closes a terminal wants what runs in it to end.
  const hearsHangUp = process.platform !== "win32" && !process.stdout.isTTY;
  if (hearsHangUp) process.on("SIGHUP", begin);

  return {
    stop() {
      isStopped = true;
      timer.cancel();
      if (hearsHangUp) process.off("SIGHUP", begin);
    },
  };
}

function problemsWith({ config, disabled, problems }: Configuration): readonly string[] {
  if (config === undefined && disabled) {
    return ["every robot is switched off (enabled: false): stop dingbridge for that"];
  }
  return problems;
}

/**
 * What was there is gone, perhaps for the moment only. The variables and defaults that remain might well
 * work, with doors open that the file keeps closed.
 */
function lossOf(before: Configuration, now: Configuration): string[] {
  if (now.config === undefined) return [];
  if (before.channel !== undefined && now.channel === undefined) {
    return [
      `${before.path ?? ""}: channels.${before.channel} is gone: start again if that is meant`,
    ];
  }
  return before.hasOpenclaw && !now.hasOpenclaw
    ? [
        "OpenClaw's file cannot be read any more, and the gateway's address and token may come from it: start again if that is meant",
      ]
    : [];
}

/** Configurations are plain JSON, and come from one loader: their keys stand in one order. */
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

const isSameAt = (key: string, one: Config, other: Config) =>
  isSame(valueAt({ ...one }, key.split(".")), valueAt({ ...other }, key.split(".")));

/** Changes when one of the files does, or may be read again. */
function stateOf(paths: readonly string[]): string {
  const states = paths.map((path) => {
    try {
      const { mtimeMs, ctimeMs, size, ino } = statSync(path);
      return [mtimeMs, ctimeMs, size, ino];
    } catch {
      return null;
    }
  });
  return JSON.stringify(states);
}
