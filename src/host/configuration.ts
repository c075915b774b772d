import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import JSON5 from "json5";
import { channelOf } from "../core/config/block.ts";
import { loadConfig, type Sources } from "../core/config/load.ts";
import type { ConfigFile, Loaded } from "../core/config/model.ts";
import { ENVIRONMENT, type Config } from "../core/config/schema.ts";
import { reasonOf } from "../core/log.ts";
import { PATHS, expandHome, home } from "./paths.ts";

export interface Configuration extends Loaded {
  /** The file that holds `channels.dingtalk`, if any. */
  readonly path: string | undefined;
  /** The id under `channels` it really has there. Undefined: the file has none that is ours. */
  readonly channel: string | undefined;
  /** Someone has named that file, so a robot is expected in it. */
  readonly isNamed: boolean;
  /** How it was asked for: reading it again takes this. */
  readonly explicit: string | undefined;
  /** OpenClaw's own file could be read: the gateway's address and token may come from it. */
  readonly hasOpenclaw: boolean;
  /** Files that say something, or would if they were there. */
  readonly watched: readonly string[];
}

/** What a command needs that only talks to the worker. */
export type HttpConfiguration =
  | {
      readonly ok: true;
      readonly http: Config["http"];
      /** Why `http.token` counts as not set although something is written there. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads the configuration of this machine. The first of these files that exists holds
 * `channels.dingtalk`: `--config`, `$DINGBRIDGE_CONFIG`, `~/.openclaw/dingbridge.json`,
 * `$OPENCLAW_CONFIG_PATH`, `~/.openclaw/openclaw.json`. The gateway's defaults come from OpenClaw's
 * file in any case.
 * @param credentials `unneeded`: for a command that logs in nowhere; they may be known to the service only.
 */
export function readConfiguration(
  explicit: string | undefined,
  credentials: Sources["credentials"] = "needed",
): Configuration {
  const { own, openclaw, ownPath, isNamed, watched, problems, warnings } = readFiles(explicit);
  const loaded = load({ own, openclaw, env: process.env, credentials });
  const file = {
    path: ownPath,
    channel: channelOf(own?.json),
    hasOpenclaw: openclaw !== undefined,
    isNamed,
    explicit,
    watched,
  };
  // A file that cannot be read leaves everything missing: only its own problem is worth a line.
  const isRead = problems.length === 0;
  return {
    ...loaded,
    ...file,
    config: isRead ? loaded.config : undefined,
    problems: isRead ? loaded.problems : problems,
    warnings: isRead ? [...warnings, ...loaded.warnings] : loaded.warnings,
    unconfigured: isRead && loaded.unconfigured,
  };
}

/**
 * `http.*` of the same configuration, whatever else is wrong with it or known to the worker only, like
 * a secret in the environment of its service.
 */
export function readHttpConfiguration(explicit: string | undefined): HttpConfiguration {
  const { own, problems } = readFiles(explicit);
  if (problems.length > 0) return { ok: false, problems };
  const channel = channelOf(own?.json) ?? "dingtalk";
  const http = httpOf(own, channel);
  const block = { clientId: "-", clientSecret: "-", ...(http === undefined ? {} : { http }) };
  const json = { channels: { [channel]: block } };
  const {
    config,
    problems: wrong,
    warnings,
  } = load({
    own: { path: own?.path ?? "", json },
    openclaw: undefined,
    // References may name any variable; those that set something else are left out.
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => ENVIRONMENT[name]?.startsWith("http.") !== false,
      ),
    ),
  });
  return config === undefined
    ? { ok: false, problems: wrong }
    : { ok: true, http: config.http, warnings };
}

function load(files: Pick<Sources, "own" | "openclaw" | "env" | "credentials">): Loaded {
  return loadConfig({
    ...files,
    paths: PATHS,
    readFile: (path) => readFileSync(expandHome(path), "utf8"),
    defaults: { dataDir: join(ownFolder(), "dingbridge"), locale: systemLocale() },
  });
}

function httpOf(file: ConfigFile | undefined, channel: string): unknown {
  let at = file?.json;
  for (const key of ["channels", channel, "http"]) {
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return at;
}

function readFiles(explicit: string | undefined) {
  const { env } = process;
  const folder = ownFolder();
  const openclawName = env["OPENCLAW_CONFIG_PATH"] || undefined;
  const openclawPath = expandHome(openclawName ?? join(folder, "openclaw.json"));
  const name = explicit ?? (env["DINGBRIDGE_CONFIG"] || undefined);
  const named = name === undefined ? undefined : expandHome(name);

  const problems: string[] = [];
  const warnings: string[] = [];
  const read = (path: string, complaints: string[]): ConfigFile | undefined => {
    try {
      return { path, json: JSON5.parse(readFileSync(path, "utf8")) };
    } catch (error) {
      const isNamed = path === openclawPath && openclawName !== undefined;
      const by = isNamed ? " (OPENCLAW_CONFIG_PATH)" : "";
      complaints.push(`${path}: ${problemWith(error)}${by}`);
      return undefined;
    }
  };
  // What a variable names is expected to be there: without it who may talk is not known.
  const openclawCounts = openclawName !== undefined || existsSync(openclawPath);
  const usual = join(folder, "dingbridge.json");
  const ownPath = named ?? (existsSync(usual) ? usual : openclawCounts ? openclawPath : undefined);
  const own = ownPath === undefined ? undefined : read(ownPath, problems);
  const openclaw =
    ownPath === openclawPath
      ? own
      : openclawCounts
        ? // With a file of our own this one only has defaults to give.
          read(openclawPath, warnings)
        : undefined;
  const candidates = named === undefined ? [usual] : [named];
  return {
    own,
    openclaw,
    ownPath,
    isNamed: named !== undefined,
    watched: [...new Set([...candidates, openclawPath])],
    problems,
    warnings,
  };
}

/** One line: json5's errors name line and column already. */
function problemWith(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "may not be read: check its owner and mode";
  if (code === "EISDIR") return "is a folder: expected a JSON5 file";
  if (/\ufffd|\ufffe|\0/.test(reasonOf(error))) return "is not UTF-8 text: save it as UTF-8";
  return `is not valid JSON5: ${reasonOf(error).replace(/^JSON5: /, "")}`;
}

const ownFolder = () => join(home(), ".openclaw");

/** A key as it is in force; of several accounts the first one's. */
export function inForce({ effective }: Loaded, key: string) {
  return (
    effective.find(({ path }) => path === key) ??
    effective.find(({ path }) => path.endsWith(`.${key}`) && path.startsWith("accounts."))
  );
}

/** What a command speaks on the terminal: English where the robot does, else the system's language. */
export const terminalLocale = (loaded: Loaded): "zh" | "en" =>
  inForce(loaded, "locale")?.value === "en" ? "en" : systemLocale();

/** The system's language if it is one of ours, else Chinese. */
export function systemLocale(): "zh" | "en" {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env;
  return /^en\b|^en_/i.test(LC_ALL || LC_MESSAGES || LANG || "") ? "en" : "zh";
}
