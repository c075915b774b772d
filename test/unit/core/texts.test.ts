import { describe, expect, test } from "bun:test";
import { usesMarkdown } from "../../../src/core/reply/format.ts";
import { TEXTS, type Texts } from "../../../src/core/texts.ts";

const all = ({ help, truncated, shortened, queued, title, failures }: Texts) => ({
  help,
  truncated,
  shortened,
  queued,
  title,
  ...failures,
});

describe("TEXTS", () => {
  test("has the same words in both languages", () => {
    expect(Object.keys(all(TEXTS.zh))).toEqual(Object.keys(all(TEXTS.en)));
    expect(Object.keys(TEXTS.zh.failures)).toHaveLength(19);
  });

  test.each(Object.entries(all(TEXTS.zh)))("speaks Chinese of %s", (_what, text) => {
    expect(text).toMatch(/\p{Script=Han}/u);
  });

  test.each(Object.entries(all(TEXTS.en)))("speaks English of %s", (_what, text) => {
    expect(text).not.toMatch(/\p{Script=Han}/u);
    expect(text).toMatch(/[a-z]{3}/);
  });

  test.each([...Object.entries(all(TEXTS.zh)), ...Object.entries(all(TEXTS.en))])(
    "needs no markdown for %s, and no second line",
    (_what, text) => {
      expect(usesMarkdown(text)).toBe(false);
      expect(text).not.toContain("\n");
    },
  );

  test("says something different of every failure", () => {
    for (const { failures } of [TEXTS.zh, TEXTS.en]) {
      const words = Object.values(failures);
      expect(new Set(words).size).toBe(words.length);
    }
  });
});
