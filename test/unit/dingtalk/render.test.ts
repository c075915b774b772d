import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { apiPayload, bytesOf, webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { Mention, Message, Part, Words } from "../../../src/core/message.ts";

interface Body {
  readonly msgtype: string;
  readonly text?: { readonly content: string };
  readonly markdown?: { readonly title: string; readonly text: string };
  readonly at?: { readonly atUserIds: readonly string[] };
}

const text = (...parts: Part[]): Words => ({ format: "text", title: "t", parts });
const markdown = (...parts: Part[]): Words => ({ format: "markdown", title: "t", parts });
const body = (message: Message) => JSON.parse(webhookBody(message) ?? "") as Body;
const param = (message: Message) =>
  JSON.parse(apiPayload(message).msgParam) as { content?: string; title?: string; text?: string };

const ming: Mention = { userId: "staff1", nick: "小明" };
const hong: Mention = { userId: "staff2", nick: "小红" };
const outsider: Mention = { userId: undefined, nick: "小 明\n" };

describe("webhookBody()", () => {
  test("makes text and markdown", () => {
    expect(body(text({ text: "hello" }))).toEqual({ msgtype: "text", text: { content: "hello" } });
    expect(body(markdown({ text: "# h" }))).toEqual({
      msgtype: "markdown",
      markdown: { title: "t", text: "# h" },
    });
  });

  test("mentions a member by the list and in the text", () => {
    expect(body(text({ text: "hello", mention: ming }))).toEqual({
      msgtype: "text",
      text: { content: "@staff1 hello" },
      at: { atUserIds: ["staff1"] },
    });
  });

  test("leaves a heading at the start of its line", () => {
    expect(body(markdown({ text: "# h", mention: ming })).markdown?.text).toBe("@staff1\n\n# h");
  });

  test("names an outsider, who cannot be mentioned", () => {
    expect(body(text({ text: "hello", mention: outsider }))).toEqual({
      msgtype: "text",
      text: { content: "@小 明  hello" },
    });
  });

  test.each([
    { userId: undefined, nick: undefined },
    { userId: undefined, nick: "" },
    { userId: undefined, nick: "n".repeat(201) },
    { userId: "u".repeat(201), nick: "n" },
  ])("greets nobody without a usable name: %j", (mention) => {
    expect(body(text({ text: "hello", mention }))).toEqual(body(text({ text: "hello" })));
  });

  test("joins several answers and mentions everyone once, in order", () => {
    const parts = [
      { text: "1", mention: hong },
      { text: "2", mention: ming },
      { text: "3" },
      { text: "4", mention: hong },
      { text: "5", mention: outsider },
    ];
    const said = body(text(...parts));
    expect(said.text?.content).toBe("@staff2 1\n\n@staff1 2\n\n3\n\n@staff2 4\n\n@小 明  5");
    expect(said.at).toEqual({ atUserIds: ["staff2", "staff1"] });
    expect(body(markdown({ text: "1" }, { text: "2" })).markdown?.text).toBe("1\n\n---\n\n2");
  });
});

describe("apiPayload()", () => {
  test("makes text and markdown, and names people instead of mentioning them", () => {
    const parts = [{ text: "1", mention: ming }, { text: "2", mention: outsider }, { text: "3" }];
    expect(apiPayload(text(...parts)).msgKey).toBe("sampleText");
    expect(param(text(...parts))).toEqual({ content: "@小明 1\n\n@小 明  2\n\n3" });
    expect(apiPayload(markdown(...parts)).msgKey).toBe("sampleMarkdown");
    expect(param(markdown(...parts))).toEqual({
      title: "t",
      text: "@小明\n\n1\n\n---\n\n@小 明 \n\n2\n\n---\n\n3",
    });
  });

  test("has nothing to call someone of whom only the id is known", () => {
    expect(param(text({ text: "1", mention: { userId: "staff1", nick: undefined } }))).toEqual({
      content: "1",
    });
  });
});

describe("any message", () => {
  // Code units, so that lone surrogates come up.
  const unit = fc.integer({ min: 0, max: 0xff_ff }).map((code) => String.fromCharCode(code));
  const surrogate = fc.constantFrom("\ud83d", "\ude00", "😀", "@", "\n", '"', "\\", "中", "\u0001");
  const any = fc.string({ unit: fc.oneof(unit, surrogate), maxLength: 60 });
  const name = fc.option(
    fc.oneof(
      any,
      any.map((part) => part.repeat(8)),
    ),
    { nil: undefined },
  );
  const mention = fc.option(fc.record({ userId: name, nick: name }), { nil: undefined });
  const named = fc.array(fc.record({ name: any, userId: any }), { maxLength: 3 });
  const message: fc.Arbitrary<Message> = fc.record({
    format: fc.constantFrom("text" as const, "markdown" as const),
    title: any,
    parts: fc.array(fc.record({ text: any, mention, named }), { minLength: 1, maxLength: 5 }),
    at: fc.option(fc.record({ userIds: fc.array(any), all: fc.boolean() }), { nil: undefined }),
  });
  const strings = (value: unknown): string[] =>
    typeof value === "string"
      ? [value]
      : typeof value === "object" && value !== null
        ? Object.values(value).flatMap(strings)
        : [];

  test("is JSON without lone surrogates on either path", () => {
    fc.assert(
      fc.property(message, (message) => {
        for (const json of [webhookBody(message) ?? "", apiPayload(message).msgParam]) {
          expect(json.isWellFormed()).toBe(true);
          for (const value of strings(JSON.parse(json))) expect(value.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  test("mentions in the text whom it mentions in the list", () => {
    fc.assert(
      fc.property(message, (message) => {
        const said = body(message);
        const content = said.text?.content ?? said.markdown?.text ?? "";
        const ids = said.at?.atUserIds ?? [];
        for (const id of ids) expect(content).toContain(`@${id}`);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  test("takes as many bytes as bytesOf() says", () => {
    fc.assert(
      fc.property(message, (message) => {
        const forms = [webhookBody(message) ?? "", apiPayload(message).msgParam];
        const bytes = forms.map((form) => Buffer.byteLength(form));
        expect(bytesOf(message)).toBe(Math.max(...bytes));
      }),
    );
  });
});
