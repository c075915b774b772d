import { describe, expect, test } from "bun:test";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, WEBHOOK, words } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  SESSION,
  answered,
  chat,
  group,
  headOf,
  message,
  reply,
  settled,
  stored,
  temporaryFile,
  textOf,
  waitingIn,
  withReplies,
  kindsOf,
} from "./_store.ts";

describe("openSqliteStore(), the outbox", () => {
  test("gives a conversation's replies in order, each until it is sent", async () => {
    const store = await withReplies("one", "two", "three");
    expect(await store.conversationsWaiting("default")).toEqual([
      { account: "default", conversationId: "cidDirect==" },
    ]);
    expect((await store.nextReplies(chat, 2)).map(textOf)).toEqual(["one", "two"]);
    const first = await headOf(store);
    expect((await headOf(store)).id).toBe(first.id);
    await store.sent(first, {}, NOW);
    expect(await waitingIn(store)).toEqual(["two", "three"]);
    for (const entry of await store.nextReplies(chat, 9)) await store.sent(entry, {}, NOW);
    expect(await store.nextReplies(chat, 9)).toEqual([]);
    expect(await store.conversationsWaiting("default")).toEqual([]);
  });

  test("keeps a postponed reply in front, with its attempts and its time", async () => {
    const store = await withReplies("one", "two");
    const first = await headOf(store);
    await store.postpone(first.id, 3, NOW + 4000);
    expect(await headOf(store)).toMatchObject({ attempts: 3, notBefore: NOW + 4000 });
    expect(await waitingIn(store)).toEqual(["one", "two"]);
  });

  test("takes a reply given up out of the way, tells why, and forgets it a week later", async () => {
    const store = await withReplies("one", "two");
    await store.giveUp((await headOf(store)).id, "the group has been dissolved", NOW);
    expect(await waitingIn(store)).toEqual(["two"]);
    expect((await store.counts()).outbox).toBe(1);
    const told = {
      conversationId: "cidDirect==",
      reason: "the group has been dissolved",
      at: NOW,
    };
    expect(await store.failedReplies(5)).toEqual([told]);
    await store.prune(NOW + 6 * 24 * HOUR);
    expect(await store.failedReplies(5)).toEqual([told]);
    await store.prune(NOW + 30 * 24 * HOUR);
    expect(await store.failedReplies(5)).toEqual([]);
    expect(await waitingIn(store)).toEqual(["two"]);
  });

  test("tells the latest failures first, as many as asked for", async () => {
    const store = await withReplies("one", "two", "three");
    for (const [at, { id }] of (await store.nextReplies(chat, 9)).entries()) {
      await store.giveUp(id, `reason ${at}`, NOW + at);
    }
    const reasons = (await store.failedReplies(2)).map(({ reason }) => reason);
    expect(reasons).toEqual(["reason 2", "reason 1"]);
  });

  test("never gives an id to a second reply: someone may still be at work on the first", async () => {
    const store = await withReplies("one");
    const first = await headOf(store);
    await store.sent(first, {}, NOW);
    await answered(store, [reply("two")], 1);
    expect((await headOf(store)).id).not.toBe(first.id);
  });

  test("keeps conversations and accounts apart", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 2);
    const other: Chat = { ...chat, account: "other" };
    const chats = [group, other, chat];
    await settled(
      store,
      chats.map((each) => reply(JSON.stringify(each), each)),
    );
    expect(await store.conversationsWaiting("default")).toEqual([
      { account: "default", conversationId: "cidGroup==" },
      { account: "default", conversationId: "cidDirect==" },
    ]);
    expect(await store.conversationsWaiting("other")).toEqual([
      { account: "other", conversationId: "cidDirect==" },
    ]);
    for (const each of chats) {
      expect(await waitingIn(store, each)).toEqual([JSON.stringify(each)]);
      expect((await headOf(store, each)).chat).toEqual(each);
    }
  });
});

