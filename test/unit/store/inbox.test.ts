import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE } from "../../support/fake-messages.ts";
import {
  NOW,
  SESSION,
  chat,
  headOf,
  message,
  reply,
  settled,
  stored,
  temporaryFile,
  textOf,
  kindsOf,
} from "./_store.ts";

describe("openSqliteStore(), duplicates", () => {
  test("knows an id again", async () => {
    const store = openSqliteStore(":memory:");
    expect(await kindsOf(store.takeIn([message(1)], [], USAGE))).toEqual(["stored"]);
    expect(await kindsOf(store.takeIn([message(1)], [], USAGE))).toEqual(["duplicate-id"]);
    expect((await store.counts()).inbox).toBe(1);
  });

  test("knows content again that comes under a new id", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1)], [], USAGE);
    expect(await kindsOf(store.takeIn([message(1, { msgId: "new" })], [], USAGE))).toEqual([
      "duplicate-content",
    ]);
  });

  test("admits each arrival of a batch by itself, in order", async () => {
    const store = openSqliteStore(":memory:");
    const batch = [message(1), message(2), message(1), message(2, { msgId: "new" }), message(3)];
    expect(await kindsOf(store.takeIn(batch, [], USAGE))).toEqual([
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
    await before.takeIn([message(1)], [], USAGE);
    await settled(before);
    before.close();

    const after = openSqliteStore(file);
    expect(await kindsOf(after.takeIn([message(1)], [], USAGE))).toEqual(["duplicate-id"]);
    expect(await kindsOf(after.takeIn([message(1, { msgId: "new" })], [], USAGE))).toEqual([
      "duplicate-content",
    ]);
    expect((await after.counts()).inbox).toBe(0);
    after.close();
  });

  test("keeps accounts apart: two robots in one group get the same message id", async () => {
    const store = openSqliteStore(":memory:");
    expect(await kindsOf(store.takeIn([message(1, {}, "one")], [], USAGE))).toEqual(["stored"]);
    expect(await kindsOf(store.takeIn([message(1, {}, "two")], [], USAGE))).toEqual(["stored"]);
  });

  test("takes two equal messages without a time for two messages", async () => {
    const store = openSqliteStore(":memory:");
    const twins = [
      message(1, { createAt: undefined }),
      message(2, { createAt: undefined, msgId: "m2" }),
    ];
    expect(await kindsOf(store.takeIn(twins, [], USAGE))).toEqual(["stored", "stored"]);
  });
});

describe("openSqliteStore(), the inbox", () => {
  test("gives a session's messages in order of arrival", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 3);
    for (const at of [0, 1, 2]) {
      const entry = (await store.nextTurns(SESSION, 1))[0];
      expect(entry).toMatchObject({ account: "default", session: SESSION, receivedAt: NOW + at });
      expect(JSON.parse(entry?.data ?? "")).toMatchObject({ msgId: `msg${at}` });
      await store.settle([entry?.id ?? 0], [], NOW);
    }
    expect((await store.nextTurns(SESSION, 1))[0]).toBeUndefined();
  });

  test("lists the sessions that wait, the longest waiting first", async () => {
    const store = openSqliteStore(":memory:");
    const arrivals = ["c", "a", "b", "a"].map((user, at) => message(at, { senderStaffId: user }));
    await store.takeIn(arrivals, [], USAGE);
    expect(await store.sessionsWaiting("default")).toEqual(
      ["c", "a", "b"].map((user) => `agent:main:dingtalk:user:${user}`),
    );
  });

  test("keeps waiting messages across a restart, with the outage clock they came at", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await before.takeIn([{ ...message(0), outageMs: 77 }, message(1)], [], USAGE);
    before.close();
    const after = openSqliteStore(file);
    expect(await after.sessionsWaiting("default")).toEqual([SESSION]);
    const entry = (await after.nextTurns(SESSION, 1))[0];
    expect(JSON.parse(entry?.data ?? "")).toMatchObject({ msgId: "msg0" });
    expect(entry).toMatchObject({ receivedAt: NOW, outageMs: 77, asked: undefined });
    after.close();
  });

  test("keeps any text as it came", async () => {
    const store = openSqliteStore(":memory:");
    const odd = "'); DROP TABLE inbox; --\u0000 \u{1f600} 中文 \n";
    await store.takeIn(
      [message(1, { senderStaffId: "staff1", text: { content: odd } })],
      [],
      USAGE,
    );
    const entry = (await store.nextTurns(SESSION, 1))[0];
    expect(JSON.parse(entry?.data ?? "")).toMatchObject({ text: { content: odd } });
  });

  test("stores all of a batch or nothing, and counts nothing then", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec("DROP TABLE quarantine");
    other.close();
    const quarantine = [{ account: "default", reason: "r", data: "d", receivedAt: NOW }];
    const rejected = await store
      .takeIn([message(1)], quarantine, USAGE)
      .catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(Error);
    expect((await store.nextTurns(SESSION, 1))[0]).toBeUndefined();
    expect(await store.usage(USAGE)).toEqual({ api: 0, stream: 0 });
    expect(await kindsOf(store.takeIn([message(1)], [], USAGE))).toEqual(["stored"]);
    store.close();
  });
});

