import { describe, expect, test } from "bun:test";
import { COLLEAGUE, ROBOT_ID, type Payload } from "../../support/robot-payloads.ts";
import { saidOf } from "./_said.ts";

const ROBOT = { dingtalkId: ROBOT_ID };

function richText(chat: Payload["chat"], items: unknown[], atUsers: unknown = [ROBOT]): Payload {
  const inGroup = chat === "group" ? { atUsers } : {};
  return {
    chat,
    fields: { msgtype: "richText", text: undefined, content: { richText: items }, ...inGroup },
  };
}
const runs = (...texts: string[]) => texts.map((text) => ({ text }));
const pic = { type: "picture", downloadCode: "x" };

/** What is said, pictures and the like as their kind. */
function saidBy(payload: Payload, more: Readonly<Record<string, unknown>> = {}): string {
  return saidOf(payload, more)
    .parts.map((part) =>
      part.kind === "text"
        ? part.text
        : part.kind === "media"
          ? `[${part.media}]`
          : `<${part.kind}>`,
    )
    .join("|");
}

describe("a richText", () => {
  test.each<[string, unknown[], string]>([
    ["runs, joined as they are", runs("a", "b ", " ", "c\n", "d"), "ab  c\nd"],
    ["a surrogate pair in two runs", runs("\ud83d", "\ude00"), "😀"],
    ["runs of live and quoted shape", [{ type: "text", text: "a" }, { content: "b" }], "ab"],
    ["a mention", [{ type: "at", atName: "Tom", atUserId: "1" }, { text: " hi" }], "@Tom hi"],
    ["a mention by another name", [{ type: "mention", text: "@Tom" }], "@Tom"],
    ["an emoji", [{ type: "emoji", text: "[微笑]" }], "[微笑]"],
    ["a skill", [{ type: "skill", text: "x", skillData: { displayName: "周报" } }], "[周报]"],
    [
      "other media",
      [
        { ...pic, type: "video" },
        { ...pic, type: "file" },
      ],
      "[video]|[file]",
    ],
    ["a picture without a type", [{ downloadCode: "x" }], "[picture]"],
    [
      "paragraphs",
      [
        { type: "paragraph", text: "a" },
        { type: "paragraph", children: runs("b") },
      ],
      "a\nb",
    ],
    ["an item of a new type with words", [{ type: "code", text: "x=1" }], "x=1"],
    ["an item of a new type without", [{ type: "vote" }, { text: "a" }], "<unknown>|a"],
    ["a picture without a code", [{ type: "picture" }, { text: "a" }], "<unknown>|a"],
    ["items that are none", [null, 5, [], {}, { text: 5 }, "a"], "a"],
    ["blanks between pictures", [pic, { text: " \n" }, pic], "[picture]|[picture]"],
  ])("reads %s", (_what, items, said) => {
    expect(saidBy(richText("direct", items))).toBe(said);
  });

  test("ends, however deep paragraphs are nested", () => {
    let item: unknown = { text: "deep" };
    for (let depth = 0; depth < 3000; depth++) item = { type: "paragraph", children: [item] };
    expect(saidBy(richText("direct", [item, { text: "after" }]))).toBe("after");
  });
});

describe("the robot's own name in a group's richText", () => {
  test.each<[string, unknown[], string]>([
    ["in front, a run of its own", runs("@小白", "你好"), "你好"],
    ["in front, after blanks", runs(" ", " @小白 ", " 你好"), "你好"],
    ["in front, words in the same run", runs("@小白 你好 世界"), "你好 世界"],
    ["in front, a comma after it", runs("@小白，你好"), "你好"],
    ["before a picture", [...runs("@小白"), pic], "[picture]"],
    ["after a picture", [pic, ...runs("@小白", "这是什么")], "[picture]|这是什么"],
    ["at the end", runs("你好 ", "@小白"), "你好"],
    ["with a command", runs("@小白", " /new"), "/new"],
    ["and a later @word", runs("@小白", " 解释 ", "@Override"), "解释 @Override"],
    ["and a second one at once", runs("@小白", "@Override 是什么"), "@Override 是什么"],
    [
      "as an item with the id",
      [{ type: "at", atName: "小白", atUserId: ROBOT_ID }, ...runs("@x")],
      "@x",
    ],
  ])("is removed %s", (_where, items, said) => {
    expect(saidBy(richText("group", items))).toBe(said);
  });

  test.each<[string, unknown[], string]>([
    ["in front", runs("@小白", "给", "@释心", "发消息"), "给@释心发消息"],
    ["alone in front", runs("@小白 ", "你好"), "你好"],
  ])("is removed where colleagues are @-ed too, %s", (_where, items, said) => {
    expect(saidBy(richText("group", items, [COLLEAGUE, ROBOT]))).toBe(said);
  });

  test.each<[string, unknown[]]>([
    ["two mentions in front", runs("@释心", "@小白", "你们好")],
    ["two mentions in one run", runs("@释心 @小白 你们好")],
    ["mentions further back", runs("请", "@释心", "问", "@小白")],
    ["a colleague's id", [{ type: "at", atName: "释心", atUserId: "staff2" }, ...runs("你好")]],
  ])("stays where it cannot be told from a colleague's: %s", (_where, items) => {
    const said = items.map((item) => {
      const { text, atName } = item as { text?: string; atName?: string };
      return text ?? `@${atName}`;
    });
    expect(saidBy(richText("group", items, [COLLEAGUE, ROBOT]))).toBe(said.join(""));
  });

  test.each<[string, unknown[]]>([
    ["an @ inside words", runs("a@b.example 你好")],
    ["a bare @", runs("@ 你好")],
    ["a very long word", runs(`@${"长".repeat(40)}`)],
  ])("is not %s", (_what, items) => {
    const { text } = items[0] as { text: string };
    expect(saidBy(richText("group", items))).toBe(text);
  });

  test("is not looked for in a direct chat, nor where the robot is not @-ed", () => {
    expect(saidBy(richText("direct", runs("@小白", "你好")))).toBe("@小白你好");
    const notMentioned = richText("group", runs("@小白", "你好"));
    expect(saidBy(notMentioned, { isInAtList: false })).toBe("@小白你好");
    expect(saidBy(notMentioned, { isInAtList: undefined })).toBe("你好");
    expect(saidBy(notMentioned, { isInAtList: undefined, atUsers: undefined })).toBe("@小白你好");
  });
});
