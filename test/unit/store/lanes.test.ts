import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import { claimOf } from "../../../src/core/inbound/session.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, arrivalOf, groupData } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  SESSION,
  answered,
  chat,
  group,
  message,
  reply,
  settled,
  stored,
  temporaryFile,
} from "./_store.ts";

const OTHER = "agent:other:dingtalk:user:staff1";
const other = claimOf("other", { chat });
const desk = { desk: "desk:default:staff1" };

async function withThree() {
  const file = temporaryFile();
  const store = openSqliteStore(file);
  await stored(store, 3);
  const ids = (await store.nextTurns(SESSION, 9)).map((entry) => entry.id);
  const waitingAt = async (session: string) =>
    (await store.nextTurns(session, 9)).map((entry) => entry.id);
  return { file, store, ids, waitingAt };
}

describe("Store.accountsWaiting()", () => {
  test("counts what waits in both boxes, and names nobody for whom nothing waits", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.accountsWaiting()).toEqual([]);
    await answered(store, [reply("one"), reply("two"), reply("gone")]);
    await store.takeIn([message(1)], [], USAGE);
    await store.takeIn([message(2, {}, "inbox only")], [], USAGE);
    const elsewhere = { ...chat, account: "outbox only" };
    await store.settleCards([reply("end", elsewhere)], NOW);
    const last = (await store.nextReplies(chat, 9))[2];
    await store.giveUp(last?.id ?? 0, "no", NOW);
    expect(await store.accountsWaiting()).toEqual([
      { account: "default", messages: 3 },
      { account: "inbox only", messages: 1 },
      { account: "outbox only", messages: 1 },
    ]);
    await settled(store);
    expect(await store.accountsWaiting()).toContainEqual({ account: "default", messages: 2 });
  });
});

describe("Store.sessionsWaiting()", () => {
  test("are an account's own, the longest waiting first", async () => {
    const store = openSqliteStore(":memory:");
    const arrivals = [
      arrivalOf(groupData()),
      message(1, {}, "second"),
      { ...message(2), place: desk },
      message(3),
    ];
    await store.takeIn(arrivals, [], USAGE);
    const inGroup = "agent:main:dingtalk:group:cidGroup==";
    expect(await store.sessionsWaiting("default")).toEqual([inGroup, desk.desk, `${SESSION}~2`]);
    expect(await store.sessionsWaiting("second")).toEqual([SESSION]);
    expect(await store.sessionsWaiting("third")).toEqual([]);
  });
});

