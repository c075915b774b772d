import { describe, expect, test } from "bun:test";
import { saidIn, type Part } from "../../../src/core/inbound/parts.ts";
import { KINDS, payloadData, type Payload } from "../../support/robot-payloads.ts";
import { content, messageOf, saidOf } from "./_said.ts";

const text = (words: string): Part => ({ kind: "text", text: words });
const picture = (...codes: string[]): Part => ({ kind: "media", media: "picture", codes });
const partsOf = (payload: Payload, more: Readonly<Record<string, unknown>> = {}) =>
  saidOf(payload, more).parts;

/** The parts of a message with this content. */
const partsIn = (msgtype: string, fields: unknown) => partsOf(content(msgtype, fields));

const EXPECTED: Readonly<Record<keyof typeof KINDS, readonly Part[]>> = {
  text: [text("hello DingTalk!")],
  groupText: [text("给 发个消息“你好”")],
  richText: [
    text("这个问题示例图如下："),
    picture("mIof1", "pWjA1"),
    text("通过以上示意图…"),
    picture("mIof2", "pWjA2"),
  ],
  groupRichText: [text("给@释心发个消息“你12好”")],
  picture: [picture("mIofPic", "pWjAPic")],
  audio: [
    {
      kind: "media",
      media: "audio",
      codes: ["mIofAudio"],
      durationMs: 4000,
      recognition: "钉钉，让进步发生",
    },
  ],
  video: [{ kind: "media", media: "video", codes: ["mIofVideo"], durationMs: 5000 }],
  file: [{ kind: "media", media: "file", codes: ["LJYYFile"], name: "foobar.zip" }],
  unknownMsgType: [
    {
      kind: "unknown",
      msgtype: "unknownMsgType",
      said: "用户发送了一条消息，机器人暂不支持接收。",
    },
  ],
  driveShare: [
    {
      kind: "link",
      url: "https://applink.dingtalk.com/page/yunpan?route=previewDentry&spaceId=28299679864&fileId=211213307938&type=file",
    },
  ],
  chatRecord: [
    {
      kind: "record",
      title: "A与B的聊天记录",
      summary: "A:[消息]\nB:[图片]\nB:这个就是",
      lines: [],
    },
  ],
  chatRecordWithLines: [
    {
      kind: "record",
      title: "A与B的聊天记录",
      summary: "A:早\nB:早上好",
      lines: [
        { who: "A", text: "早" },
        { who: "B", text: "早上好" },
        { who: "A", text: "[picture]" },
      ],
    },
  ],
  markdown: [text("## 日报\n- 完成了 **一件事**")],
  actionCard: [
    text("请假审批\n\n张三申请休假 3 天"),
    { kind: "link", url: "https://oa.example.com/agree?id=1", title: "同意" },
    { kind: "link", url: "https://oa.example.com/refuse?id=1" },
  ],
  noSuchKind: [{ kind: "unknown", msgtype: "location" }],
};

