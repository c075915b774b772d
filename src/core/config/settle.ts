import * as v from "valibot";
import type { Merged, Setting } from "./layers.ts";
import { ENVIRONMENT, SECRET_PATHS } from "./schema.ts";
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

export interface SettleOptions {
  readonly sources: SecretSources;
  /** What a key that is missing is called. */
  readonly nameOf: (path: Path) => string;
  /** An environment variable can set what is missing. */
  readonly fromEnvironment: boolean;
}

export const isSecret = (path: Path) => SECRET_PATHS.includes(dotted(path));

const isReference = (path: Path) => isSecret(path) || dotted(path) === "clientId";

/** Resolves references and checks every value by itself, so that one line can be said about each. */
export function settle(merged: Merged, options: SettleOptions): Outcome {
  const problems = [...merged.problems];
  const warnings: string[] = [];
  const settings = merged.settings.map((setting) => {
    const { settled, problems: wrong = [], warning } = check(setting, options);
    problems.push(...wrong);
    if (warning !== undefined) warnings.push(warning);
    return settled;
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
    return path[0]?.startsWith("client")
      ? { settled, problems: [said] }
      : { settled, warning: `${said}; it counts as not set` };
  }
  const { value } = expanded;
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return { settled: { ...setting, value, output: parsed.output } };
  const problems =
    value === undefined
      ? [`${name}: is missing: set it in the file${hint(path, options)}`]
      : [...firstIssues(parsed.issues)].map(([inside, words]) => `${name}${inside}: ${words}`);
  return { settled: { ...setting, value, output: undefined }, problems };
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
