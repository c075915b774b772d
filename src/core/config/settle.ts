import * as v from "valibot";
import type { Merged, Setting } from "./layers.ts";
import { ENVIRONMENT, PATH_KEYS, SECRET_PATHS } from "./schema.ts";
import { expandSecret, type SecretSources } from "./secrets.ts";
import { dotted, type Path } from "./shape.ts";

/** A setting whose value has been looked at. */
export interface Settled extends Setting {
  /** In force. Undefined: not set and without a default, or unusable. */
  readonly output: unknown;
}

export interface Outcome {
  /** References are replaced by what they refer to. */
  readonly settings: readonly Settled[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What only the machine knows about paths. */
export interface Paths {
  /** With the home folder for a `~` at the beginning. */
  readonly expand: (path: string) => string;
  /** A folder is the home folder, or one around it. */
  readonly holdsHome: (folder: string) => boolean;
}

export interface SettleSources extends SecretSources {
  readonly paths: Paths;
  /**
   * `unneeded`: nobody is going to log in, so that a Client ID or Secret that is missing, or known to the
   * service's environment only, is no problem, and stands for nothing. Default: needed.
   */
  readonly credentials?: "needed" | "unneeded" | undefined;
}

export interface SettleOptions {
  readonly sources: SettleSources;
  /** What a key that is missing is called. */
  readonly nameOf: (path: Path) => string;
  /** An environment variable can set what is missing. */
  readonly fromEnvironment: boolean;
}

/** Takes the place of what nobody needs, and is equal to no other. */
const NO_CREDENTIAL = "-";

const TOO_WIDE =
  'must be a folder of its own, like "/srv/reports": not the home folder, nor one that it is in';

export const isSecret = (path: Path) => SECRET_PATHS.includes(dotted(path));

const isCredential = (path: Path) => path[0]?.startsWith("client") === true;

const isReference = (path: Path) => isSecret(path) || dotted(path) === "clientId";

/** Resolves references and checks every value by itself, so that one line can be said about each. */
export function settle(merged: Merged, options: SettleOptions): Outcome {
  const problems = [...merged.problems];
  const warnings: string[] = [];
  const isUnneeded = options.sources.credentials === "unneeded";
  const settings = merged.settings.map((setting) => {
    const checked = check(setting, options);
    const { problems: wrong = [], warning } = checked;
    if (wrong.length > 0 && isCredential(setting.path) && isUnneeded) {
      return { ...checked.settled, value: NO_CREDENTIAL };
    }
    problems.push(...wrong);
    if (warning !== undefined) warnings.push(warning);
    return checked.settled;
  });
  return { settings, problems, warnings };
}

interface Checked {
  readonly settled: Settled;
  readonly problems?: readonly string[];
  readonly warning?: string;
}

function check(setting: Setting, options: SettleOptions): Checked {
  const { path, schema, origin } = setting;
  const name = origin?.name ?? options.nameOf(path);
  const expanded = isReference(path)
    ? expandSecret(setting.value, options.sources)
    : ({ ok: true, value: setting.value } as const);
  if (!expanded.ok) {
    const settled = { ...setting, value: undefined, output: undefined };
    const said = `${name}: ${expanded.reason}`;
    // Only the credentials are vital; what else cannot be resolved is said and left out.
    return isCredential(path)
      ? { settled, problems: [said] }
      : { settled, warning: `${said}; it counts as not set` };
  }
  const { value } = expanded;
  const parsed = v.safeParse(schema, value);
  if (parsed.success) {
    return PATH_KEYS.includes(dotted(path))
      ? located({ ...setting, value, output: parsed.output }, name, options.sources.paths)
      : { settled: { ...setting, value, output: parsed.output } };
  }
  const problems =
    value === undefined
      ? [`${name}: is missing: set it in the file${hint(path, options)}`]
      : [...firstIssues(parsed.issues)].map(([inside, words]) => `${name}${inside}: ${words}`);
  return { settled: { ...setting, value, output: undefined }, problems };
}

/** Where a path leads to on this machine, and whether files may be taken from there. */
function located(settled: Settled, name: string, { expand, holdsHome }: Paths): Checked {
  const { path, output } = settled;
  if (typeof output === "string") {
    const at = expand(output);
    return { settled: { ...settled, value: at, output: at } };
  }
  if (!Array.isArray(output)) return { settled };
  const all = output.map((each) => expand(String(each)));
  const problems =
    dotted(path) === "media.roots"
      ? all.flatMap((folder, at) => (holdsHome(folder) ? [`${name}.${at}: ${TOO_WIDE}`] : []))
      : [];
  return problems.length === 0
    ? { settled: { ...settled, value: all, output: all } }
    : { settled: { ...settled, value: undefined, output: undefined }, problems };
}

/** One for each place inside a value: "" is the value itself. */
function firstIssues(issues: readonly v.BaseIssue<unknown>[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { path = [], message } of issues) {
    const inside = path.map(({ key }) => `.${String(key)}`).join("");
    if (!first.has(inside)) first.set(inside, message);
  }
  return first;
}

function hint(path: Path, { fromEnvironment }: SettleOptions): string {
  const key = dotted(path);
  const variable = Object.entries(ENVIRONMENT).find(([, known]) => known === key)?.[0];
  return fromEnvironment && variable !== undefined ? ` or as ${variable}` : "";
}

export const find = (settings: readonly Settled[], key: string): Settled | undefined =>
  settings.find(({ path }) => dotted(path) === key);

/** The same with something else for one key. */
export function change(
  settings: readonly Settled[],
  key: string,
  to: Partial<Pick<Settled, "value" | "output" | "origin">>,
): Settled[] {
  return settings.map((one) => (dotted(one.path) === key ? { ...one, ...to } : one));
}
