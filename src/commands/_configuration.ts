import { existsSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import JSON5 from "json5";
import { loadConfig, type ConfigFile, type Loaded } from "../core/config/load.ts";
import { reasonOf } from "../core/log.ts";

export interface Configuration extends Loaded {
  /** The file that holds `channels.dingtalk`, if any. */
  readonly path: string | undefined;
  /** Someone has named that file, so a robot is expected in it. */
  readonly isNamed: boolean;
}

/**
 * Reads the configuration of this machine. The first of these files that exists holds
 * `channels.dingtalk`: `--config`, `$DINGBRIDGE_CONFIG`, `~/.openclaw/dingbridge.json`,
 * `$OPENCLAW_CONFIG_PATH`, `~/.openclaw/openclaw.json`. The gateway's defaults come from OpenClaw's
 * file in any case.
 */
export function readConfiguration(explicit: string | undefined): Configuration {
  const { env } = process;
  const folder = join(home(), ".openclaw");
  const openclawPath = expandHome(env["OPENCLAW_CONFIG_PATH"] || join(folder, "openclaw.json"));
  const name = explicit ?? (env["DINGBRIDGE_CONFIG"] || undefined);
  const named = name === undefined ? undefined : expandHome(name);

  const problems: string[] = [];
  const warnings: string[] = [];
  const read = (path: string, complaints: string[]): ConfigFile | undefined => {
    try {
      return { path, json: JSON5.parse(readFileSync(path, "utf8")) };
    } catch (error) {
      complaints.push(`${path}: ${problemWith(error)}`);
      return undefined;
    }
  };
  const ownPath = named ?? [join(folder, "dingbridge.json"), openclawPath].find(existsSync);
  const own = ownPath === undefined ? undefined : read(ownPath, problems);
  const openclaw =
    ownPath === openclawPath
      ? own
      : existsSync(openclawPath)
        ? // With a file of our own this one only has defaults to give.
          read(openclawPath, warnings)
        : undefined;

  const loaded = loadConfig({
    own,
    openclaw,
    env,
    readFile: (path) => readFileSync(expandHome(path), "utf8"),
    defaults: { dataDir: join(folder, "dingbridge"), locale: systemLocale() },
  });
  if (problems.length === 0) {
    const { config } = loaded;
    return {
      ...loaded,
      path: ownPath,
      isNamed: named !== undefined,
      warnings: [...warnings, ...loaded.warnings],
      config: config && { ...config, dataDir: expandHome(config.dataDir) },
    };
  }
  // A file that cannot be read leaves everything missing: only its own problem is worth a line.
  return {
    ...loaded,
    path: ownPath,
    isNamed: named !== undefined,
    config: undefined,
    problems,
    unconfigured: false,
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

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(home(), path.slice(1)) : path;
}

/** Node takes an empty HOME at its word. */
const home = () => homedir() || userInfo().homedir;

/** The system's language if it is one of ours, else Chinese. */
export function systemLocale(): "zh" | "en" {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env;
  return /^en\b|^en_/i.test(LC_ALL || LC_MESSAGES || LANG || "") ? "en" : "zh";
}
