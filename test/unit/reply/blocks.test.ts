import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Message } from "../../../src/core/message.ts";
import { segmentsOf, type Segment } from "../../../src/core/reply/blocks.ts";

const read = (answer: string) => {
  const reasons: string[] = [];
  const segments = segmentsOf(answer, (reason) => reasons.push(reason));
  return { segments, reasons };
};
const words = (text: string): Segment => ({ kind: "words", text });
const sent = (message: Message): Segment => ({ kind: "message", message });

const LINK = '{"type":"link","title":"T","url":"https://a.example"}';
const link = sent({ format: "link", title: "T", text: "", url: "https://a.example" });

describe("a block named dingtalk", () => {
  test("is a message in its place", () => {
    const file = '{"type":"file","url":"https://a.example/a.pdf"}';
    const answer = `Before\n\n\`\`\`dingtalk\n${LINK}\n\`\`\`\n\nBetween\n~~~dingtalk\n${file}\n~~~\nAfter`;
    expect(read(answer)).toEqual({
      segments: [
        words("Before"),
        link,
        words("Between"),
        sent({ format: "file", source: { url: "https://a.example/a.pdf" } }),
        words("After"),
      ],
      reasons: [],
    });
  });

  test.each([
    ["a longer fence", `\`\`\`\`\`dingtalk\n${LINK}\n\`\`\`\`\``],
    ["more behind its name", `\`\`\`dingtalk json\n${LINK}\n\`\`\``],
    ["a blank before its name", `\`\`\` DingTalk \n${LINK}\n\`\`\``],
    ["an indent", `   \`\`\`dingtalk\n   ${LINK}\n   \`\`\``],
    ["no end", `\`\`\`dingtalk\n${LINK}`],
    ["an end that is longer", `\`\`\`dingtalk\n${LINK}\n\`\`\`\`\n`],
    ["line breaks of another kind", `\`\`\`dingtalk\r\n${LINK}\r\n\`\`\`\r\n`],
    [
      "the commas and comments of a model",
      `\`\`\`dingtalk\n// a link\n${LINK.replace("}", ",}")}\n\`\`\``,
    ],
  ])("may have %s", (_what, answer) => {
    expect(read(answer)).toEqual({ segments: [link], reasons: [] });
  });

  test.each([
    ["another name", `\`\`\`dingtalks\n${LINK}\n\`\`\``],
    ["another language", `\`\`\`json\n${LINK}\n\`\`\``],
    ["a longer fence around it", `\`\`\`\`md\n\`\`\`dingtalk\n${LINK}\n\`\`\`\n\`\`\`\``],
    ["other marks around it", `~~~\n\`\`\`dingtalk\n${LINK}\n\`\`\`\n~~~`],
    ["an indent of four", `    \`\`\`dingtalk\n    ${LINK}\n    \`\`\``],
    ["only one line", `\`\`\`dingtalk ${LINK}\`\`\``],
  ])("is none with %s", (_what, answer) => {
    expect(read(answer)).toEqual({ segments: [words(answer)], reasons: [] });
  });

  test.each([
    ["```dingtalk\nSECRET\n```", "expected one JSON object"],
    ["```dingtalk\n```", "expected one JSON object"],
    [`\`\`\`dingtalk\n${LINK}\n${LINK}\n\`\`\``, "expected one JSON object"],
    ['```dingtalk\n{"type":"link","title":"SECRET"', "expected one JSON object"],
    [`\`\`\`dingtalk\n[${LINK}]\n\`\`\``, expect.stringMatching(/./)],
    [
      '```dingtalk\n{"type":"link","title":"T","url":"file:///SECRET"}\n```',
      "url: expected an http, https, dingtalk or dtmd address",
    ],
    [
      '```dingtalk\n{"type":"feedCard","links":[{"title":"SECRET"}]}\n```',
      "links.0.url: is missing; links.0.picture: is missing",
    ],
  ])("stays as it is written if it is wrong: %j", (block, reason) => {
    const { segments, reasons } = read(`Before\n${block}`);
    expect(segments).toEqual([words(`Before\n${block}`)]);
    expect(reasons).toEqual([reason]);
    expect(reasons.join()).not.toContain("SECRET");
  });
});

