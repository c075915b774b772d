import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AccountConfig, Config } from "../core/config/schema.ts";
import { reasonOf, type Log } from "../core/log.ts";
import {
  LockDamagedError,
  LockHeldError,
  acquireLock,
  robotLockPath,
  type Lock,
} from "../store/lock.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { storeError } from "../host/store-error.ts";

/** One worker a robot and one a data folder: two would share out a chat's messages between them. */
export interface Locks {
  /** Throws `UserError` if another worker holds one of them. */
  takeAll(config: Config): void;
  /** The same for other robots than before: those that are new. All of them, or none. */
  takeRobots(accounts: readonly AccountConfig[]): void;
  /** Robots that are not among these are free for others. */
  keepRobots(accounts: readonly AccountConfig[]): void;
  release(): void;
}

export function createLocks(log: Log): Locks {
  const robots = new Map<string, Lock | undefined>();
  let data: Lock | undefined;

  const takeRobots = (accounts: readonly AccountConfig[]) => {
    const taken: string[] = [];
    try {
      for (const account of accounts) {
        const robot = nameOf(account);
        if (robots.has(robot)) continue;
        robots.set(robot, robotLock(account, log));
        taken.push(robot);
      }
    } catch (error) {
      for (const robot of taken) drop(robot);
      throw error;
    }
  };

  const drop = (robot: string) => {
    robots.get(robot)?.release();
    robots.delete(robot);
  };

  return {
    takeAll(config) {
      takeRobots(config.accounts);
      data = dataLock(config.dataDir);
    },
    takeRobots,
    keepRobots(accounts) {
      const kept = new Set(accounts.map(nameOf));
      for (const robot of robots.keys()) if (!kept.has(robot)) drop(robot);
    },
    release() {
      for (const robot of robots.keys()) drop(robot);
      data?.release();
    },
  };
}

const nameOf = ({ apiUrl, clientId }: AccountConfig) => `${apiUrl} ${clientId}`;

/** None where the temporary folder does not allow one: the other lock still finds most mistakes. */
function robotLock({ apiUrl, clientId }: AccountConfig, log: Log): Lock | undefined {
  try {
    return acquireLock(robotLockPath(apiUrl, clientId));
  } catch (error) {
    if (error instanceof LockHeldError) {
      throw heldBy(error, "already runs for this robot: stop it first");
    }
    if (error instanceof LockDamagedError) throw damaged(error);
    log.warn("cannot tell whether another dingbridge runs for this robot", {
      reason: reasonOf(error),
    });
    return undefined;
  }
}

function dataLock(dataDir: string): Lock {
  const file = join(dataDir, "dingbridge.lock");
  try {
    // What people write lies here: for the owner's eyes only.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return acquireLock(file);
  } catch (error) {
    if (error instanceof LockHeldError) {
      throw heldBy(
        error,
        `already uses the data folder ${dataDir}: stop it, or set dataDir (DINGBRIDGE_DATA_DIR)`,
      );
    }
    if (error instanceof LockDamagedError) throw damaged(error);
    throw storeError(error, dataDir, file);
  }
}

function heldBy({ holder }: LockHeldError, doing: string): UserError {
  const who = holder && ` (pid ${holder.pid} on host ${holder.host}, since ${local(holder.since)})`;
  return new UserError(`another dingbridge${who ?? ""} ${doing}`, EXIT.crash);
}

function damaged({ path }: LockDamagedError): UserError {
  return new UserError(
    `${path} is damaged: make sure that no other dingbridge runs, then delete it`,
    EXIT.configuration,
  );
}

/** As a wall clock shows it: 2026-11-22 20:01:07. */
function local(time: number): string {
  const offset = new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - offset).toISOString().slice(0, 19).replace("T", " ");
}
