import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ALL_CODES, CODES } from "../../../src/doctor/codes.ts";
import { troubleshooting } from "../../../src/doctor/docs.ts";
import type { Case, Group } from "../../../src/doctor/saying.ts";
import { ROOT } from "../../support/runtimes.ts";

const cases = ALL_CODES.flatMap((code) =>
  Object.entries<Case>(CODES[code].cases).map(([is, said]) => ({ name: `${code} ${is}`, said })),
);
const namesIn = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted();

test("a code's first digit is its group's", () => {
  const digits: Readonly<Record<Group, string>> = {
    configuration: "1",
    machine: "2",
    network: "3",
    dingtalk: "4",
    gateway: "5",
    worker: "6",
    access: "7",
  };
  for (const code of ALL_CODES)
    expect(code).toMatch(new RegExp(`^DB${digits[CODES[code].group]}\\d\\d$`));
  expect(ALL_CODES).toEqual(ALL_CODES.toSorted());
});

test.each(cases)("$name says the same in both languages, in one line", ({ said }) => {
  const { status, cause, cure } = said;
  for (const each of [cause, cure]) {
    expect(namesIn(each.zh)).toEqual(namesIn(each.en));
    expect(each.zh === "").toBe(each.en === "");
    expect(each.en + each.zh).not.toMatch(/[\r\n]/);
  }
  expect(cause.en).not.toBe("");
  if (status === "fail" || status === "warn") expect(cure.en).not.toBe("");
});

test.each([
  ["en", "docs/troubleshooting.md"],
  ["zh", "docs/troubleshooting.zh-CN.md"],
] as const)("%s: %s says what the doctor says, about every code", (locale, file) => {
  // As the formatter may lay it out.
  const plain = (text: string) => text.replaceAll(/[\s\\]+|-{3,}/g, "");
  const page = readFileSync(join(ROOT, file), "utf8");
  expect(plain(page)).toBe(plain(troubleshooting(locale)));
  for (const code of ALL_CODES) expect(page).toContain(`### ${code}: `);
});