describe("Store.nextTurns()", () => {
  const idsOf = async (store: Store, session: string, limit: number) =>
    (await store.nextTurns(session, limit)).map(({ msgId }) => msgId);

  test("gives the oldest that wait, in order of arrival, and not more than wanted", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn(
      [3, 1, 2].map((at) => message(at)),
      [],
      USAGE,
    );
    expect(await idsOf(store, SESSION, 9)).toEqual(["msg3", "msg1", "msg2"]);
    expect(await idsOf(store, SESSION, 2)).toEqual(["msg3", "msg1"]);
    expect(await idsOf(store, SESSION, 0)).toEqual([]);
    await settled(store);
    expect(await idsOf(store, SESSION, 2)).toEqual(["msg1", "msg2"]);
  });

  test("keeps sessions apart", async () => {
    const store = openSqliteStore(":memory:");
    const others = message(2, { senderStaffId: "staff2" });
    await store.takeIn([message(1), others, message(3)], [], USAGE);
    expect(await idsOf(store, SESSION, 9)).toEqual(["msg1", "msg3"]);
    expect(await idsOf(store, "agent:main:dingtalk:user:staff2", 9)).toEqual(["msg2"]);
    expect(await idsOf(store, "agent:main:dingtalk:user:nobody", 9)).toEqual([]);
  });
});

describe("Store.waitingIds()", () => {
  test("names all that wait, of every session and account, and nothing else", async () => {
    const store = openSqliteStore(":memory:");
    const others = message(2, { senderStaffId: "staff2" });
    await store.takeIn([message(0), others, message(1)], [], USAGE);
    await store.takeIn([message(1, {}, "other")], [], USAGE);
    await settled(store);
    const ids = await store.waitingIds();
    expect(ids.map(({ account, msgId }) => `${account} ${msgId}`).toSorted()).toEqual([
      "default msg1",
      "default msg2",
      "other msg1",
    ]);
  });
});

describe("Store.asking(), several together", () => {
  test("are asked, looked for and taken back together, over a restart", async () => {
    const file = temporaryFile();
    let store = openSqliteStore(file);
    await stored(store, 4);
    const [one, two, three] = (await store.nextTurns(SESSION, 9)).map(({ id }) => id);
    const ids = [one ?? 0, two ?? 0];
    const reopen = () => {
      store.close();
      store = openSqliteStore(file);
    };
    const times = async () => (await store.nextTurns(SESSION, 9)).map(({ asked }) => asked?.at);
    await store.asking(ids, { text: "both", at: NOW + 5 });
    reopen();
    expect(await times()).toEqual([NOW + 5, NOW + 5, undefined, undefined]);
    const asked = (await store.nextTurns(SESSION, 9)).map((entry) => [
      entry.asked?.text,
      entry.asks,
    ]);
    expect(asked.slice(0, 2)).toEqual([
      ["both", 1],
      ["both", 1],
    ]);
    await store.asking(ids, undefined);
    reopen();
    expect(await times()).toEqual([undefined, undefined, undefined, undefined]);
    expect((await store.nextTurns(SESSION, 9)).map(({ asks }) => asks)).toEqual([0, 0, 0, 0]);
    await store.asking([...ids, three ?? 0], { text: "all", at: NOW + 6 });
    expect(await times()).toEqual([NOW + 6, NOW + 6, NOW + 6, undefined]);
    store.close();
  });
});

describe("Store.settle(), several together", () => {
  test("leave together, with their replies once", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 3);
    const ids = (await store.nextTurns(SESSION, 2)).map(({ id }) => id);
    await store.settle(ids, [reply("both")], NOW);
    await store.settle(ids, [reply("again")], NOW);
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 1 });
    expect((await store.nextTurns(SESSION, 9)).map(({ msgId }) => msgId)).toEqual(["msg2"]);
    expect(await kindsOf(store.takeIn([message(0), message(1)], [], USAGE))).toEqual([
      "duplicate-id",
      "duplicate-id",
    ]);
  });

  test("stay together where the replies cannot be stored", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await stored(store, 3);
    const ids = (await store.nextTurns(SESSION, 2)).map(({ id }) => id);
    const other = new DatabaseSync(file);
    other.exec("DROP TABLE outbox");
    other.close();
    const failed = await store.settle(ids, [reply("both")], NOW).catch(() => "failed");
    expect(failed).toBe("failed");
    expect(await store.nextTurns(SESSION, 9)).toHaveLength(3);
    store.close();
  });

  test("drop the notice that says one of them waits", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 2);
    await store.notify(SESSION, reply("please wait"), NOW, NOW);
    const ids = (await store.nextTurns(SESSION, 2)).map(({ id }) => id);
    await store.settle(ids, [reply("both")], NOW);
    expect(textOf(await headOf(store))).toBe("both");
    expect((await store.counts()).outbox).toBe(1);
  });
});

