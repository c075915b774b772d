import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { disagreements, filled, withoutPadding, type Language } from "./support/reference.ts";
import { ROOT } from "./support/runtimes.ts";

/**
 * The tables of docs/configuration*.md say what the configuration's schemas say. What stands around them
 * is written by hand.
 *
 *   reference.ts         writes the tables
 *   reference.ts check   exits with 1 if a page says something else, or a key is not told about
 */
const PAGES: Readonly<Record<Language, string>> = {
  en: "docs/configuration.md",
  zh: "docs/configuration.zh-CN.md",
};

const problems = disagreements();
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);

const stale = (Object.keys(PAGES) as Language[]).flatMap((language) => {
  const name = PAGES[language];
  const path = join(ROOT, name);
  const page = readFileSync(path, "utf8");
  const wanted = filled(page, language);
  return withoutPadding(wanted) === withoutPadding(page) ? [] : [{ name, path, wanted }];
});
if (process.argv[2] === "check") {
  for (const { name } of stale) console.error(`${name} is out of date: run npm run reference`);
  process.exit(stale.length === 0 ? 0 : 1);
}
for (const { path, wanted } of stale) {
  writeFileSync(path, wanted);
  spawnSync(join(ROOT, "node_modules/.bin/oxfmt"), [path], { stdio: "inherit" });
}
