import { describe, expect, test } from "bun:test";
import { cutText } from "../../../src/core/inbound/cut.ts";
import { describePart, describeQuote } from "../../../src/core/inbound/describe.ts";
import type { Part, Quote } from "../../../src/core/inbound/parts.ts";
import { QUOTES } from "../../support/robot-payloads.ts";
import { saidOf } from "./_said.ts";

const described = (name: keyof typeof QUOTES) =>
  describeQuote(saidOf(QUOTES[name]).quote ?? { fromRobot: false, parts: [] });
const saying = (text: string, more: Partial<Quote> = {}): Quote => ({
  who: "小明",
  fromRobot: false,
  parts: [{ kind: "text", text }],
  ...more,
});

describe("describePart()", () => {
  test.each<[Part, string]>([
    [{ kind: "text", text: "a\nb" }, "a\nb"],
    [{ kind: "media", media: "picture", codes: ["x"] }, "[picture 1]"],
    [{ kind: "media", media: "file", codes: ["x"], name: "a.pdf" }, "[file 1: a.pdf]"],
    [{ kind: "media", media: "audio", codes: ["x"], recognition: "你好" }, "[audio 1: 你好]"],
    [{ kind: "link", url: "https://a.b/c", title: "T [1]" }, String.raw`[T \[1\]](https://a.b/c)`],
    [{ kind: "link", url: "https://a.b/c_(d)", title: "T" }, "[T](<https://a.b/c_(d)>)"],
    [{ kind: "link", url: "https://a.b/c_(d)" }, "https://a.b/c_(d)"],
    [
      {
        kind: "record",
        title: "T",
        summary: "s",
        lines: [
          { who: "A", text: "早" },
          { who: "B", text: "好" },
        ],
      },
      "[forwarded chat: T]\nA: 早\nB: 好",
    ],
    [{ kind: "record", title: "", summary: "A:早", lines: [] }, "[forwarded chat]\nA:早"],
    [{ kind: "unknown", msgtype: "location" }, "[location, cannot be read]"],
    [{ kind: "unknown", msgtype: "file", said: "a.pdf" }, "[file, cannot be read: a.pdf]"],
  ])("describes %j", (part, said) => {
    expect(describePart(part)).toBe(said);
  });

  test("lets the caller say what became of a picture", () => {
    const picture: Part = { kind: "media", media: "picture", codes: ["x"] };
    expect(describePart(picture, ({ codes }) => `saved ${codes[0]}`)).toBe("saved x");
  });
});

describe("describeQuote()", () => {
  test.each<[keyof typeof QUOTES, string]>([
    ["text", "> someone wrote:\n> 昨天的结论是 42"],
    ["own", "> 小明 wrote:\n> 我之前说过"],
    ["picture", "> someone wrote:\n> [picture 1]"],
    ["richText", "> someone wrote:\n> 看这个\n> [picture 1]\n> 😀@Tom\n> [picture 2]"],
    ["file", "> someone wrote:\n> [file 1: report.pdf]"],
    ["groupFile", "> someone wrote:\n> [unknownMsgType, cannot be read]"],
    ["chatRecord", "> someone wrote:\n> [forwarded chat: A与B的聊天记录]\n> A:[消息]\n> B:[分享]"],
    [
      "robotCard",
      "> you wrote:\n> Apples are red. See: https://example.com/a_(b)?x=1#part_2 Cherries are sweet.\n> [picture, cannot be read]",
    ],
    [
      "nested",
      "> someone wrote:\n> 第二层\n>> you wrote:\n>> 第三层\n>>> someone wrote:\n>>> 第四层",
    ],
    ["nothingButId", "> someone wrote:\n> [the quoted message was not delivered]"],
    ["legacyMessage", "> 老王 wrote:\n> 旧的引用"],
  ])("describes the quote of %s", (name, said) => {
    expect(described(name)).toBe(said);
  });

  test("marks every line, whatever ends it", () => {
    expect(describeQuote(saying("a\r\nb\rc\u2028d\n\ne"))).toBe(
      "> 小明 wrote:\n> a\n> b\n> c\n> d\n>\n> e",
    );
  });

  test("cuts each quote and all of them, between graphemes", () => {
    const family = "👨‍👩‍👧‍👦";
    const long = (quote?: Quote) => saying(family.repeat(2000), { quote });
    const one = describeQuote(long());
    expect(one.length).toBeLessThanOrEqual(1200);
    expect(one).toEndWith(`${family}…`);
    const all = describeQuote(long(long(long(long()))));
    expect(all.length).toBeLessThanOrEqual(3600);
    expect(all).toContain("\n>>> 小明 wrote:");
    expect(all.split("\n").every((line) => line.startsWith(">"))).toBe(true);
    expect(describeQuote(saying("\n".repeat(5000) + "x")).length).toBeLessThanOrEqual(1200);
  });
});

describe("cutText()", () => {
  test.each([
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["ab😀d", 4, "ab…"],
    ["e\u0301e\u0301e\u0301", 4, "e\u0301…"],
    ["abc", 1, "…"],
    ["abc", 0, ""],
  ])("cuts %j at %d", (text, max, cut) => {
    expect(cutText(text, max)).toBe(cut);
  });

  test("cuts through a grapheme that is all there is", () => {
    const endless = `a${"\u0301".repeat(500)}`;
    expect(cutText(endless, 100)).toHaveLength(100);
    expect(cutText("👍🏽".repeat(100), 50).isWellFormed()).toBe(true);
  });
});