describe("Store.asking()", () => {
  async function waiting() {
    const file = temporaryFile();
    let store = openSqliteStore(file);
    await stored(store, 2);
    const id = (await store.nextTurns(SESSION, 1))[0]?.id ?? 0;
    const reopen = () => {
      store.close();
      store = openSqliteStore(file);
    };
    const asked = async () => (await store.nextTurns(SESSION, 1))[0]?.asked;
    return { id, reopen, asked, store: () => store };
  }

  test("is remembered across a restart, with the run and the break", async () => {
    const { id, reopen, asked, store } = await waiting();
    await store().asking([id], { text: "what?\u0000", at: NOW + 5 });
    reopen();
    expect(await asked()).toEqual({
      text: "what?\u0000",
      at: NOW + 5,
      runId: undefined,
      broken: false,
    });
    await store().answering(id, "run1");
    await store().broken(id);
    reopen();
    expect(await asked()).toMatchObject({ runId: "run1", broken: true });
    await store().answering(id, "run2");
    reopen();
    expect(await asked()).toMatchObject({ runId: "run2", broken: true });
    store().close();
  });

  test("again is a new question: of the old run nothing stays", async () => {
    const { id, asked, store } = await waiting();
    await store().asking([id], { text: "one", at: NOW });
    await store().answering(id, "run1");
    await store().broken(id);
    await store().asking([id], { text: "two", at: NOW + 1 });
    expect(await asked()).toEqual({ text: "two", at: NOW + 1, runId: undefined, broken: false });
    store().close();
  });

  test("is taken back when nothing was asked after all", async () => {
    const { id, asked, store } = await waiting();
    await store().asking([id], { text: "one", at: NOW });
    await store().answering(id, "run1");
    await store().broken(id);
    await store().asking([id], undefined);
    expect(await asked()).toBeUndefined();
    expect((await store().nextTurns(SESSION, 1))[0]).toMatchObject({ id });
    store().close();
  });

  test("counts how often it was asked; what was taken back does not count", async () => {
    const { id, reopen, store } = await waiting();
    const asks = async () => (await store().nextTurns(SESSION, 1))[0]?.asks;
    expect(await asks()).toBe(0);
    await store().asking([id], { text: "one", at: NOW });
    await store().asking([id], { text: "one", at: NOW });
    reopen();
    expect(await asks()).toBe(2);
    await store().asking([id], undefined);
    expect(await asks()).toBe(1);
    store().close();
  });

  test("is about one message only: the next one has not been asked", async () => {
    const { id, asked, store } = await waiting();
    await store().asking([id], { text: "one", at: NOW });
    await store().settle([id], [], NOW);
    expect(await asked()).toBeUndefined();
    // A run's name that is noted late is of no consequence.
    await store().answering(id, "late");
    expect(await asked()).toBeUndefined();
    store().close();
  });
});

describe("Store.settle()", () => {
  test("moves a message out and its replies in, together", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await settled(store, [reply("one"), reply("two")]);
    expect(await store.counts()).toMatchObject({ inbox: 0, outbox: 2, quarantine: 0 });
    expect(await headOf(store)).toMatchObject({
      id: expect.any(Number),
      chat,
      message: { format: "text", title: "", parts: [{ text: "one" }] },
      notice: false,
      createdAt: NOW,
      attempts: 0,
      notBefore: NOW,
    });
  });

  test("happens once: the second time adds no replies", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    const id = (await store.nextTurns(SESSION, 1))[0]?.id ?? 0;
    await store.settle([id], [reply("one")], NOW);
    await store.settle([id], [reply("again")], NOW);
    expect((await store.counts()).outbox).toBe(1);
  });

  test("leaves the message where it is if the replies cannot be stored", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await stored(store, 1);
    const id = (await store.nextTurns(SESSION, 1))[0]?.id ?? 0;
    const other = new DatabaseSync(file);
    other.exec("DROP TABLE outbox");
    other.close();
    const rejected = await store.settle([id], [reply("one")], NOW).catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(Error);
    expect((await store.nextTurns(SESSION, 1))[0]).toMatchObject({ id });
    store.close();
  });

  test("keeps a message whole: format, title, every part and whom it mentions", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    const whole = {
      format: "markdown" as const,
      title: "标题 '\"\\",
      parts: [
        { text: "# one\n\u0000😀", mention: { userId: "staff1", nick: "小明" } },
        { text: "two", mention: { userId: undefined, nick: undefined } },
        { text: "three" },
      ],
    };
    await settled(store, [{ chat, message: whole }]);
    expect((await headOf(store)).message).toEqual(whole);
  });
});
