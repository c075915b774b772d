import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  MAX_MESSAGE_BYTES,
  apiPayload,
  bytesOf,
  webhookBody,
} from "../../../src/core/dingtalk/render.ts";
import type { Message } from "../../../src/core/message.ts";
import { messagesFor, usesMarkdown } from "../../../src/core/reply/format.ts";

const contentOf = ({ parts }: Message) => parts.map(({ text }) => text).join("|");
const utf8 = (text: string) => new TextEncoder().encode(text).length;

describe("messagesFor()", () => {
  test("sends plain words as text", () => {
    expect(messagesFor("hello", undefined, "New message")).toEqual([
      { format: "text", title: "", parts: [{ text: "hello" }] },
    ]);
  });

  test("sends markdown as markdown, its first words for a title", () => {
    expect(messagesFor("## The **plan**\n\n- one\n- two", undefined, "New message")).toEqual([
      {
        format: "markdown",
        title: "The plan",
        parts: [{ text: "## The **plan**\n\n- one\n- two" }],
      },
    ]);
  });

  test.each([
    ["***\n\n---", "New message"],
    ["- [link](https://x.test) and **more**", "link and more"],
    ["![picture](https://x.test/a.png)", "picture"],
    ["> 引用\n\n正文", "引用"],
    [`**${"长".repeat(50)}**`, "长".repeat(20)],
    [`**${"👨‍👩‍👧‍👦 a".repeat(12)}**`, "👨‍👩‍👧‍👦 a".repeat(6) + "👨‍👩‍👧‍👦 "],
  ])("titles %j with words, at most 20 characters", (text, title) => {
    expect(messagesFor(text, undefined, "New message")[0]?.title).toBe(title);
  });

  test("says whom it is for, and leaves it to the path how", () => {
    const mention = { userId: "staff1", nick: "小明" };
    expect(messagesFor("hello", mention, "t")).toEqual([
      { format: "text", title: "", parts: [{ text: "hello", mention }] },
    ]);
  });

  test("mentions in the first of several messages only, and keeps one kind for all", () => {
    const mention = { userId: "s", nick: "n" };
    const messages = messagesFor(`# Long\n\n${"word ".repeat(10_000)}`, mention, "t");
    expect(messages.length).toBeGreaterThan(2);
    expect(messages.map(({ format }) => format)).toEqual(messages.map(() => "markdown"));
    expect(messages.map(({ parts }) => parts[0]?.mention)).toEqual(
      messages.map((_, at) => (at === 0 ? mention : undefined)),
    );
    expect(messages.every(({ title }) => title !== "")).toBe(true);
  });

  const name = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 64 }),
    fc.constantFrom("\u0001".repeat(200), "名".repeat(200), '"\\'.repeat(100), "😀".repeat(100)),
    fc.string({ unit: "binary", minLength: 150, maxLength: 260 }),
  );
  const mention = fc.option(
    fc.record({
      userId: fc.option(name, { nil: undefined }),
      nick: fc.option(name, { nil: undefined }),
    }),
    { nil: undefined },
  );
  const piece = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
    fc.constantFrom("中文", "😀", "\n\n", "# h", "- a", "\u0001", '"', "👨‍👩‍👧‍👦a", "**b**", "\\"),
  );
  const longText = fc
    .tuple(fc.array(piece, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 300 }))
    .map(([pieces, times]) => pieces.join("").repeat(times));

  const fits = (message: Message) => {
    expect(bytesOf(message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    // What DingTalk counts: the whole body of a webhook, the OpenAPI's msgParam.
    expect(utf8(webhookBody(message))).toBeLessThanOrEqual(20_000);
    expect(utf8(apiPayload(message).msgParam)).toBeLessThanOrEqual(15_000);
  };

  test("never makes a message that is too large for either path", () => {
    fc.assert(
      fc.property(longText, mention, (text, mention) => {
        for (const message of messagesFor(text, mention, "New message")) fits(message);
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
  ])("makes none for %s either", (_what, text, mention) => {
    const messages = messagesFor(text, mention, "New message");
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) fits(message);
  });

  test("makes as few as will do: each but the last is nearly full", () => {
    const messages = messagesFor("x".repeat(100_000), undefined, "t");
    for (const message of messages.slice(0, -1)) expect(bytesOf(message)).toBeGreaterThan(13_000);
  });

  test("loses nothing but blanks, and makes no lone surrogate", () => {
    fc.assert(
      fc.property(longText, (text) => {
        const messages = messagesFor(text, undefined, "New message");
        const said = messages.map(contentOf).join("");
        expect(said.replace(/\s+/g, "")).toBe(text.toWellFormed().replace(/\s+/g, ""));
        for (const message of messages) {
          expect(contentOf(message).isWellFormed()).toBe(true);
          expect(message.title.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  test("makes no lone surrogate of a first line that is hard to cut", () => {
    for (let shift = 0; shift < 26; shift++) {
      const line = `# ${"a".repeat(shift)}${`e${"\u0301".repeat(23)}😀`.repeat(9)}`;
      const title = messagesFor(line, undefined, "t")[0]?.title ?? "";
      expect(title.isWellFormed()).toBe(true);
    }
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
});

describe("usesMarkdown(), for long answers", () => {
  test("finds a code block that comes late", () => {
    const prose = "只是文字，没有标记。\n".repeat(2000);
    expect(usesMarkdown(prose)).toBe(false);
    expect(usesMarkdown(`${prose}\n\`\`\`js\nlet x = 1;\n\`\`\`\n`)).toBe(true);
  });
});

describe("usesMarkdown(), for text made to be slow", () => {
  // One that takes the square of its length would run into the test's time limit.
  test.each([
    ["underscores", "_a".repeat(500_000)],
    ["stars", "*a_b".repeat(500_000)],
    ["brackets", "[".repeat(500_000)],
    ["quotes in quotes", "> ".repeat(500_000)],
  ])("comes to an end: %s", (_what, text) => {
    expect(usesMarkdown(text)).toBeBoolean();
  });
});
