import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { COMMANDS } from "../../../src/core/access/model.ts";
import { exactly, nameShown } from "../../../src/core/desk/shown.ts";
import { DESK_TEXTS } from "../../../src/core/desk/texts.ts";
import { wordsFor } from "../../../src/core/reply/format.ts";
import { saidIn } from "../../../src/core/message.ts";

/** Every text of a locale, by where it stands; functions called with what fits them. */
function textsOf(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [];
  return Object.entries(value as object).flatMap(([key, each]) => textsOf(each, `${path}.${key}`));
}

const shapeOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]))
    : typeof value;

const HAN = /\p{Script=Han}/u;

describe("both locales", () => {
  test("say the same things", () => {
    expect(shapeOf(DESK_TEXTS.zh)).toEqual(shapeOf(DESK_TEXTS.en));
  });

  test.each(textsOf(DESK_TEXTS.zh))("zh%s is Chinese", (_path, text) => {
    expect(text).toMatch(HAN);
  });

  test.each(textsOf(DESK_TEXTS.en))("en%s is not", (_path, text) => {
    expect(text.trim()).not.toBe("");
    expect(text).not.toMatch(HAN);
  });

  test.each(["zh", "en"] as const)("%s explains every command", (locale) => {
    const lines = DESK_TEXTS[locale].help(COMMANDS).split("\n");
    expect(lines.filter((line) => line.startsWith("- /"))).toHaveLength(COMMANDS.length);
  });

  test.each(["zh", "en"] as const)(
    "%s: every denial is one line, with or without ids",
    (locale) => {
      const { denied } = DESK_TEXTS[locale];
      for (const denial of [
        "direct-disabled",
        "direct-not-listed",
        "pairing",
        "groups-disabled",
        "group-not-listed",
        "sender-not-listed",
        "no-agent-for-guests",
      ] as const) {
        expect(denied(denial, ["`x`", "`y`"])).toMatch(/^\S.*`x`.*`y`.*[.。]$/u);
        expect(denied(denial, [])).toMatch(/^[^`\n]+[.。]$/u);
      }
    },
  );

  test.each([
    [0, "不到 1 分钟", "less than a minute"],
    [59_999, "不到 1 分钟", "less than a minute"],
    [60_000, "1 分钟", "1 min"],
    [3_600_000, "1 小时 0 分钟", "1 h 0 min"],
    [26 * 3_600_000, "1 天 2 小时", "1 d 2 h"],
  ])("%i ms", (ms, zh, en) => {
    expect([DESK_TEXTS.zh.duration(ms), DESK_TEXTS.en.duration(ms)]).toEqual([zh, en]);
  });
});

/** What DingTalk is sent where everything is plain text. */
const plain = (text: string) =>
  wordsFor(text, { mode: "text", tables: "keep", chunkChars: 3500, fallbackTitle: "t" })
    .map(saidIn)
    .join("\n");

describe("what others have named", () => {
  test.each(["$:LWCP_v1:$a_b_c", "cid+/x==", "**bold**", "a`b``c", "@all", "&lt;", "[x](y)"])(
    "the id %j comes out exactly",
    (id) => {
      expect(plain(`- ${exactly(id)}`)).toBe(`- ${id}`);
    },
  );

  test.each([
    "张三 (研发)",
    "a_b_c",
    "*x*",
    "<b>",
    "A & B",
    "~~x~~",
    "[Team]",
    "`code`",
    "C:\\dir",
  ])("the name %j reads the same", (name) => {
    expect(plain(`- ${nameShown(name)} ${exactly("id")}`)).toBe(`- ${name} id`);
  });

  test("a name of nothing is none", () => {
    for (const name of [undefined, "", " \n", "\u202e"]) expect(nameShown(name)).toBeUndefined();
  });

  test("a name stays one line, without links and mentions, and a short one", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom("@", "://", "www.", "https", "\n", "a", "*", "#", ".com", "\u2028"),
        ),
        (parts) => {
          const shown = nameShown(parts.join("")) ?? "";
          expect(shown).not.toMatch(/[@\n\u2028]|:\/\/|www\.\S|\.com/);
        },
      ),
    );
    expect((nameShown("名".repeat(5000)) ?? "").length).toBeLessThanOrEqual(60);
  });
});
