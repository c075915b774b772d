import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  MAX_MESSAGE_BYTES,
  apiPayload,
  bytesOf,
  webhookBody,
} from "../../../src/core/dingtalk/render.ts";
import type { Words } from "../../../src/core/message.ts";
import {
  usesMarkdown,
  wordsFor,
  type Addressed,
  type Formatting,
} from "../../../src/core/reply/format.ts";
import { FORMATTING, anything } from "./_documents.ts";

const make = (text: string, to?: Addressed, options: Partial<Formatting> = {}) =>
  wordsFor(text, { ...FORMATTING, ...options }, to);
const contentOf = ({ parts }: Words) => parts.map(({ text }) => text).join("|");
const utf8 = (text: string) => new TextEncoder().encode(text).length;
const mention = { userId: "staff1", nick: "小明" };

describe("wordsFor()", () => {
  test("sends plain words as text, as they are", () => {
    const text = "hello\n  indented\n\n\nsnake_case a < b";
    expect(make(text)).toEqual([{ format: "text", title: "", parts: [{ text }] }]);
  });

  test("sends markdown as markdown, its first words for a title", () => {
    expect(make("## The **plan**\n\n- one\n- two")).toEqual([
      {
        format: "markdown",
        title: "The plan",
        parts: [{ text: "## The **plan**\n\n- one\n- two" }],
      },
    ]);
  });

  test("sends no markup where none is wanted", () => {
    expect(make("## The **plan**\n\n- one\n- two", {}, { mode: "text" })).toEqual([
      { format: "text", title: "", parts: [{ text: "The plan\n\n- one\n- two" }] },
    ]);
  });

  test.each(["", " \n\t "])("makes nothing of %j", (text) => {
    expect(make(text)).toEqual([]);
  });

  test.each(["```\n```", "- ", "#", "&#8203;", "<!-- -->"])(
    "sends %j as it is, which says nothing else",
    (text) => {
      const [words, ...others] = make(text);
      expect(others).toEqual([]);
      expect(words?.parts[0]?.text).not.toBe("");
    },
  );

  test("takes the given title for a message without words", () => {
    expect(make("***")[0]?.title).toBe("New message");
  });

  test("mentions in the first of several messages only, and keeps one kind for all", () => {
    const messages = make(`# Long\n\n${"word ".repeat(10_000)}`, { mention });
    expect(messages.length).toBeGreaterThan(2);
    expect(messages.map(({ format }) => format)).toEqual(messages.map(() => "markdown"));
    expect(messages.map(({ parts }) => parts[0]?.mention)).toEqual(
      messages.map((_, at) => (at === 0 ? mention : undefined)),
    );
    expect(messages.map(({ title }) => title)).toEqual(
      messages.map(
        (_, at) => `(${at + 1}/${messages.length}) ${at === 0 ? "Long" : "word word word word"}`,
      ),
    );
  });

  test("says in each message whom its names stand for", () => {
    const named = [
      { name: "wang_wei_1", userId: "u1" },
      { name: "李 四", userId: "u2" },
      { name: "nobody", userId: "u3" },
    ];
    const text = `# Hi\n\n@wang_wei_1 and x_y_z\n\n${"段落。".repeat(100)}\n\n## More\n\n@李 四 please`;
    const [first, second, ...others] = make(text, { mention, named }, { chunkChars: 340 });
    expect(others).toEqual([]);
    expect(first?.parts[0]?.named).toEqual([{ name: "wang_wei_1", userId: "u1" }]);
    // The name is found again by whoever replaces it.
    expect(first?.parts[0]?.text).toContain("@wang_wei_1 and x\\_y\\_z");
    expect(second?.parts[0]?.named).toEqual([{ name: "李 四", userId: "u2" }]);
    expect(Object.keys(make("hello", { named })[0]?.parts[0] ?? {})).toEqual(["text"]);
  });

  const name = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 64 }),
    fc.constantFrom("\u0001".repeat(200), "名".repeat(200), '"\\'.repeat(100), "😀".repeat(100)),
    fc.string({ unit: "binary", minLength: 150, maxLength: 260 }),
  );
  const someone = fc.option(
    fc.record({
      userId: fc.option(name, { nil: undefined }),
      nick: fc.option(name, { nil: undefined }),
    }),
    { nil: undefined },
  );
  const formatting = fc.record({
    mode: fc.constantFrom("text" as const, "markdown" as const),
    tables: fc.constantFrom("keep" as const, "code" as const, "list" as const),
    chunkChars: fc.integer({ min: 200, max: 20_000 }),
  });

  const fits = (message: Words) => {
    expect(bytesOf(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    // What DingTalk counts: the whole body of a webhook, the OpenAPI's msgParam.
    expect(utf8(webhookBody(message) ?? "")).toBeLessThanOrEqual(20_000);
    expect(utf8(apiPayload(message).msgParam)).toBeLessThanOrEqual(15_000);
  };

  test("makes messages of anything, none blank, none too large for either path, none too long", () => {
    fc.assert(
      fc.property(anything, someone, formatting, (text, mention, options) => {
        const messages = make(text, { mention }, options);
        expect(messages.length > 0).toBe(text.trim() !== "");
        for (const message of messages) {
          fits(message);
          const said = contentOf(message);
          expect(said.length).toBeLessThanOrEqual(options.chunkChars);
          expect(said.trim()).not.toBe("");
          expect(said.isWellFormed()).toBe(true);
          expect(message.title.isWellFormed()).toBe(true);
          expect(message.title === "").toBe(message.format === "text");
        }
      }),
    );
  });

  test.each([
    ["a first character with thousands of accents", `# e${"\u0301".repeat(8000)}`, undefined],
    ["a user id that is none", "hello", { userId: "u".repeat(30_000), nick: "n" }],
    ["a name that is none", "hello", { userId: undefined, nick: "n".repeat(30_000) }],
    [
      "a long name that is all escapes",
      "x".repeat(50_000),
      { userId: "\u0001".repeat(200), nick: "\u0002".repeat(200) },
    ],
    ["a long nick and a short id", "- x\n".repeat(20_000), { userId: "u", nick: "名".repeat(200) }],
    ["a title of the widest characters", `# ${`中${"\u0e49".repeat(9)}`.repeat(9000)}`, undefined],
    ["a title of quotes", `# a${'"'.repeat(30_000)}`, undefined],
    [
      "a fence that says more than the code",
      `\`\`\`${"x".repeat(30_000)}\ncode\n\`\`\``,
      undefined,
    ],
    ["a table of wide rows", `|a|\n|-|\n|${"中".repeat(30_000)}|\n`, undefined],
  ])("makes none too large for %s either", (_what, text, mention) => {
    const messages = make(text, { mention }, { chunkChars: 20_000 });
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) fits(message);
  });

  test("leaves room for names that are longer in the body than in the text", () => {
    const named = [{ name: "a", userId: "long-user-id-".repeat(12) }];
    const messages = make(`# Names\n\n${"@a, ".repeat(3000)}`, { named }, { chunkChars: 20_000 });
    for (const message of messages) fits(message);
  });

  test("makes as few as will do: each but the last is nearly full", () => {
    const messages = make("x".repeat(100_000), {}, { chunkChars: 20_000 });
    for (const message of messages.slice(0, -1)) expect(bytesOf(message)).toBeGreaterThan(13_000);
  });
});

