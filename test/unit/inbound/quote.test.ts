import { describe, expect, test } from "bun:test";
import type { Quote } from "../../../src/core/inbound/parts.ts";
import { COLLEAGUE_ID, KINDS, QUOTES, ROBOT_ID } from "../../support/robot-payloads.ts";
import { saidOf } from "./_said.ts";

const base = { msgId: "msgQuoted==", senderId: COLLEAGUE_ID, fromRobot: false } as const;
const text = (words: string) => ({ kind: "text", text: words }) as const;
const robot = { ...base, senderId: ROBOT_ID, fromRobot: true, processQueryKey: "pqk1" } as const;

const EXPECTED: Readonly<Record<keyof typeof QUOTES, Quote>> = {
  text: { ...base, parts: [text("昨天的结论是 42")] },
  own: { ...base, senderId: "$:LWCP_v1:$sender", who: "小明", parts: [text("我之前说过")] },
  picture: { ...base, parts: [{ kind: "media", media: "picture", codes: ["qPic"] }] },
  richText: {
    ...base,
    parts: [
      text("看这个"),
      { kind: "media", media: "picture", codes: ["qPic1"] },
      text("😀@Tom"),
      { kind: "media", media: "picture", codes: ["qPic2"] },
    ],
  },
  inRichText: { ...base, parts: [{ kind: "media", media: "picture", codes: ["qPic"] }] },
  file: {
    ...base,
    parts: [{ kind: "media", media: "file", codes: ["qFile"], name: "report.pdf" }],
  },
  audio: {
    ...base,
    parts: [{ kind: "media", media: "audio", codes: ["qAudio"], durationMs: 2000 }],
  },
  video: {
    ...base,
    parts: [{ kind: "media", media: "video", codes: ["qVideo"], durationMs: 1000 }],
  },
  groupFile: { ...base, parts: [{ kind: "unknown", msgtype: "unknownMsgType" }] },
  chatRecord: {
    ...base,
    parts: [{ kind: "record", title: "A与B的聊天记录", summary: "A:[消息]\nB:[分享]", lines: [] }],
  },
  robotCard: {
    ...robot,
    parts: [
      text("Apples are red. See: https://example.com/a_(b)?x=1#part_2 Cherries are sweet."),
      { kind: "unknown", msgtype: "picture" },
    ],
  },
  robotCardWithoutContent: { ...robot, parts: [{ kind: "unknown", msgtype: "interactiveCard" }] },
  driveShare: { ...base, parts: [{ kind: "unknown", msgtype: "interactiveCard" }] },
  nested: {
    ...base,
    parts: [text("第二层")],
    quote: {
      ...base,
      senderId: ROBOT_ID,
      fromRobot: true,
      parts: [text("第三层")],
      quote: { ...base, parts: [text("第四层")] },
    },
  },
  nothingButId: { msgId: "msgQuoted==", fromRobot: false, parts: [] },
  nothingAtAll: { fromRobot: false, parts: [] },
  wordless: { ...base, parts: [text("看这句")] },
  legacyMessage: { ...base, who: "老王", msgId: "msgOld==", parts: [text("旧的引用")] },
  legacyContent: { fromRobot: false, parts: [text("旧的引用")] },
};

const repliedIn = (repliedMsg: unknown) =>
  saidOf(KINDS.text, { text: { content: "x", isReplyMsg: true, repliedMsg } }).quote;

describe("quoteIn()", () => {
  test.each(Object.keys(QUOTES) as (keyof typeof QUOTES)[])("reads the quote of %s", (name) => {
    expect(saidOf(QUOTES[name]).quote).toEqual(EXPECTED[name]);
  });

  test("keeps what is said apart from what is quoted", () => {
    expect(saidOf(QUOTES.text).parts).toEqual([text("重新学习一下")]);
    expect(saidOf(QUOTES.inRichText).parts).toEqual([text("这张图是什么")]);
    expect(saidOf(QUOTES.wordless).parts).toEqual([]);
  });

  test("is none in a message that answers to nothing", () => {
    for (const payload of Object.values(KINDS)) expect(saidOf(payload).quote).toBeUndefined();
  });

  test.each([
    ["an id", { originalMsgId: "m1" }, { msgId: "m1", fromRobot: false, parts: [] }],
    [
      "a key",
      { originalProcessQueryKey: "k1" },
      { processQueryKey: "k1", fromRobot: true, parts: [] },
    ],
  ])("is there where %s is all that is known", (_what, fields, quote) => {
    expect(saidOf(KINDS.text, fields).quote).toEqual(quote);
    expect(saidOf(KINDS.picture, fields).quote).toEqual(quote);
  });

  test("reads a quoted message whose content is JSON text, or nothing but words", () => {
    const quote = { fromRobot: false, parts: [text("a")] };
    expect(repliedIn({ msgType: "text", content: '{"text":"a"}' })).toEqual(quote);
    expect(repliedIn({ msgType: "text", content: "a" })).toEqual(quote);
    expect(repliedIn({ content: { text: "a" } })).toEqual(quote);
    expect(repliedIn({ text: "a" })).toEqual(quote);
    expect(repliedIn(JSON.stringify({ content: { richText: [{ text: "a" }] } }))).toEqual(quote);
  });

  test("parts a card's blocks, and leaves out what it cannot read", () => {
    const cardContent = [
      { elementType: "RICHTEXT", children: [{ elementType: "TEXT", value: "one" }] },
      5,
      { elementType: "UNKNOWN", children: [{ elementType: "TEXT", value: "layout" }] },
      { elementType: "RICHTEXT", children: {} },
      { elementType: "RICHTEXT", children: [{ elementType: "TEXT", value: { a: 1 } }] },
      { elementType: "NEW", children: [{ elementType: "TEXT", value: "two" }] },
      {
        elementType: "RICHTEXT",
        children: [
          { elementType: "NEW", value: "opaque" },
          {
            elementType: "LINK",
            value: "dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fa.b",
          },
          { elementType: "LINK", value: "https://c.d" },
        ],
      },
    ];
    const parts = [text("one\n\ntwo\n\nhttps://a.b https://c.d")];
    const msgType = "interactiveCard";
    expect(repliedIn({ msgType, content: { cardContent } })?.parts).toEqual(parts);
    const asText = { cardContent: JSON.stringify(cardContent) };
    expect(repliedIn({ msgType, content: asText })?.parts).toEqual(parts);
  });

  test("ends, however deep a card or quotes are nested", () => {
    let node: unknown = { elementType: "TEXT", value: "deep" };
    let replied: unknown = { msgType: "text", content: { text: "deep" } };
    for (let depth = 0; depth < 2000; depth++) {
      node = { elementType: "RICHTEXT", children: [node] };
      replied = { msgType: "text", content: { text: "x", repliedMsg: replied } };
    }
    const card = repliedIn({ msgType: "interactiveCard", content: { cardContent: [node] } });
    expect(card?.parts).toEqual([{ kind: "unknown", msgtype: "interactiveCard" }]);
    expect(repliedIn(replied)?.quote?.quote?.quote).toBeUndefined();
    expect(repliedIn(replied)?.quote?.quote?.parts).toEqual([text("x")]);
  });
});
