import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { WEBHOOK, arrivalOf, groupData, robotData } from "../../support/fake-messages.ts";

const SESSION = "agent:main:dingtalk:user:staff1";
const HOUR = 3_600_000;
const NOW = 1_700_000_000_000;
const chat: Chat = {
  account: "default",
  kind: "direct",
  conversationId: "cidDirect==",
  userId: "staff1",
};

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-store-"));
  folders.push(folder);
  return join(folder, "dingbridge.sqlite");
}

/** The nth message of the same chat, sent and received at its own time. */
const message = (at: number, fields: Record<string, unknown> = {}, account = "default") =>
  arrivalOf(robotData({ msgId: `msg${at}`, createAt: at, ...fields }), account, NOW + at);

async function stored(store: Store, count: number): Promise<void> {
  await store.takeIn(
    Array.from({ length: count }, (_, at) => message(at)),
    [],
  );
}

describe("openSqliteStore(), duplicates", () => {
  test("knows an id again", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.takeIn([message(1)], [])).toEqual(["stored"]);
    expect(await store.takeIn([message(1)], [])).toEqual(["duplicate-id"]);
    expect((await store.counts()).inbox).toBe(1);
  });

  test("knows content again that comes under a new id", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1)], []);
    expect(await store.takeIn([message(1, { msgId: "new" })], [])).toEqual(["duplicate-content"]);
  });

  test("admits each arrival of a batch by itself, in order", async () => {
    const store = openSqliteStore(":memory:");
    const batch = [message(1), message(2), message(1), message(2, { msgId: "new" }), message(3)];
    expect(await store.takeIn(batch, [])).toEqual([
      "stored",
      "stored",
      "duplicate-id",
      "duplicate-content",
      "stored",
    ]);
  });

  test("remembers both across a restart, after the turn too", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await before.takeIn([message(1)], []);
    const entry = await before.nextTurn(SESSION);
    await before.settle(entry?.id ?? 0, [], NOW);
    before.close();

    const after = openSqliteStore(file);
    expect(await after.takeIn([message(1)], [])).toEqual(["duplicate-id"]);
    expect(await after.takeIn([message(1, { msgId: "new" })], [])).toEqual(["duplicate-content"]);
    expect((await after.counts()).inbox).toBe(0);
    after.close();
  });

  test("keeps accounts apart: two robots in one group get the same message id", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.takeIn([message(1, {}, "one")], [])).toEqual(["stored"]);
    expect(await store.takeIn([message(1, {}, "two")], [])).toEqual(["stored"]);
  });

  test("takes two equal messages without a time for two messages", async () => {
    const store = openSqliteStore(":memory:");
    const twins = [
      message(1, { createAt: undefined }),
      message(2, { createAt: undefined, msgId: "m2" }),
    ];
    expect(await store.takeIn(twins, [])).toEqual(["stored", "stored"]);
  });
});

describe("openSqliteStore(), the inbox", () => {
  test("gives a session's messages in order of arrival", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 3);
    for (const at of [0, 1, 2]) {
      const entry = await store.nextTurn(SESSION);
      expect(entry).toMatchObject({ account: "default", session: SESSION, receivedAt: NOW + at });
      expect(JSON.parse(entry?.data ?? "")).toMatchObject({ msgId: `msg${at}` });
      await store.settle(entry?.id ?? 0, [], NOW);
    }
    expect(await store.nextTurn(SESSION)).toBeUndefined();
  });

  test("lists the sessions that wait, the longest waiting first", async () => {
    const store = openSqliteStore(":memory:");
    const arrivals = ["c", "a", "b", "a"].map((user, at) => message(at, { senderStaffId: user }));
    await store.takeIn(arrivals, []);
    expect(await store.sessionsWaiting()).toEqual(
      ["c", "a", "b"].map((user) => `agent:main:dingtalk:user:${user}`),
    );
  });

  test("keeps waiting messages across a restart", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await stored(before, 2);
    before.close();
    const after = openSqliteStore(file);
    expect(await after.sessionsWaiting()).toEqual([SESSION]);
    expect(JSON.parse((await after.nextTurn(SESSION))?.data ?? "")).toMatchObject({
      msgId: "msg0",
    });
    after.close();
  });

  test("keeps any text as it came", async () => {
    const store = openSqliteStore(":memory:");
    const odd = "'); DROP TABLE inbox; --\u0000 \u{1f600} 中文 \n";
    await store.takeIn([message(1, { senderStaffId: "staff1", text: { content: odd } })], []);
    const entry = await store.nextTurn(SESSION);
    expect(JSON.parse(entry?.data ?? "")).toMatchObject({ text: { content: odd } });
  });

  test("stores all of a batch or nothing", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec("DROP TABLE quarantine");
    other.close();
    const quarantine = [{ account: "default", reason: "r", data: "d", receivedAt: NOW }];
    const rejected = await store.takeIn([message(1)], quarantine).catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(Error);
    expect(await store.nextTurn(SESSION)).toBeUndefined();
    expect(await store.takeIn([message(1)], [])).toEqual(["stored"]);
    store.close();
  });
});

