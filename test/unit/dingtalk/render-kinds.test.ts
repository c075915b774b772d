import { describe, expect, test } from "bun:test";
import { apiPayload, bytesOf, webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { ActionCard, Attachment, FeedCard, Message } from "../../../src/core/message.ts";

const webhook = (message: Message): unknown => JSON.parse(webhookBody(message) ?? "null");
const api = (message: Message): unknown => {
  const { msgKey, msgParam, leftOut } = apiPayload(message);
  return {
    msgKey,
    ...(JSON.parse(msgParam) as object),
    ...(leftOut.length > 0 ? { leftOut } : {}),
  };
};

const link: Message = { format: "link", title: "T", text: "x", url: "https://a.example" };
const feed: FeedCard = {
  format: "feedCard",
  links: [
    { title: "A [1]", url: "https://a.example/(x)", picture: "@pic" },
    { title: "B\nb", url: "https://b.example", picture: "https://p.example" },
  ],
};
const card = (count: number, orientation: ActionCard["orientation"] = "vertical"): ActionCard => ({
  format: "actionCard",
  title: "T",
  text: "**x**",
  orientation,
  buttons: Array.from({ length: count }, (_, at) => ({
    title: `B${at + 1}`,
    url: `https://a.example/${at + 1}`,
  })),
});
const mention = { userId: "u1", nick: "Tom" };
const file = (format: Attachment["format"], others: Partial<Attachment> = {}): Attachment => ({
  format,
  source: { mediaId: "@media" },
  ...others,
});

describe("a link", () => {
  test("goes either way", () => {
    expect(webhook(link)).toEqual({
      msgtype: "link",
      link: { title: "T", text: "x", messageUrl: "https://a.example" },
    });
    expect(webhook({ ...link, picture: "@pic" })).toMatchObject({ link: { picUrl: "@pic" } });
    expect(api({ ...link, picture: "@pic" })).toEqual({
      msgKey: "sampleLink",
      title: "T",
      text: "x",
      messageUrl: "https://a.example",
      picUrl: "@pic",
    });
  });

  test("says its title where it has no text: DingTalk refuses an empty one", () => {
    expect(webhook({ ...link, text: "" })).toMatchObject({ link: { text: "T" } });
    expect(api({ ...link, text: "" })).toMatchObject({ text: "T" });
  });
});

describe("an actionCard over a webhook", () => {
  test("has one button for all of it", () => {
    expect(webhook(card(1))).toEqual({
      msgtype: "actionCard",
      actionCard: {
        title: "T",
        text: "**x**",
        singleTitle: "B1",
        singleURL: "https://a.example/1",
      },
    });
  });

  test("has several, below or beside each other", () => {
    const btns = [
      { title: "B1", actionURL: "https://a.example/1" },
      { title: "B2", actionURL: "https://a.example/2" },
    ];
    expect(webhook(card(2))).toMatchObject({ actionCard: { btnOrientation: "0", btns } });
    expect(webhook(card(2, "horizontal"))).toMatchObject({
      actionCard: { btnOrientation: "1", btns },
    });
    expect(webhook(card(10))).toMatchObject({ actionCard: { btns: { length: 10 } } });
  });

  test("@-s its asker in the text", () => {
    expect(webhook({ ...card(1), mention })).toMatchObject({
      actionCard: { text: "@u1\n\n**x**" },
      at: { atUserIds: ["u1"] },
    });
  });
});

describe("an actionCard over the OpenAPI", () => {
  test("has one button", () => {
    expect(api(card(1, "horizontal"))).toEqual({
      msgKey: "sampleActionCard",
      title: "T",
      text: "**x**",
      singleTitle: "B1",
      singleURL: "https://a.example/1",
    });
  });

  test("has two to five below each other", () => {
    expect(api(card(2))).toEqual({
      msgKey: "sampleActionCard2",
      title: "T",
      text: "**x**",
      actionTitle1: "B1",
      actionURL1: "https://a.example/1",
      actionTitle2: "B2",
      actionURL2: "https://a.example/2",
    });
    for (const count of [3, 4, 5]) {
      const sent = api(card(count, "horizontal"));
      expect(sent).toMatchObject({ msgKey: `sampleActionCard${count}`, text: "**x**" });
      expect(sent).toHaveProperty(`actionURL${count}`, `https://a.example/${count}`);
    }
  });

  test("has two beside each other", () => {
    expect(api(card(2, "horizontal"))).toEqual({
      msgKey: "sampleActionCard6",
      title: "T",
      text: "**x**",
      buttonTitle1: "B1",
      buttonUrl1: "https://a.example/1",
      buttonTitle2: "B2",
      buttonUrl2: "https://a.example/2",
    });
  });

  test("has links for the buttons there is no place for", () => {
    const sent = api(card(7));
    expect(sent).toMatchObject({
      msgKey: "sampleActionCard5",
      text: "**x**\n\n[B6](https://a.example/6)\n\n[B7](https://a.example/7)",
    });
    expect(sent).not.toHaveProperty("actionTitle6");
  });

  test("only names its asker, and nothing is missed by it", () => {
    expect(api({ ...card(1), mention })).toMatchObject({ text: "@Tom\n\n**x**" });
    expect(apiPayload({ ...card(1), mention }).leftOut).toEqual([]);
  });
});

test("a feedCard goes by webhook, and as a list of links over the OpenAPI", () => {
  expect(webhook(feed)).toEqual({
    msgtype: "feedCard",
    feedCard: {
      links: [
        { title: "A [1]", messageURL: "https://a.example/(x)", picURL: "@pic" },
        { title: "B\nb", messageURL: "https://b.example", picURL: "https://p.example" },
      ],
    },
  });
  expect(api(feed)).toEqual({
    msgKey: "sampleMarkdown",
    title: "A [1]",
    text: "- [A \\[1\\]](https://a.example/%28x%29)\n- [B b](https://b.example)",
    leftOut: ["feedCard"],
  });
});

describe("a picture", () => {
  test("goes as markdown by webhook, and as itself over the OpenAPI", () => {
    const uploaded = file("image", { name: "a.png" });
    expect(webhook(uploaded)).toEqual({
      msgtype: "markdown",
      markdown: { title: "a.png", text: "![](@media)" },
    });
    expect(api(uploaded)).toEqual({ msgKey: "sampleImageMsg", photoURL: "@media" });
    const remote = file("image", { source: { url: "https://a.example/x(1).png" } });
    expect(webhook(remote)).toMatchObject({
      markdown: { title: expect.stringMatching(/./), text: "![](https://a.example/x%281%29.png)" },
    });
    expect(api(remote)).toEqual({
      msgKey: "sampleImageMsg",
      photoURL: "https://a.example/x(1).png",
    });
  });

  test.each([{ path: "/a.png" }, { url: "http://a.example/a.png" }])(
    "must be uploaded from %j",
    (source) => {
      expect(() => webhookBody(file("image", { source }))).toThrow(TypeError);
      expect(() => apiPayload(file("image", { source }))).toThrow(TypeError);
    },
  );
});

describe("a file", () => {
  test.each([
    ["report.PDF", "pdf"],
    ["a.tar.gz", "gz"],
    ["README", "bin"],
  ])("is of the type its name says: %s", (name, fileType) => {
    expect(api(file("file", { name }))).toEqual({
      msgKey: "sampleFile",
      mediaId: "@media",
      fileName: name,
      fileType,
    });
  });

  test("is sound with its length in milliseconds, else a file", () => {
    expect(api(file("audio", { durationMs: 4000 }))).toEqual({
      msgKey: "sampleAudio",
      mediaId: "@media",
      duration: "4000",
    });
    expect(api(file("audio", { name: "a.mp3" }))).toMatchObject({ msgKey: "sampleFile" });
  });

  test("is a video with its cover and its length in seconds, else a file", () => {
    const cover = { mediaId: "@cover" };
    expect(api(file("video", { name: "a.MP4", durationMs: 4600, cover }))).toEqual({
      msgKey: "sampleVideo",
      videoMediaId: "@media",
      picMediaId: "@cover",
      videoType: "mp4",
      duration: "5",
    });
    for (const lacking of [
      { durationMs: 5 },
      { cover },
      { durationMs: 5, cover: { path: "/c.png" } },
      { durationMs: 5, cover, name: "a.avi" },
    ]) {
      expect(api(file("video", { name: "a.mp4", ...lacking }))).toMatchObject({
        msgKey: "sampleFile",
        mediaId: "@media",
      });
    }
  });

  test.each(["file", "audio", "video"] as const)("cannot go by webhook: %s", (format) => {
    expect(webhookBody(file(format))).toBeUndefined();
    expect(webhookBody(file(format, { source: { path: "/a" } }))).toBeUndefined();
    const source = { url: "https://a.example/secret" };
    expect(() => apiPayload(file(format, { source, durationMs: 5 }))).toThrow(TypeError);
    expect(() => apiPayload(file(format, { source }))).toThrow(/^(?!.*secret)/);
  });
});

describe("a card's new state", () => {
  const state: Message = { format: "card", outTrackId: "o", text: "字" };

  test("goes neither way", () => {
    expect(webhookBody(state)).toBeUndefined();
    expect(() => apiPayload(state)).toThrow(TypeError);
    expect(bytesOf(state)).toBe(5);
  });
});

test("bytesOf() counts the longer form, whatever the kind", () => {
  for (const message of [
    link,
    feed,
    card(1),
    card(7),
    file("image"),
    file("file", { name: "字" }),
  ]) {
    const forms = [webhookBody(message) ?? "", apiPayload(message).msgParam];
    expect(bytesOf(message)).toBe(Math.max(...forms.map((form) => Buffer.byteLength(form))));
  }
});

test("no text has lone surrogates on its way", () => {
  const broken = "x\ud83d";
  const messages: Message[] = [
    { ...link, title: broken },
    { ...card(2), text: broken },
    { ...feed, links: [{ title: broken, url: "https://a.example", picture: "@p" }] },
    file("file", { name: broken }),
  ];
  for (const message of messages) {
    for (const json of [webhookBody(message) ?? "", apiPayload(message).msgParam]) {
      expect(json).not.toContain("\\ud83d");
    }
  }
});
