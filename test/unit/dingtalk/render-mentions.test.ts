import { describe, expect, test } from "bun:test";
import { apiPayload, webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { At, Named, Part, Words } from "../../../src/core/message.ts";

interface Body {
  readonly text?: { readonly content: string };
  readonly markdown?: { readonly text: string };
  readonly at?: { readonly atUserIds?: readonly string[]; readonly isAtAll?: boolean };
}

const people: readonly Named[] = [
  { name: "小明", userId: "m1" },
  { name: "小明明", userId: "m2" },
  { name: "Tom", userId: "t1" },
  { name: "Tom Lee (IT)", userId: "t2" },
];

const words = (format: Words["format"], part: Part, at?: At): Words => ({
  format,
  title: "t",
  parts: [part],
  ...(at === undefined ? {} : { at }),
});
const webhook = (message: Words) => {
  const body = JSON.parse(webhookBody(message) ?? "") as Body;
  return { said: body.text?.content ?? body.markdown?.text, at: body.at };
};
const api = (message: Words) => {
  const { msgParam, leftOut } = apiPayload(message);
  const param = JSON.parse(msgParam) as { readonly content?: string; readonly text?: string };
  return { said: param.content ?? param.text, leftOut };
};

describe("people named in the text", () => {
  test.each([
    ["@小明 看一下", "@m1 看一下", ["m1"]],
    ["请@小明，看一下", "请@m1，看一下", ["m1"]],
    ["@小明明 和 @小明", "@m2 和 @m1", ["m2", "m1"]],
    ["@Tom and @Tom Lee (IT)!", "@t1 and @t2!", ["t1", "t2"]],
    ["@Tom, @Tom.", "@t1, @t1.", ["t1"]],
    ["**@Tom**", "**@t1**", ["t1"]],
    ["@小明\n@Tom", "@m1\n@t1", ["m1", "t1"]],
    ["`x` @Tom `y`", "`x` @t1 `y`", ["t1"]],
    ["```\nx\n```\n@Tom", "```\nx\n```\n@t1", ["t1"]],
    ["a ` @Tom", "a ` @t1", ["t1"]],
    ["`` a ` @Tom", "`` a ` @t1", ["t1"]],
    ["`a\n\n@Tom `", "`a\n\n@t1 `", ["t1"]],
  ])("are @-ed over a webhook: %j", (text, said, atUserIds) => {
    for (const format of ["text", "markdown"] as const) {
      expect(webhook(words(format, { text, named: people }))).toEqual({ said, at: { atUserIds } });
    }
  });

  test.each([
    "Tom",
    "@Tommy",
    "@Tom-Lee",
    "@Tom_1",
    "@小明朗",
    "mail tom@Tom",
    "https://a.example/@Tom",
    "`@Tom`",
    "``@Tom ` x``",
    "```\n@Tom\n```",
    "~~~~\n```\n@Tom\n~~~~",
    "```\n@Tom",
  ])("are nobody in %j", (text) => {
    const message = words("markdown", { text, named: people });
    expect(webhook(message)).toEqual({ said: text, at: undefined });
    expect(api(message).leftOut).toEqual([]);
  });

  test("are listed once, with the asker, in the order of the text", () => {
    const mention = { userId: "asker", nick: "A" };
    const part = { text: "@Tom @小明 @Tom", mention, named: people };
    expect(webhook(words("text", part))).toEqual({
      said: "@asker @t1 @m1 @t1",
      at: { atUserIds: ["asker", "t1", "m1"] },
    });
  });

  test("stay as they are written over the OpenAPI, which is reported", () => {
    const named = words("markdown", { text: "@Tom", named: people });
    expect(api(named)).toEqual({ said: "@Tom", leftOut: ["at"] });
  });

  test("may be called anything", () => {
    const odd = [
      { name: "a.*$&[(", userId: "$&" },
      { name: "", userId: "nobody" },
      { name: "x", userId: "" },
    ];
    expect(webhook(words("text", { text: "@a.*$&[( @ @x", named: odd }))).toEqual({
      said: "@$& @ @x",
      at: { atUserIds: ["$&"] },
    });
  });

  test("cost no more than the text is long", () => {
    const named = Array.from({ length: 40 }, (_, at) => ({ name: `n${at}`, userId: `u${at}` }));
    for (const text of [
      "@".repeat(200_000),
      "`".repeat(200_000),
      "` ``".repeat(60_000),
      "@n1 `".repeat(40_000),
    ]) {
      expect(webhook(words("markdown", { text, named })).said).toBeString();
    }
  });
});

describe("people to @ besides", () => {
  test("follow the text and are listed", () => {
    expect(webhook(words("text", { text: "hi" }, { userIds: ["a", "b", "a"] }))).toEqual({
      said: "hi @a @b",
      at: { atUserIds: ["a", "b"] },
    });
    expect(webhook(words("markdown", { text: "- hi" }, { userIds: ["a"] })).said).toBe(
      "- hi\n\n@a",
    );
    expect(webhook(words("text", { text: "" }, { userIds: ["a"] })).said).toBe("@a");
  });

  test("are not said twice", () => {
    const part = { text: "@Tom", named: people, mention: { userId: "asker", nick: undefined } };
    expect(webhook(words("text", part, { userIds: ["t1", "asker", "b"] }))).toEqual({
      said: "@asker @t1 @b",
      at: { atUserIds: ["asker", "t1", "b"] },
    });
  });

  test("may be everybody", () => {
    const all = words("text", { text: "hi" }, { userIds: [], all: true });
    expect(webhook(all)).toEqual({ said: "hi", at: { isAtAll: true } });
    expect(api(all)).toEqual({ said: "hi", leftOut: ["at"] });
  });

  test("are left out over the OpenAPI, which is reported; an asker is only named", () => {
    const mention = { userId: "asker", nick: "A" };
    expect(api(words("text", { text: "hi", mention }, { userIds: ["a"] }))).toEqual({
      said: "@A hi",
      leftOut: ["at"],
    });
    expect(api(words("text", { text: "hi", mention }))).toEqual({ said: "@A hi", leftOut: [] });
    expect(api(words("text", { text: "hi" }, { userIds: [], all: false })).leftOut).toEqual([]);
  });
});
