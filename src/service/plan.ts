import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Effective } from "../core/config/model.ts";
import type { Config } from "../core/config/schema.ts";
import { ENVIRONMENT } from "../core/config/schema.ts";
import { inHome, mayRead } from "./access.ts";
import type { Machine } from "./machine.ts";
import { findRuntime, lowestOf, runtimeArguments, type RuntimeName } from "./runtimes.ts";
import type { ServiceTexts } from "./texts.ts";
import { SYSTEM, unitText, type Scope } from "./unit.ts";

/** What the configuration says about places; nothing of it where there is none yet. */
export interface Configured {
  readonly explicit: string | undefined;
  readonly watched: readonly string[];
  readonly config: Config | undefined;
  readonly effective: readonly Effective[];
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

/** Not secrets, and the service of a user would look elsewhere without them. */
const CARRIED = ["OPENCLAW_CONFIG_PATH", "DINGBRIDGE_DATA_DIR", "DINGBRIDGE_LOG_DIR"];

/** Everybody reads them, so that they are not in `ENVIRONMENT`. */
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

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
  const programs = [program.path, ...(machine.binary === undefined ? [main] : [])];
  // Before there is that user nothing can be its own: not yet a reason to complain of its file.
  const uid = scope === "system" ? machine.uidOf(SYSTEM.user) : undefined;
  const configuration = uid === undefined ? [] : [file ?? SYSTEM.configuration];
  const closed =
    scope === "system"
      ? [...programs, ...configuration].filter((path) => existsSync(path) && !mayRead(path, uid))
      : [];
  const environment = environmentOf(options, program.runtime);
  const text = unitText({
    scope,
    command,
    folder: machine.binary === undefined ? root : "/",
    environmentFile,
    environment,
    readsHome: [...programs, ...places.read, ...places.write].some(inHome),
    writes: places.write.filter((path) => !OWN.some((own) => isIn(own, path))),
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
    warnings: missing(options, environmentFile, environment),
  };
}

/** What the unit of the system lets it write to in any case. */
const OWN = [SYSTEM.home, SYSTEM.logs, SYSTEM.cache, "/tmp"];
const isIn = (folder: string, path: string) => path === folder || path.startsWith(`${folder}/`);

/** The file the service is told of; without one it looks in its home folder. */
function configFile({ configured, machine }: PlanOptions): string | undefined {
  const named = configured.explicit ?? (machine.env["DINGBRIDGE_CONFIG"] || undefined);
  return named === undefined ? undefined : resolve(named.replace(/^~(?=\/|$)/, machine.home));
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

/** What the worker reads and writes, as far as its configuration says. */
function placesOf({ scope, machine, configured }: PlanOptions, file: string | undefined) {
  const { config, effective } = configured;
  const roots = config?.accounts.flatMap(({ media }) => media.roots) ?? [];
  const more = [...roots, ...(config?.caFile === undefined ? [] : [config.caFile])];
  const folder = file === undefined ? [] : [dirname(file)];
  const own = join(scope === "system" ? SYSTEM.home : machine.home, ".openclaw");
  const system = scope === "system";
  // Of another user's environment and home a service of the system sees nothing: what a file says counts.
  const source = effective.find(({ path }) => path === "dataDir")?.source ?? "default";
  const isWritten = source !== "default" && !(source in ENVIRONMENT);
  const data = system && !isWritten ? undefined : config?.dataDir;
  const logs = config?.log.dir ?? machine.env["DINGBRIDGE_LOG_DIR"] ?? "";
  const seen = system ? [] : configured.watched.map(dirname);
  return {
    read: [own, ...folder, ...seen, ...more].filter(isAbsolute),
    write: [
      data ?? join(own, "dingbridge"),
      "/tmp",
      ...(system ? [SYSTEM.logs] : isAbsolute(logs) && !isIn("/tmp", logs) ? [logs] : []),
    ],
  };
}

function environmentOf({ scope, machine }: PlanOptions, runtime: RuntimeName) {
  if (scope === "system") {
    return {
      HOME: SYSTEM.home,
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
function missing(
  { machine, texts }: PlanOptions,
  environmentFile: string,
  given: Readonly<Record<string, string>>,
): string[] {
  const written = read(environmentFile);
  const proxies = PROXIES.flatMap((name) => [name, name.toLowerCase()]);
  const names = [...Object.keys(ENVIRONMENT), ...proxies].filter(
    (name) =>
      (machine.env[name] ?? "") !== "" &&
      !(name in given) &&
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
