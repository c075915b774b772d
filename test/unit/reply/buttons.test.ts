import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { MAX_MESSAGE_BYTES, bytesOf } from "../../../src/core/dingtalk/render.ts";
import { cardFor, readDirective } from "../../../src/core/reply/buttons.ts";

const made = (directive: string, before = "") => {
  const asked = readDirective(directive);
  return asked === undefined ? undefined : cardFor(asked, before);
};
/** What each button opens, or says. */
const buttons = (directive: string) =>
  made(directive)?.card.buttons.map(({ title, url }) => {
    const said = /^dtmd:.*content=(.*)$/.exec(url)?.[1];
    return said === undefined ? `${title} -> ${url}` : `${title}: ${decodeURIComponent(said)}`;
  });

describe("a directive", () => {
  test.each([
    ["[[quick_replies: One, Two,Three]]", ["One: One", "Two: Two", "Three: Three"]],
    ["[[quick_replies: 好，不好]]", ["好: 好", "不好: 不好"]],
    ["[[quick_replies: a[1], b]]", ["a[1]: a[1]", "b: b"]],
    ["[[quick_replies: a, b[2]]]", ["a: a", "b[2]: b[2]"]],
    ["[[confirm: Go? | Yes | No]]", ["Yes: Yes", "No: No"]],
    ["[[confirm: Go? | Yes:go ahead | No : stop]]", ["Yes: go ahead", "No: stop"]],
    [
      "[[buttons: T | Text | Say:words, Open:https://a.example/x?y=1, Plain, Odd:]]",
      ["Say: words", "Open -> https://a.example/x?y=1", "Plain: Plain", "Odd: Odd"],
    ],
    ["[[buttons: T | Text | A:1 | B:2]]", ["A: 1", "B: 2"]],
    [" [[buttons: T | Text | https://a.example]]", ["https://a.example -> https://a.example"]],
  ])("is read: %s", (directive, expected) => {
    expect(buttons(directive)).toEqual(expected);
  });

  test.each([
    "[[buttons]]",
    "[[buttons: Yes | No]]",
    "[[buttons: T | x | , ]]",
    "[[confirm: Go?]]",
    "[[quick_replies: ]]",
    `[[quick_replies: ${"x".repeat(201)}]]`,
    "[[other: a, b]]",
    "",
  ])("cannot be read: %s", (directive) => {
    expect(readDirective(directive)).toBeUndefined();
  });

  test("asks for ten buttons at most", () => {
    const labels = Array.from({ length: 13 }, (_, at) => `b${at}`).join(", ");
    expect(buttons(`[[quick_replies: ${labels}]]`)).toHaveLength(10);
  });
});

describe("its card", () => {
  test("has the directive's own words behind the ones before it", () => {
    expect(made("[[buttons: Menu | Pick one | A]]", "Hello.")).toMatchObject({
      words: "",
      card: { title: "Menu", text: "Hello.\n\n### Menu\n\nPick one", orientation: "vertical" },
    });
    expect(made("[[confirm: Sure? | Yes | No]]")).toMatchObject({
      card: { title: "Sure?", text: "Sure?", orientation: "horizontal" },
    });
  });

  test("says what there is to choose from if there are no words at all", () => {
    expect(made("[[quick_replies: A, B]]")).toMatchObject({
      words: "",
      card: { title: "A · B", text: "A · B" },
    });
  });

  const report = `# Report\n\n${"All is well. ".repeat(400)}`.trim();

  test("leaves a long answer in front of it", () => {
    expect(made("[[confirm: Sure? | Yes | No]]", report)).toMatchObject({
      words: report,
      card: { text: "Sure?" },
    });
  });

  test("takes the question from the end of a long answer", () => {
    expect(made("[[quick_replies: A, B]]", `${report}\n\nWhat next?`)).toMatchObject({
      words: report,
      card: { title: "What next?", text: "What next?" },
    });
  });

  test.each([report, `${report}\n\n\`\`\`\nx\n\ny\n\`\`\``])(
    "takes no question from where none is",
    (words) => {
      expect(made("[[quick_replies: A, B]]", words)).toMatchObject({
        words,
        card: { text: "A · B" },
      });
    },
  );

  test("can always be sent, and loses no words", () => {
    const piece = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("\n\n", "字".repeat(900)),
    );
    const words = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("").trim());
    const directive = fc.constantFrom(
      "[[quick_replies: A, B]]",
      "[[confirm: Sure? | Yes | No]]",
      `[[buttons: T | ${"字".repeat(200)} | ${"键".repeat(150)}, ${"钮".repeat(150)}]]`,
    );
    fc.assert(
      fc.property(directive, words, (directive, words) => {
        const card = made(directive, words);
        expect(card).toBeDefined();
        if (card === undefined) return;
        expect(bytesOf(card.card)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
        expect(card.card.title).not.toBe("");
        const said = `${card.words}${card.card.text}`.replace(/\s/g, "");
        expect(said).toContain(words.replace(/\s/g, ""));
      }),
    );
  });
});
