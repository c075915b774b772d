import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { wordsFor, type Formatting } from "../../../src/core/reply/format.ts";
import { cardTexts } from "../../../src/core/reply/markdown/card.ts";
import { asMarkdown } from "../../../src/core/reply/markdown/escape.ts";
import { widthOf } from "../../../src/core/reply/markdown/width.ts";
import { FORMATTING, document, ink } from "./_documents.ts";

const LONG: Formatting = { ...FORMATTING, chunkChars: 20_000 };
const rendered = (text: string, options: Partial<Formatting> = {}) =>
  wordsFor(text, { ...LONG, ...options })
    .flatMap(({ parts }) => parts.map((part) => part.text))
    .join("\n\n");
/** A heading makes markdown of what would go as plain text. */
const body = (text: string) => rendered(`# h\n\n${text}`).replace(/^# h\n*/, "");
const plain = (text: string) => rendered(`# h\n\n${text}`, { mode: "text" }).replace(/^h\n*/, "");
const card = (text: string) => cardTexts(text, { tables: "keep", maxChars: 3000 }).join("|");

describe("markdown of robot messages", () => {
  test.each([
    ["a line break of the agent's", "one\ntwo", "one  \ntwo"],
    ["a hard break", "one\\\ntwo  \nthree", "one  \ntwo  \nthree"],
    ["a break tag", "one<br>two<br/>\nthree", "one  \ntwo  \n  \nthree"],
    ["an underlined heading", "Title\n=====\n\ntext", "# Title\n\ntext"],
    ["a heading right above text", "## Title ##\ntext", "## Title\n\ntext"],
    ["lists of any mark", "* a\n* b\n\n+ c", "- a\n- b\n\n- c"],
    ["nested lists", "1. a\n   - b\n     - c\n2. d", "1. a\n   - b\n     - c\n2. d"],
    ["numbers that all say one", "3. a\n3. b", "3. a\n4. b"],
    ["tasks", "- [ ] a\n- [x] b", "- ☐ a\n- ☑ b"],
    ["a quote", "> a\nb\n>\n> c", "> a  \n> b\n>\n> c"],
    ["two quotes", "> a\n\n> b", "> a\n\n> b"],
    [
      "code in a list, which must start its line",
      "1. a\n   ```js\n   x\n   ```\n2. b",
      "1. a\n\n```js\nx\n```\n\n2. b",
    ],
    ["code with backticks", "~~~\n```\n~~~", "````\n```\n````"],
    ["code never closed", "```py\nx = 1", "```py\nx = 1\n```"],
    ["indented code", "a\n\n    x\n      y", "a\n\n```\nx\n  y\n```"],
    [
      "a table without blank lines around",
      "a\n|x|y|\n|-|:-:|\n|1|2|\nb",
      "a\n\n| x | y |\n| --- | :---: |\n| 1 | 2 |\n\nb",
    ],
    ["a bar in a cell", "|x|\n|-|\n|`a\\|b`|", "| x |\n| --- |\n| `a\\|b` |"],
    ["a rule", "a\n\n* * *\n\nb", "a\n\n---\n\nb"],
    ["tags", '<div class="a">x</div>', '&lt;div class="a"&gt;x&lt;/div&gt;'],
    ["a tag inside a line", "use <b>x</b> > 1", "use &lt;b&gt;x&lt;/b&gt; &gt; 1"],
    ["a comparison", "a < b -> c", "a &lt; b -&gt; c"],
    ["an arrow", "a => b -> c", "a => b -> c"],
    ["strikethrough", "~~old~~ new, 10~20", "old new, 10~20"],
    ["a range with two tildes", "10~20元，30~40元", "10~20元，30~40元"],
    ["identifiers", "user_id and snake_case_name", "user\\_id and snake\\_case\\_name"],
    ["a single underscore, which pairs with nothing", "user_id", "user_id"],
    ["marks inside words", "a*b*c and __init__", "a\\*b\\*c and \\_\\_init\\_\\_"],
    ["products", "2 * 3 * 4", "2 * 3 * 4"],
    ["globs", "src/*.ts and lib/*.ts", "src/\\*.ts and lib/\\*.ts"],
    ["emphasis", "**b** __c d__ *i* _j_ ***k***", "**b** **c d** *i* *j* ***k***"],
    ["bold beside Chinese", "**注意：**请看**“引号”**后面", "**注意：** 请看 **“引号”** 后面"],
    ["bold between Chinese", "中文**粗体**中文", "中文**粗体**中文"],
    ["bold over two lines", "**a\nb**", "**a**  \n**b**"],
    ["code as it is", "`<b> a_b_c \\`", "`<b> a_b_c \\`"],
    ["a link in brackets", "<https://x.test/a>", "https://x.test/a"],
    [
      "an address with marks in it",
      "https://x.test/a_b_c",
      "[https://x.test/a\\_b\\_c](https://x.test/a_b_c)",
    ],
    [
      "an address that Chinese follows",
      "见https://x.test/a，**好**。",
      "见https://x.test/a，**好**。",
    ],
    ["a link's title", '[a](https://x.test "t")', "[a](https://x.test)"],
    ["brackets in an address", "[a](https://x.test/b_(c))", "[a](https://x.test/b_%28c%29)"],
    [
      "a link by reference",
      "[a][r] and [r]\n\n[r]: https://x.test",
      "[a](https://x.test) and [r](https://x.test)",
    ],
    ["a footnote that is a link", "a[^1]\n\n[^1]: https://x.test", "a[1](https://x.test)"],
    ["a footnote that is a word", "a[^1]\n\n[^1]: Word", "a[^1]\n\n\\[^1]: Word"],
    ["a definition nobody uses", "a\n\n[r]: https://x.test", "a\n\n\\[r]: https://x.test"],
    ["pictures", "![](@lALPabc_d_e) ![截图]($iAEK_a_b)", "![](@lALPabc_d_e) ![截图]($iAEK_a_b)"],
    ["formulas", "$a_1 * b_2 * c_3$ and \\(x_1 < y_2\\)", "$a_1 * b_2 * c_3$ and \\(x_1 < y_2\\)"],
    ["prices", "$5_a_ and $10", "$5\\_a\\_ and $10"],
    ["a formula of several lines", "$$\na_1\n- b_2\n$$", "$$  \na_1  \n- b_2  \n$$"],
    ["escapes", "\\* a \\_b\\_ \\# c", "\\* a \\_b\\_ \\# c"],
    ["an entity", "&copy; &lt;b&gt;", "&copy; &lt;b&gt;"],
    ["a marker that is none once a tag is gone", "a<br># b<br>- c", "a  \n\\# b  \n\\- c"],
    ["a heading in an item", "- ## a\n\n  b", "- **a**\n\n  b"],
    ["an item that is only a list", "- - a\n  - b", "- - a\n  - b"],
  ])("writes %s", (_what, agent, robot) => {
    expect(body(agent)).toBe(robot);
  });

  test("is written the same when it is written again", () => {
    fc.assert(
      fc.property(document, (text) => {
        const messages = wordsFor(`# h\n\n${text}`, LONG);
        fc.pre(messages.length === 1);
        const once = messages[0]?.parts[0]?.text ?? "";
        // Where two lists meet, blank lines between items may differ.
        expect(lines(rendered(once))).toEqual(lines(once));
      }),
    );
  });
});

describe("tables for clients that show none", () => {
  const table = "a\n\n| 名称 | n |\n|---|--:|\n| 中文 | 1 |\n| `b` |  |\n";

  test("in columns, a Chinese character two wide", () => {
    expect(rendered(table, { tables: "code" })).toBe(
      "a\n\n```\n名称    n\n----  ---\n中文    1\nb\n```",
    );
    expect(widthOf("a中👨‍👩‍👧e\u0301")).toBe(6);
  });

  test("spelled out", () => {
    expect(rendered(table, { tables: "list" })).toBe("a\n\n- 名称: 中文  \n  n: 1\n- 名称: `b`");
  });
});

describe("plain text", () => {
  test.each([
    ["emphasis and code", "**b** _i_ `c` ~~d~~ __init__ a*b*c", "b i c d __init__ a*b*c"],
    ["a link", "[a](https://x.test) <https://y.test>", "a (https://x.test) https://y.test"],
    ["a picture", "![a](https://x.test/a.png)", "a (https://x.test/a.png)"],
    ["lists", "* a\n  * b\n\n1) c", "- a\n  - b\n\n1. c"],
    ["a quote", "> a\n> b", "a\nb"],
    ["code", "```js\n  x < 1\n```", "  x < 1"],
    ["tags and entities", "a <b> &lt; b &amp; &#42;", "a <b> < b & *"],
    ["a table", "|a|b|\n|-|-|\n|1|2|", "- a: 1\n  b: 2"],
    ["escapes", "\\*a\\*", "*a*"],
    ["tasks", "- [x] a", "- ☑ a"],
  ])("writes %s", (_what, agent, text) => {
    expect(plain(agent)).toBe(text);
  });
});

describe("cards", () => {
  test.each([
    ["line breaks", "one\ntwo\n\nthree", "one<br>two\n\nthree"],
    ["headings, five deep", "###### a", "##### a"],
    ["lists and rules", "- a\n  - b\n    c\n\n---", "* a\n  * b<br>c\n\n***"],
    [
      "numbers inside a list, which it does not know",
      "- a\n  1. b\n  2. c",
      "* a\n  * (1) b\n  * (2) c",
    ],
    ["quotes", "> a\n> b\n> > c", "> a<br>b\n>\n> > c"],
    ["a table", "|a|\n|-|\n|1|", "| a |\n| --- |\n| 1 |"],
    ["code", "```js\na\nb\n```", "```js\na\nb\n```"],
    ["its own tags", '<font color="red">a</font>', '&lt;font color="red"&gt;a&lt;/font&gt;'],
  ])("write %s", (_what, agent, text) => {
    expect(card(agent)).toBe(text);
  });

  test("come in pieces of the size asked for, which lose nothing", () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 200, max: 800 }), (text, maxChars) => {
        const pieces = cardTexts(text, { tables: "keep", maxChars });
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(maxChars);
        expect(ink(withoutAddresses(pieces.join("\n")))).toBe(ink(withoutAddresses(text)));
      }),
    );
  });

  test("are none for nothing", () => {
    expect(cardTexts(" \n", { tables: "keep", maxChars: 200 })).toEqual([]);
  });
});

