import { chmodSync, closeSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { runtime } from "#runtime";
import type { HttpServer } from "../adapters/port.ts";
import { createSystemClock } from "../core/clock.ts";
import type { Config } from "../core/config/schema.ts";
import { reasonOf, type Log } from "../core/log.ts";
import type { Store } from "../core/store.ts";
import { startLogging, type Logging } from "../logging.ts";
import { createAuditFile } from "../store/audit-file.ts";
import { createMediaFiles } from "../store/media-files.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { VERSION } from "../version.ts";
import { createWorker } from "../worker.ts";
import { EXIT, UserError } from "../host/exit.ts";
import type { Configuration } from "../host/configuration.ts";
import { createLocks, type Locks } from "./_locks.ts";
import { networkFor, proxyProblems } from "./_network.ts";
import { realPorts } from "./_ports.ts";
import { watchConfiguration } from "./_reload.ts";
import { stopRequested } from "./_stop.ts";
import { secretsIn } from "./_secrets.ts";
import { storeError } from "../host/store-error.ts";

/** Runs the worker until it is asked to stop. Resolves with the exit code. */
export async function start(loaded: Configuration): Promise<number> {
  for (const warning of [...loaded.warnings, ...proxyProblems()]) {
    console.error(`warning: ${warning}`);
  }
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
  const log = startLogging(config.log.level, process.stdout, {
    format: config.log.format,
    dir: config.log.dir === "off" ? false : config.log.dir,
    secrets: secretsIn(config),
  });
  const locks = createLocks(log);
  try {
    locks.takeAll(config);
    await run(loaded, config, { log, locks, stop });
  } finally {
    locks.release();
  }
  log.info("stopped");
  return EXIT.ok;
}

interface Around {
  readonly log: Logging;
  readonly locks: Locks;
  readonly stop: Promise<NodeJS.Signals>;
}

async function run(
  loaded: Configuration,
  config: Config,
  { log, locks, stop }: Around,
): Promise<void> {
  const store = openStore(config);
  const audit = auditOf(config, log);
  const ports = realPorts({
    store,
    files: createMediaFiles(join(config.dataDir, "media")),
    audit,
    log,
    network: networkFor(config),
  });
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

  const reloads = watchConfiguration({ loaded, config, worker, locks, log });
  const signal = await stop;
  reloads.stop();
  log.info("stopping: what runs may finish, the rest waits in the store", { signal });
  const stopped = worker.stop();
  ports.stopExtracting();
  await stopped;
  await server.stop();
  audit.close();
  store.close();
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
