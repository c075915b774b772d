import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { MAX_MESSAGE_BYTES, bytesOf } from "../../../src/core/dingtalk/render.ts";
import {
  ActionCardSchema,
  AttachmentSchema,
  BlockSchema,
  FeedCardSchema,
  LinkSchema,
  problemsOf,
} from "../../../src/core/reply/schema/message-schema.ts";

const read = (schema: v.GenericSchema, json: unknown) => {
  const parsed = v.safeParse(schema, json);
  return parsed.success ? parsed.output : problemsOf(parsed.issues);
};
const problems = (schema: v.GenericSchema, json: unknown) => {
  const parsed = v.safeParse(schema, json);
  return parsed.success
    ? []
    : problemsOf(parsed.issues).map(({ path, reason }) => `${path}: ${reason}`);
};

const URL = "https://a.example/x";
const link = { title: "t", text: "x", url: URL };
const card = { title: "t", text: "x", buttons: [{ title: "Open", url: URL }] };
const feed = { links: [{ title: "t", url: URL, picture: "@lADPmedia" }] };

describe("a message in JSON", () => {
  test("is a link", () => {
    expect(read(LinkSchema, { ...link, picture: "$iAEKpic" })).toEqual({
      format: "link",
      title: "t",
      text: "x",
      url: URL,
      picture: "$iAEKpic",
    });
    expect(read(LinkSchema, { title: " a\nb ", url: URL })).toEqual({
      format: "link",
      title: "a b",
      text: "",
      url: URL,
    });
  });

  test("is a card with buttons that open something or say something", () => {
    const buttons = [
      { title: "Open", url: "dingtalk://dingtalkclient/page/link?url=x" },
      { title: "Yes", send: "好的 & go" },
    ];
    expect(read(ActionCardSchema, { ...card, buttons, orientation: "horizontal" })).toEqual({
      format: "actionCard",
      title: "t",
      text: "x",
      orientation: "horizontal",
      buttons: [
        { title: "Open", url: "dingtalk://dingtalkclient/page/link?url=x" },
        {
          title: "Yes",
          url: "dtmd://dingtalkclient/sendMessage?content=%E5%A5%BD%E7%9A%84%20%26%20go",
        },
      ],
    });
    expect(read(ActionCardSchema, card)).toMatchObject({ orientation: "vertical" });
  });

  test("is a feedCard", () => {
    expect(read(FeedCardSchema, feed)).toEqual({ format: "feedCard", ...feed });
  });

  test.each(["image", "file", "audio", "video"] as const)("is a file: %s", (format) => {
    const json = { path: "/srv/a.bin", name: "A.bin", durationMs: 5, cover: { mediaId: "@pic" } };
    expect(read(AttachmentSchema[format], json)).toEqual({
      format,
      source: { path: "/srv/a.bin" },
      name: "A.bin",
      durationMs: 5,
      cover: { mediaId: "@pic" },
    });
    expect(read(AttachmentSchema[format], { url: URL })).toEqual({ format, source: { url: URL } });
  });

  test("is told by its type in a block", () => {
    expect(read(BlockSchema, { type: "link", ...link })).toMatchObject({ format: "link" });
    expect(read(BlockSchema, { type: "actionCard", ...card })).toMatchObject({
      buttons: [{ url: URL }],
    });
    expect(read(BlockSchema, { type: "feedCard", ...feed })).toMatchObject({ format: "feedCard" });
    expect(read(BlockSchema, { type: "video", mediaId: "@v" })).toEqual({
      format: "video",
      source: { mediaId: "@v" },
    });
  });

  test("may use DingTalk's own names", () => {
    expect(read(LinkSchema, { title: "t", text: "x", messageUrl: URL, picUrl: URL })).toEqual({
      format: "link",
      ...link,
      picture: URL,
    });
    const btns = [
      { title: "A", actionURL: URL },
      { title: "B", actionURL: URL },
    ];
    expect(
      read(ActionCardSchema, { title: "t", text: "x", btns, btnOrientation: "1" }),
    ).toMatchObject({
      orientation: "horizontal",
      buttons: [
        { title: "A", url: URL },
        { title: "B", url: URL },
      ],
    });
    const single = { title: "t", text: "x", singleTitle: "A", singleURL: URL, btnOrientation: 0 };
    expect(read(ActionCardSchema, single)).toMatchObject({
      orientation: "vertical",
      buttons: [{ title: "A", url: URL }],
    });
    const line = { title: "t", messageURL: URL, picURL: "@p" };
    expect(read(FeedCardSchema, { links: [line] })).toMatchObject({
      links: [{ title: "t", url: URL, picture: "@p" }],
    });
  });

  test.each([
    ["@media", { mediaId: "@media" }],
    ["/srv/a.png", { path: "/srv/a.png" }],
    ["C:\\a.png", { path: "C:\\a.png" }],
    [URL, { url: URL }],
  ])("finds out what a file's src %j is", (src, source) => {
    expect(read(AttachmentSchema.image, { src })).toEqual({ format: "image", source });
  });

  test("takes null for a key that is not there", () => {
    expect(read(LinkSchema, { ...link, picture: null })).toEqual({ format: "link", ...link });
    expect(read(AttachmentSchema.file, { url: URL, path: null, cover: null })).toEqual({
      format: "file",
      source: { url: URL },
    });
  });
});

