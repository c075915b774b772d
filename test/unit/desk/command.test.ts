import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { COMMANDS } from "../../../src/core/access/model.ts";
import { ALIASES, commandIn, type Command } from "../../../src/core/desk/command.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { KINDS } from "../../support/robot-payloads.ts";
import { messageOf } from "./_desk.ts";

const direct = (content: string) => commandIn(messageOf(robotData({ text: { content } })));
const group = (content: string) => commandIn(messageOf(groupData({ text: { content } })));
const nameIn = (content: string) => direct(content)?.name;

const rich = (texts: readonly string[], more: readonly object[] = [], fields: object = {}) =>
  commandIn(
    messageOf(
      groupData({
        msgtype: "richText",
        text: undefined,
        content: { richText: [...texts.map((text) => ({ text })), ...more] },
        atUsers: [{ dingtalkId: "$:LWCP_v1:$robot" }],
        ...fields,
      }),
    ),
  );

describe("names", () => {
  test.each([...COMMANDS])("/%s, in English letters of any size", (name) => {
    expect(nameIn(`/${name}`)).toBe(name);
    expect(nameIn(`/${name.toUpperCase()}`)).toBe(name);
    expect(nameIn(`／${name}`)).toBe(name);
  });

  test.each(COMMANDS.flatMap((name) => ALIASES[name].map((word) => [word, name] as const)))(
    "/%s is /%s",
    (word, name) => {
      expect(nameIn(`/${word}`)).toBe(name);
      expect(nameIn(`／${word} 1`)).toBe(name);
    },
  );

  test("no two commands share a name", () => {
    const words = COMMANDS.flatMap((name) => [[name], ALIASES[name]].flat());
    expect(new Set(words).size).toBe(words.length);
  });

  test("letters as wide as Chinese ones are the same letters", () => {
    expect(nameIn("／ｈｅｌｐ")).toBe("help");
  });
});

describe("what stands around a command", () => {
  test.each<[string, Command]>([
    ["/agent ops", { name: "agent", word: "agent", rest: "ops" }],
    ["/agent\u00a0ops \u200b", { name: "agent", word: "agent", rest: "ops" }],
    ["  /Help  ", { name: "help", word: "Help", rest: "" }],
    ["/btw 今天\n星期几？", { name: "btw", word: "btw", rest: "今天\n星期几？" }],
    ["/approve ABCD2345 owner", { name: "approve", word: "approve", rest: "ABCD2345 owner" }],
    ["/帮助", { name: "help", word: "帮助", rest: "" }],
    ["/model gpt", { name: undefined, word: "model", rest: "gpt" }],
    ["/你好", { name: undefined, word: "你好", rest: "" }],
    ["/constructor", { name: undefined, word: "constructor", rest: "" }],
    ["/__proto__", { name: undefined, word: "__proto__", rest: "" }],
  ])("%j", (text, command) => {
    expect(direct(text)).toEqual(command);
  });

  test("a word without end is shortened, and no command", () => {
    const command = direct(`/${"a".repeat(10_000)} x`);
    expect(command?.name).toBeUndefined();
    expect(command?.word.length).toBeLessThanOrEqual(32);
    expect(command?.rest).toBe("x");
  });

  test("blanks without end cost no time worth speaking of", () => {
    expect(direct(`/help${" ".repeat(90_000)}x${" ".repeat(9000)}`)?.name).toBe("help");
  });
});

describe("no command", () => {
  test.each([
    "",
    " ",
    "你好",
    "help",
    "帮助",
    "new",
    "/",
    "／",
    "//",
    "/ 3",
    "/ help",
    "/etc/passwd",
    "/usr/bin/env bash",
    "/2026/1",
    "/help/me",
    "/help!",
    "/help。",
    "/help?x=1",
    "a /help",
    "1/2",
    "\\help",
    "⁄help",
    "∕help",
    "-/help",
    "/-help.txt",
    "请 /stop",
  ])("%j", (text) => {
    expect(direct(text)).toBeUndefined();
    expect(group(text)).toBeUndefined();
  });
});

