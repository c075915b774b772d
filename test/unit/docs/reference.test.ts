import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { knownPaths } from "../../../src/core/config/keys.ts";
import { shapeOf } from "../../../src/core/config/shape.ts";
import { disagreements, filled, keysOf, withoutPadding } from "../../support/reference.ts";
import { SECTIONS } from "../../support/reference-meanings.ts";
import { ROOT } from "../../support/runtimes.ts";

const PAGES = { en: "docs/configuration.md", zh: "docs/configuration.zh-CN.md" } as const;
const pageIn = (language: keyof typeof PAGES) => readFileSync(join(ROOT, PAGES[language]), "utf8");

const marks = Object.keys(SECTIONS)
  .map((name) => `<!-- keys: ${name} -->\n<!-- end -->`)
  .join("\n");

/** The row of a table that tells of a key. */
const rowOf = (page: string, key: string) =>
  page.split("\n").find((line) => withoutPadding(line).startsWith(`| \`${key}\` |`));

describe("the reference of the configuration", () => {
  test("tells of every key the loader knows, in both languages", () => {
    for (const language of ["en", "zh"] as const) {
      const page = filled(marks, language);
      for (const path of knownPaths()) {
        const shown = path
          .replace("groups.*", "groups.<id>")
          .replace("users.*", "users.<id>")
          .replace(/^roles\.\w+/, "roles.<role>");
        expect([path, rowOf(page, shown)]).toEqual([path, expect.any(String)]);
      }
    }
  });

  test.each(["en", "zh"] as const)("is up to date: npm run reference (%s)", (language) => {
    expect(disagreements()).toEqual([]);
    const page = pageIn(language);
    expect(withoutPadding(filled(page, language))).toBe(withoutPadding(page));
  });

  test("a key nobody tells of, a meaning of nothing, two meanings and a missing language are found", () => {
    const keys = keysOf(
      shapeOf(
        v.object({ told: v.optional(v.boolean(), true), new: v.optional(v.boolean(), true) }),
      ),
      shapeOf(v.object({})),
    );
    const words = { en: "says", zh: "说" };
    const found = disagreements(keys, {
      one: { told: words, gone: words },
      other: { told: { en: "again", zh: " " } },
    });
    expect(found).toHaveLength(4);
    expect(found.join("\n")).toMatch(
      /^new: has no meaning.*\ngone: .*no key.*\ntold: .*more than one.*\ntold: a language/,
    );
  });

  test("a page without a table's mark, or with the mark of none, is refused", () => {
    expect(() => filled("# Configuration", "en")).toThrow("<!-- keys: robot -->");
    expect(() => filled(`${marks}\n<!-- keys: robots -->\n<!-- end -->`, "en")).toThrow("robots");
  });

  test("says what the schema says: variable, default, limits, when a change counts", () => {
    const page = withoutPadding(filled(marks, "en"));
    expect(rowOf(page, "http.port")).toContain("| `DINGBRIDGE_PORT` | `18780` | 0 – 65535 |");
    expect(rowOf(page, "clientId")).toContain("| `DINGTALK_CLIENT_ID` | required |");
    expect(rowOf(page, "reply.mode")).toContain(
      "| `markdown` | `text`, `markdown`, `card`, `auto` |",
    );
    expect(rowOf(page, "stream.links")).toContain("| `1` | 1 – 2 |");
    expect(rowOf(page, "agentHints")).toContain("| `true` | `true`, `false` |");
    expect(page).toContain("A change of `log.level` counts at once; of the others");
    expect(page).toMatch(/A change of `clientId`.*over a new connection/);
  });

  test("what is written around the tables stays", () => {
    const page = filled(`before\n${marks}\nafter`, "zh");
    expect(page).toStartWith("before\n<!-- keys: robot -->\n");
    expect(page).toEndWith("<!-- end -->\nafter");
    expect(filled(page, "zh")).toBe(page);
  });
});