describe("Store.settle()", () => {
  test("moves a message out and its replies in, together", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    const entry = await store.nextTurn(SESSION);
    await store.settle(
      entry?.id ?? 0,
      [
        { chat, body: "one" },
        { chat, body: "two" },
      ],
      NOW,
    );
    expect(await store.counts()).toEqual({ inbox: 0, outbox: 2, quarantine: 0 });
    expect(await store.nextReply(chat)).toEqual({
      id: expect.any(Number),
      account: "default",
      conversationId: "cidDirect==",
      body: "one",
      attempts: 0,
      notBefore: NOW,
    });
  });

  test("happens once: the second time adds no replies", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    const id = (await store.nextTurn(SESSION))?.id ?? 0;
    await store.settle(id, [{ chat, body: "one" }], NOW);
    await store.settle(id, [{ chat, body: "again" }], NOW);
    expect((await store.counts()).outbox).toBe(1);
  });

  test("leaves the message where it is if the replies cannot be stored", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await stored(store, 1);
    const id = (await store.nextTurn(SESSION))?.id ?? 0;
    const other = new DatabaseSync(file);
    other.exec("DROP TABLE outbox");
    other.close();
    const rejected = await store
      .settle(id, [{ chat, body: "one" }], NOW)
      .catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(Error);
    expect(await store.nextTurn(SESSION)).toMatchObject({ id });
    store.close();
  });
});

describe("openSqliteStore(), the outbox", () => {
  async function withReplies(...bodies: string[]): Promise<Store> {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    const id = (await store.nextTurn(SESSION))?.id ?? 0;
    await store.settle(
      id,
      bodies.map((body) => ({ chat, body })),
      NOW,
    );
    return store;
  }

  test("gives a conversation's replies in order, each until it is sent", async () => {
    const store = await withReplies("one", "two");
    expect(await store.conversationsWaiting()).toEqual([
      { account: "default", conversationId: "cidDirect==" },
    ]);
    const first = await store.nextReply(chat);
    expect((await store.nextReply(chat))?.id).toBe(first?.id ?? 0);
    await store.sent(first?.id ?? 0);
    const second = await store.nextReply(chat);
    expect(second?.body).toBe("two");
    await store.sent(second?.id ?? 0);
    expect(await store.nextReply(chat)).toBeUndefined();
    expect(await store.conversationsWaiting()).toEqual([]);
  });

  test("keeps a postponed reply in front, with its attempts and its time", async () => {
    const store = await withReplies("one", "two");
    const first = await store.nextReply(chat);
    await store.postpone(first?.id ?? 0, 3, NOW + 4000);
    expect(await store.nextReply(chat)).toMatchObject({
      body: "one",
      attempts: 3,
      notBefore: NOW + 4000,
    });
  });

  test("takes a reply given up out of the way, and forgets it a week later", async () => {
    const store = await withReplies("one", "two");
    const first = await store.nextReply(chat);
    await store.giveUp(first?.id ?? 0, "the group has been dissolved", NOW);
    expect((await store.nextReply(chat))?.body).toBe("two");
    expect((await store.counts()).outbox).toBe(1);
    await store.prune(NOW + 30 * 24 * HOUR);
    expect((await store.nextReply(chat))?.body).toBe("two");
  });

  test("keeps conversations and accounts apart", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 2);
    const group = { ...chat, kind: "group" as const, conversationId: "cidGroup==" };
    const other = { ...chat, account: "other" };
    const id = (await store.nextTurn(SESSION))?.id ?? 0;
    const replies = [group, other, chat].map((chat) => ({ chat, body: JSON.stringify(chat) }));
    await store.settle(id, replies, NOW);
    expect(await store.conversationsWaiting()).toEqual([
      { account: "default", conversationId: "cidGroup==" },
      { account: "other", conversationId: "cidDirect==" },
      { account: "default", conversationId: "cidDirect==" },
    ]);
    for (const chat of [group, other]) {
      expect((await store.nextReply(chat))?.body).toBe(JSON.stringify(chat));
    }
  });
});