describe("saidIn()", () => {
  test.each(Object.keys(KINDS) as (keyof typeof KINDS)[])("reads %s", (kind) => {
    expect(saidOf(KINDS[kind])).toEqual({ parts: EXPECTED[kind] });
  });

  test.each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
    "reads %s whose content is JSON text",
    (kind) => {
      const { fields }: Payload = KINDS[kind];
      if (fields["content"] === undefined) return;
      const asText = { content: JSON.stringify(fields["content"]) };
      expect(partsOf(KINDS[kind], asText)).toEqual(EXPECTED[kind]);
    },
  );

  test.each([
    ["picture", "picture"],
    ["audio", "audio"],
    ["video", "video"],
    ["file", "file"],
    ["richText", "richText"],
    ["interactiveCard", "interactiveCard"],
    ["chatRecord", "chatRecord"],
    ["markdown", "markdown"],
    ["actionCard", "actionCard"],
    ["unknownMsgType", "unknownMsgType"],
    ["constructor", "constructor"],
    ["__proto__", "__proto__"],
    ["", "?"],
  ])("takes %j without usable content for unknown", (msgtype, named) => {
    for (const broken of [undefined, null, 5, [], {}, "{", { downloadCode: 5, richText: 5 }]) {
      const [part, ...others] = partsIn(msgtype, broken);
      expect(others).toEqual([]);
      if (broken !== "{") expect(part).toEqual({ kind: "unknown", msgtype: named });
    }
  });

  test("has nothing to say of a text that is none, or is blank", () => {
    for (const broken of [undefined, null, 5, {}, { content: 5 }, { content: " \n" }]) {
      expect(partsOf(KINDS.text, { text: broken })).toEqual([]);
    }
  });

  test("has nothing to say of a message that DingTalk keeps back", () => {
    const keptBack = { content: undefined, errorCode: "20001" };
    expect(partsOf(KINDS.picture, keptBack)).toEqual([]);
    expect(partsOf(KINDS.richText, keptBack)).toEqual([]);
  });

  test("keeps the name of a file that came without its code, and the words of such a voice", () => {
    expect(partsIn("file", { fileName: "a.zip" })).toEqual([
      { kind: "unknown", msgtype: "file", said: "a.zip" },
    ]);
    expect(partsIn("audio", { recognition: "你好" })).toEqual([
      { kind: "media", media: "audio", codes: [], recognition: "你好" },
    ]);
  });

  test("names a download code once", () => {
    expect(partsIn("picture", { downloadCode: "x", pictureDownloadCode: " x " })).toEqual([
      picture("x"),
    ]);
    expect(partsIn("picture", { pictureDownloadCode: "y" })).toEqual([picture("y")]);
  });

  test.each([
    ["video", "5", 5000],
    ["video", 4000, 4000],
    ["video", "61", 61_000],
    ["audio", "2000", 2000],
    ["audio", 12, 12_000],
    ["audio", 900, 900],
    ["audio", "soon", undefined],
    ["audio", -1, undefined],
    ["audio", null, undefined],
    ["audio", "1e999", undefined],
  ])("reads a %s's duration %j", (msgtype, duration, durationMs) => {
    expect(partsIn(msgtype, { downloadCode: "x", duration })).toEqual([
      { kind: "media", media: msgtype, codes: ["x"], durationMs } as Part,
    ]);
  });

  test("cleans a file's name, and leaves it its extension", () => {
    const nameOf = (fileName: string) => {
      const [part] = partsIn("file", { fileName, downloadCode: "x" });
      return part?.kind === "media" ? part.name : undefined;
    };
    expect(nameOf("a\u0000b\u001b[31m\u202etxt.exe\r\n")).toBe("ab[31mtxt.exe");
    const long = nameOf(`${"长".repeat(400)}.docx`);
    expect(long).toHaveLength(255);
    expect(long).toEndWith("….docx");
    expect(nameOf("\n\t ")).toBeUndefined();
  });

  test.each([
    ["https://a.example/x", "https://a.example/x"],
    ["dingtalk://dingtalkclient/page/other?x=1", "dingtalk://dingtalkclient/page/other?x=1"],
    [
      "dingtalk://dingtalkclient/page/link?pc_slide=true&url=https%3A%2F%2Fa.example%2Fx%3Fy%3D1",
      "https://a.example/x?y=1",
    ],
    [
      "dingtalk://dingtalkclient/page/link?url=javascript%3Aalert",
      "dingtalk://dingtalkclient/page/link?url=javascript%3Aalert",
    ],
  ])("makes %s a link to %s", (biz_custom_action_url, url) => {
    expect(partsIn("interactiveCard", { biz_custom_action_url })).toEqual([{ kind: "link", url }]);
  });

  test.each(["javascript:alert(1)", "a b", "https://", "https://a b", ""])(
    "makes no link of %j",
    (biz_custom_action_url) => {
      expect(partsIn("interactiveCard", { biz_custom_action_url })).toEqual([
        { kind: "unknown", msgtype: "interactiveCard" },
      ]);
    },
  );

  test.each(["chatRecord", "records", "messages"])("finds a record's lines under %s", (name) => {
    const lines = [{ senderName: "A", text: "早" }, 5, {}, { content: { text: "好" } }];
    for (const records of [lines, JSON.stringify(lines)]) {
      expect(partsIn("chatRecord", { title: "T", [name]: records })).toEqual([
        {
          kind: "record",
          title: "T",
          summary: "",
          lines: [
            { who: "A", text: "早" },
            { who: "?", text: "好" },
          ],
        },
      ]);
    }
  });

  test("does not repeat a title that an action card's text holds", () => {
    expect(partsIn("actionCard", { title: "T", text: "# T\nx" })).toEqual([text("# T\nx")]);
  });

  test("reads a copy of a message, or one put together by hand, as far as it goes", () => {
    for (const kind of ["text", "picture", "richText", "noSuchKind"] as const) {
      expect(saidIn({ ...messageOf(payloadData(KINDS[kind])) }).parts).toEqual(EXPECTED[kind]);
    }
  });

  test("is bounded: parts, lines, words", () => {
    const many = Array.from({ length: 1000 }, (_, at) => at);
    const richText = many.flatMap((at) => [
      { text: "好" },
      { type: "picture", downloadCode: `${at}` },
    ]);
    expect(partsIn("richText", { richText })).toHaveLength(200);
    const records = many.map(() => ({ senderName: "A", content: "x" }));
    const [record] = partsIn("chatRecord", { records });
    expect(record?.kind === "record" && record.lines).toHaveLength(200);
    const [words] = partsOf(KINDS.text, { text: { content: "😀".repeat(200_000) } });
    expect(words?.kind === "text" && words.text.length).toBeLessThanOrEqual(100_000);
    expect(words?.kind === "text" && words.text).toEndWith("😀…");
  });
});