const lines = (text: string) => text.split("\n").filter((line) => line !== "");
const withoutAddresses = (text: string) => text.replace(/\]\([^)]*\)/g, "] ");

describe("asMarkdown()", () => {
  test.each([
    ["line breaks", "a\nb\n\nc", "a  \nb\n\nc"],
    ["markers", "# a\n- b\n1. c\n> d\n---", "\\# a  \n\\- b  \n1\\. c  \n&gt; d  \n\\---"],
    ["marks", "**a** `b` [c](d) |e| ~~f~~", "\\*\\*a\\*\\* \\`b\\` \\[c](d) \\|e\\| \\~\\~f\\~\\~"],
    ["tags and entities", "<b> &lt; AT&T", "&lt;b> &amp;lt; AT&T"],
    ["indentation", "a\n  b", "a  \n&nbsp;&nbsp;b"],
    ["addresses, which stay whole", "_a_ https://x.test/a_b_c", "\\_a\\_ https://x.test/a_b_c"],
    ["products", "2 * 3", "2 * 3"],
    ["a path", "C:\\*\\a", "C:\\\\\\*\\a"],
  ])("keeps %s", (_what, text, markdown) => {
    expect(asMarkdown(text)).toBe(markdown);
  });

  test("leaves names as they are", () => {
    expect(asMarkdown("@a_b_c, x_y_z", ["a_b_c"])).toBe("@a_b_c, x\\_y\\_z");
  });
});
