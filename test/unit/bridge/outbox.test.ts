import { describe, expect, test } from "bun:test";
import { createOutbox } from "../../../src/core/bridge/outbox.ts";
import { createCounters } from "../../../src/core/counters.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  createFakeFetch,
  jsonResponse,
  networkError,
  never,
  type FakeCall,
} from "../../support/fake-fetch.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { WEBHOOK, arrivalOf, robotData } from "../../support/fake-messages.ts";

type Answer = Response | Promise<Response> | Error;
const ok = () => jsonResponse(200, { errcode: 0, errmsg: "ok" });
const errcode = (code: unknown, errmsg = "no") => jsonResponse(200, { errcode: code, errmsg });

/** An outbox with one conversation per name; `answer` is DingTalk. */
async function sending(
  answer: (call: FakeCall, at: number) => Answer,
  conversations: Readonly<Record<string, readonly string[]>>,
  webhook: Readonly<Record<string, unknown>> = {},
) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const store = openSqliteStore(":memory:");
  const { fetch, calls } = createFakeFetch(answer);
  let at = 0;
  for (const [name, bodies] of Object.entries(conversations)) {
    const arrival = arrivalOf(
      robotData({
        msgId: name,
        createAt: ++at,
        conversationId: name,
        senderStaffId: name,
        sessionWebhook: `${WEBHOOK}-${name}`,
        sessionWebhookExpiredTime: clock.now() + 5_400_000,
        ...webhook,
      }),
    );
    await store.takeIn([arrival], []);
    const id = (await store.nextTurn(arrival.session))?.id ?? 0;
    const replies = bodies.map((body) => ({ chat: arrival.chat, body }));
    await store.settle(id, replies, clock.now());
  }
  const { signal } = new AbortController();
  const outbox = createOutbox({ store, fetch, clock, random: () => 0, log, counters, signal });
  const left = async () => (await store.counts()).outbox;
  const bodies = () => calls.map(({ body }) => body);
  return { outbox, store, clock, log, counters, calls, left, bodies };
}

