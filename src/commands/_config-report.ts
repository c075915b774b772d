import type { Configuration } from "../host/configuration.ts";
import type { AccessReport } from "../core/access/report.ts";
import type { Effective } from "../core/config/model.ts";
import { WORKER, entriesOf } from "../core/config/shape.ts";

/** All that `config check` has to say. */
export interface Report extends Pick<
  Configuration,
  "effective" | "notes" | "warnings" | "problems" | "disabled"
> {
  readonly file: string | undefined;
  /** The block's id under `channels`; undefined: the file has none. */
  readonly channel: string | undefined;
  /** Empty where there are problems: then nobody runs. */
  readonly access: readonly AccessReport[];
}

/** For people, line by line. */
export function linesOf(report: Report): string[] {
  const { effective, notes, warnings, problems, access } = report;
  const isDefault = ({ source }: Effective) => source === "default";
  const several = new Set(effective.map(groupOf)).size > 2;
  return [
    `file: ${report.file ?? "none: environment variables and defaults only"}`,
    ...(report.file === undefined
      ? []
      : [`block: ${report.channel === undefined ? "none" : `channels.${report.channel}`}`]),
    ...section(
      "set",
      keys(
        effective.filter((key) => !isDefault(key)),
        report,
        several,
      ),
    ),
    // What has none would fill the screen and say nothing.
    ...section(
      "defaults",
      keys(
        effective.filter((key) => isDefault(key) && key.value !== undefined),
        report,
        several,
      ),
    ),
    ...section("notes", table(notes.map(({ kind, path, text }) => [kind, `${path}: ${text}`]))),
    ...access.flatMap(({ account, says, warnings: doubts }) => [
      ...section(several ? `access, account ${account}` : "access", [
        ...says,
        ...doubts.map((doubt) => `warning: ${doubt}`),
      ]),
    ]),
    ...(access.length === 0
      ? []
      : ["", "Who has been approved is not in the file: dingbridge pair list."]),
    ...section("warnings", warnings),
    ...section("problems", problems),
    "",
    verdictOn(report),
  ];
}

/** For programs. */
export function jsonOf({ file, channel, effective, notes, warnings, problems, access }: Report) {
  return {
    file: file ?? null,
    channel: channel ?? null,
    ok: problems.length === 0,
    effective: effective.map(({ value = null, ...key }) => ({ ...key, value })),
    notes,
    warnings,
    problems,
    access,
  };
}

function verdictOn({ problems, disabled, access }: Report): string {
  if (problems.length > 0) {
    return `It would not start: ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}.`;
  }
  if (disabled) return "It is valid, and nothing would run: enabled is false for every account.";
  const doubts = access.flatMap(({ warnings }) => warnings).length;
  const names = access.map(({ account }) => account).join(", ");
  return `It would start, with ${access.length === 1 ? "account" : "accounts"} ${names}${doubts === 0 ? "" : "; see the warnings under access"}.`;
}

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];

function keys(
  effective: readonly Effective[],
  { file }: Report,
  several: boolean,
): readonly string[] {
  // The file is named at the top: here its keys do.
  const from = (source: string) =>
    file !== undefined && source.startsWith(`${file}: `) ? source.slice(file.length + 2) : source;
  const rows = (all: readonly Effective[]) =>
    table(
      all.map(({ path, value, source }) => [
        path,
        value === undefined ? "not set" : JSON.stringify(value),
        ...(source === "default" ? [] : [`[${from(source)}]`]),
      ]),
    );
  if (!several) return rows(effective);
  const indented = (all: readonly Effective[]) => rows(all).map((row) => `  ${row}`);
  return [...Map.groupBy(effective, groupOf)].flatMap(([group, all]) =>
    [`${group}:`].concat(indented(all)),
  );
}

/** Whose key it is. Ids that look like several keys stand in quotes. */
function groupOf({ path }: Effective): string {
  const account = /^accounts\.("(?:[^"\\]|\\.)*"|[^."]+)\./.exec(path)?.[1];
  if (account !== undefined) return `account ${account}`;
  return entriesOf(WORKER).has(path.split(".", 1)[0] ?? "") ? "worker" : "account default";
}

/** No column but the last is cut, and one very long entry does not push the others away. */
const MAX_COLUMN = 48;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) {
      widths[at] = Math.max(widths[at] ?? 0, Math.min(cell.length, MAX_COLUMN));
    }
  }
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  "),
  );
}
