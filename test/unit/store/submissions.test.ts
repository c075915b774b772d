import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  answered,
  chat,
  deliveriesOf,
  group,
  headOf,
  reply,
  statesOf,
  submissionOf,
  submitted,
  temporaryFile,
  toOne,
  toPeople,
  waitingIn,
} from "./_store.ts";

const DAY = 24 * HOUR;
const people: Chat = toPeople("u1").chat;

describe("Store.submit()", () => {
  test("queues everything, in order, and tells so at once", async () => {
    const store = openSqliteStore(":memory:");
    await answered(store, [reply("an answer")]);
    const replies = [toOne("one"), toPeople("u2", "u1"), toOne("two", group), toOne("three")];
    expect(await store.submit(submissionOf("s1", replies), 10, NOW + 1)).toEqual({
      kind: "accepted",
      id: "s1",
    });
    expect(await waitingIn(store)).toEqual(["an answer", "one", "three"]);
    expect(await waitingIn(store, group)).toEqual(["two"]);
    const entry = await headOf(store, people);
    expect(entry).toMatchObject({
      submission: "s1",
      userIds: ["u2", "u1"],
      notice: false,
      createdAt: NOW + 1,
      notBefore: NOW + 1,
    });
    expect(await store.fate("s1")).toMatchObject({ id: "s1", account: "default" });
    expect((await store.fate("s1"))?.createdAt).toBe(NOW + 1);
    const deliveries = await deliveriesOf(store, "s1");
    expect(deliveries.map(({ target }) => target)).toEqual([
      "user:staff1",
      "user:u2",
      "user:u1",
      "group:cidGroup==",
      "user:staff1",
    ]);
    expect(deliveries[1]).toEqual({
      outboxId: entry.id,
      target: "user:u2",
      state: "queued",
      reason: undefined,
      processQueryKey: undefined,
      leftOut: [],
      chat: people,
      at: NOW + 1,
    });
    expect(deliveries[3]?.chat).toEqual(group);
  });

  test("leaves answers alone: they belong to no submission and have one addressee", async () => {
    const store = openSqliteStore(":memory:");
    await answered(store, [reply("an answer")]);
    const { submission, userIds } = await headOf(store);
    expect([submission, userIds]).toEqual([undefined, undefined]);
  });

  test("takes the same key for the same message, of one account, over a restart", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await before.submit(submissionOf("s1", [toOne("one")], "key"), 10, NOW);
    before.close();
    const store = openSqliteStore(file);
    const again = submissionOf("s2", [toOne("two")], "key");
    expect(await store.submit(again, 10, NOW)).toEqual({ kind: "known", id: "s1" });
    expect(await store.fate("s2")).toBeUndefined();
    expect(await store.submit({ ...again, account: "other" }, 10, NOW)).toEqual({
      kind: "accepted",
      id: "s2",
    });
    for (const id of ["s3", "s4"]) {
      expect(await store.submit(submissionOf(id, [toOne(id)]), 10, NOW)).toMatchObject({
        kind: "accepted",
      });
    }
    expect(await waitingIn(store)).toEqual(["one", "two", "s3", "s4"]);
    store.close();
  });

  test("takes the same id for the same message, whatever the key", async () => {
    const store = openSqliteStore(":memory:");
    await store.submit(submissionOf("s1", [toOne("one")]), 10, NOW);
    for (const key of [undefined, "key"]) {
      const again = submissionOf("s1", [toOne("again")], key);
      expect(await store.submit(again, 10, NOW)).toEqual({ kind: "known", id: "s1" });
    }
    expect(await waitingIn(store)).toEqual(["one"]);
    expect(await statesOf(store, "s1")).toEqual(["user:staff1 queued"]);
  });

  test("refuses what would not fit any more, and adds nothing of it", async () => {
    const store = openSqliteStore(":memory:");
    await answered(store, [reply("answers"), reply("do not"), reply("count")]);
    const three = [toOne("one"), toPeople("u1", "u2", "u3"), toOne("three")];
    expect(await store.submit(submissionOf("s1", three, "key"), 2, NOW)).toEqual({ kind: "full" });
    expect(await store.fate("s1")).toBeUndefined();
    expect((await store.counts()).outbox).toBe(3);
    expect(await store.submit(submissionOf("s1", three, "key"), 3, NOW)).toMatchObject({
      kind: "accepted",
    });
    const more = submissionOf("s2", [toOne("four")]);
    expect(await store.submit(more, 3, NOW)).toEqual({ kind: "full" });
    // Who asks about what was accepted must not hear that there is no room.
    expect(await store.submit(submissionOf("s3", three, "key"), 3, NOW)).toMatchObject({
      kind: "known",
    });
  });

  test("has room again for each that is sent or given up", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "s1", toOne("one"), toOne("two", group));
    const next = async (id: string) =>
      (await store.submit(submissionOf(id, [toOne(id)]), 2, NOW)).kind;
    expect(await next("s2")).toBe("full");
    await store.sent(await headOf(store), {}, NOW);
    expect(await next("s2")).toBe("accepted");
    expect(await next("s3")).toBe("full");
    await store.giveUp((await headOf(store, group)).id, "no", NOW);
    expect(await next("s3")).toBe("accepted");
  });

  test("takes all of it or nothing", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec(
      `CREATE TRIGGER obstacle BEFORE INSERT ON deliveries WHEN new.target = 'group:cidGroup=='
       BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    const whole = submissionOf("s1", [toOne("one"), toOne("two", group)], "key");
    expect(await store.submit(whole, 9, NOW).catch(() => "failed")).toBe("failed");
    expect((await store.counts()).outbox).toBe(0);
    expect(await store.fate("s1")).toBeUndefined();
    other.exec("DROP TRIGGER obstacle");
    other.close();
    expect(await store.submit(whole, 9, NOW)).toEqual({ kind: "accepted", id: "s1" });
    store.close();
  });
});

describe("Store.cancel()", () => {
  test("takes out what waits; what is being sent, sent or given up stays", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "other", toOne("of another"));
    await answered(store, [reply("an answer")]);
    const words = ["sent", "given up", "in the air", "tried", "new"];
    await submitted(store, "s1", ...words.map((text) => toOne(text, group)));
    const [sent, failed, air, tried, fresh] = await store.nextReplies(group, 9);
    for (const entry of [sent, failed, air, tried]) {
      if (entry !== undefined) await store.sending(entry, "api", USAGE, NOW);
    }
    if (sent !== undefined) await store.sent(sent, { key: "k1" }, NOW);
    await store.giveUp(failed?.id ?? 0, "no", NOW);
    await store.postpone(tried?.id ?? 0, 1, NOW + 99);

    await store.cancel("s1", NOW + 5);
    await store.cancel("never", NOW + 5);
    const target = "group:cidGroup==";
    expect(await statesOf(store, "s1")).toEqual([
      `${target} sent k1`,
      `${target} failed no`,
      `${target} queued`,
      `${target} recalled`,
      `${target} recalled`,
    ]);
    const times = (await deliveriesOf(store, "s1")).map(({ at }) => at - NOW);
    expect(times).toEqual([0, 0, 0, 5, 5]);
    expect(await waitingIn(store, group)).toEqual(["in the air"]);
    expect(await waitingIn(store)).toEqual(["of another", "an answer"]);
    expect(await statesOf(store, "other")).toEqual(["user:staff1 queued"]);
    expect(await store.failedReplies(9)).toHaveLength(1);
    // The sender has had it in its hands since before.
    if (fresh !== undefined) expect(await store.sending(fresh, "api", USAGE, NOW)).toBe(false);
  });

  test("takes out what was being sent when its process died and has not gone again", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await submitted(before, "s1", toOne("one"));
    await before.sending(await headOf(before), "api", USAGE, NOW);
    before.close();
    const after = openSqliteStore(file);
    await after.cancel("s1", NOW);
    expect(await statesOf(after, "s1")).toEqual(["user:staff1 queued"]);
    expect(await after.leftSending("default")).toBe(1);
    await after.cancel("s1", NOW);
    expect(await statesOf(after, "s1")).toEqual(["user:staff1 recalled"]);
    expect((await after.counts()).outbox).toBe(0);
    after.close();
  });
});

describe("Store.fate()", () => {
  /** Says when it is forgotten, in days after NOW; it is asked every day. */
  async function daysKept(store: Store, id: string): Promise<number> {
    for (let day = 1; day < 100; day++) {
      await store.prune(NOW + day * DAY);
      if ((await store.fate(id)) === undefined) return day;
    }
    return Infinity;
  }

  test("is not known of what nobody has submitted", async () => {
    expect(await openSqliteStore(":memory:").fate("s1")).toBeUndefined();
  });

  test("is kept for 7 days after the last change, and the key with it", async () => {
    const store = openSqliteStore(":memory:");
    const replies = [toOne("one"), toOne("two", group)];
    await store.submit(submissionOf("s1", replies, "key"), 9, NOW);
    await submitted(store, "s2", toOne("three"));
    await store.sent(await headOf(store), { key: "k1" }, NOW + DAY);
    await store.sent(await headOf(store, group), { key: "k2" }, NOW + 3 * DAY);

    await store.prune(NOW + 10 * DAY);
    expect(await statesOf(store, "s1")).toHaveLength(2);
    const again = submissionOf("s3", replies, "key");
    expect(await store.submit(again, 9, NOW)).toEqual({ kind: "known", id: "s1" });
    await store.prune(NOW + 10 * DAY + 1);
    expect(await store.fate("s1")).toBeUndefined();
    expect(await statesOf(store, "s2")).toEqual(["user:staff1 queued"]);
    expect(await store.submit(again, 9, NOW)).toEqual({ kind: "accepted", id: "s3" });
    expect(await statesOf(store, "s3")).toHaveLength(2);
  });

  test("is kept as long as anything waits, and a recall is a change", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "waits", toOne("one"), toOne("two", group));
    await submitted(store, "recalled", toPeople("u1"));
    await submitted(store, "empty");
    await store.sent(await headOf(store), {}, NOW);
    const { id, ...rest } = await headOf(store, people);
    await store.sent({ id, ...rest }, { key: "k1" }, NOW);
    await store.recalled(id, "k1", NOW + 5 * DAY);
    expect(await daysKept(store, "waits")).toBe(Infinity);
    expect(await store.fate("recalled")).toBeUndefined();
    expect(await store.fate("empty")).toBeUndefined();
  });

  test("of what was recalled late is kept from then on", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "s1", toOne("one"));
    const head = await headOf(store);
    await store.sent(head, { key: "k1" }, NOW);
    await store.recalled(head.id, "k1", NOW + 5 * DAY);
    expect(await daysKept(store, "s1")).toBe(13);
  });

  test("leaves nothing behind in the file", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await submitted(store, "s1", toPeople("u1", "u2"), toOne("one"));
    await store.cancel("s1", NOW);
    await store.prune(NOW + 8 * DAY);
    store.close();
    const db = new DatabaseSync(file);
    for (const table of ["submissions", "deliveries", "outbox"]) {
      const rows = db.prepare(`SELECT count(*) AS count FROM ${table}`).get();
      expect([table, rows?.["count"]]).toEqual([table, 0]);
    }
    db.close();
  });
});

test("the chat of a submission is read back as it was given", async () => {
  const store = openSqliteStore(":memory:");
  await submitted(store, "s1", toOne("one"), toPeople("u1"));
  const chats = (await deliveriesOf(store, "s1")).map((delivery) => delivery.chat);
  expect(chats).toEqual([chat, people]);
});