describe("Store.notify()", () => {
  const told = (store: Store, since: number, now: number, session = SESSION) =>
    store.notify(session, reply("please wait"), since, now);

  test("puts a notice in once, however often it is asked to", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    expect(await told(store, NOW, NOW + 10)).toBe(true);
    expect(await told(store, NOW, NOW + 20)).toBe(false);
    expect(await told(store, NOW + 10, NOW + 30)).toBe(false);
    expect(await store.nextReplies(chat, 9)).toMatchObject([
      { notice: true, createdAt: NOW + 10, notBefore: NOW + 10, attempts: 0, chat },
    ]);
  });

  test("tells again in the next outage", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await told(store, NOW, NOW + 10);
    expect(await told(store, NOW + 11, NOW + 20)).toBe(true);
  });

  test("tells each session by itself, and remembers it across a restart", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await before.takeIn([message(1), message(2, { senderStaffId: "staff2" })], [], USAGE);
    expect(await told(before, NOW, NOW + 10)).toBe(true);
    before.close();
    const after = openSqliteStore(file);
    expect(await told(after, NOW, NOW + 20)).toBe(false);
    expect(await told(after, NOW, NOW + 20, "agent:main:dingtalk:user:staff2")).toBe(true);
    after.close();
  });

  test("is not told again because another message of the session came", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await told(store, NOW, NOW + 10);
    await store.takeIn([message(7)], [], USAGE);
    expect(await told(store, NOW, NOW + 20)).toBe(false);
  });

  test("an answer drops the notices that have not gone out, and only those", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 2);
    await settled(store, [reply("first answer")]);
    await told(store, NOW, NOW + 10);
    await store.notify(SESSION, reply("elsewhere", group), NOW + 20, NOW + 30);
    expect(await waitingIn(store)).toEqual(["first answer", "please wait"]);
    await settled(store, [reply("second answer")]);
    expect(await waitingIn(store)).toEqual(["first answer", "second answer"]);
    expect(await waitingIn(store, group)).toEqual(["elsewhere"]);
  });

  test("a notice that is being sent is not taken from under the sender", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await told(store, NOW, NOW + 10);
    await store.sending(await headOf(store), "stream", USAGE, NOW + 20);
    await settled(store, [reply("answer")]);
    expect(await waitingIn(store)).toEqual(["please wait", "answer"]);
  });

  test("a notice given up stays among the failed", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await told(store, NOW, NOW + 10);
    await store.giveUp((await headOf(store)).id, "no", NOW);
    await settled(store, [reply("answer")]);
    expect(await store.failedReplies(5)).toHaveLength(1);
  });

  test("a turn that ends in silence drops them as well", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await told(store, NOW, NOW + 10);
    await settled(store, []);
    expect(await waitingIn(store)).toEqual([]);
  });
});

describe("Store.merge()", () => {
  test("puts one message in the first one's place and takes the others away", async () => {
    const store = await withReplies("one", "two", "three");
    const [one, two] = await store.nextReplies(chat, 2);
    await store.merge([one?.id ?? 0, two?.id ?? 0], words("both"));
    expect(await waitingIn(store)).toEqual(["both", "three"]);
    expect(await headOf(store)).toMatchObject({ id: one?.id ?? 0, createdAt: NOW, attempts: 0 });
    expect((await store.counts()).outbox).toBe(2);
  });
});

describe("Store.sentText()", () => {
  const DAY = 24 * HOUR;
  /** What waits is sent, the nth under the key `k<n>`. */
  async function sentAll(store: Store, now = NOW): Promise<void> {
    for (const [at, entry] of (await store.nextReplies(chat, 9)).entries()) {
      await store.sent(entry, { key: `k${at}` }, now);
    }
  }

  test("is what was sent under a key, of each account its own", async () => {
    const store = await withReplies("one", "two");
    await sentAll(store);
    expect(await store.sentText("default", "k0")).toBe("one");
    expect(await store.sentText("default", "k1")).toBe("two");
    expect(await store.sentText("default", "k2")).toBeUndefined();
    expect(await store.sentText("other", "k0")).toBeUndefined();
    expect(await store.conversationsWaiting("default")).toEqual([]);
  });

  test("is nothing of what was sent without a key", async () => {
    const store = await withReplies("one");
    await store.sent(await headOf(store), {}, NOW);
    expect((await store.counts()).outbox).toBe(0);
    expect(await store.sentText("default", "undefined")).toBeUndefined();
  });

  test("has every part of a message, and what was merged into it", async () => {
    const store = await withReplies("one", "two");
    const [one, two] = await store.nextReplies(chat, 2);
    const both = { format: "text" as const, title: "", parts: [{ text: "one" }, { text: "two" }] };
    await store.merge([one?.id ?? 0, two?.id ?? 0], both);
    await sentAll(store);
    expect(await store.sentText("default", "k0")).toBe("one\n\ntwo");
  });

  test("is as much as a quote shows, of a long one", async () => {
    const store = await withReplies("😀".repeat(5000));
    await sentAll(store);
    const text = (await store.sentText("default", "k0")) ?? "";
    expect(text.length).toBeGreaterThanOrEqual(1200);
    expect(text.length).toBeLessThanOrEqual(2000);
    expect(text).toStartWith("😀".repeat(600));
    expect(text.isWellFormed()).toBe(true);
  });

  test("outlives a restart, and is forgotten after 7 days", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await answered(before, [reply("one")]);
    await sentAll(before);
    before.close();
    const after = openSqliteStore(file);
    await after.prune(NOW + 7 * DAY);
    expect(await after.sentText("default", "k0")).toBe("one");
    await after.prune(NOW + 7 * DAY + 1);
    expect(await after.sentText("default", "k0")).toBeUndefined();
    after.close();
  });

  test("is not lost when the same is confirmed twice", async () => {
    const store = await withReplies("one");
    const head = await headOf(store);
    await store.sent(head, { key: "k0" }, NOW);
    await store.sent(head, { key: "k0" }, NOW + 1);
    expect(await store.sentText("default", "k0")).toBe("one");
  });
});