describe("Store.refile()", () => {
  test("moves a message into another lane, where it keeps its place by arrival", async () => {
    const { store, ids, waitingAt } = await withThree();
    const [one = 0, two = 0, three = 0] = ids;
    expect(await store.refile(three, chat, other, NOW + 9)).toBe(OTHER);
    expect(await store.refile(one, chat, other, NOW + 9)).toBe(OTHER);
    expect(await waitingAt(OTHER)).toEqual([one, three]);
    expect(await waitingAt(SESSION)).toEqual([two]);
    expect((await store.nextTurns(OTHER, 1))[0]).toMatchObject({ msgId: "msg0", session: OTHER });
    store.close();
  });

  test("lasts over a restart, and what comes back from the new session finds the chat", async () => {
    const { file, store, ids } = await withThree();
    await store.refile(ids[0] ?? 0, chat, other, NOW + 9);
    store.close();
    const after = openSqliteStore(file);
    expect(await after.nextTurns(OTHER, 9)).toHaveLength(1);
    expect(await after.chatByFoldedKey(OTHER)).toEqual({ ...chat, session: OTHER });
    await after.notify(OTHER, reply("please wait"), NOW, NOW);
    await after.settle([ids[0] ?? 0], [reply("done")], NOW);
    expect(await after.counts()).toMatchObject({ inbox: 2, outbox: 1 });
    after.close();
  });

  test("moves it to the desk and back", async () => {
    const { store, ids, waitingAt } = await withThree();
    const [one = 0] = ids;
    expect(await store.refile(one, chat, desk, NOW)).toBe(desk.desk);
    expect(await waitingAt(desk.desk)).toEqual([one]);
    expect(await store.refile(one, chat, claimOf("main", { chat }), NOW)).toBe(SESSION);
    expect(await waitingAt(SESSION)).toEqual(ids);
    store.close();
  });

  test("gives no session to two: the claim gets its suffix here too", async () => {
    const { store, ids, waitingAt } = await withThree();
    const namesake = { ...chat, userId: "Staff1", conversationId: "cidOther" };
    const claim = claimOf("main", { chat: namesake });
    expect(await store.refile(ids[1] ?? 0, namesake, claim, NOW)).toBe(
      "agent:main:dingtalk:user:Staff1~2",
    );
    expect(await waitingAt("agent:main:dingtalk:user:Staff1~2")).toEqual([ids[1] ?? 0]);
    store.close();
  });

  test("leaves alone what has had its turn", async () => {
    const { store, ids, waitingAt } = await withThree();
    await settled(store);
    await store.refile(ids[0] ?? 0, chat, other, NOW);
    expect(await waitingAt(OTHER)).toEqual([]);
    expect((await store.counts()).inbox).toBe(2);
    // It tells nothing new of the chat either.
    const old = { ...chat, conversationId: "cidOld==" };
    await store.refile(ids[0] ?? 0, old, claimOf("main", { chat: old }), NOW);
    expect(await store.chatByFoldedKey(SESSION)).toMatchObject(chat);
    store.close();
  });

  test("does not happen at all where it cannot be committed", async () => {
    const { file, store, ids, waitingAt } = await withThree();
    const db = new DatabaseSync(file);
    db.exec("CREATE TRIGGER obstacle BEFORE UPDATE ON inbox BEGIN SELECT RAISE(ABORT, 'no'); END");
    const failed = await store.refile(ids[0] ?? 0, chat, other, NOW).catch(() => "failed");
    expect(failed).toBe("failed");
    expect(await waitingAt(SESSION)).toEqual(ids);
    expect(await store.chatByFoldedKey(OTHER)).toBeUndefined();
    db.exec("DROP TRIGGER obstacle");
    db.close();
    await store.refile(ids[0] ?? 0, chat, other, NOW);
    expect(await store.chatByFoldedKey(OTHER)).toMatchObject(chat);
    store.close();
  });
});

describe("Store.claim()", () => {
  const aside = claimOf("main", { chat, aside: true });

  test("gives the session that messages of the claim then wait in, over a restart", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    const namesake = { ...chat, userId: "STAFF1" };
    await before.claim(namesake, claimOf("main", { chat: namesake, aside: true }), NOW);
    const session = await before.claim(chat, aside, NOW);
    expect(session).toBe(`${SESSION}:btw~2`);
    expect(await before.claim(chat, aside, NOW + HOUR)).toBe(session);
    before.close();
    const after = openSqliteStore(file);
    expect(await after.claim(chat, aside, NOW)).toBe(session);
    const [admission] = await after.takeIn([{ ...message(1), place: aside }], [], USAGE);
    expect(admission).toEqual({ kind: "stored", session });
    expect(await after.chatByFoldedKey(session)).toEqual({ ...chat, session });
    after.close();
  });

  test("tells nothing new of a chat that is known", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await stored(before, 1);
    before.close();
    const store = openSqliteStore(file);
    const old = { ...chat, conversationId: "cidOld==" };
    expect(await store.claim(old, claimOf("main", { chat: old }), NOW + HOUR)).toBe(SESSION);
    expect(await store.chatByFoldedKey(SESSION)).toMatchObject(chat);
    store.close();
  });

  test("is the members' own where a group has a session for each", async () => {
    const store = openSqliteStore(":memory:");
    const of = (member: string) =>
      store.claim(group, claimOf("main", { chat: group, member }), NOW);
    const inGroup = "agent:main:dingtalk:group:cidGroup==:user:";
    expect([await of("a"), await of("A"), await of("a")]).toEqual(
      ["a", "A~2", "a"].map((user) => inGroup + user),
    );
  });
});
