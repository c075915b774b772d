import { describe, expect, test } from "bun:test";
import type { Message } from "../../../src/core/message.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import {
  WEBHOOK,
  arrivalOf,
  frameText,
  groupData,
  robotData,
} from "../../support/fake-messages.ts";
import { answerStream } from "../../support/fake-stream.ts";
import { SECRETS, working } from "./_worker.ts";

const text = (content: string) => ({ msgtype: "text", text: { content } });
const robotFrame = (messageId: string, data = robotData()) => frameText({ messageId, data });

describe("createWorker()", () => {
  test("takes a message from DingTalk to the gateway and the answer back", async () => {
    const { clock, connect, asked, sent, store } = working();
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    expect(JSON.parse(socket.sent[0] ?? "")).toMatchObject({
      code: 200,
      headers: { messageId: "push1" },
    });
    expect(asked()).toHaveLength(1);
    expect(asked()[0]?.headers.get("x-openclaw-session-key")).toBe(
      "agent:main:dingtalk:user:staff1",
    );
    expect(sent()).toEqual([text("the answer")]);
    expect(await store.counts()).toMatchObject({ inbox: 0, outbox: 0, quarantine: 0 });
  });

  test("acks before the gateway has answered", async () => {
    const { clock, connect, asked } = working({ gateway: never });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    expect(socket.sent).toHaveLength(1);
    expect(asked()).toHaveLength(1);
  });

  test("answers a message once, however often DingTalk delivers it", async () => {
    const { clock, connect, asked, sent } = working();
    const socket = await connect();
    for (const push of ["push1", "push2", "push3"]) {
      socket.text(robotFrame(push));
      await clock.advance(60_000);
      socket.pong();
    }
    expect(asked()).toHaveLength(1);
    expect(sent()).toHaveLength(1);
  });

  test("answers one chat after the other's messages, and chats side by side", async () => {
    const open: (() => void)[] = [];
    const { clock, connect, asked } = working({
      gateway: () =>
        new Promise((resolve) => open.push(() => resolve(answerStream("a").response()))),
    });
    const socket = await connect();
    socket.text(robotFrame("p1", robotData({ msgId: "1", createAt: 1 })));
    await clock.settle();
    socket.text(robotFrame("p2", robotData({ msgId: "2", createAt: 2 })));
    socket.text(robotFrame("p3", groupData({ msgId: "3", createAt: 3 })));
    await clock.settle();
    const sessions = () => asked().map(({ headers }) => headers.get("x-openclaw-session-key"));
    expect(sessions()).toEqual([
      "agent:main:dingtalk:user:staff1",
      "agent:main:dingtalk:group:cidGroup==",
    ]);
    open[0]?.();
    await clock.settle();
    expect(sessions()).toHaveLength(3);
  });

  test("tells the user what failed, and goes on", async () => {
    let wrong = true;
    const unauthorized = { error: { message: "Unauthorized", type: "unauthorized" } };
    const { clock, connect, sent } = working({
      gateway: () => (wrong ? jsonResponse(401, unauthorized) : answerStream("again").response()),
    });
    const socket = await connect();
    socket.text(robotFrame("p1", robotData({ msgId: "1", createAt: 1 })));
    await clock.settle();
    expect(sent()).toEqual([text(TEXTS.zh.failures.unauthorized)]);
    wrong = false;
    socket.text(robotFrame("p2", robotData({ msgId: "2", createAt: 2 })));
    await clock.settle();
    expect(sent()[1]).toEqual(text("again"));
  });

  test("takes up what an earlier process left in both boxes", async () => {
    const store = openSqliteStore(":memory:");
    const usage = { account: "default", month: "2023-11" };
    const first = { ...arrivalOf(robotData({ msgId: "1", createAt: 1 })), outageMs: 0 };
    await store.takeIn([first], [], usage);
    const entry = (await store.nextTurns(first.session, 1))[0];
    const message: Message = { format: "text", title: "", parts: [{ text: "left in the outbox" }] };
    await store.settle([entry?.id ?? 0], [{ chat: first.chat, message }], 0);
    const second = arrivalOf(robotData({ msgId: "2", createAt: 2 }));
    await store.takeIn([{ ...second, outageMs: 0 }], [], usage);

    const { worker, clock, sent } = working({ store });
    await worker.start();
    await clock.settle();
    expect(sent()).toEqual([text("left in the outbox"), text("the answer")]);
  });

  test("tidies up the store from time to time", async () => {
    const real = openSqliteStore(":memory:");
    const pruned: number[] = [];
    const store = { ...real, prune: async (now: number) => void pruned.push(now) };
    const { worker, clock } = working({ store, open: never });
    await worker.start();
    await clock.advance(30 * 60_000);
    expect(pruned).toHaveLength(4);
  });

  test("survives a store that cannot tidy up", async () => {
    const real = openSqliteStore(":memory:");
    const store = { ...real, prune: () => Promise.reject(new Error("disk I/O error")) };
    const { clock, connect, log } = working({ store });
    await connect();
    await clock.settle();
    expect(log.entries).toContainEqual({
      level: "warn",
      message: "tidying up the store failed",
      fields: { reason: "disk I/O error" },
    });
  });

  test("keeps every secret out of its log, at any level, and out of its status", async () => {
    const { clock, connect, log, worker } = working({
      webhook: () => networkError("ECONNRESET", `post to ${WEBHOOK} failed`),
      gateway: () =>
        jsonResponse(401, { error: { message: "Unauthorized", type: "unauthorized" } }),
    });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.advance(5000);
    socket.end(1006, "");
    await clock.advance(5000);
    const said = log.text() + JSON.stringify(await worker.status());
    for (const secret of [...Object.values(SECRETS), "session=", "5e55104"]) {
      expect(said).not.toContain(secret);
    }
  });
});

