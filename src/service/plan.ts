import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Config } from "../core/config/schema.ts";
import { ENVIRONMENT } from "../core/config/schema.ts";
import { inHome, strangersMayRead } from "./access.ts";
import type { Machine } from "./machine.ts";
import { findRuntime, lowestOf, runtimeArguments, type RuntimeName } from "./runtimes.ts";
import type { ServiceTexts } from "./texts.ts";
import { SYSTEM, unitText, type Scope } from "./unit.ts";

/** What the configuration says about places; nothing of it where there is none yet. */
export interface Configured {
  readonly explicit: string | undefined;
  readonly watched: readonly string[];
  readonly config: Config | undefined;
}

export interface PlanOptions {
  readonly scope: Scope;
  /** @default the runtime that runs this */
  readonly runtime?: RuntimeName | undefined;
  readonly machine: Machine;
  readonly configured: Configured;
  readonly texts: ServiceTexts;
}

export interface Plan {
  /** The unit file's path and text. */
  readonly path: string;
  readonly text: string;
  readonly environmentFile: string;
  /** One line each. Problems keep it from being installed. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export const UNIT = "dingbridge.service";

/** Not secrets, and the service would look elsewhere without them. */
const CARRIED = ["OPENCLAW_CONFIG_PATH", "DINGBRIDGE_DATA_DIR", "DINGBRIDGE_LOG_DIR"];

export const unitPath = (scope: Scope, machine: Machine) =>
  scope === "system"
    ? join(machine.systemUnits, UNIT)
    : join(machine.home, ".config/systemd/user", UNIT);

/** What is to be installed, and what stands in the way. */
export function planService(options: PlanOptions): Plan {
  const { scope, machine, texts } = options;
  const { root } = machine;
  const file = configFile(options);
  const program = programFor(options);
  const places = placesOf(options, file);
  const main = join(root, "src/main.ts");
  const start = ["start", ...(file === undefined ? [] : ["--config", file])];
  const command =
    machine.binary === undefined
      ? [program.path, ...runtimeArguments(program.runtime, program.path, places), main, ...start]
      : [machine.binary, ...start];
  const environmentFile =
    scope === "system" ? SYSTEM.secrets : join(machine.home, ".openclaw/dingbridge.env");
  const needed = [program.path, machine.binary === undefined ? main : undefined, file].filter(
    (path) => path !== undefined,
  );
  const closed =
    scope === "system" ? needed.filter((path) => existsSync(path) && !strangersMayRead(path)) : [];
  const text = unitText({
    scope,
    command,
    folder: machine.binary === undefined ? root : "/",
    environmentFile,
    environment: environmentOf(options, program.runtime),
    readsHome: [...needed, ...places.read].some(inHome),
    systemdVersion: machine.systemdVersion,
  });
  const open = isOpen(environmentFile);
  return {
    path: unitPath(scope, machine),
    text,
    environmentFile,
    problems: [
      ...closed.map((path) => texts.closed(path, SYSTEM.user)),
      ...(open ? [texts.open(environmentFile)] : []),
    ],
    warnings: missing(options, environmentFile),
  };
}

/** The file the service is told of; without one it looks in its home folder. */
function configFile({ scope, configured, machine }: PlanOptions): string | undefined {
  const named = configured.explicit ?? (machine.env["DINGBRIDGE_CONFIG"] || undefined);
  if (named !== undefined) return resolve(named.replace(/^~(?=\/|$)/, machine.home));
  return scope === "system" && existsSync(SYSTEM.configuration) ? SYSTEM.configuration : undefined;
}

function programFor({ runtime, machine, texts }: PlanOptions) {
  const own = { runtime: machine.runtime, path: machine.binary ?? machine.program };
  if (runtime === undefined || runtime === own.runtime) return own;
  if (machine.binary !== undefined) throw new MissingError(texts.binaryRuntime);
  const path = findRuntime(runtime, machine.root, machine.env["PATH"]);
  if (path === undefined) throw new MissingError(texts.noRuntime(runtime, lowestOf(runtime)));
  return { runtime, path };
}

/** The runtime that was asked for is not there. */
export class MissingError extends Error {
  override readonly name = "MissingError";
}

/** What the worker reads and writes, as far as its configuration says; for Deno's rights. */
function placesOf({ scope, machine, configured }: PlanOptions, file: string | undefined) {
  const { config } = configured;
  const roots = config?.accounts.flatMap(({ media }) => media.roots) ?? [];
  const more = [...roots, ...(config?.caFile === undefined ? [] : [config.caFile])];
  const folder = file === undefined ? [] : [dirname(file)];
  if (scope === "system") {
    const watched = file === undefined ? [] : configured.watched.filter((path) => !inHome(path));
    return {
      read: [...folder, ...watched, ...more].filter(isAbsolute),
      write: [SYSTEM.state, SYSTEM.logs, "/tmp"],
    };
  }
  const own = join(machine.home, ".openclaw");
  const logs = config?.log.dir ?? machine.env["DINGBRIDGE_LOG_DIR"] ?? "";
  return {
    read: [own, ...folder, ...configured.watched.map(dirname), ...more].filter(isAbsolute),
    write: [
      config?.dataDir ?? join(own, "dingbridge"),
      "/tmp",
      ...(isAbsolute(logs) && !logs.startsWith("/tmp/") ? [logs] : []),
    ],
  };
}

function environmentOf({ scope, machine }: PlanOptions, runtime: RuntimeName) {
  if (scope === "system") {
    return {
      HOME: SYSTEM.state,
      DINGBRIDGE_DATA_DIR: SYSTEM.state,
      DINGBRIDGE_LOG_DIR: SYSTEM.logs,
      ...(runtime === "deno" ? { DENO_DIR: SYSTEM.cache } : {}),
    };
  }
  return Object.fromEntries(
    CARRIED.flatMap((name) => {
      const value = machine.env[name];
      return value === undefined || value === "" ? [] : [[name, value] as const];
    }),
  );
}

/** Secrets that somebody else on this machine may read. */
function isOpen(path: string): boolean {
  try {
    return (statSync(path).mode & 0o077) !== 0;
  } catch {
    return false;
  }
}

/** What is set in this shell, and would not be in the service. Names only: the values are secrets. */
function missing({ machine, texts }: PlanOptions, environmentFile: string): string[] {
  const written = read(environmentFile);
  const names = Object.keys(ENVIRONMENT).filter(
    (name) =>
      (machine.env[name] ?? "") !== "" &&
      !CARRIED.includes(name) &&
      !new RegExp(`^\\s*${name}\\s*=`, "m").test(written),
  );
  return names.length === 0 ? [] : [texts.missing(names, environmentFile)];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
