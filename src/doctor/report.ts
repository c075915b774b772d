import type { Locale } from "../core/texts.ts";
import { ALL_CODES, CODES, GROUPS, caseOf, type Code, type Facts, type Finding } from "./codes.ts";
import type { Status } from "./saying.ts";

/** One check as people and scripts get it. */
export interface Check {
  readonly code: Code;
  readonly status: Status;
  readonly cause: string;
  /** Empty where there is nothing to be done. */
  readonly cure: string;
  readonly account?: string;
  readonly ms?: number;
}

const MOST_CHARS = 200;

/** What others say may have several lines, and be long. */
function fill(text: string, facts: Facts): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const fact = facts[name];
    if (fact === undefined) return whole;
    const line = String(fact).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ");
    return line.length > MOST_CHARS ? `${line.slice(0, MOST_CHARS)}…` : line;
  });
}

/**
 * In the order of the codes.
 * @param hide takes out what is secret, wherever it may have come from.
 */
export function checksOf(
  findings: readonly Finding[],
  locale: Locale,
  hide: (text: string) => string,
): readonly Check[] {
  const checks = findings.map((found): Check => {
    const { code, facts, account, ms } = found;
    const { status, cause, cure } = caseOf(found);
    return {
      code,
      status,
      cause: hide(fill(cause[locale], facts)),
      cure: hide(fill(cure[locale], facts)),
      ...(account === undefined ? {} : { account }),
      ...(ms === undefined ? {} : { ms }),
    };
  });
  const place = (code: Code) => ALL_CODES.indexOf(code);
  return checks.toSorted((one, other) => place(one.code) - place(other.code));
}

export const hasFailed = (checks: readonly Check[]): boolean =>
  checks.some(({ status }) => status === "fail");

const MARKS: Readonly<Record<Status, string>> = { pass: "✓", warn: "!", fail: "✗", skipped: "-" };

const WORDS: Readonly<Record<Locale, Readonly<Record<Status, string>>>> = {
  en: { pass: "passed", warn: "warnings", fail: "failed", skipped: "not looked at" },
  zh: { pass: "通过", warn: "警告", fail: "失败", skipped: "未检查" },
};

/** From this many on, checks that were not looked at for the same reason share a line. */
const MANY = 3;

/** For people. */
export function linesOf(checks: readonly Check[], locale: Locale): readonly string[] {
  const skipped = checks.filter(({ status }) => status === "skipped");
  const reasons = [...Map.groupBy(skipped, ({ cause }) => cause)].filter(
    ([, each]) => each.length >= MANY,
  );
  const folded = new Set(reasons.flatMap(([, each]) => each));
  const groups = Map.groupBy(
    checks.filter((check) => !folded.has(check)),
    ({ code }) => CODES[code].group,
  );
  return [
    ...[...groups].map(([group, each]) =>
      [GROUPS[group][locale], each.flatMap((check) => linesFor(check, locale)), ""].flat(),
    ),
    ...reasons.flatMap(([cause, each]) => [
      `${MARKS.skipped} ${[...new Set(each.map(({ code }) => code))].join(", ")}: ${cause}`,
      "",
    ]),
    summary(checks, locale),
  ].flat();
}

function linesFor({ code, status, account, cause, cure, ms }: Check, locale: Locale): string[] {
  const whose = account === undefined ? "" : ` [${account}]`;
  const time = ms === undefined ? "" : ` (${ms} ms)`;
  const head = `  ${MARKS[status]} ${code}${whose} ${CODES[code].title[locale]}: ${cause}${time}`;
  return cure === "" ? [head] : [head, `      → ${cure}`];
}

function summary(checks: readonly Check[], locale: Locale): string {
  return (["fail", "warn", "pass", "skipped"] as const)
    .map((status) => {
      const count = checks.filter((check) => check.status === status).length;
      return `${WORDS[locale][status]}: ${count}`;
    })
    .join(locale === "zh" ? "，" : ", ");
}