describe("createWorker(), its readiness", () => {
  test("is not given before it is connected, and lost with the link", async () => {
    const { worker, clock, get, last } = working();
    expect(await get("/readyz")).toMatchObject({
      status: 503,
      json: { failing: [{ part: "stream default", reason: "stopped" }] },
    });
    await worker.start();
    await clock.settle();
    expect((await get("/readyz")).status).toBe(503);
    last().open();
    expect(await get("/readyz")).toEqual({ status: 200, json: { ready: true, failing: [] } });
    last().end(1006, "gone");
    expect(await get("/readyz")).toMatchObject({
      status: 503,
      json: { failing: [{ reason: "closed with code 1006: gone" }] },
    });
  });

  test("says why DingTalk refuses", async () => {
    const refusal = { code: "authFailed", message: "鉴权失败", requestid: "r" };
    const { worker, clock, get } = working({ open: () => jsonResponse(401, refusal) });
    await worker.start();
    await clock.settle();
    const { status, json } = await get("/readyz");
    expect(status).toBe(503);
    expect(JSON.stringify(json)).toContain("authFailed");
  });

  test("is lost while the store cannot commit", async () => {
    const store = openSqliteStore(":memory:");
    let broken = false;
    const probe = () => (broken ? Promise.reject(new Error("disk full")) : store.probe());
    const { connect, get } = working({ store: { ...store, probe } });
    await connect();
    expect((await get("/readyz")).status).toBe(200);
    broken = true;
    expect(await get("/readyz")).toMatchObject({
      status: 503,
      json: { failing: [{ part: "store", reason: "disk full" }] },
    });
  });

  test("is lost when a message could not be stored", async () => {
    const real = openSqliteStore(":memory:");
    const takeIn = () => Promise.reject(new Error("database is locked"));
    const { clock, connect, get } = working({ store: { ...real, takeIn } });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    expect(socket.sent).toEqual([]);
    expect(await get("/readyz")).toMatchObject({
      status: 503,
      json: { failing: [{ part: "store", reason: "database is locked" }] },
    });
  });
});

describe("createWorker(), its status", () => {
  test("tells people how it is doing", async () => {
    const { clock, connect, get } = working({ gateway: never });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    expect((await get("/status")).json).toMatchObject({
      runtime: "test 1.0",
      accounts: { default: { clientId: "dingclient", stream: { state: "connected" } } },
      readiness: { ready: true },
      store: { inbox: 1, outbox: 0, quarantine: 0 },
      turns: { running: 1, waiting: 0 },
      counters: { messages_stored: 1, acks: 1 },
    });
  });

  test("tells what the month has used up, what could not be sent and how the gateway is", async () => {
    const { clock, connect, get } = working({
      webhook: () => jsonResponse(200, { errcode: 430102, errmsg: "improper" }),
    });
    expect((await get("/status")).json).toMatchObject({
      accounts: {
        default: {
          budget: { month: "2023-11", api: { used: 0 }, stream: { used: 0 } },
          gateway: { state: "open", since: null, reason: null },
        },
      },
      turns: { running: 0, waiting: 0, held: 0 },
      failedReplies: [],
    });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    expect((await get("/status")).json).toMatchObject({
      // A push, and one message by the webhook.
      accounts: { default: { budget: { api: { used: 0 }, stream: { used: 2 } } } },
      failedReplies: [
        {
          conversationId: "cidDirect==",
          reason: expect.stringContaining("improper"),
          at: clock.now(),
        },
      ],
      counters: { replies_failed: 1 },
    });
  });

  test("is told as far as the store can tell it", async () => {
    const broken = () => Promise.reject(new Error("disk I/O error"));
    const real = openSqliteStore(":memory:");
    const store = { ...real, usage: broken, counts: broken, failedReplies: broken };
    const { get } = working({ store });
    expect(await get("/status")).toMatchObject({
      status: 200,
      json: {
        accounts: { default: { budget: "disk I/O error", gateway: { state: "open" } } },
        store: "disk I/O error",
        failedReplies: "disk I/O error",
      },
    });
  });

  test("needs the token when it can be reached from elsewhere", async () => {
    const block = { http: { host: "0.0.0.0", token: SECRETS.apiToken } };
    const { worker, get } = working({ block });
    const refused = await worker.fetch(new Request("http://127.0.0.1/status"));
    expect(refused.status).toBe(401);
    const headers = { authorization: `Bearer ${SECRETS.apiToken}` };
    expect((await get("/status", headers)).status).toBe(200);
    expect((await get("/healthz")).status).toBe(200);
  });
});
