import { describe, expect, test } from "bun:test";
import { jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { WEBHOOK } from "../../support/fake-messages.ts";
import { errcode, isApi, ok, refusal, said, sending, type Answer } from "./_sending.ts";

const MINUTE = 60_000;
const conversation = { account: "default", conversationId: "a" };
/** Nobody but the webhook can reach an outsider. */
const outsider = { fields: { senderStaffId: "" } };

describe("createOutbox()", () => {
  test("posts a reply to its conversation's webhook and lets it go", async () => {
    const { outbox, clock, calls, left, counted } = await sending(ok, { a: ["hello"] });
    outbox.wake(conversation);
    await clock.settle();
    expect(calls).toMatchObject([{ url: `${WEBHOOK}-a`, method: "POST", redirect: "manual" }]);
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({
      msgtype: "text",
      text: { content: "hello" },
    });
    expect(calls[0]?.headers.get("content-type")).toContain("application/json");
    expect(await left()).toBe(0);
    expect(counted()).toEqual({ replies_sent: 1 });
  });

  test("takes up what an earlier process left", async () => {
    const { outbox, clock, left } = await sending(ok, { a: ["1", "2"], b: ["3"] });
    await outbox.resume();
    await clock.settle();
    expect(await left()).toBe(0);
  });

  test("keeps the order within a conversation, one at a time", async () => {
    let under = 0;
    const { outbox, clock, texts } = await sending(
      async () => {
        expect(++under).toBe(1);
        await Promise.resolve();
        under--;
        return ok();
      },
      { a: ["1", "2", "3"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(texts()).toEqual(["1", "2", "3"]);
  });

  test("does not let one conversation hold another", async () => {
    const { outbox, clock, left, texts } = await sending(
      ({ url }) => (url.endsWith("-stuck") ? never() : ok()),
      { stuck: ["1"], b: ["2", "3"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(texts()).toEqual(["1", "2", "3"]);
    expect(await left()).toBe(1);
  });

  test("tries again with backoff and lets no later reply overtake", async () => {
    const { outbox, clock, texts, left, counted } = await sending(
      (_call, at) => (at < 3 ? errcode(-1, "busy") : ok()),
      { a: ["1", "2"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(texts()).toEqual(["1"]);
    await clock.advance(999);
    expect(texts()).toEqual(["1"]);
    await clock.advance(1);
    expect(texts()).toEqual(["1", "1"]);
    await clock.advance(2000);
    expect(texts()).toEqual(["1", "1", "1"]);
    await clock.advance(4000);
    expect(texts()).toEqual(["1", "1", "1", "1", "2"]);
    expect(await left()).toBe(0);
    expect(counted()).toEqual({ replies_retried: 3, replies_sent: 2 });
  });

  test("is not hurried by being woken while it waits", async () => {
    const { outbox, clock, calls } = await sending(() => errcode(-1), { a: ["1"] });
    await outbox.resume();
    await clock.settle();
    for (let at = 0; at < 5; at++) {
      outbox.wake(conversation);
      await clock.advance(100);
    }
    expect(calls).toHaveLength(1);
  });

  test("waits as long after a restart as it would have without", async () => {
    const { store, outbox, clock, calls } = await sending(() => errcode(-1), { a: ["1"] });
    const [entry] = await store.nextReplies(conversation, 1);
    await store.postpone(entry?.id ?? 0, 4, clock.now() + 8000);
    await outbox.resume();
    await clock.advance(7999);
    expect(calls).toHaveLength(0);
    await clock.advance(1);
    expect(calls).toHaveLength(1);
  });

  const retried: [what: string, answer: () => Answer, waitMs: number, uncertain: boolean][] = [
    ["a rate limit", () => errcode(410100), MINUTE, false],
    ["a rate limit whose code is text", () => errcode("130101"), MINUTE, false],
    ["a busy system", () => errcode(-1), 1000, false],
    ["a code nobody knows", () => errcode(987654), 1000, false],
    ["a code that is no number", () => errcode("what"), 1000, true],
    ["a code that is empty", () => errcode(""), 1000, true],
    ["an answer without a code", () => jsonResponse(200, {}), 1000, true],
    ["a page of HTML, which is a ban", () => new Response("<html>"), 5 * MINUTE, false],
    ["HTTP 403, a proxy's limit", () => jsonResponse(403, { code: "Qps" }), 1000, false],
    ["HTTP 429", () => new Response("", { status: 429 }), 1000, false],
    ["HTTP 500", () => new Response("", { status: 500 }), 1000, true],
    ["HTTP 502", () => new Response("<html>", { status: 502 }), 1000, true],
    ["a connection that was lost", () => networkError("ECONNRESET", "read ECONNRESET"), 1000, true],
    ["no connection", () => networkError("ECONNREFUSED"), 1000, false],
  ];
  test.each(retried)("tries again after %s", async (_what, answer, waitMs, uncertain) => {
    const { outbox, clock, calls, left, counted } = await sending(
      (_call, at) => (at === 0 ? answer() : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.advance(waitMs - 1);
    expect(calls).toHaveLength(1);
    expect(await left()).toBe(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
    expect(await left()).toBe(0);
    expect(counted()).toEqual({
      replies_retried: 1,
      replies_sent: 1,
      ...(uncertain ? { replies_uncertain: 1 } : {}),
    });
  });

  test("tries again after 10 s without an answer, and says that it may have gone out", async () => {
    const { outbox, clock, calls, left, counted } = await sending(
      (_call, at) => (at === 0 ? never() : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.advance(10_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(await left()).toBe(0);
    expect(counted()).toMatchObject({ replies_uncertain: 1 });
  });

  const final: [string, () => Answer][] = [
    ["a message that is too long", () => errcode(460101)],
    ["improper text", () => errcode(430102)],
    ["a dissolved group", () => errcode(400013)],
    ["a final code as text", () => errcode("400013")],
    ["HTTP 413", () => new Response("", { status: 413 })],
  ];
  test.each(final)("gives up after %s and goes on with the next", async (_what, answer) => {
    const { outbox, clock, texts, left, counted, log, reasons } = await sending(
      (_call, at) => (at === 0 ? answer() : ok()),
      { a: ["1", "2"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(texts()).toEqual(["1", "2"]);
    expect(await left()).toBe(0);
    expect(counted()).toEqual({ replies_failed: 1, replies_sent: 1 });
    expect(log.entries.map(({ level }) => level)).toContain("error");
    expect(await reasons()).toEqual([expect.stringMatching(/errcode|HTTP/)]);
  });

  test("keeps the webhook and the token, which are secrets, out of the log", async () => {
    const { outbox, clock, log, reasons } = await sending(
      (call, at) => {
        const token = call.headers.get("x-acs-dingtalk-access-token") ?? "";
        return at === 0
          ? new Error(`cannot post to ${call.url}`)
          : at === 1
            ? errcode(300001, `no such session: ${call.url}`)
            : jsonResponse(400, { code: "group.disbanded", message: `by ${token}` });
      },
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.advance(2000);
    expect(log.entries).toHaveLength(3);
    expect(log.text() + (await reasons()).join()).not.toMatch(/session=(?!\*)|token1|s3cret/);
  });

  test("says nothing of a message's words in the log", async () => {
    const { outbox, clock, log } = await sending((_call, at) => errcode(at === 0 ? -1 : 430102), {
      a: ["TOPSECRET"],
    });
    await outbox.resume();
    await clock.advance(2000);
    expect(log.entries).toHaveLength(2);
    expect(log.text()).not.toContain("TOPSECRET");
  });
});

describe("createOutbox(), the way a reply takes", () => {
  const dead = [
    ["an expired session", () => errcode(300001, "session 不存在")],
    ["an unknown session", () => errcode(300005)],
    ["HTTP 404", () => new Response("", { status: 404 })],
    ["HTTP 400", () => jsonResponse(400, { code: "bad" })],
    [
      "a redirect, which is not followed: the answer would go elsewhere",
      () => new Response("", { status: 302, headers: { location: "https://evil.test/" } }),
    ],
  ] as const;
  test.each(dead)("goes by the OpenAPI at once after %s", async (_what, answer) => {
    const { outbox, clock, calls, left, counted, store } = await sending(
      (call) => (isApi(call) ? ok() : answer()),
      { a: ["1", "2"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(calls.map((call) => [isApi(call), said(call)])).toEqual([
      [false, "1"],
      [true, "1"],
      [true, "2"],
    ]);
    expect(calls.every(({ redirect }) => redirect === "manual")).toBe(true);
    expect(await left()).toBe(0);
    expect(await store.webhook(conversation)).toBeUndefined();
    expect(counted()).toEqual({ replies_sent: 2, replies_by_api: 2 });
  });

  test("leaves the webhook 5 minutes before its end", async () => {
    const fields = { sessionWebhookExpiredTime: 1_700_000_000_000 + 10 * MINUTE };
    const { outbox, clock, calls, mints, reply } = await sending(ok, {}, { fields });
    const send = async (text: string) => {
      await reply("a", text);
      outbox.wake(conversation);
      await clock.settle();
    };
    await send("early");
    await clock.advance(5 * MINUTE - 1);
    await send("just in time");
    await clock.advance(1);
    await send("late");
    expect(calls.map((call) => [isApi(call), said(call)])).toEqual([
      [false, "early"],
      [false, "just in time"],
      [true, "late"],
    ]);
    expect(mints).toHaveLength(1);
  });

  test("goes by the OpenAPI where no webhook is known, to groups as well", async () => {
    for (const group of [true, false]) {
      const { outbox, clock, calls, counted, store } = await sending(
        ok,
        { a: ["1"] },
        { group, fields: { sessionWebhook: undefined } },
      );
      await outbox.resume();
      await clock.settle();
      expect(calls.map(({ url }) => new URL(url).pathname)).toEqual([
        group ? "/v1.0/robot/groupMessages/send" : "/v1.0/robot/oToMessages/batchSend",
      ]);
      expect(counted()).toEqual({ replies_sent: 1, replies_by_api: 1 });
      expect(await store.usage({ account: "default", month: "2023-11" })).toEqual({
        api: 1,
        stream: 1,
      });
    }
  });

  test("comes back to the webhook when a message brings a new one", async () => {
    const { outbox, clock, calls, reply } = await sending(
      (_call, at) => (at === 0 ? errcode(300001) : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.settle();
    await reply("a", "2");
    outbox.wake(conversation);
    await clock.settle();
    expect(calls.map(isApi)).toEqual([false, true, false]);
  });

  test("sends it by a newer webhook that came meanwhile, and keeps that one", async () => {
    const run = await sending(
      async ({ url }) => {
        if (url.endsWith("-newer")) return ok();
        await run.receive("a", {
          sessionWebhook: `${WEBHOOK}-newer`,
          sessionWebhookExpiredTime: 9_000_000_000_000,
        });
        return errcode(300001, "session 不存在");
      },
      { a: ["1"] },
    );
    await run.outbox.resume();
    await run.clock.settle();
    expect(run.calls.map(({ url }) => url)).toEqual([`${WEBHOOK}-a`, `${WEBHOOK}-newer`]);
    expect(await run.left()).toBe(0);
    expect(await run.store.webhook(conversation)).toMatchObject({ url: `${WEBHOOK}-newer` });
    expect(run.counted()).toEqual({ replies_sent: 1 });
  });

  test("uses an outsider's webhook to its very end, and then gives up with a reason", async () => {
    const { outbox, clock, calls, left, counted, reasons } = await sending(
      () => errcode(-1),
      { a: ["1", "2"] },
      { fields: { senderStaffId: "", sessionWebhookExpiredTime: 1_700_000_000_000 + 10 * MINUTE } },
    );
    await outbox.resume();
    await clock.advance(9 * MINUTE + 30_000);
    const before = calls.length;
    expect(await left()).toBe(2);
    await clock.advance(2 * MINUTE);
    expect(calls.length - before).toBeLessThanOrEqual(1);
    expect(calls.some(isApi)).toBe(false);
    expect(await left()).toBe(0);
    expect(counted()).toMatchObject({ replies_failed: 2 });
    for (const reason of await reasons()) expect(reason).toMatch(/webhook has expired.*outsider/);
  });

  test("gives up what is for an outsider whose webhook DingTalk does not know", async () => {
    const { outbox, clock, calls, reasons } = await sending(
      () => errcode(300001),
      { a: ["1"] },
      outsider,
    );
    await outbox.resume();
    await clock.settle();
    expect(calls).toHaveLength(1);
    expect(await reasons()).toHaveLength(1);
  });

  test("gives up where no webhook is known and no user id", async () => {
    const { outbox, clock, calls, counted } = await sending(
      ok,
      { a: ["1"] },
      { fields: { senderStaffId: "", sessionWebhook: undefined } },
    );
    await outbox.resume();
    await clock.settle();
    expect(calls).toEqual([]);
    expect(counted()).toEqual({ replies_failed: 1 });
  });

  test("does not take the try by a dead webhook for one: the next wait is the first", async () => {
    const { outbox, clock, calls } = await sending(
      (call, at) => (!isApi(call) ? errcode(300001) : at === 1 ? refusal("systemBusy") : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.advance(1000);
    expect(calls.map(isApi)).toEqual([false, true, true]);
  });

  test("passes on how long the OpenAPI wants it to wait", async () => {
    const { outbox, clock, calls } = await sending(
      (_call, at) => (at === 0 ? refusal("send.too.fast") : ok()),
      { a: ["1"] },
      { fields: { sessionWebhook: undefined } },
    );
    await outbox.resume();
    await clock.advance(MINUTE - 1);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
  });
});
