import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Store } from "../../../src/core/store.ts";
import { MIGRATIONS } from "../../../src/store/schema.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, WEBHOOK, arrivalOf, groupData, robotData } from "../../support/fake-messages.ts";
import { HOUR, NOW, SESSION, chat, group, temporaryFile, waitingIn, kindsOf } from "./_store.ts";

const text = (content: string, more: object = {}) => ({
  msgtype: "text",
  text: { content },
  ...more,
});
const at = { at: { atUserIds: ["staff1"] } };

interface OldReply {
  readonly to?: Chat;
  readonly body: object;
  readonly attempts?: number;
  readonly failure?: string;
}

/** What layout 1 remembered of `robotData()`, written out: who changes it answers old messages again. */
const FINGERPRINT =
  '[1700000000000,"default","cidDirect==","staff1","text","{\\"content\\":\\"你好\\"}"]';
const oldKey = Buffer.concat([
  Buffer.from(FINGERPRINT.slice(0, 14)),
  createHash("sha256").update(FINGERPRINT).digest(),
]);

/** A database as the version with layout 1 left it: one message answered, one waiting. */
function layout1(replies: readonly OldReply[]): string {
  const file = temporaryFile();
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; ${MIGRATIONS[0]}; PRAGMA user_version = 1;`);
  const chats = db.prepare("INSERT INTO chats VALUES (?, ?, ?, ?, ?, ?)");
  chats.run(SESSION, SESSION, "default", "direct", chat.conversationId, "staff1");
  const ofGroup = "agent:main:dingtalk:group:cidGroup==";
  chats.run(ofGroup.toLowerCase(), ofGroup, "default", "group", group.conversationId, null);
  db.prepare("INSERT INTO webhooks VALUES (?, ?, ?, ?)").run(
    "default",
    chat.conversationId,
    WEBHOOK,
    NOW + HOUR,
  );
  const inbox = db.prepare(
    "INSERT INTO inbox (account, msg_id, fingerprint, session, data, received_at, done) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  inbox.run("default", "answered", oldKey, SESSION, null, NOW, 1);
  inbox.run("default", "waiting", null, SESSION, robotData({ msgId: "waiting" }), NOW + 1, 0);
  const outbox = db.prepare(
    "INSERT INTO outbox (account, conversation_id, body, attempts, not_before, failed_at, failure) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  for (const { to = chat, body, attempts = 0, failure } of replies) {
    const failedAt = failure === undefined ? null : NOW;
    const { account, conversationId } = to;
    const json = JSON.stringify(body);
    outbox.run(account, conversationId, json, attempts, NOW + 7, failedAt, failure ?? null);
  }
  db.prepare("INSERT INTO quarantine VALUES (1, 'default', 'r', 'd', ?)").run(NOW);
  db.close();
  return file;
}

const bodies = async (store: Store, to: Chat = chat) =>
  (await store.nextReplies(to, 9)).map(
    ({ message }) => JSON.parse(webhookBody(message) ?? "null") as object,
  );

describe("openSqliteStore(), on a database of layout 1", () => {
  test("keeps what waits for a turn, and what was seen", async () => {
    const store = openSqliteStore(layout1([]));
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 0, quarantine: 1 });
    const entry = (await store.nextTurns(SESSION, 1))[0];
    expect(entry).toEqual({
      id: 2,
      account: "default",
      session: SESSION,
      msgId: "waiting",
      data: robotData({ msgId: "waiting" }),
      receivedAt: NOW + 1,
      outageMs: 0,
      asked: undefined,
      asks: 0,
    });
    const known = arrivalOf(robotData({ msgId: "answered" }));
    const renamed = arrivalOf(robotData({ msgId: "renamed" }));
    expect(await kindsOf(store.takeIn([known, renamed], [], USAGE))).toEqual([
      "duplicate-id",
      "duplicate-content",
    ]);
    expect(await store.webhook(chat)).toEqual({ url: WEBHOOK, expiresAt: NOW + HOUR });
    expect(await store.chatByFoldedKey(SESSION)).toMatchObject({ userId: "staff1" });
    store.close();
  });

  test("sends what waited word for word, with its title, in order", async () => {
    const plain = text('你好 "quoted" \\ \n second line 😀 \'');
    const rich = { msgtype: "markdown", markdown: { title: "标题", text: "# a\n\n- b" } };
    const store = openSqliteStore(layout1([{ body: plain }, { body: rich }]));
    expect(await bodies(store)).toEqual([plain, rich]);
    store.close();
  });

  test("knows the chat of each reply, so that it can go by any path", async () => {
    const store = openSqliteStore(
      layout1([{ body: text("one") }, { to: group, body: text("two") }]),
    );
    expect((await store.nextReplies(chat, 9)).map((entry) => entry.chat)).toEqual([chat]);
    expect((await store.nextReplies(group, 9)).map((entry) => entry.chat)).toEqual([group]);
    store.close();
  });

  test("keeps tries, times and reasons", async () => {
    const store = openSqliteStore(
      layout1([
        { body: text("gone"), failure: "the group has been dissolved" },
        { body: text("late"), attempts: 4 },
      ]),
    );
    expect(await store.nextReplies(chat, 9)).toMatchObject([
      { attempts: 4, notBefore: NOW + 7, notice: false },
    ]);
    expect(await waitingIn(store)).toEqual(["late"]);
    expect(await store.failedReplies(9)).toEqual([
      { conversationId: chat.conversationId, reason: "the group has been dissolved", at: NOW },
    ]);
    expect(await store.leftSending("default")).toBe(0);
    store.close();
  });

  test("does not take an old reply for one that is a day old", async () => {
    const store = openSqliteStore(layout1([{ body: text("one") }]));
    const [head] = await store.nextReplies(chat, 1);
    expect(head?.createdAt).toBeGreaterThanOrEqual(NOW - HOUR);
    store.close();
  });

  test("keeps a reply of a chat it does not know: the webhook still reaches it", async () => {
    const unknown = { ...chat, conversationId: "cidUnknown" };
    const store = openSqliteStore(layout1([{ to: unknown, body: text("one") }]));
    expect(await waitingIn(store, unknown)).toEqual(["one"]);
    expect((await store.nextReplies(unknown, 1))[0]?.chat.userId).toBeUndefined();
    store.close();
  });

  test("goes on with it: turns, replies, new messages, notices", async () => {
    const store = openSqliteStore(layout1([{ body: text("old") }]));
    await store.asking([2], { text: "what?", at: NOW });
    expect(await store.notify(SESSION, { chat, message: message("wait") }, NOW, NOW)).toBe(true);
    await store.settle([2], [{ chat, message: message("new") }], NOW);
    expect(await waitingIn(store)).toEqual(["old", "new"]);
    expect(await kindsOf(store.takeIn([arrivalOf(groupData())], [], USAGE))).toEqual(["stored"]);
    store.close();
  });

  test("happens once: the second start finds the same", async () => {
    const file = layout1([{ body: text("one") }]);
    openSqliteStore(file).close();
    const store = openSqliteStore(file);
    expect(await waitingIn(store)).toEqual(["one"]);
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 1, quarantine: 1 });
    store.close();
  });

  /** Something in the way of the last table of the step to layout 2. */
  const obstruct = (file: string, sql: string) => {
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
  };

  test("loses nothing when it fails half-way", async () => {
    const file = layout1([{ body: text("one") }]);
    obstruct(file, "CREATE TABLE notes (x)");
    expect(() => openSqliteStore(file)).toThrow(/notes/);
    // What the next process finds, whatever this one still holds open.
    const copy = temporaryFile();
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    obstruct(copy, "DROP TABLE notes");
    const store = openSqliteStore(copy);
    expect(await waitingIn(store)).toEqual(["one"]);
    store.close();
  });

  test("leaves the file free when it fails half-way", () => {
    const file = layout1([]);
    obstruct(file, "CREATE TABLE notes (x)");
    expect(() => openSqliteStore(file)).toThrow(/notes/);
    obstruct(file, "DROP TABLE notes");
    openSqliteStore(file).close();
  });

  test("mentions whom an answer mentioned", async () => {
    const mentioning = text("@staff1 hello", at);
    const store = openSqliteStore(layout1([{ to: group, body: mentioning }]));
    expect(await bodies(store, group)).toEqual([mentioning]);
    store.close();
  });
});

const message = (content: string) => ({
  format: "text" as const,
  title: "",
  parts: [{ text: content }],
});
