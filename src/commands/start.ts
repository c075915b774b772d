import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { runtime } from "#runtime";
import type { HttpServer } from "../adapters/port.ts";
import type { Config } from "../core/config/schema.ts";
import { reasonOf } from "../core/log.ts";
import type { Store } from "../core/store.ts";
import { startLogging } from "../logging.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { VERSION } from "../version.ts";
import { createWorker } from "../worker.ts";
import { EXIT, UserError } from "./_exit.ts";
import type { readConfiguration } from "./_configuration.ts";
import { realPorts } from "./_ports.ts";
import { stopRequested } from "./_stop.ts";

/** Runs the worker until it is asked to stop. Resolves with the exit code. */
export async function start(loaded: ReturnType<typeof readConfiguration>): Promise<number> {
  for (const warning of loaded.warnings) console.error(`warning: ${warning}`);
  const { config } = loaded;
  if (config === undefined) {
    for (const problem of loaded.problems) console.error(`error: ${problem}`);
    return EXIT.configuration;
  }
  if (!config.enabled) {
    console.error("channels.dingtalk.enabled is false: nothing to do");
    return EXIT.ok;
  }

  const stop = stopRequested();
  const log = startLogging(config.log.level);
  const store = openStore(config.dataDir);
  const worker = createWorker(config, realPorts(store, log));
  const server = await serve(config, worker.fetch).catch((error: unknown) => {
    store.close();
    throw error;
  });
  log.info("dingbridge is starting", {
    version: VERSION,
    runtime: `${runtime.name} ${runtime.version}`,
    config: loaded.path ?? "environment",
    dataDir: config.dataDir,
    gateway: config.gateway.url,
    http: `http://${config.http.host}:${server.port}`,
    pid: process.pid,
  });
  await worker.start();

  const signal = await stop;
  log.info("stopping: what runs may finish, the rest waits in the store", { signal });
  await worker.stop();
  await server.stop();
  store.close();
  log.info("stopped");
  return EXIT.ok;
}

function openStore(dataDir: string): Store {
  try {
    // What people write lies here: for the owner's eyes only.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const file = join(dataDir, "dingbridge.sqlite");
    // The folder may be an older one, open to all: SQLite's other files take this one's mode.
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    return openSqliteStore(file);
  } catch (error) {
    throw new UserError(
      `dataDir: the folder ${dataDir} cannot be used (${reasonOf(error)}): make it writable for this user, or set dataDir (DINGBRIDGE_DATA_DIR) to another folder`,
      EXIT.configuration,
    );
  }
}

async function serve(
  { http: { host, port } }: Config,
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<HttpServer> {
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
