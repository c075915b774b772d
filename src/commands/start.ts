import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { runtime } from "#runtime";
import type { HttpServer } from "../adapters/port.ts";
import { createSystemClock } from "../core/clock.ts";
import type { AccountConfig, Config } from "../core/config/schema.ts";
import { reasonOf, type Log } from "../core/log.ts";
import type { Store } from "../core/store.ts";
import { startLogging } from "../logging.ts";
import {
  LockDamagedError,
  LockHeldError,
  acquireLock,
  robotLockPath,
  type Lock,
} from "../store/lock.ts";
import { LayoutError } from "../store/schema.ts";
import { createAuditFile } from "../store/audit-file.ts";
import { createMediaFiles } from "../store/media-files.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { VERSION } from "../version.ts";
import { createWorker } from "../worker.ts";
import { EXIT, UserError } from "./_exit.ts";
import type { Configuration } from "./_configuration.ts";
import { realPorts } from "./_ports.ts";
import { stopRequested } from "./_stop.ts";

/** Runs the worker until it is asked to stop. Resolves with the exit code. */
export async function start(loaded: Configuration): Promise<number> {
  for (const warning of loaded.warnings) console.error(`warning: ${warning}`);
  if (loaded.disabled) {
    console.error("channels.dingtalk.enabled is false, for every account: nothing to do");
    return EXIT.ok;
  }
  const { config } = loaded;
  if (config === undefined) {
    for (const problem of loaded.problems) console.error(`error: ${problem}`);
    return EXIT.configuration;
  }

  const stop = stopRequested();
  const log = startLogging(config.log.level);
  const locks = takeLocks(config, log);
  try {
    await run(loaded, config, log, stop);
  } finally {
    for (const lock of locks) lock.release();
  }
  log.info("stopped");
  return EXIT.ok;
}

async function run(
  loaded: Configuration,
  config: Config,
  log: Log,
  stop: Promise<NodeJS.Signals>,
): Promise<void> {
  const store = openStore(config);
  const ports = realPorts(
    store,
    createMediaFiles(join(config.dataDir, "media")),
    auditOf(config, log),
    log,
  );
  const worker = createWorker(config, ports);
  const server = await serve(config, worker.fetch).catch((error: unknown) => {
    store.close();
    throw error;
  });
  log.info("dingbridge is starting", {
    version: VERSION,
    runtime: `${runtime.name} ${runtime.version}`,
    config: loaded.path ?? "environment",
    dataDir: config.dataDir,
    robots: config.accounts.map(({ id }) => id),
    gateway: [...new Set(config.accounts.map(({ gateway }) => gateway.url))].join(", "),
    http: urlOf(config.http.host, server.port),
    pid: process.pid,
  });
  await worker.start().catch((error: unknown) => {
    throw storeError(error, config.dataDir, join(config.dataDir, "dingbridge.sqlite"));
  });

  const signal = await stop;
  log.info("stopping: what runs may finish, the rest waits in the store", { signal });
  const stopped = worker.stop();
  ports.stopExtracting();
  await stopped;
  await server.stop();
  store.close();
}

/** One worker a robot and one a data folder: two would share out a chat's messages between them. */
function takeLocks(config: Config, log: Log): Lock[] {
  const locks: Lock[] = [];
  try {
    for (const account of config.accounts) {
      const robot = robotLock(account, log);
      if (robot !== undefined) locks.push(robot);
    }
    return [...locks, dataLock(config.dataDir)];
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error;
  }
}

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

function auditOf({ dataDir, audit }: Config, log: Log) {
  return createAuditFile({
    ...audit,
    folder: join(dataDir, "audit"),
    clock: createSystemClock(setImmediate),
    log: log.child("audit"),
  });
}

function openStore({ dataDir, store }: Config): Store {
  const file = join(dataDir, "dingbridge.sqlite");
  try {
    // The data folder may be an older one, open to all: SQLite's other files take this one's mode.
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    return openSqliteStore(file, store);
  } catch (error) {
    throw storeError(error, dataDir, file);
  }
}

/** By the words, which are SQLite's own everywhere: not every runtime hands its result code on. */
function storeError(error: unknown, dataDir: string, file: string): UserError {
  const reason = reasonOf(error).split("\n")[0] ?? "";
  if (/database is (locked|busy)/i.test(reason)) {
    return new UserError(`dataDir: ${file} is in use by another process`, EXIT.crash);
  }
  if (/disk is full|ENOSPC/i.test(reason)) {
    return new UserError(`dataDir: the disk of ${dataDir} is full: make room there`, EXIT.crash);
  }
  if (/not a database|malformed|corrupt/i.test(reason)) {
    return new UserError(
      `dataDir: ${file} is damaged or no database (${reason}): move it away to start with an empty one`,
      EXIT.configuration,
    );
  }
  if (error instanceof LayoutError) return new UserError(`dataDir: ${reason}`, EXIT.configuration);
  return new UserError(
    `dataDir: the folder ${dataDir} cannot be used (${reason}): make it writable for this user, or set dataDir (DINGBRIDGE_DATA_DIR) to another folder`,
    EXIT.configuration,
  );
}

async function serve(
  { http }: Config,
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<HttpServer> {
  const { port } = http;
  // An IPv6 address stands in brackets in a URL, and without them where one listens.
  const host = http.host.replace(/^\[(.*)\]$/, "$1");
  try {
    return await runtime.serve({ host, port, fetch });
  } catch (error) {
    if ((error as { code?: unknown }).code === "EADDRINUSE") {
      throw new UserError(
        `http.port: port ${port} on ${host} is in use, perhaps by another dingbridge: stop that, or set http.port (DINGBRIDGE_PORT)`,
        EXIT.crash,
      );
    }
    throw new UserError(
      `http.host, http.port: cannot listen on ${host}:${port} (${reasonOf(error)})`,
      EXIT.configuration,
    );
  }
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}
