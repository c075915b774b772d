import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { usesMarkdown, webhookBodies } from "../../../src/core/reply/format.ts";

interface Body {
  readonly msgtype: string;
  readonly text?: { readonly content: string };
  readonly markdown?: { readonly title: string; readonly text: string };
  readonly at?: { readonly atUserIds: readonly string[] };
}

const bodiesOf = (...args: Parameters<typeof webhookBodies>) =>
  webhookBodies(...args).map((body) => JSON.parse(body) as Body);
const contentOf = ({ text, markdown }: Body) => text?.content ?? markdown?.text ?? "";
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

describe("webhookBodies()", () => {
  test("sends plain words as text", () => {
    expect(bodiesOf("hello", undefined, "New message")).toEqual([
      { msgtype: "text", text: { content: "hello" } },
    ]);
  });

  test("sends markdown as markdown, its first words for a title", () => {
    expect(bodiesOf("## The **plan**\n\n- one\n- two", undefined, "New message")).toEqual([
      {
        msgtype: "markdown",
        markdown: { title: "The plan", text: "## The **plan**\n\n- one\n- two" },
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
    expect(bodiesOf(text, undefined, "New message")[0]?.markdown?.title).toBe(title);
  });

  test("mentions a member of the organisation, by the list and in the text", () => {
    expect(bodiesOf("hello", { userId: "staff1", nick: "小明" }, "t")).toEqual([
      { msgtype: "text", text: { content: "@staff1 hello" }, at: { atUserIds: ["staff1"] } },
    ]);
  });

  test("names an outsider, who cannot be mentioned", () => {
    expect(bodiesOf("hello", { userId: undefined, nick: "小 明\n" }, "t")).toEqual([
      { msgtype: "text", text: { content: "@小 明  hello" } },
    ]);
  });

  test("greets nobody whose name is not known", () => {
    expect(bodiesOf("hello", { userId: undefined, nick: undefined }, "t")).toEqual([
      { msgtype: "text", text: { content: "hello" } },
    ]);
  });

  test("leaves a heading or a list at the start of its line", () => {
    const [body] = bodiesOf("# Title", { userId: "staff1", nick: "x" }, "t");
    expect(body?.markdown?.text).toBe("@staff1\n\n# Title");
  });

  test("mentions in the first of several messages only, and keeps one kind for all", () => {
    const bodies = bodiesOf(`# Long\n\n${"word ".repeat(10_000)}`, { userId: "s", nick: "n" }, "t");
    expect(bodies.length).toBeGreaterThan(2);
    expect(bodies.map(({ msgtype }) => msgtype)).toEqual(bodies.map(() => "markdown"));
    expect(bodies.filter(({ at }) => at !== undefined)).toHaveLength(1);
    expect(bodies[0]?.at).toEqual({ atUserIds: ["s"] });
    expect(contentOf(bodies[1] as Body)).not.toContain("@s");
  });

  const name = fc.string({ unit: "grapheme", maxLength: 64 });
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

  test("never makes a body DingTalk refuses as too long", () => {
    fc.assert(
      fc.property(longText, mention, (text, mention) => {
        for (const body of webhookBodies(text, mention, "New message")) {
          expect(bytesOf(body)).toBeLessThanOrEqual(20_000);
        }
      }),
    );
  });

  test.each([
    ["a first character with thousands of accents", `# e${"\u0301".repeat(8000)}`, undefined],
    ["a user id that is none", "hello", { userId: "u".repeat(30_000), nick: "n" }],
    ["a name that is none", "hello", { userId: undefined, nick: "n".repeat(30_000) }],
  ])("makes none for %s either", (_what, text, mention) => {
    const bodies = webhookBodies(text, mention, "New message");
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expect(bytesOf(body)).toBeLessThanOrEqual(20_000);
  });

  test("loses nothing but blanks, and makes no lone surrogate", () => {
    fc.assert(
      fc.property(longText, (text) => {
        const bodies = bodiesOf(text, undefined, "New message");
        const said = bodies.map(contentOf).join("");
        expect(said.replace(/\s+/g, "")).toBe(text.toWellFormed().replace(/\s+/g, ""));
        for (const body of bodies) {
          expect(contentOf(body).isWellFormed()).toBe(true);
          expect(body.markdown?.title.isWellFormed() ?? true).toBe(true);
        }
      }),
    );
  });

  test("makes no lone surrogate of a first line that is hard to cut", () => {
    for (let shift = 0; shift < 26; shift++) {
      const line = `# ${"a".repeat(shift)}${`e${"\u0301".repeat(23)}😀`.repeat(9)}`;
      const title = bodiesOf(line, undefined, "t")[0]?.markdown?.title ?? "";
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
