import { readFileSync } from "node:fs";
import JSON5 from "json5";
import { isTree } from "../core/config/aliases-tree.ts";
import { valueAt } from "../core/config/layers.ts";
import type { Tree } from "../core/config/model.ts";
import { accessOf } from "../core/access/report.ts";
import { migrate } from "./_config-migrate.ts";
import { jsonOf, linesOf } from "./_config-report.ts";
import { readConfiguration, type Configuration } from "../host/configuration.ts";
import { EXIT } from "../host/exit.ts";

export interface ConfigOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * `check` says what the configuration comes to, `migrate` writes it in dingbridge's own keys. Resolves
 * with the exit code. No secret is printed.
 */
export async function configCommand(
  action: "check" | "migrate",
  options: ConfigOptions,
): Promise<number> {
  const loaded = readConfiguration(options.config);
  return action === "check" ? check(loaded, options.json === true) : migrated(loaded);
}

function check(loaded: Configuration, json: boolean): number {
  const { config, path, channel, effective, notes, warnings, problems, disabled } = loaded;
  const report = {
    file: path,
    channel,
    effective,
    notes,
    warnings,
    problems,
    access: (config?.accounts ?? []).map(accessOf),
    disabled,
  };
  console.log(json ? JSON.stringify(jsonOf(report), null, 2) : linesOf(report).join("\n"));
  return problems.length === 0 ? EXIT.ok : EXIT.configuration;
}

/** Only the file goes to standard output, so that it can be redirected into a new one. */
function migrated({ path, channel, notes, problems }: Configuration): number {
  const block = path === undefined || channel === undefined ? undefined : blockIn(path, channel);
  if (channel === undefined || block === undefined) {
    console.error(`error: ${whyNot(path, problems)}`);
    return EXIT.configuration;
  }
  const { file, replaced } = migrate(block, channel);
  for (const { kind, path: key, text } of notes) console.error(`${kind}: ${key}: ${text}`);
  for (const problem of problems) console.error(`problem: ${problem}`);
  for (const { path: key, variable } of replaced) {
    console.error(`secret: ${key} is not written here: set the environment variable ${variable}`);
  }
  console.log(JSON.stringify(file, null, 2));
  // What keeps the worker from starting stands in the new file too: whoever redirects this should hear of it.
  return problems.length === 0 ? EXIT.ok : EXIT.configuration;
}

/** What is wrong with the file itself is said in one problem, which names it. */
function whyNot(path: string | undefined, problems: readonly string[]): string {
  if (path === undefined) return "there is no configuration file";
  const problem = problems.find((each) => each.startsWith(`${path}: `));
  return problem ?? `${path}: there is no channels.dingtalk in it`;
}

/** The channel's block as it is written; undefined where it cannot be read, and then that is a problem. */
function blockIn(path: string, channel: string): Tree | undefined {
  try {
    const json: unknown = JSON5.parse(readFileSync(path, "utf8"));
    const block = isTree(json) ? valueAt(json, ["channels", channel]) : undefined;
    return isTree(block) ? block : undefined;
  } catch {
    return undefined;
  }
}
