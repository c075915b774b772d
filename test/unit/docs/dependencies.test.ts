import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../../package.json" with { type: "json" };
import { withoutPadding } from "../../support/reference.ts";
import { ROOT } from "../../support/runtimes.ts";

const packages: readonly (readonly [string, string])[] = Object.entries({
  ...manifest.dependencies,
  ...manifest.devDependencies,
});

describe.each(["docs/dependencies.md", "docs/dependencies.zh-CN.md"])("%s", (name) => {
  const page = withoutPadding(readFileSync(join(ROOT, name), "utf8"));
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (\d[^ ]*) \|/gm)];

  test("has a row for each package, with the version that is installed, and no other", () => {
    const told = rows.map(([, pack, version]) => `${pack} ${version}`);
    expect(told.toSorted()).toEqual(packages.map((one) => one.join(" ")).toSorted());
  });
});
