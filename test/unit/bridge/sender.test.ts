import { describe, expect, test } from "bun:test";
import { createSender } from "../../../src/core/bridge/sender.ts";
import { webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { RobotApi } from "../../../src/core/dingtalk/robot.ts";
import type { Throttle } from "../../../src/core/dingtalk/throttle.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Webhook } from "../../../src/core/inbound/robot-message.ts";
import type { Message } from "../../../src/core/message.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse } from "../../support/fake-fetch.ts";
import { WEBHOOK } from "../../support/fake-messages.ts";

const MINUTE = 60_000;
const member: Chat = { account: "a", kind: "direct", conversationId: "cid1", userId: "staff1" };
const outsider: Chat = { ...member, userId: "$:LWCP_v1:$abc" };
const group: Chat = { account: "a", kind: "group", conversationId: "cid2", userId: undefined };
const hello: Message = {
  format: "text",
  title: "",
  parts: [{ text: "hello", mention: { userId: "staff1", nick: "小明" } }],
};

function choosing(webhook: (now: number) => Webhook | undefined) {
  const clock = createFakeClock();
  const { fetch, calls } = createFakeFetch(() => jsonResponse(200, { errcode: 0 }));
  const sent: { chat: Chat; message: Message }[] = [];
  const api: RobotApi = {
    async send(chat, message) {
      sent.push({ chat, message });
      return { ok: true, processQueryKey: "k" };
    },
  };
  const taken: string[] = [];
  const throttle: Throttle = { take: async (name) => void taken.push(name), size: 0 };
  const found = webhook(clock.now());
  const store = { webhook: async () => found };
  const tokens = { get: async () => ({ ok: true, token: `after ${taken.length}` }) as const };
  const sender = createSender({ store, api, tokens, throttle, fetch, clock });
  const { signal } = new AbortController();
  const send = async (chat: Chat) => {
    const route = await sender.route(chat);
    if (route === undefined) throw new Error("no way");
    await sender.slot(route, signal);
    const entry = {
      id: 1,
      chat,
      message: hello,
      notice: false,
      createdAt: 0,
      attempts: 0,
      notBefore: 0,
    };
    return await sender.send(route, entry, signal);
  };
  return { sender, clock, calls, sent, taken, send };
}

const living = (ms: number | undefined) => (now: number) => ({
  url: WEBHOOK,
  expiresAt: ms === undefined ? undefined : now + ms,
});

describe("Sender.route()", () => {
  const by = async (chat: Chat, webhook: (now: number) => Webhook | undefined) =>
    (await choosing(webhook).sender.route(chat))?.kind;

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
    const webhook = await choosing(living(undefined)).sender.route(member);
    expect(webhook).toEqual({ kind: "webhook", api: "webhook", quota: "stream", url: WEBHOOK });
    const { sender } = choosing(() => undefined);
    expect(await sender.route(member)).toEqual({
      kind: "api",
      api: "/v1.0/robot/oToMessages/batchSend",
      quota: "api",
    });
    expect(await sender.route(group)).toMatchObject({ api: "/v1.0/robot/groupMessages/send" });
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
