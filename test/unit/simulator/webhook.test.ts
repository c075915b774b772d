import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startDingTalk, type DingTalk } from "../../../src/simulator/dingtalk.ts";
import { post } from "./_clients.ts";

const LINK = { title: "t", text: "x", messageUrl: "https://example.com" };
const CARD = { title: "t", text: "**x**" };
const BUTTON = { title: "A", actionURL: "https://example.com" };
const ITEM = { title: "t", messageURL: "https://example.com", picURL: "https://example.com/a.png" };

describe("the simulator's webhook", () => {
  let dingtalk: DingTalk;
  let url = "";

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    url = dingtalk.messageFor({}).sessionWebhook;
  });
  afterEach(() => dingtalk.close());

  test.each([
    ["text", { content: "hi" }],
    ["markdown", { title: "t", text: "# x" }],
    ["link", LINK],
    ["link", { ...LINK, picUrl: "@lAL" }],
    ["actionCard", { ...CARD, singleTitle: "go", singleURL: "https://example.com" }],
    ["actionCard", { ...CARD, btnOrientation: "1", btns: [BUTTON, BUTTON] }],
    ["feedCard", { links: [ITEM] }],
  ])("takes %s", async (msgtype, param) => {
    expect((await post(url, { msgtype, [msgtype]: param })).body).toEqual({
      errcode: 0,
      errmsg: "ok",
    });
    expect(dingtalk.sends()).toMatchObject([{ via: "webhook", msgKey: msgtype, param }]);
  });

  test("an empty message is taken, and nothing is said", async () => {
    expect((await post(url, { msgtype: "empty" })).body["errcode"]).toBe(0);
    expect(dingtalk.sent).toEqual([]);
  });

  test.each([
    [400105, { msgtype: "image", image: { picURL: "https://example.com/a.png" } }],
    [400105, { msgtype: "file", file: { mediaId: "@1", fileName: "a", fileType: "txt" } }],
    [400105, { text: { content: "x" } }],
    [401102, { msgtype: "text", text: { content: "" } }],
    [401102, { msgtype: "text", markdown: { title: "t", text: "x" } }],
    [401102, { msgtype: "markdown", markdown: { text: "x" } }],
    [401102, { msgtype: "link", link: { ...LINK, messageUrl: undefined } }],
    [401102, { msgtype: "actionCard", actionCard: CARD }],
    [401102, { msgtype: "actionCard", actionCard: { ...CARD, btns: [] } }],
    [401102, { msgtype: "actionCard", actionCard: { ...CARD, btns: [{ title: "A", url: "x" }] } }],
    [
      401102,
      { msgtype: "actionCard", actionCard: { ...CARD, btns: [BUTTON], btnOrientation: "left" } },
    ],
    [401102, { msgtype: "feedCard", feedCard: { links: [] } }],
    [401102, { msgtype: "feedCard", feedCard: { links: [{ ...ITEM, picURL: undefined }] } }],
    [401102, { msgtype: "text", text: { content: "x" }, at: { atUserIds: "u1" } }],
    [460101, { msgtype: "text", text: { content: "好".repeat(6700) } }],
    [40035, "no json"],
  ])("says %d to %j", async (errcode, body) => {
    const { status, body: answer } = await post(url, body);
    expect(status).toBe(200);
    expect(answer).toEqual({ errcode, errmsg: expect.any(String) });
    expect(dingtalk.sent).toEqual([]);
  });
});
