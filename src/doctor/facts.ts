import { accessSync, constants, existsSync, readFileSync, statSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import manifest from "../../package.json" with { type: "json" };
import { withWorkerStore } from "../host/worker-store.ts";
import type { Grant } from "../core/access/model.ts";
import { isTree } from "../core/config/aliases-tree.ts";
import type { Config } from "../core/config/schema.ts";
import { reasonOf } from "../core/log.ts";
import { createRoutes } from "../core/proxy.ts";
import { isSecretName } from "../core/redact-shapes.ts";
import { jsonIn, placesOf } from "../onboard/places.ts";
import { readText } from "../onboard/write.ts";
import { runningWorker } from "../openclaw-plugin/running.ts";
import { robotLockPath } from "../store/lock.ts";
import type { SecretFile } from "./check-configuration.ts";
import type { DataFolder, Versions } from "./check-machine.ts";
import type { ProxySource } from "./check-network.ts";
import type { Held, Locks } from "./check-worker.ts";
import type { OpenClawFile } from "./openclaw-file.ts";

/** Modes mean something only where there are users. */
const HAS_MODES = process.platform !== "win32";

export function versionsOf(runtime: {
  readonly name: keyof typeof manifest.engines;
  readonly version: string;
}): Versions {
  return {
    dingbridge: manifest.version,
    runtime: runtime.name,
    has: runtime.version,
    needs: manifest.engines[runtime.name].replace(/^\D+/, ""),
  };
}

/** Those that are there. */
export function secretFilesOf(paths: readonly string[]): readonly SecretFile[] {
  return [...new Set(paths)].flatMap((path) => {
    const read = readText(path);
    if (!read.ok || read.text === undefined) return [];
    const mode = HAS_MODES ? statSync(path).mode : undefined;
    return [{ path, mode, holdsSecret: secretsInJson(jsonIn(read.text)).length > 0 }];
  });
}

/** What is written out under a secret's name; a reference is none. */
export function secretsInJson(json: unknown): readonly string[] {
  if (Array.isArray(json)) return json.flatMap(secretsInJson);
  if (!isTree(json)) return [];
  return Object.entries(json).flatMap(([name, value]) => {
    if (typeof value !== "string") return secretsInJson(value);
    return isSecretName(name) && value !== "" && !/^\$\{\w+\}$/.test(value.trim()) ? [value] : [];
  });
}

export function dataFolderOf({ dataDir: path, store }: Config): DataFolder {
  const isThere = existsSync(path);
  let nearest = path;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  return {
    path,
    isThere,
    refusal: refusalIn(nearest),
    mode: isThere && HAS_MODES ? statSync(path).mode : undefined,
    freeBytes: freeIn(nearest),
    maxMb: store.maxMb,
  };
}

function refusalIn(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function freeIn(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

export function locksOf({ dataDir, accounts }: Config): Locks {
  return {
    data: heldAt(() => join(dataDir, "dingbridge.lock")),
    robots: Object.fromEntries(
      accounts.map(({ id, apiUrl, clientId }) => [
        id,
        heldAt(() => robotLockPath(apiUrl, clientId)),
      ]),
    ),
  };
}

function heldAt(path: () => string): Held {
  try {
    const file = path();
    if (!existsSync(file)) return { kind: "free" };
    // Whose file cannot be written, that one's lock cannot be asked either.
    accessSync(file, constants.R_OK | constants.W_OK);
    const running = runningWorker(file);
    return running === undefined ? { kind: "free" } : { kind: "held", pid: running.pid };
  } catch (error) {
    return { kind: "unknown", said: reasonOf(error) };
  }
}

/** Nobody has been approved where there is no store yet, or none that can be read. */
export async function grantsOf(
  config: Config,
): Promise<Readonly<Record<string, readonly Grant[]>>> {
  try {
    return await withWorkerStore(config, async (store) =>
      Object.fromEntries(
        await Promise.all(
          config.accounts.map(async ({ id }) => [id, await store.grants(id)] as const),
        ),
      ),
    );
  } catch {
    return {};
  }
}

export function openclawFile(): OpenClawFile {
  const { openclaw } = placesOf(undefined);
  const read = readText(openclaw.path);
  const json = read.ok && read.text !== undefined ? jsonIn(read.text) : undefined;
  return { ...openclaw, json };
}

const VARIABLES = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"];

export function proxyOf(proxy: string | undefined): ProxySource {
  const { env } = process;
  const names = VARIABLES.flatMap((name) => [name.toLowerCase(), name]);
  const variable = names.find((name) => (env[name] ?? "").trim() !== "");
  return {
    routes: createRoutes({ proxy, env }),
    from: proxy === undefined ? variable : "proxy",
  };
}

/** In this machine's environment and files, whether they are valid or not. */
export function secretsAround(paths: readonly string[]): readonly string[] {
  const { env } = process;
  const written = Object.entries(env).flatMap(([name, value = ""]) =>
    isSecretName(name) || name === "DINGBRIDGE_API_TOKEN" ? [value] : [],
  );
  const passwords = [...VARIABLES, ...VARIABLES.map((name) => name.toLowerCase())].flatMap(
    (name) => {
      const { password = "" } = URL.parse(env[name] ?? "") ?? {};
      return [password, decoded(password)];
    },
  );
  const inFiles = paths.flatMap((path) => {
    try {
      return secretsInJson(jsonIn(readFileSync(path, "utf8")));
    } catch {
      return [];
    }
  });
  return [...written, ...passwords, ...inFiles].filter((secret) => secret !== "");
}

function decoded(password: string): string {
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}
