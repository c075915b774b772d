import { describe, expect, test } from "bun:test";
import { createSender } from "../../../src/core/bridge/sender.ts";
import { webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { RobotApi } from "../../../src/core/dingtalk/robot.ts";
import type { Throttle } from "../../../src/core/dingtalk/throttle.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Webhook } from "../../../src/core/inbound/robot-message.ts";
import type { Message } from "../../../src/core/message.ts";
import type { OutboxEntry } from "../../../src/core/store.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse } from "../../support/fake-fetch.ts";
import { WEBHOOK, words } from "../../support/fake-messages.ts";

const MINUTE = 60_000;
const member: Chat = { account: "a", kind: "direct", conversationId: "cid1", userId: "staff1" };
const outsider: Chat = { ...member, userId: "$:LWCP_v1:$abc" };
const group: Chat = { account: "a", kind: "group", conversationId: "cid2", userId: undefined };
const hello: Message = {
  format: "text",
  title: "",
  parts: [{ text: "hello", mention: { userId: "staff1", nick: "小明" } }],
};

const entryOf = (chat: Chat, fields: Partial<OutboxEntry> = {}): OutboxEntry => ({
  id: 1,
  chat,
  message: hello,
  notice: false,
  submission: undefined,
  createdAt: 0,
  attempts: 0,
  notBefore: 0,
  ...fields,
});

function choosing(webhook: (now: number) => Webhook | undefined) {
  const clock = createFakeClock();
  const { fetch, calls } = createFakeFetch(() => jsonResponse(200, { errcode: 0 }));
  const sent: { chat: Chat; message: Message; userIds?: readonly string[] }[] = [];
  const api: RobotApi = {
    async send(chat, message, _signal, userIds) {
      sent.push({ chat, message, ...(userIds === undefined ? {} : { userIds }) });
      return { ok: true, processQueryKey: "k" };
    },
  };
  const taken: string[] = [];
  const throttle: Throttle = {
    take: async (name) => void taken.push(name),
    tryTake: () => true,
    size: 0,
  };
  const found = webhook(clock.now());
  const store = { webhook: async () => found };
  const tokens = { get: async () => ({ ok: true, token: `after ${taken.length}` }) as const };
  const cardTaken: string[] = [];
  const finished: string[] = [];
  const sender = createSender({
    store,
    api,
    cards: {
      async finish(outTrackId, text) {
        finished.push(`${outTrackId} ${text}`);
        return { ok: true };
      },
    },
    tokens,
    throttle,
    cardThrottle: { ...throttle, take: async (name) => void cardTaken.push(name) },
    fetch,
    clock,
  });
  const { signal } = new AbortController();
  const send = async (chat: Chat, fields: Partial<OutboxEntry> = {}) => {
    const entry = entryOf(chat, fields);
    const route = await sender.route(entry);
    if (route === undefined) throw new Error("no way");
    await sender.slot(route, signal);
    return await sender.send(route, entry, signal);
  };
  return { sender, clock, calls, sent, taken, cardTaken, finished, send };
}

const living = (ms: number | undefined) => (now: number) => ({
  url: WEBHOOK,
  expiresAt: ms === undefined ? undefined : now + ms,
});

describe("Sender.route()", () => {
  const by = async (chat: Chat, webhook: (now: number) => Webhook | undefined) =>
    (await choosing(webhook).sender.route(entryOf(chat)))?.kind;

  test.each([
    [90 * MINUTE, "webhook"],
    [5 * MINUTE + 1, "webhook"],
    [5 * MINUTE, "api"],
    [1, "api"],
    [0, "api"],
    [-MINUTE, "api"],
    [undefined, "webhook"],
  ] as const)("members and groups, a webhook that lives %p ms: %s", async (ms, kind) => {
    expect(await by(member, living(ms))).toBe(kind);
    expect(await by(group, living(ms))).toBe(kind);
  });

  test.each([
    [90 * MINUTE, "webhook"],
    [5 * MINUTE, "webhook"],
    [1, "webhook"],
    [0, undefined],
    [-MINUTE, undefined],
    [undefined, "webhook"],
  ] as const)("outsiders, a webhook that lives %p ms: %p", async (ms, kind) => {
    expect(await by(outsider, living(ms))).toBe(kind as never);
  });

  test("without a webhook: the OpenAPI, or none", async () => {
    expect(await by(member, () => undefined)).toBe("api");
    expect(await by(group, () => undefined)).toBe("api");
    expect(await by(outsider, () => undefined)).toBeUndefined();
    expect(await by({ ...member, userId: undefined }, () => undefined)).toBeUndefined();
  });

  test("says which quota it draws on and what DingTalk's limit counts together", async () => {
    const webhook = await choosing(living(undefined)).sender.route(entryOf(member));
    expect(webhook).toEqual({ kind: "webhook", api: "webhook", quota: "stream", url: WEBHOOK });
    const { sender } = choosing(() => undefined);
    expect(await sender.route(entryOf(member))).toEqual({
      kind: "api",
      api: "/v1.0/robot/oToMessages/batchSend",
      quota: "api",
    });
    expect(await sender.route(entryOf(group))).toMatchObject({
      api: "/v1.0/robot/groupMessages/send",
    });
  });
});

describe("Sender.send()", () => {
  test("by the webhook: it can mention", async () => {
    const { send, calls, sent, taken } = choosing(living(undefined));
    expect(await send(group)).toEqual({ ok: true });
    expect(calls).toMatchObject([{ url: WEBHOOK, body: webhookBody(hello) }]);
    expect(calls[0]?.body).toContain("atUserIds");
    expect(sent).toEqual([]);
    expect(taken).toEqual(["webhook"]);
  });

  test("by the OpenAPI", async () => {
    const { send, calls, sent, taken } = choosing(() => undefined);
    expect(await send(group)).toMatchObject({ ok: true });
    expect(calls).toEqual([]);
    expect(sent).toEqual([{ chat: group, message: hello }]);
    expect(taken).toEqual(["/v1.0/robot/groupMessages/send"]);
  });
});

describe("a Sender knows what each way can carry", () => {
  const route = async (chat: Chat, fields: Partial<OutboxEntry>, ms = 90 * MINUTE) =>
    (await choosing(living(ms)).sender.route(entryOf(chat, fields)))?.kind;
  const file: Message = { format: "file", source: { mediaId: "@m" }, name: "a.pdf" };
  const feed: Message = {
    format: "feedCard",
    links: [{ title: "t", url: "https://example.com/", picture: "https://example.com/p.png" }],
  };
  const calling: Message = { ...words("hi"), at: { userIds: ["staff2"] } };

  test("a file goes by the OpenAPI, and to nobody the OpenAPI does not reach", async () => {
    expect(await route(group, { message: file })).toBe("api");
    expect(await route(outsider, { message: file })).toBeUndefined();
  });

  test("what others asked to be sent goes by the OpenAPI, whose key allows recalling it", async () => {
    expect(await route(group, { submission: "s1" })).toBe("api");
    expect(await route(outsider, { submission: "s1" })).toBe("webhook");
  });

  test.each([
    ["a feedCard", feed],
    ["a mention", calling],
  ])("%s of others goes by the webhook while that is fresh", async (_what, message) => {
    expect(await route(group, { submission: "s1", message })).toBe("webhook");
    expect(await route(group, { submission: "s1", message }, MINUTE)).toBe("api");
  });

  test("several people are one call", async () => {
    const { send, sent } = choosing(living(90 * MINUTE));
    const chat = { ...member, conversationId: "users:1", userId: undefined };
    await send(chat, { submission: "s1", userIds: ["a", "b"] });
    expect(sent).toEqual([{ chat, message: hello, userIds: ["a", "b"] }]);
  });

  test("a card is finished in the pace of cards, and keeps its key", async () => {
    const { send, finished, taken, cardTaken } = choosing(living(90 * MINUTE));
    const message: Message = { format: "card", outTrackId: "c1", text: "end", key: "carrier" };
    expect(await send(group, { message })).toEqual({ ok: true, processQueryKey: "carrier" });
    expect(finished).toEqual(["c1 end"]);
    expect(taken).toEqual([]);
    expect(cardTaken).toEqual(["card"]);
  });
});