describe("createOutbox()", () => {
  test("posts a reply to its conversation's webhook and lets it go", async () => {
    const { outbox, clock, calls, left, counters } = await sending(ok, { a: ['{"msgtype":"x"}'] });
    outbox.wake({ account: "default", conversationId: "a" });
    await clock.settle();
    expect(calls).toMatchObject([
      { url: `${WEBHOOK}-a`, method: "POST", body: '{"msgtype":"x"}', redirect: "manual" },
    ]);
    expect(calls[0]?.headers.get("content-type")).toContain("application/json");
    expect(await left()).toBe(0);
    expect(counters.read()).toEqual({ replies_sent: 1 });
  });

  test("takes up what an earlier process left", async () => {
    const { outbox, clock, left } = await sending(ok, { a: ["1", "2"], b: ["3"] });
    await outbox.resume();
    await clock.settle();
    expect(await left()).toBe(0);
  });

  test("keeps the order within a conversation, one at a time", async () => {
    let under = 0;
    const { outbox, clock, bodies } = await sending(
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
    expect(bodies()).toEqual(["1", "2", "3"]);
  });

  test("does not let one conversation hold another", async () => {
    const { outbox, clock, left, bodies } = await sending(
      ({ url }) => (url.endsWith("-stuck") ? never() : ok()),
      { stuck: ["1"], b: ["2", "3"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(bodies()).toEqual(["1", "2", "3"]);
    expect(await left()).toBe(1);
  });

  test("tries again with backoff and lets no later reply overtake", async () => {
    const { outbox, clock, bodies, left, counters } = await sending(
      (_call, at) => (at < 3 ? errcode(130101, "send too fast") : ok()),
      { a: ["1", "2"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(bodies()).toEqual(["1"]);
    await clock.advance(999);
    expect(bodies()).toEqual(["1"]);
    await clock.advance(1);
    expect(bodies()).toEqual(["1", "1"]);
    await clock.advance(2000);
    expect(bodies()).toEqual(["1", "1", "1"]);
    await clock.advance(4000);
    expect(bodies()).toEqual(["1", "1", "1", "1", "2"]);
    expect(await left()).toBe(0);
    expect(counters.read()).toEqual({ replies_retried: 3, replies_sent: 2 });
  });

  test("is not hurried by being woken while it waits", async () => {
    const { outbox, clock, calls } = await sending(() => errcode(-1), { a: ["1"] });
    await outbox.resume();
    await clock.settle();
    for (let at = 0; at < 5; at++) {
      outbox.wake({ account: "default", conversationId: "a" });
      await clock.advance(100);
    }
    expect(calls).toHaveLength(1);
  });

  test("waits as long after a restart as it would have without", async () => {
    const { store, outbox, clock, calls } = await sending(() => errcode(-1), { a: ["1"] });
    const entry = await store.nextReply({ account: "default", conversationId: "a" });
    await store.postpone(entry?.id ?? 0, 4, clock.now() + 8000);
    await outbox.resume();
    await clock.advance(7999);
    expect(calls).toHaveLength(0);
    await clock.advance(1);
    expect(calls).toHaveLength(1);
  });

  const retried: [string, () => Answer][] = [
    ["a rate limit", () => errcode(410100)],
    ["a rate limit whose code is text", () => errcode("130101")],
    ["a busy system", () => errcode(-1)],
    ["a code nobody knows", () => errcode(987654)],
    ["a code that is no number", () => errcode("what")],
    ["a code that is empty", () => errcode("")],
    ["an answer without a code", () => jsonResponse(200, {})],
    ["a page of HTML", () => new Response("<html>")],
    ["HTTP 403, the limit of the gateway before it", () => jsonResponse(403, { code: "Qps" })],
    ["HTTP 429", () => new Response("", { status: 429 })],
    ["HTTP 500", () => new Response("", { status: 500 })],
    ["HTTP 502", () => new Response("<html>", { status: 502 })],
    ["a network error", () => networkError("ECONNRESET")],
  ];
  test.each(retried)("tries again after %s", async (_what, answer) => {
    const { outbox, clock, calls, left } = await sending(
      (_call, at) => (at === 0 ? answer() : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(await left()).toBe(1);
    await clock.advance(1000);
    expect(calls).toHaveLength(2);
    expect(await left()).toBe(0);
  });

  test("tries again after 10 s without an answer", async () => {
    const { outbox, clock, calls, left } = await sending(
      (_call, at) => (at === 0 ? never() : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.advance(10_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(await left()).toBe(0);
  });

  const final: [string, () => Answer][] = [
    ["a message that is too long", () => errcode(460101)],
    ["improper text", () => errcode(430102)],
    ["a dissolved group", () => errcode(400013)],
    ["a final code as text", () => errcode("400013")],
    ["an expired session", () => errcode(300001, "session 不存在")],
    ["HTTP 404", () => new Response("", { status: 404 })],
    ["HTTP 400", () => jsonResponse(400, { code: "bad" })],
  ];
  test.each(final)("gives up after %s and goes on with the next", async (_what, answer) => {
    const { outbox, clock, bodies, left, counters, log } = await sending(
      (_call, at) => (at === 0 ? answer() : ok()),
      { a: ["1", "2"] },
    );
    await outbox.resume();
    await clock.settle();
    expect(bodies()).toEqual(["1", "2"]);
    expect(await left()).toBe(0);
    expect(counters.read()).toEqual({ replies_failed: 1, replies_sent: 1 });
    expect(log.entries.at(-1)?.level).toBe("error");
  });

  test("does not follow a redirect: the answer would go elsewhere", async () => {
    const elsewhere = { status: 302, headers: { location: "https://evil.test/" } };
    const { outbox, clock, calls, counters } = await sending(() => new Response("", elsewhere), {
      a: ["1"],
    });
    await outbox.resume();
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.redirect).toBe("manual");
    expect(counters.read()).toEqual({ replies_failed: 1 });
  });

  test("gives up what keeps failing once the webhook has expired", async () => {
    const { outbox, clock, counters, left } = await sending(
      () => errcode(-1),
      { a: ["1"] },
      { sessionWebhookExpiredTime: 1_700_000_000_000 + 10_000 },
    );
    await outbox.resume();
    await clock.advance(10_000);
    expect(await left()).toBe(1);
    await clock.advance(10_000);
    expect(await left()).toBe(0);
    expect(counters.read()).toMatchObject({ replies_failed: 1 });
  });

  test("goes on trying as long as the webhook is good", async () => {
    const { outbox, clock, left } = await sending(() => errcode(-1), { a: ["1"] });
    await outbox.resume();
    await clock.advance(3_600_000);
    expect(await left()).toBe(1);
  });

  test("gives up where no webhook is known", async () => {
    const { outbox, clock, calls, counters } = await sending(
      ok,
      { a: ["1"] },
      { sessionWebhook: undefined },
    );
    await outbox.resume();
    await clock.settle();
    expect(calls).toEqual([]);
    expect(counters.read()).toEqual({ replies_failed: 1 });
  });

  test("keeps the webhook, a secret, out of the log", async () => {
    const { outbox, clock, log } = await sending(
      (call, at) => (at === 0 ? new Error(`cannot post to ${call.url}`) : errcode(430102)),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.advance(2000);
    expect(log.entries).toHaveLength(2);
    expect(log.text()).not.toContain("session=");
  });
});

describe("createOutbox(), when the webhook changes during a send", () => {
  test("sends it again by the newer one instead of giving up", async () => {
    const newer = arrivalOf(
      robotData({
        msgId: "newer",
        createAt: 99,
        conversationId: "a",
        senderStaffId: "a",
        sessionWebhook: `${WEBHOOK}-newer`,
        sessionWebhookExpiredTime: 9_000_000_000_000,
      }),
    );
    const run = await sending(
      async ({ url }) => {
        if (url.endsWith("-newer")) return ok();
        await run.store.takeIn([newer], []);
        return errcode(300001, "session 不存在");
      },
      { a: ["1"] },
    );
    await run.outbox.resume();
    await run.clock.settle();
    expect(run.calls.map(({ url }) => url)).toEqual([`${WEBHOOK}-a`, `${WEBHOOK}-newer`]);
    expect(await run.left()).toBe(0);
    expect(run.counters.read()).toEqual({ replies_sent: 1 });
  });
});

describe("createOutbox(), when the store cannot note that a reply was sent", () => {
  test("does not send it again, and lets it go when the store works", async () => {
    const clock = createFakeClock();
    const counters = createCounters();
    const real = openSqliteStore(":memory:");
    const { fetch, calls } = createFakeFetch(ok);
    let full = true;
    const outbox = createOutbox({
      store: {
        ...real,
        sent: (id) =>
          full ? Promise.reject(new Error("database or disk is full")) : real.sent(id),
      },
      fetch,
      clock,
      random: () => 0,
      log: createFakeLog(),
      counters,
      signal: new AbortController().signal,
    });
    const arrival = arrivalOf(robotData());
    await real.takeIn([arrival], []);
    const entry = await real.nextTurn(arrival.session);
    await real.settle(entry?.id ?? 0, [{ chat: arrival.chat, body: "{}" }], clock.now());
    await outbox.resume();
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
    full = false;
    await clock.advance(5000);
    expect(calls).toHaveLength(1);
    expect((await real.counts()).outbox).toBe(0);
    expect(counters.read()).toEqual({ replies_sent: 1 });
  });
});
