import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { titleOf } from "../../../src/core/reply/title.ts";

const graphemes = (text: string) => [...new Intl.Segmenter().segment(text)].length;

describe("titleOf()", () => {
  test.each([
    ["## The **plan**\n\n- one", "The plan"],
    ["***\n\n---\n\nwords", "words"],
    ["- [link](https://x.test) and **more**", "link and more"],
    ["![picture](https://x.test/a.png)", "picture"],
    ["> 引用\n\n正文", "引用"],
    ["```ts\nconst a = 1;\n```", "const a = 1;"],
    ["| a | b |\n| --- | --- |", "a b"],
    ["## 6. 待办", "6. 待办"],
    ["**注意：** 请看", "注意：请看"],
    ["\\_\\_init\\_\\_ and snake\\_case", "__init__ and snake_c"],
    ["a*b*c stays", "a*b*c stays"],
    ["&lt;div&gt; &amp; more", "<div> & more"],
    ["`code` first", "code first"],
    ["first<br>second", "first"],
    ["☐ task", "☐ task"],
    ["a\tb\u0007c", "a b c"],
    [`**${"长".repeat(50)}**`, "长".repeat(20)],
    [`**${"👨‍👩‍👧‍👦 a".repeat(12)}**`, `${"👨‍👩‍👧‍👦 a".repeat(6)}👨‍👩‍👧‍👦`],
  ])("takes %j for %j", (text, title) => {
    expect(titleOf(text, "New message")).toBe(title);
  });

  test.each(["", "***\n\n---", "```\n```", `# e${"\u0301".repeat(8000)}`])(
    "has the fallback for what says nothing: %#",
    (text) => {
      expect(titleOf(text, "New message")).toBe("New message");
    },
  );

  test("is one well-formed line of at most 20 characters, whatever the text", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constantFrom(
        "# ",
        "**",
        "[",
        "](",
        "\n",
        "e\u0301\u0301",
        "😀",
        "👨‍👩‍👧‍👦",
        "中文",
        "`",
        "\ud83d",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const title = titleOf(pieces.join(""), "t");
        expect(graphemes(title)).toBeLessThanOrEqual(20);
        expect(title).not.toBe("");
        expect(title).not.toContain("\n");
        expect(title.isWellFormed()).toBe(true);
      }),
    );
  });
});
