import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { jsonBytes, splitText } from "../../../src/core/reply/split.ts";

/** What of a text must survive any cut. */
const ink = (text: string) => text.replace(/\s+/g, "");

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 400 }),
  fc.string({ unit: "binary", maxLength: 400 }),
  fc
    .array(fc.constantFrom("word", " ", "\n", "\n\n", "😀", "中文", "\u0001", '"', "👨‍👩‍👧", "  "))
    .map((parts) => parts.join("")),
);

describe("jsonBytes()", () => {
  test.each([
    ["", 2],
    ["a", 3],
    ["中", 5],
    ["😀", 6],
    ["\n", 4],
    ['"', 4],
    ["\u0001", 8],
  ])("counts %j as %i bytes of a body", (text, bytes) => {
    expect(jsonBytes(text)).toBe(bytes);
  });
});

describe("splitText()", () => {
  test("leaves a text that fits in one piece", () => {
    expect(splitText("hello\n\nworld", 100)).toEqual(["hello\n\nworld"]);
  });

  test("makes nothing of nothing", () => {
    expect(splitText("", 100)).toEqual([]);
    expect(splitText(" \n ", 100)).toEqual([]);
  });

  test("cuts at the end of a paragraph if one is near", () => {
    const text = `${"a".repeat(60)}\n\n${"b".repeat(20)}\n${"c ".repeat(30)}`;
    expect(splitText(text, 100)[0]).toBe("a".repeat(60));
  });

  test("else at the end of a line, else of a word", () => {
    expect(splitText(`${"a ".repeat(30)}\n${"b".repeat(60)}`, 100)[0]).toBe(
      "a ".repeat(30).trimEnd(),
    );
    expect(splitText("word ".repeat(40), 100)[0]).toBe("word ".repeat(19).trimEnd());
  });

  test("else between two characters", () => {
    const parts = splitText("x".repeat(250), 102);
    expect(parts.map(({ length }) => length)).toEqual([100, 100, 50]);
  });

  test("keeps the indentation of the line it goes on with", () => {
    const text = `${"a".repeat(80)}\n    indented\n${"b".repeat(80)}`;
    expect(splitText(text, 90)[1]).toStartWith("    indented");
  });

  test("makes every part fit and none blank", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 8, max: 200 }), (text, maxBytes) => {
        for (const part of splitText(text, maxBytes)) {
          expect(jsonBytes(part)).toBeLessThanOrEqual(maxBytes);
          expect(part.trim()).not.toBe("");
        }
      }),
    );
  });

  test("never makes a lone surrogate", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 8, max: 200 }), (text, maxBytes) => {
        for (const part of splitText(text, maxBytes)) expect(part.isWellFormed()).toBe(true);
      }),
    );
  });

  test("loses nothing but blanks at the cuts", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 8, max: 200 }), (text, maxBytes) => {
        expect(ink(splitText(text, maxBytes).join(""))).toBe(ink(text.toWellFormed()));
      }),
    );
  });
});
