import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { wordsFor, type Formatting } from "../../../src/core/reply/format.ts";
import { costOf, fitting } from "../../../src/core/reply/markdown/measure.ts";
import { FORMATTING, document, ink } from "./_documents.ts";

const texts = (text: string, options: Partial<Formatting> = {}) =>
  wordsFor(text, { ...FORMATTING, ...options }).map(({ parts }) => parts[0]?.text ?? "");
const withoutAddresses = (text: string) => text.replace(/\]\([^)]*\)/g, "] ");
const jsonTextBytes = (text: string) => new TextEncoder().encode(JSON.stringify(text)).length - 2;
const paragraph = (word: string, chars: number) =>
  `${word} `.repeat(chars / (word.length + 1)).trim();

describe("an answer in several messages", () => {
  test("is cut before a heading if one is near", () => {
    const text = `# A\n\n${paragraph("one", 280)}\n\n## B\n\n${paragraph("two", 80)}\n\n${paragraph("six", 80)}`;
    const [first, second] = texts(text, { chunkChars: 400 });
    expect(first).toEndWith("one");
    expect(second).toStartWith("## B\n\ntwo");
  });

  test("else between paragraphs", () => {
    const text = `# A\n\n${paragraph("one", 280)}\n\n${paragraph("two", 280)}`;
    expect(texts(text, { chunkChars: 400 }).map((each) => each.slice(-3))).toEqual(["one", "two"]);
  });

  test("else between items, whose numbers go on", () => {
    const items = Array.from({ length: 40 }, (_, at) => `${at + 1}. item number ${at + 1}`);
    const parts = texts(items.join("\n"), { chunkChars: 300 });
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.join("\n")).toBe(items.join("\n"));
  });

  test("numbers on where every item says one", () => {
    const list = "1. item of the list\n".repeat(400);
    const numbers = texts(list).flatMap((part) => part.match(/^\d+(?=\.)/gm) ?? []);
    expect(numbers).toEqual(Array.from({ length: 400 }, (_, at) => `${at + 1}`));
  });

  test("else between sentences", () => {
    const parts = texts(`**好** ${"这是一个句子，不长。".repeat(100)}`, { chunkChars: 205 });
    for (const part of parts) expect(part).toEndWith("。");
    expect(texts(`**ok** ${"One more sentence. ".repeat(40)}`, { chunkChars: 205 })[0]).toEndWith(
      "sentence.",
    );
  });

  test("else between two characters as a reader sees them", () => {
    const parts = texts(`**a**${"👨‍👩‍👧‍👦".repeat(100)}`, { chunkChars: 200 });
    for (const part of parts.slice(1)) expect(part).toMatch(/^(?:👨‍👩‍👧‍👦)+$/u);
  });

  test("leaves no heading, and no line that leads to something, at the end of a message", () => {
    const filler = paragraph("word", 230);
    for (const lead of ["## Heading", "As follows:", "如下：", "- item:"]) {
      const code = "x\n".repeat(60);
      const parts = texts(`# T\n\n${filler}\n\n${lead}\n\n\`\`\`\n${code}\`\`\``, {
        chunkChars: 260,
      });
      expect(parts.length).toBeGreaterThan(1);
      for (const part of parts) expect(part).not.toEndWith(lead);
    }
  });

  test("closes code that is cut and opens it again, in its language", () => {
    const lines = Array.from({ length: 80 }, (_, at) => `const line${at} = ${at};`);
    const parts = texts(`\`\`\`ts\n${lines.join("\n")}\n\`\`\``, { chunkChars: 400 });
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part).toMatch(/^```ts\n[^`]+\n```$/);
    const code = parts.map((part) => part.replace(/^```ts\n|\n```$/g, "")).join("\n");
    expect(code).toBe(lines.join("\n"));
  });

  test("keeps code whole that fits into the next message", () => {
    const code = `\`\`\`\n${"x = 1\n".repeat(40)}\`\`\``;
    const parts = texts(`# T\n\n${paragraph("word", 100)}\n\n${code}`, { chunkChars: 300 });
    expect(parts).toHaveLength(2);
    expect(parts[1]).toBe(code);
  });

  test.each([
    ["keep", "| a | b |\n| --- | --- |\n| 0 | x |"],
    ["code", "```\na    b\n---  ---\n0    x"],
  ] as const)("repeats the header of a table that is cut: %s", (tables, start) => {
    const rows = Array.from({ length: 100 }, (_, at) => `| ${at} | x |`);
    const parts = texts(`| a | b |\n|---|---|\n${rows.join("\n")}`, { chunkChars: 400, tables });
    expect(parts.length).toBeGreaterThan(1);
    const head = start.slice(0, start.lastIndexOf("\n"));
    for (const part of parts) expect(part).toStartWith(`${head}\n`);
    if (tables === "code") for (const part of parts) expect(part).toEndWith("\n```");
    const cells = parts.flatMap((part) => part.match(/\d+(?=\s+\|? ?x)/g) ?? []);
    expect(cells).toEqual(rows.map((_, at) => `${at}`));
  });

  test("goes on with a nested item as a list, not as code", () => {
    const item = (depth: number, at: number) =>
      `${"  ".repeat(depth)}- item ${at} of depth ${depth}`;
    const list = Array.from({ length: 60 }, (_, at) => item(Math.min(at, 5), at)).join("\n");
    for (const part of texts(list, { chunkChars: 250 })) expect(part).toMatch(/^- item/);
  });

  test("goes on with bold words as bold words, and cuts no link", () => {
    const bold = texts(`**${"一二三四五六七八九十".repeat(60)}**`, { chunkChars: 200 });
    for (const part of bold) expect(part).toMatch(/^\*\*[^*]+\*\*$/);
    const links = "[name](https://x.test/path) ".repeat(40);
    for (const part of texts(links, { chunkChars: 200 })) {
      expect(part).toMatch(/^(?:\[name\]\(https:\/\/x\.test\/path\) ?)+$/);
    }
  });

  test("makes no marker of what a cut leaves at the beginning", () => {
    const text = `**x** ${"这是一个句子。- 不是列表。# 不是标题。> 不是引用。".repeat(40)}`;
    for (const part of texts(text, { chunkChars: 200 })) {
      expect(part).not.toMatch(/^(?:- |# |>)/);
    }
  });

  test("shows plain text as it is written, over all messages", () => {
    const text = Array.from({ length: 60 }, (_, at) => `line ${at}\n  indented_${at}_x`).join(
      "\n\n\n",
    );
    expect(texts(text, { chunkChars: 300 }).join("\n\n\n")).toBe(text);
  });

  const options = fc.record({
    mode: fc.constantFrom("text" as const, "markdown" as const),
    chunkChars: fc.integer({ min: 200, max: 1500 }),
  });

  test("loses nothing, keeps the order, and stays as short as asked", () => {
    fc.assert(
      fc.property(document, options, (text, options) => {
        const parts = texts(text, options);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(options.chunkChars);
          expect(part.isWellFormed()).toBe(true);
        }
        const said = parts.join("\n").replace(/\s\(https:[^)]*\)/g, " ");
        expect(ink(withoutAddresses(said))).toBe(ink(withoutAddresses(text)));
      }),
    );
  });

  test("leaves no code block open in a message", () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 200, max: 900 }), (text, chunkChars) => {
        for (const part of texts(text, { chunkChars })) {
          expect((part.match(/^```/gm) ?? []).length % 2).toBe(0);
        }
      }),
    );
  });
});

describe("costOf() and fitting()", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc
      .array(fc.constantFrom("a", "中", "😀", "\n", "\u0001", '"', "\\", "é"))
      .map((each) => each.join("")),
  );

  test("count the bytes of a JSON string", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(costOf(text)).toEqual({ bytes: jsonTextBytes(text), chars: text.length });
      }),
    );
  });

  test("find the longest beginning that fits and is well-formed", () => {
    fc.assert(
      fc.property(anyText, fc.nat(80), fc.nat(80), (text, bytes, chars) => {
        const length = fitting(text, { bytes, chars });
        const head = text.slice(0, length);
        expect(head.isWellFormed()).toBe(true);
        expect(jsonTextBytes(head)).toBeLessThanOrEqual(bytes);
        expect(length).toBeLessThanOrEqual(chars);
        if (length < text.length) {
          const more = text.slice(0, length + ((text.codePointAt(length) ?? 0) > 0xff_ff ? 2 : 1));
          expect(jsonTextBytes(more) > bytes || more.length > chars).toBe(true);
        }
      }),
    );
  });
});
