import { join } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `channels.dingtalk` says about a worker of its own. */
export interface Wanted {
  readonly kind: "wanted" | "off" | "disabled" | "unconfigured";
  /** Where the worker keeps its data, and its lock. */
  readonly dataDir: string;
}

/**
 * Under which names an app's credentials may stand. The worker knows more about them: here it only
 * matters that there are some, so that none is started in vain.
 */
export const CLIENT_ID: readonly string[] = [
  "clientId",
  "appKey",
  "app_key",
  "client_id",
  "clientIdRef",
];
export const CLIENT_SECRET: readonly string[] = [
  "clientSecret",
  "appSecret",
  "app_secret",
  "client_secret",
  "clientSecretFile",
  "clientSecretRef",
];

/** @param config OpenClaw's, as the gateway has read it. */
export function wantedBy(config: unknown, env: Environment, home: string): Wanted {
  const block = treeOf(treeOf(treeOf(config)["channels"])["dingtalk"]);
  const dataDir = dataDirOf(env["DINGBRIDGE_DATA_DIR"] || block["dataDir"], home);
  if (isFalse(block["enabled"])) return { kind: "disabled", dataDir };
  if (!isConfigured(block, env)) return { kind: "unconfigured", dataDir };
  return { kind: isFalse(block["autostart"]) ? "off" : "wanted", dataDir };
}

function isConfigured(block: Tree, env: Environment): boolean {
  // Nothing under channels.dingtalk: the robot is configured elsewhere, or not at all.
  if (Object.keys(block).length === 0) return false;
  const accounts = Object.values(treeOf(block["accounts"])).map(treeOf);
  const levels = accounts.length === 0 ? [{}] : accounts;
  const has = (account: Tree, names: readonly string[], variable: string) =>
    Boolean(env[variable]) || names.some((name) => isSet(account[name]) || isSet(block[name]));
  return levels.some(
    (account) =>
      !isFalse(account["enabled"]) &&
      has(account, CLIENT_ID, "DINGTALK_CLIENT_ID") &&
      has(account, CLIENT_SECRET, "DINGTALK_CLIENT_SECRET"),
  );
}

function dataDirOf(written: unknown, home: string): string {
  const path = typeof written === "string" ? written.trim() : "";
  if (path === "") return join(home, ".openclaw", "dingbridge");
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
}

type Tree = Readonly<Record<string, unknown>>;

/** Arrays too: some files have a list of accounts. */
const treeOf = (value: unknown): Tree =>
  typeof value === "object" && value !== null ? (value as Tree) : {};

const isFalse = (value: unknown) => value === false || value === "false";

const isSet = (value: unknown) => value !== undefined && value !== null && value !== "";
