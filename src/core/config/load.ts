import * as v from "valibot";
import { ConfigSchema, ENVIRONMENT, SECRET_PATHS, type Config } from "./schema.ts";
import { expandSecret, type SecretSources } from "./secrets.ts";
import { knownPaths, nearest } from "./keys.ts";

/** A configuration file that has been read: `json` is the parsed JSON5. */
export interface ConfigFile {
  readonly path: string;
  readonly json: unknown;
}

export interface Sources extends SecretSources {
  /** The file that holds `channels.dingtalk`, if any. */
  readonly own: ConfigFile | undefined;
  /** OpenClaw's file, if any: the gateway's address and token default to what it says. */
  readonly openclaw: ConfigFile | undefined;
  /** What depends on the machine. */
  readonly defaults: { readonly dataDir: string; readonly locale: "zh" | "en" };
}

export interface Loaded {
  /** Undefined if there are problems. */
  readonly config: Config | undefined;
  /** One line each: key path, what is wrong, what would be right. Never a value. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Neither Client ID nor Secret is set anywhere: nobody has configured a robot yet. */
  readonly unconfigured: boolean;
  /** `enabled: false`: nothing is to run, whatever else is right or wrong. */
  readonly disabled: boolean;
  /** The gateway's token, known even where there is no robot yet: for the demo. */
  readonly gatewayToken: string | undefined;
}

type Tree = Record<string, unknown>;

/** Files, environment and defaults → one checked configuration. Environment variables win over files. */
export function loadConfig(sources: Sources): Loaded {
  const found: Found = { tree: {}, from: new Map(), problems: [], warnings: [] };
  const { tree, problems, warnings } = found;
  gather(found, sources);
  // A block that is none leaves everything missing: that is one problem, not many.
  const unusable = problems.length > 0;
  const unconfigured =
    !unusable && get(tree, "clientId") === undefined && get(tree, "clientSecret") === undefined;

  const reported = new Set([...takeOutBadGroups(found), ...resolveSecrets(found, sources)]);
  const parsed = v.safeParse(ConfigSchema, tree);
  const issues = parsed.success || unusable ? [] : parsed.issues;
  for (const issue of issues) {
    const path = v.getDotPath(issue) ?? "";
    if (reported.has(path)) continue;
    reported.add(path);
    problems.push(`${nameOf(path, found)}: ${wordsOf(issue, path)}`);
  }
  const token = get(tree, "gateway.token");
  return {
    config: parsed.success && problems.length === 0 ? parsed.output : undefined,
    problems,
    warnings,
    unconfigured,
    disabled: [false, "false"].some((off) => off === get(tree, "enabled")),
    gatewayToken: typeof token === "string" ? token : undefined,
  };
}

/** What has been read so far. */
interface Found {
  /** The block `channels.dingtalk` with all that replaces or completes it. */
  readonly tree: Tree;
  /** Where a key's value comes from, as its owner would name it. */
  readonly from: Map<string, string>;
  readonly problems: string[];
  readonly warnings: string[];
}

const nameOf = (path: string, { from }: Found) => from.get(path) ?? `channels.dingtalk.${path}`;

/** Lays the sources over each other: the block, OpenClaw's defaults and the machine's, the environment. */
function gather({ tree, from, problems, warnings }: Found, sources: Sources): void {
  Object.assign(tree, structuredClone(channelBlock(sources.own, problems)));
  warnUnknown(tree, warnings);
  const defaults = gatewayDefaults(sources.openclaw, sources, warnings);
  for (const [path, { value, from: origin }] of Object.entries(defaults)) {
    if (get(tree, path) !== undefined) continue;
    set(tree, path, value);
    from.set(path, origin);
  }
  for (const [path, value] of Object.entries(sources.defaults)) {
    if (get(tree, path) === undefined) set(tree, path, value);
  }
  for (const [name, path] of Object.entries(ENVIRONMENT)) {
    const value = sources.env[name];
    if (value === undefined || value === "") continue;
    set(tree, path, value);
    from.set(path, name);
  }
}

/** Puts the values where references stand. Returns the keys that made a problem. */
function resolveSecrets(found: Found, sources: Sources): string[] {
  const { tree, problems, warnings } = found;
  const failed: string[] = [];
  for (const path of ["clientId", ...SECRET_PATHS]) {
    const expanded = expandSecret(get(tree, path), sources);
    set(tree, path, expanded.ok ? expanded.value : undefined);
    if (expanded.ok) continue;
    const said = `${nameOf(path, found)}: ${expanded.reason}`;
    // Only the credentials are vital; what else cannot be resolved is said and left out.
    if (path.startsWith("client")) {
      problems.push(said);
      failed.push(path);
    } else warnings.push(`${said}; it counts as not set`);
  }
  return failed;
}