describe("a line that stands for a file", () => {
  test.each<[line: string, message: Message]>([
    ["MEDIA:/srv/a.png", { format: "image", source: { path: "/srv/a.png" } }],
    ["MEDIA: `/srv/a b.MP3`", { format: "audio", source: { path: "/srv/a b.MP3" } }],
    ["  `MEDIA:/srv/a.mp4`", { format: "video", source: { path: "/srv/a.mp4" } }],
    ['MEDIA:"/srv/报告.pdf"', { format: "file", source: { path: "/srv/报告.pdf" } }],
    ["MEDIA:file:///srv/a%20b", { format: "file", source: { path: "/srv/a b" } }],
    ["MEDIA:file:///C:/a.gif", { format: "image", source: { path: "C:/a.gif" } }],
    ["MEDIA:C:\\a.wav\r", { format: "audio", source: { path: "C:\\a.wav" } }],
    [
      "MEDIA:https://a.example/a.jpg?x=1.pdf",
      { format: "image", source: { url: "https://a.example/a.jpg?x=1.pdf" } },
    ],
    ["![chart](/srv/a.webp)", { format: "image", source: { path: "/srv/a.webp" } }],
    ['![](</srv/a b.png> "t")', { format: "image", source: { path: "/srv/a b.png" } }],
    ["![x](file:///srv/a(1).png)", { format: "image", source: { path: "/srv/a(1).png" } }],
  ])("is sent: %j", (line, message) => {
    expect(read(`One\n${line}\nTwo`)).toEqual({
      segments: [words("One"), sent(message), words("Two")],
      reasons: [],
    });
  });

  test.each([
    "the MEDIA:/srv/a.png",
    "MEDIA: a headline about the press",
    "media:/srv/a.png",
    "![chart](https://a.example/a.png)",
    "![chart](@lADPmedia)",
    "![chart](//a.example/a.png)",
    "see ![chart](/srv/a.png)",
    "![chart](/srv/a.png) there",
    "```\nMEDIA:/srv/a.png\n![](/srv/a.png)\n```",
  ])("is none in %j", (text) => {
    expect(read(text)).toEqual({ segments: [words(text)], reasons: [] });
  });

  test.each(["MEDIA:./a.png", "MEDIA:~/a.png", "MEDIA:ftp://a.example/a", "MEDIA:file://host/a"])(
    "stays if nothing can be got from there: %j",
    (line) => {
      const reason = "MEDIA: expected an absolute path or an http(s) address";
      expect(read(line)).toEqual({ segments: [words(line)], reasons: [reason] });
    },
  );
});

describe("a directive for buttons", () => {
  const say = (text: string) =>
    `dtmd://dingtalkclient/sendMessage?content=${encodeURIComponent(text)}`;

  test("makes a card of the words before it", () => {
    const { segments } = read("# Lunch\n\nWhat now? [[quick_replies: Pizza, Rice]]\n\nLater.");
    expect(segments).toEqual([
      sent({
        format: "actionCard",
        title: "Lunch",
        text: "# Lunch\n\nWhat now?",
        orientation: "horizontal",
        buttons: [
          { title: "Pizza", url: say("Pizza") },
          { title: "Rice", url: say("Rice") },
        ],
      }),
      words("Later."),
    ]);
  });

  test("takes no words from before another message", () => {
    const answer = `One\n\`\`\`dingtalk\n${LINK}\n\`\`\`\nTwo\n[[confirm: Go? | Yes | No]]`;
    const { segments } = read(answer);
    expect(segments).toMatchObject([
      words("One"),
      link,
      { message: { format: "actionCard", text: "Two\n\nGo?" } },
    ]);
  });

  test.each([
    "[[buttons: a]]",
    "[[confirm: a | b]]",
    "[[quick_replies:  , ]]",
    "[[buttons: a | b | ]]",
  ])("vanishes if it cannot be read: %j", (directive) => {
    expect(read(`One ${directive} two`)).toEqual({ segments: [words("One two")], reasons: [] });
    expect(read(directive).segments).toEqual([]);
  });

  test.each([
    "`[[quick_replies: a, b]]`",
    "x `` [[quick_replies: a, b]] ``",
    "```\n[[quick_replies: a, b]]\n```",
    "[[wiki]] and [[buttons]",
  ])("is none in %j", (text) => {
    expect(read(text).segments).toEqual([words(text)]);
  });

  test("is one behind code", () => {
    expect(read("`x` [[quick_replies: a]]").segments).toMatchObject([
      { message: { format: "actionCard", text: "`x`" } },
    ]);
  });
});

describe("words", () => {
  test("are all there is without any of that, however odd", () => {
    const plain = fc
      .string({ unit: "grapheme" })
      .filter((text) => !/\[\[|MEDIA|!\[|dingtalk/i.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        const { segments } = read(text.trim());
        expect(segments).toEqual(text.trim() === "" ? [] : [words(text.trim())]);
      }),
    );
  });

  test("keep their first line's indent, and lose empty lines around them", () => {
    expect(read(" \n    code\n\n").segments).toEqual([words("    code")]);
  });

  test.each([
    ["fences", "```dingtalk\n"],
    ["open fences in turn", "```dingtalk\n~~~\n"],
    ["whole blocks", `\`\`\`dingtalk\n${LINK}\n\`\`\`\n`],
    ["directives never closed", "[[buttons:"],
    ["directives nobody can read", "x[[buttons: a]]"],
    ["directives", "x [[quick_replies: a]] "],
    ["backticks", "`a``b "],
    ["images", "![".repeat(1000)],
    ["open images", `![${"(".repeat(200)}\n`],
    ["marks", "MEDIA:"],
    ["quotes", "`\"'".repeat(500)],
    ["nested JSON", `\`\`\`dingtalk\n${"[".repeat(500)}\n`],
    ["empty lines", "\n"],
  ])("cost no more than they are long: %s", (_what, piece) => {
    // What takes the square of its length would run into the test's time limit.
    const answer = piece.repeat(Math.ceil(400_000 / piece.length));
    expect(read(answer).segments).toBeArray();
  });
});