describe("usesMarkdown()", () => {
  test.each([
    "# heading",
    "**bold** words",
    "- a\n- b",
    "1. a\n2. b",
    "> quote",
    "`code`",
    "```\ncode\n```",
    "[a](https://x.test)",
    "![a](https://x.test/a.png)",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a\n\n---\n\nb",
  ])("sees it in %j", (text) => {
    expect(usesMarkdown(text)).toBe(true);
  });

  test.each([
    "hello",
    "line\nline\n\nparagraph",
    "see https://x.test/a_b_c for more",
    "2 * 3 * 4 = 24",
    "snake_case_name and $PATH",
    "a < b && b > c",
    "50% [sic] (really)",
    "你好，世界！",
    "",
  ])("sees none in %j", (text) => {
    expect(usesMarkdown(text)).toBe(false);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void usesMarkdown(text)));
  });

  test("finds a code block that comes late", () => {
    const prose = "只是文字，没有标记。\n".repeat(2000);
    expect(usesMarkdown(prose)).toBe(false);
    expect(usesMarkdown(`${prose}\n\`\`\`js\nlet x = 1;\n\`\`\`\n`)).toBe(true);
  });
});

describe("text made to be slow", () => {
  // What takes the square of its length would run into the test's time limit.
  test.each([
    ["underscores", "_a"],
    ["stars", "*a_b"],
    ["brackets", "["],
    ["quotes in quotes", "> "],
    ["quotes that go on lazily", "> a\nb\n"],
    ["lists in lists", "- "],
    ["numbers in numbers", "1. "],
    ["tags", "<a "],
    ["backticks", "`a``"],
    ["bold words", "**a：**b"],
    ["accents", "\u0301"],
  ])("comes to an end: %s", (_what, piece) => {
    const text = piece.repeat(300_000 / piece.length);
    expect(usesMarkdown(text)).toBeBoolean();
    for (const mode of ["markdown", "text"] as const) {
      expect(make(text, {}, { mode }).length).toBeGreaterThan(1);
    }
  });

  test("shows what is nested deeper than any reader goes", () => {
    const said = make(`${"> - ".repeat(3000)}bottom`)
      .map(contentOf)
      .join("");
    expect(said).toContain("bottom");
  });
});
