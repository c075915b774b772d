import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { Lexer, type Token } from "marked";
import { MAX_MESSAGE_BYTES, bytesOf, webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { Message, Part, Words } from "../../../src/core/message.ts";
import { wordsFor } from "../../../src/core/reply/format.ts";
import { asMarkdown } from "../../../src/core/reply/markdown/escape.ts";
import { mergeMessages } from "../../../src/core/reply/merge.ts";
import { FORMATTING } from "./_documents.ts";

const text = (...parts: Part[]): Words => ({ format: "text", title: "", parts });
const markdown = (title: string, ...parts: Part[]): Words => ({
  format: "markdown",
  title,
  parts,
});
const merge = (messages: readonly Message[], maxBytes = MAX_MESSAGE_BYTES) =>
  mergeMessages(messages, bytesOf, maxBytes);

const partsOf = (message: Message) => ("parts" in message ? message.parts : []);
const titleOf = (message: Message) => ("title" in message ? message.title : undefined);

const ming = { userId: "staff1", nick: "小明" };
const hong = { userId: "staff2", nick: "小红" };

describe("mergeMessages()", () => {
  test("joins texts in order, each with its own mention", () => {
    const { message, count } = merge([
      text({ text: "one", mention: ming }),
      text({ text: "two" }),
      text({ text: "three", mention: hong }),
    ]);
    expect(count).toBe(3);
    expect(message).toEqual(
      text({ text: "one", mention: ming }, { text: "two" }, { text: "three", mention: hong }),
    );
    expect(JSON.parse(webhookBody(message) ?? "")).toEqual({
      msgtype: "text",
      text: { content: "@staff1 one\n\ntwo\n\n@staff2 three" },
      at: { atUserIds: ["staff1", "staff2"] },
    });
  });

  test("makes markdown of a mix, with a title, line breaks kept and markdown left alone", () => {
    const { message } = merge([
      text({ text: "one\ntwo\n\nthree", mention: ming }),
      markdown("The plan", { text: "# The plan\n- a\n- b", mention: hong }),
      text({ text: "four\nfive" }),
    ]);
    expect(message).toEqual(
      markdown(
        "The plan",
        { text: "one  \ntwo\n\nthree", mention: ming },
        { text: "# The plan\n- a\n- b", mention: hong },
        { text: "four  \nfive" },
      ),
    );
  });

  test("the first title stays", () => {
    const { message } = merge([markdown("A", { text: "# A" }), markdown("B", { text: "# B" })]);
    expect(titleOf(message)).toBe("A");
  });

  test("does not take a heading or a list of one answer into another", () => {
    const { message } = merge([markdown("A", { text: "words" }), markdown("B", { text: "---" })]);
    const { markdown: said } = JSON.parse(webhookBody(message) ?? "") as {
      markdown: { text: string };
    };
    // "words" right above "---" would be a heading.
    const kinds = new Lexer().lex(said.text).map(({ type }) => type);
    expect(kinds).not.toContain("heading");
  });

  test.each<Message>([
    { format: "image", source: { mediaId: "@lAL1" } },
    { format: "link", title: "t", text: "x", url: "https://x.test" },
    { format: "feedCard", links: [] },
    { format: "card", outTrackId: "1", text: "x" },
    { ...text({ text: "x" }), at: { userIds: ["staff1"] } },
    { ...markdown("t", { text: "x" }), at: { userIds: [], all: true } },
  ])("leaves alone what is not mere words: %j", (other) => {
    expect(merge([other, text({ text: "one" })])).toEqual({ message: other, count: 1 });
    expect(merge([text({ text: "one" }), text({ text: "two" }), other]).count).toBe(2);
  });

  test("keeps who a name stands for, and the name as it was", () => {
    const named = [{ name: "a_b_c", userId: "staff3" }];
    const { message } = merge([
      text({ text: "@a_b_c, x_y_z", named }),
      markdown("B", { text: "# B" }),
    ]);
    expect(partsOf(message)[0]).toEqual({ text: "@a_b_c, x\\_y\\_z", named });
  });

  test("takes only what fits, always the first", () => {
    const long = text({ text: "x".repeat(6000) });
    expect(merge([long, long, long]).count).toBe(2);
    expect(merge([text({ text: "x".repeat(20_000) }), long])).toEqual({
      message: text({ text: "x".repeat(20_000) }),
      count: 1,
    });
    const [one, two] = [text({ text: "one" }), text({ text: "two" })];
    const both = bytesOf(text({ text: "one" }, { text: "two" }));
    expect(merge([one, two], both).count).toBe(2);
    expect(merge([one, two], both - 1).count).toBe(1);
    expect(() => merge([])).toThrow();
  });

  /** What a reader of markdown sees: what tags and definitions hold is gone. */
  const visible = (tokens: readonly Token[]): string =>
    tokens
      .map((token) => {
        if (token.type === "html" || token.type === "def") return "";
        if (token.type === "br") return "\n";
        if ("tokens" in token && token.tokens !== undefined) return visible(token.tokens);
        const said = "text" in token ? String(token.text) : token.raw;
        return said.replace(/&(?:lt|amp);/g, (entity) => (entity === "&lt;" ? "<" : "&"));
      })
      .join("");

  test.each([
    "use <div> here",
    "[a]: https://x.test",
    "see [1] and a[0]",
    String.raw`C:\*.txt and \\share\_x`,
    "<!-- note -->",
    "a < b && b > c",
    "2 * 3 * 4 = 24",
    "snake_case_name and two_of_them",
    "a &lt; b &amp; c",
    "**not bold * at all",
  ])("shows in a mix what it shows alone: %j", (plain) => {
    const [alone] = wordsFor(plain, FORMATTING);
    expect(alone?.format).toBe("text");
    const { message, count } = merge([alone as Message, markdown("B", { text: "# B" })]);
    expect(count).toBe(2);
    expect(visible(new Lexer().lex(partsOf(message)[0]?.text ?? ""))).toBe(plain);
  });

  const piece = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc.constantFrom("# h\n", "- a\n- b", "\n", "\n\n", "中文", "😀", "**b**", "\u0001"),
  );
  const answer = fc
    .tuple(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 60 }))
    .map(([pieces, times]) => pieces.join("").repeat(times));
  const mention = fc.option(
    fc.record({
      userId: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: undefined }),
      nick: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
    }),
    { nil: undefined },
  );
  const messages = fc
    .array(fc.tuple(answer, mention), { minLength: 1, maxLength: 12 })
    .map((answers) => answers.flatMap(([text, mention]) => wordsFor(text, FORMATTING, { mention })))
    .filter(({ length }) => length > 0);

  test("loses no text, no mention and no order, and never grows too large", () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 500, max: 20_000 }), (messages, maxBytes) => {
        const { message, count } = merge(messages, maxBytes);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(messages.length);
        if (count > 1) expect(bytesOf(message)).toBeLessThanOrEqual(maxBytes);
        const parts = messages.slice(0, count).flatMap((each) => each.parts);
        expect(partsOf(message).map((part) => part.text)).toEqual(
          messages
            .slice(0, count)
            .flatMap((each) =>
              each.parts.map((part) =>
                each.format === message.format ? part.text : asMarkdown(part.text),
              ),
            ),
        );
        expect(partsOf(message).map((part) => part.mention)).toEqual(
          parts.map((part) => part.mention),
        );
        const formats = new Set(messages.slice(0, count).map(({ format }) => format));
        expect(message.format).toBe(formats.size === 1 ? ([...formats][0] as never) : "markdown");
        if (message.format === "markdown") expect(titleOf(message)).not.toBe("");
      }),
    );
  });

  test("keeps each line of a text on a line of its own in a mix", () => {
    const lines = fc.array(fc.stringMatching(/^[a-z]{1,10}$/), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(lines, (lines) => {
        const mixed = merge([text({ text: lines.join("\n") }), markdown("B", { text: "# B" })]);
        const [paragraph] = new Lexer().lex(partsOf(mixed.message)[0]?.text ?? "");
        const breaks = JSON.stringify(paragraph).match(/"type":"br"/g) ?? [];
        expect(breaks).toHaveLength(lines.length - 1);
      }),
    );
  });

  test("takes all that fits: one more would have been too much", () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 500, max: 20_000 }), (messages, maxBytes) => {
        const { count } = merge(messages, maxBytes);
        const more = mergeMessages(messages.slice(0, count + 1), bytesOf, Infinity).message;
        if (count < messages.length) expect(bytesOf(more)).toBeGreaterThan(maxBytes);
      }),
    );
  });
});