function wordsOf(issue: v.BaseIssue<unknown>, path: string): string {
  if (issue.input !== undefined) return issue.message;
  const env = Object.entries(ENVIRONMENT).find(([, key]) => key === path)?.[0];
  return `is missing${env === undefined ? "" : `: set it in the file or as ${env}`}`;
}

/** `channels.dingtalk` of the file, or an empty block. */
function channelBlock(file: ConfigFile | undefined, problems: string[]): Tree {
  if (file === undefined) return {};
  if (!isTree(file.json)) {
    problems.push(`${file.path}: expected an object with channels.dingtalk in it`);
    return {};
  }
  const { channels } = file.json;
  if (channels === undefined) return {};
  const block = isTree(channels) ? channels["dingtalk"] : channels;
  if (block === undefined) return {};
  if (isTree(block)) return block;
  problems.push(`${file.path}: channels.dingtalk: expected an object`);
  return {};
}

/** What OpenClaw's own file says about its gateway. */
function gatewayDefaults(file: ConfigFile | undefined, sources: SecretSources, warnings: string[]) {
  const found: Record<string, { value: unknown; from: string }> = {};
  if (file === undefined || !isTree(file.json)) return found;
  if (
    get(file.json, "$include") !== undefined ||
    get(file.json, "gateway.$include") !== undefined
  ) {
    warnings.push(
      `${file.path}: $include is not followed here: set gateway.url and gateway.token under channels.dingtalk if they are in an included file`,
    );
  }
  const written = expandSecret(get(file.json, "gateway.port"), sources);
  const port = written.ok ? written.value : "?";
  if (typeof port === "number" || (typeof port === "string" && /^\d+$/.test(port))) {
    const scheme = get(file.json, "gateway.tls.enabled") === true ? "https" : "http";
    found["gateway.url"] = {
      value: `${scheme}://127.0.0.1:${port}`,
      from: `${file.path}: gateway.port`,
    };
  } else if (port !== undefined) {
    warnings.push(`${file.path}: gateway.port cannot be read as a port and is not used`);
  }
  const key = get(file.json, "gateway.auth.mode") === "password" ? "password" : "token";
  const token = get(file.json, `gateway.auth.${key}`);
  if (token !== undefined) {
    found["gateway.token"] = { value: token, from: `${file.path}: gateway.auth.${key}` };
  }
  return found;
}

/** A value where a group of keys belongs: reported, and taken out since the schema would quote it. */
function takeOutBadGroups({ tree, problems }: Found): string[] {
  const groups = new Set(knownPaths().flatMap((path) => path.split(".").slice(0, -1)));
  const bad = [...groups].filter((group) => group in tree && !isTree(tree[group]));
  for (const group of bad) {
    problems.push(`channels.dingtalk.${group}: expected an object`);
    delete tree[group];
  }
  return bad;
}

function warnUnknown(tree: Tree, warnings: string[]): void {
  const known = knownPaths();
  for (const path of leavesOf(tree)) {
    if (
      known.some(
        (key) => key === path || SECRET_PATHS.some((secret) => path.startsWith(`${secret}.`)),
      )
    ) {
      continue;
    }
    // A value where a group of keys belongs is a bad value, and the schema says so.
    if (known.some((key) => key.startsWith(`${path}.`))) continue;
    const close = nearest(path, known);
    warnings.push(
      `channels.dingtalk.${path}: unknown key, ignored${close === undefined ? "" : `; did you mean ${close}?`}`,
    );
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function leavesOf(tree: Tree, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    // A dot inside a key does not reach into a group: shown in quotes, so that it looks like none.
    const path = `${prefix}${key.includes(".") ? JSON.stringify(key) : key}`;
    return isTree(value) && Object.keys(value).length > 0 ? leavesOf(value, `${path}.`) : [path];
  });
}

function get(tree: Tree, path: string): unknown {
  let at: unknown = tree;
  for (const key of path.split(".")) at = isTree(at) ? at[key] : undefined;
  return at;
}

/** Sets a nested key, unless something that is no object stands in the way: the schema reports that. */
function set(tree: Tree, path: string, value: unknown): void {
  const [head = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    if (value === undefined) delete tree[head];
    else tree[head] = value;
    return;
  }
  if (tree[head] === undefined && value !== undefined) tree[head] = {};
  const next = tree[head];
  if (isTree(next)) set(next, rest.join("."), value);
}