describe("openSqliteStore(), webhooks", () => {
  test("keeps the newest of a conversation", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, { sessionWebhookExpiredTime: 1 })], []);
    const url = `${WEBHOOK}new`;
    await store.takeIn([message(2, { sessionWebhook: url, sessionWebhookExpiredTime: 2 })], []);
    expect(await store.webhook(chat)).toEqual({ url, expiresAt: 2 });
  });

  test("keeps a webhook whose expiry is not known", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, { sessionWebhookExpiredTime: undefined })], []);
    expect(await store.webhook(chat)).toEqual({ url: WEBHOOK, expiresAt: undefined });
  });

  test("knows none for a conversation it has not seen", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.webhook(chat)).toBeUndefined();
  });

  test("loses none when the last message of a batch brings none", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1), message(2, { sessionWebhook: undefined })], []);
    expect(await store.webhook(chat)).toMatchObject({ url: WEBHOOK });
  });

  test("keeps one for each account that a batch brings", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, {}, "one"), message(1, {}, "two")], []);
    for (const account of ["one", "two"]) {
      expect(await store.webhook({ ...chat, account })).toMatchObject({ url: WEBHOOK });
    }
  });

  test("is not set back by an old message that comes again", async () => {
    const store = openSqliteStore(":memory:");
    const old = message(1, { sessionWebhookExpiredTime: NOW });
    await store.takeIn([old], []);
    await store.takeIn([message(2, { sessionWebhookExpiredTime: NOW + HOUR })], []);
    expect(await store.takeIn([old], [])).toEqual(["duplicate-id"]);
    expect((await store.webhook(chat))?.expiresAt).toBe(NOW + HOUR);
  });
});

describe("Store.chatByFoldedKey()", () => {
  test("finds a direct chat by the key as the gateway gives it back", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, { senderStaffId: "Staff1" })], []);
    expect(await store.chatByFoldedKey("agent:main:dingtalk:user:staff1")).toEqual({
      session: "agent:main:dingtalk:user:Staff1",
      account: "default",
      kind: "direct",
      conversationId: "cidDirect==",
      userId: "Staff1",
    });
  });

  test("finds a group, which has no user", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([arrivalOf(groupData())], []);
    const found = await store.chatByFoldedKey("agent:main:dingtalk:group:cidgroup==");
    expect(found).toMatchObject({ kind: "group", conversationId: "cidGroup==" });
    expect(found?.userId).toBeUndefined();
  });

  test("knows no key it has not seen", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.chatByFoldedKey("agent:main:dingtalk:user:nobody")).toBeUndefined();
  });
});

describe("Store.prune()", () => {
  test("remembers what was seen for 30 minutes at least, and not for ever", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await store.settle((await store.nextTurn(SESSION))?.id ?? 0, [], NOW);
    await store.prune(NOW + HOUR / 2);
    expect(await store.takeIn([message(0)], [])).toEqual(["duplicate-id"]);
    await store.prune(NOW + 100 * 24 * HOUR);
    expect(await store.takeIn([message(0)], [])).toEqual(["stored"]);
  });

  test("never forgets a message that still waits", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await store.prune(NOW + 1000 * 24 * HOUR);
    expect((await store.counts()).inbox).toBe(1);
  });
});

describe("openSqliteStore(), the quarantine", () => {
  test("keeps the newest 200 and cuts what is huge", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    for (let at = 0; at < 250; at++) {
      const data = `${at}:${"x".repeat(100_000)}`;
      await store.takeIn([], [{ account: "default", reason: "r", data, receivedAt: NOW }]);
    }
    expect((await store.counts()).quarantine).toBe(200);
    store.close();
    const db = new DatabaseSync(file);
    const oldest = db.prepare("SELECT data FROM quarantine ORDER BY id LIMIT 1").get();
    expect(String(oldest?.["data"])).toStartWith("50:");
    expect(String(oldest?.["data"])).toHaveLength(64 * 1024);
    db.close();
  });
});

describe("openSqliteStore(), the file", () => {
  test("refuses a database of a newer version, and leaves it as it is", () => {
    const file = temporaryFile();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 999");
    db.close();
    expect(() => openSqliteStore(file)).toThrow(/newer dingbridge.*999/s);
    const again = new DatabaseSync(file);
    expect(again.prepare("PRAGMA user_version").get()).toEqual({ user_version: 999 });
    expect(again.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()).toEqual({
      tables: 0,
    });
    again.close();
  });

  test("refuses a file that is no database", async () => {
    const file = temporaryFile();
    await Bun.write(file, "this is not a database, but long enough to look at".repeat(50));
    expect(() => openSqliteStore(file)).toThrow();
  });

  test("proves by probe() that a commit works", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await store.probe();
    store.close();
    expect(await store.probe().catch((error: unknown) => error)).toBeInstanceOf(Error);
  });
});
