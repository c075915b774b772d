import { loadConfig, type Sources } from "../../../src/core/config/load.ts";
import type { Loaded } from "../../../src/core/config/model.ts";

export const OWN = "/home/me/.openclaw/dingbridge.json";
export const OPENCLAW = "/home/me/.openclaw/openclaw.json";
export const ROBOT = { clientId: "dingclient", clientSecret: "the-secret" };

export interface Given {
  /** The block `channels.dingtalk`, or with `file` the whole file. */
  readonly block?: unknown;
  readonly file?: unknown;
  readonly openclaw?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly locale?: "zh" | "en";
  readonly credentials?: Sources["credentials"];
}

/** Loads a configuration from what is given, with nothing of this machine in it. */
export function load(given: Given): Loaded {
  const { block, file, openclaw, env = {}, files = {}, locale = "zh", credentials } = given;
  const own =
    "file" in given ? file : block === undefined ? undefined : { channels: { dingtalk: block } };
  const sources: Sources = {
    own: own === undefined ? undefined : { path: OWN, json: own },
    openclaw: openclaw === undefined ? undefined : { path: OPENCLAW, json: openclaw },
    env,
    credentials,
    paths: {
      expand: (path) => path.replace(/^~(?=\/|$)/, "/home/me"),
      holdsHome: (folder) => ["/home", "/home/me"].includes(folder),
    },
    readFile(path) {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
      return text;
    },
    defaults: { dataDir: "/home/me/.openclaw/dingbridge", locale },
  };
  return loadConfig(sources);
}

/** The same where no problem is expected. */
export function configOf(given: Given) {
  const { config, problems } = load(given);
  if (config === undefined) throw new Error(problems.join("\n"));
  return config;
}

/** The only robot of it. */
export function robotOf(given: Given) {
  const [robot, ...others] = configOf(given).accounts;
  if (robot === undefined || others.length > 0) throw new Error("expected one robot");
  return robot;
}