describe("stop", () => {
  test.each([
    "停止",
    "停止。",
    "停止！",
    "停止！！！",
    "stop",
    "Stop",
    "STOP!",
    "esc",
    "ESC.",
    " 停止 ",
    "\u2005stop\u200b",
    "/stop",
    "/STOP",
    "/停止",
    "／停止！",
    "/esc",
    "/stop 它",
  ])("%j", (text) => {
    expect(nameIn(text)).toBe("stop");
    expect(group(text)?.name).toBe("stop");
  });

  test.each([
    "stop it",
    "停止吧",
    "请停止",
    "stopp",
    "escape",
    "停 止",
    "stop?",
    "不要停止",
    "esc 键",
  ])("not %j", (text) => {
    expect(direct(text)).toBeUndefined();
  });
});

describe("groups", () => {
  test.each([
    " /status",
    "\u00a0/status\u00a0",
    "\u2005/status ",
    "\u200b \u200e/status\u200b",
    "/status ",
  ])("what a mention leaves behind is no part of it: %j", (text) => {
    expect(group(text)).toEqual({ name: "status", word: "status", rest: "" });
  });

  test("a rich text that is nothing but words counts, without the robot's own name", () => {
    expect(rich(["@小白", " /status"])?.name).toBe("status");
    expect(rich(["@小白 /agent", " ops"])).toEqual({ name: "agent", word: "agent", rest: "ops" });
    expect(rich(["停", "止"], [], { atUsers: [] })?.name).toBe("stop");
  });

  test("a rich text with anything else in it is for the agent", () => {
    expect(rich(["/status"], [{ type: "picture", downloadCode: "c" }])).toBeUndefined();
    expect(rich(["/status"], [{ type: "emoji" }])).toBeUndefined();
    expect(rich(["看看 /status"])).toBeUndefined();
  });
});

test("an answer to another message is for the agent", () => {
  const text = {
    content: "/stop",
    isReplyMsg: true,
    repliedMsg: { msgType: "text", content: { text: "早" } },
  };
  expect(commandIn(messageOf(robotData({ text })))).toBeUndefined();
  expect(
    commandIn(messageOf(robotData({ text: { content: "停止" }, originalMsgId: "m" }))),
  ).toBeUndefined();
});

test.each(Object.entries(KINDS))("a message of kind %s is none", (_kind, payload) => {
  const data = payload.chat === "direct" ? robotData(payload.fields) : groupData(payload.fields);
  expect(commandIn(messageOf(data))).toBeUndefined();
});

test("a spoken or captioned slash is none", () => {
  const content = { recognition: "/stop", duration: 1, downloadCode: "c" };
  const message = messageOf(robotData({ msgtype: "audio", text: undefined, content }));
  expect(commandIn(message)).toBeUndefined();
});

describe("whatever people write", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc
      .array(fc.constantFrom("/", "／", "stop", "停止", "help", " ", "\u200b", "\ud800", "。", "a"))
      .map((parts) => parts.join("")),
  );

  test("it never throws, whatever kind of message says so", () => {
    fc.assert(
      fc.property(anything, fc.constantFrom("text", "richText", "markdown"), (content, msgtype) => {
        direct(content);
        commandIn(messageOf(robotData({ msgtype, text: undefined, content })));
        commandIn(messageOf(robotData({ msgtype, content: { richText: [{ text: content }] } })));
      }),
    );
  });

  test("without a slash in front nothing is a command but the words to stop", () => {
    fc.assert(
      fc.property(anything, (content) => {
        const words = content.replace(/^[\s\p{Cf}]+/u, "");
        fc.pre(!/^[/／]/u.test(words) && !/^(?:stop|停止|esc)/iu.test(words));
        expect(direct(content)).toBeUndefined();
      }),
    );
  });

  test("with one, the word is what stands behind it", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z\d_-]{1,30}$/), anything, (word, rest) => {
        const command = direct(`/${word} ${rest}`);
        expect(command?.word).toBe(word);
      }),
    );
  });
});