describe("Store.sending()", () => {
  test("says that a reply is not there any more, and counts nothing", async () => {
    const store = await withReplies("one");
    const head = await headOf(store);
    expect(await store.sending(head, "api", USAGE, NOW)).toBe(true);
    await store.sent(head, {}, NOW);
    expect(await store.sending(head, "api", USAGE, NOW)).toBe(false);
    expect(await store.recentSends(chat, 0)).toHaveLength(1);
    expect((await store.usage(USAGE)).api).toBe(1);
  });

  test("counts as a try when the process died of it: it must come again as it was", async () => {
    const store = await withReplies("one");
    await store.sending(await headOf(store), "stream", USAGE, NOW);
    await store.leftSending("default");
    expect((await headOf(store)).attempts).toBe(1);
  });

  test("is told once after a crash, and not when it ended somehow", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    const texts = ["sent", "postponed", "given up", "in the air"];
    await answered(
      before,
      texts.map((text) => reply(text)),
    );
    const [sent, postponed, failed, air] = await before.nextReplies(chat, 9);
    for (const entry of [sent, postponed, failed, air]) {
      if (entry !== undefined) await before.sending(entry, "stream", USAGE, NOW);
    }
    if (sent !== undefined) await before.sent(sent, {}, NOW);
    await before.postpone(postponed?.id ?? 0, 1, NOW);
    await before.giveUp(failed?.id ?? 0, "no", NOW);
    before.close();

    const after = openSqliteStore(file);
    expect(await after.leftSending("default")).toBe(1);
    expect(await after.leftSending("default")).toBe(0);
    expect(await waitingIn(after)).toEqual(["postponed", "in the air"]);
    after.close();
    const third = openSqliteStore(file);
    expect(await third.leftSending("default")).toBe(0);
    third.close();
  });

  test("counts every try against the minute, also after a restart", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await answered(before, [reply("one"), reply("elsewhere", group)]);
    const head = await headOf(before);
    for (const at of [1, 2, 3]) await before.sending(head, "stream", USAGE, NOW + at);
    await before.sending(await headOf(before, group), "stream", USAGE, NOW + 9);
    await before.sent(head, {}, NOW);
    before.close();
    const after = openSqliteStore(file);
    expect(await after.recentSends(chat, NOW)).toEqual([NOW + 1, NOW + 2, NOW + 3]);
    expect(await after.recentSends(chat, NOW + 1)).toEqual([NOW + 2, NOW + 3]);
    expect(await after.recentSends({ ...chat, account: "other" }, 0)).toEqual([]);
    await after.prune(NOW + 60_000);
    expect(await after.recentSends(chat, NOW)).toHaveLength(3);
    await after.prune(NOW + HOUR);
    expect(await after.recentSends(chat, 0)).toEqual([]);
    after.close();
  });
});

describe("openSqliteStore(), webhooks", () => {
  test("keeps the newest of a conversation", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, { sessionWebhookExpiredTime: 1 })], [], USAGE);
    const url = `${WEBHOOK}new`;
    const next = message(2, { sessionWebhook: url, sessionWebhookExpiredTime: 2 });
    await store.takeIn([next], [], USAGE);
    expect(await store.webhook(chat)).toEqual({ url, expiresAt: 2 });
  });

  test("keeps a webhook whose expiry is not known", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, { sessionWebhookExpiredTime: undefined })], [], USAGE);
    expect(await store.webhook(chat)).toEqual({ url: WEBHOOK, expiresAt: undefined });
  });

  test("knows none for a conversation it has not seen", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.webhook(chat)).toBeUndefined();
  });

  test("loses none when the last message of a batch brings none", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1), message(2, { sessionWebhook: undefined })], [], USAGE);
    expect(await store.webhook(chat)).toMatchObject({ url: WEBHOOK });
  });

  test("keeps one for each account that a batch brings", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, {}, "one"), message(1, {}, "two")], [], USAGE);
    for (const account of ["one", "two"]) {
      expect(await store.webhook({ ...chat, account })).toMatchObject({ url: WEBHOOK });
    }
  });

  test("is not set back by an old message that comes again", async () => {
    const store = openSqliteStore(":memory:");
    const old = message(1, { sessionWebhookExpiredTime: NOW });
    await store.takeIn([old], [], USAGE);
    await store.takeIn([message(2, { sessionWebhookExpiredTime: NOW + HOUR })], [], USAGE);
    expect(await kindsOf(store.takeIn([old], [], USAGE))).toEqual(["duplicate-id"]);
    expect((await store.webhook(chat))?.expiresAt).toBe(NOW + HOUR);
  });

  test("forgets one that DingTalk does not know, but never a newer one", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1)], [], USAGE);
    await store.forgetWebhook(chat, `${WEBHOOK}-older`);
    expect(await store.webhook(chat)).toMatchObject({ url: WEBHOOK });
    await store.forgetWebhook({ ...chat, account: "other" }, WEBHOOK);
    expect(await store.webhook(chat)).toMatchObject({ url: WEBHOOK });
    await store.forgetWebhook(chat, WEBHOOK);
    expect(await store.webhook(chat)).toBeUndefined();
    await store.takeIn([message(2)], [], USAGE);
    expect(await store.webhook(chat)).toMatchObject({ url: WEBHOOK });
  });
});