describe("a message that is refused", () => {
  const long = (chars: number) => "x".repeat(chars);

  test.each<[schema: v.GenericSchema, json: unknown, problems: string[]]>([
    [LinkSchema, "x", [": expected an object"]],
    [LinkSchema, [link], [": expected an object"]],
    [LinkSchema, {}, ["title: is missing", "url: is missing"]],
    [LinkSchema, { ...link, title: " " }, ["title: is empty"]],
    [LinkSchema, { ...link, title: long(201) }, ["title: is longer than 200 characters"]],
    [LinkSchema, { ...link, text: long(10_001) }, ["text: is longer than 10000 characters"]],
    [LinkSchema, { ...link, text: 5 }, ["text: expected text"]],
    [
      LinkSchema,
      { ...link, text: "字".repeat(9000) },
      [": takes more than the 14000 bytes that a message may have"],
    ],
    [LinkSchema, { ...link, url: 7 }, ["url: expected an http, https, dingtalk or dtmd address"]],
    [
      LinkSchema,
      { ...link, picture: "x.png" },
      ["picture: expected an http(s) address or a media id"],
    ],
    [ActionCardSchema, { ...card, text: "" }, ["text: is empty"]],
    [ActionCardSchema, { ...card, buttons: [] }, ["buttons: is empty"]],
    [ActionCardSchema, { ...card, buttons: {} }, ["buttons: expected a list"]],
    [
      ActionCardSchema,
      { ...card, buttons: Array.from({ length: 11 }, () => card.buttons[0]) },
      ["buttons: has more than 10 entries"],
    ],
    [
      ActionCardSchema,
      { ...card, buttons: [card.buttons[0], { title: "x" }, { url: URL }] },
      ['buttons.1: expected either "url" or "send"', "buttons.2.title: is missing"].toReversed(),
    ],
    [
      ActionCardSchema,
      { ...card, buttons: [{ title: "x", url: URL, send: "x" }] },
      ['buttons.0: expected either "url" or "send"'],
    ],
    [
      ActionCardSchema,
      { ...card, orientation: "diagonal" },
      ['orientation: expected "vertical" or "horizontal"'],
    ],
    [FeedCardSchema, { links: [{ title: "t", url: URL }] }, ["links.0.picture: is missing"]],
    [
      FeedCardSchema,
      { links: Array.from({ length: 10 }, () => feed.links[0]) },
      ["links: has more than 9 entries"],
    ],
    [AttachmentSchema.file, {}, [': expected one of "url", "path" and "mediaId"']],
    [
      AttachmentSchema.file,
      { url: URL, path: "/a" },
      [': expected one of "url", "path" and "mediaId"'],
    ],
    [AttachmentSchema.file, { path: "a.txt" }, ["path: expected an absolute path"]],
    [AttachmentSchema.file, { path: "/a\u0000b" }, ["path: expected an absolute path"]],
    [AttachmentSchema.file, { mediaId: "media" }, ["mediaId: expected a media id"]],
    [AttachmentSchema.file, { url: "dingtalk://x" }, ["url: expected an http(s) address"]],
    [
      AttachmentSchema.file,
      { url: URL, name: "../a" },
      ["name: expected a file's name, without slashes"],
    ],
    [
      AttachmentSchema.audio,
      { url: URL, durationMs: 1.5 },
      ["durationMs: expected a whole number of milliseconds"],
    ],
    [
      AttachmentSchema.video,
      { url: URL, cover: {} },
      ['cover: expected one of "url", "path" and "mediaId"'],
    ],
    [
      BlockSchema,
      { type: "poll" },
      ["type: expected one of link, actionCard, feedCard, image, file, audio, video"],
    ],
    [BlockSchema, { type: "constructor" }, [expect.stringContaining("type: expected one of")]],
    [BlockSchema, link, ["type: is missing"]],
    [BlockSchema, { type: "link", title: "t" }, ["url: is missing"]],
  ])("says where and why: %# %j", (schema, json, reasons) => {
    expect(problems(schema, json).toSorted()).toEqual(reasons.toSorted());
  });

  test.each([
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://a.example",
    "/relative",
    "https://a.example/a b",
    "https://a.example/\nx",
    "vbscript:x",
  ])("has an address nobody should open: %j", (url) => {
    const reason = "expected an http, https, dingtalk or dtmd address";
    expect(problems(LinkSchema, { ...link, url })).toEqual([`url: ${reason}`]);
    expect(problems(ActionCardSchema, { ...card, buttons: [{ title: "x", url }] })).toEqual([
      `buttons.0.url: ${reason}`,
    ]);
  });

  test("has keys that mean nothing: refused one by one, but passed over in a block", () => {
    expect(problems(LinkSchema, { ...link, colour: "red", size: 5 })).toEqual([
      "colour: is not a key here",
      "size: is not a key here",
    ]);
    const buttons = [{ title: "x", url: URL, colour: "red" }];
    expect(problems(ActionCardSchema, { ...card, buttons })).toEqual([
      "buttons.0.colour: is not a key here",
    ]);
    expect(problems(AttachmentSchema.file, { url: URL, type: "file" })).toEqual([
      "type: is not a key here",
    ]);
    expect(read(BlockSchema, { type: "link", ...link, colour: "red" })).toEqual({
      format: "link",
      ...link,
    });
    expect(problems(BlockSchema, { type: "actionCard", ...card, buttons })).toEqual([]);
  });

  test("never has its values in the reasons", () => {
    const secret = "SECRET123";
    const value = fc.constantFrom<unknown>(
      secret,
      `${secret} ${secret}`,
      { [secret.toLowerCase()]: secret },
      [secret],
      `https://a.example/ ${secret}`,
      123_321,
      true,
    );
    const keys =
      "type title text url picture buttons links path mediaId name durationMs cover src".split(" ");
    const json = fc.dictionary(fc.constantFrom(...keys), value);
    const schemas = [
      LinkSchema,
      ActionCardSchema,
      FeedCardSchema,
      AttachmentSchema.video,
      BlockSchema,
    ];
    fc.assert(
      fc.property(json, fc.constantFrom<v.GenericSchema>(...schemas), (json, schema) => {
        const said = problems(schema, json).join("\n");
        expect(said).not.toContain(secret);
        expect(said).not.toContain("123321");
      }),
    );
  });
});

test("whatever is taken can be sent", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 600 });
  const button = fc.record({ title: text, send: text });
  const json = fc.record({ title: text, text, buttons: fc.array(button, { maxLength: 12 }) });
  fc.assert(
    fc.property(json, (json) => {
      const parsed = v.safeParse(ActionCardSchema, json);
      if (parsed.success) expect(bytesOf(parsed.output)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    }),
  );
});
