import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { claimOf, foldedKey, type Chat } from "../../../src/core/inbound/session.ts";
import { MIGRATIONS } from "../../../src/store/schema.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  SESSION,
  chat,
  group,
  kindsOf,
  message,
  settled,
  temporaryFile,
  waitingIn,
} from "./_store.ts";

const GROUP_SESSION = "agent:main:dingtalk:group:cidGroup==";
const userless: Chat = { ...chat, conversationId: 'cid "\\ 中', userId: undefined };

/** A database as the version with layout 3 left it: these chats, one message answered, one waiting. */
function layout3(chats: readonly Chat[] = [chat, group]): string {
  const file = temporaryFile();
  const db = new DatabaseSync(file);
  db.exec(
    `PRAGMA journal_mode = WAL; ${MIGRATIONS.slice(0, 3).join(";")}; PRAGMA user_version = 3;`,
  );
  const insertChat = db.prepare("INSERT INTO chats VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const each of chats) {
    const { account, kind, conversationId, userId } = each;
    const { wanted } = claimOf("main", { chat: each });
    const columns = [account, kind, conversationId, userId ?? null, NOW, NOW] as const;
    insertChat.run(foldedKey(wanted), wanted, ...columns);
  }
  const inbox = db.prepare(
    "INSERT INTO inbox (account, msg_id, session, data, received_at, done) VALUES ('default', ?, ?, ?, ?, ?)",
  );
  inbox.run("msg0", SESSION, null, NOW, 1);
  inbox.run("waiting", SESSION, "{}", NOW + 1, 0);
  db.exec(`
    INSERT INTO outbox (account, conversation_id, kind, user_id, message, notice, created_at)
      VALUES ('default', 'cidDirect==', 'direct', 'staff1', '{"format":"text","title":"","parts":[{"text":"old"}]}', 0, ${NOW});
    INSERT INTO cards VALUES ('card', 'default', 'cidGroup==', 'group', NULL, ${NOW});
    INSERT INTO notes VALUES ('outage', 'since then');
  `);
  db.close();
  return file;
}

const sessionOf = async (file: string, of: Chat) => {
  const store = openSqliteStore(file);
  const session = await store.claim(of, claimOf("main", { chat: of }), NOW);
  store.close();
  return session;
};

describe("openSqliteStore(), on a database of layout 3", () => {
  test("keeps what waits and what was seen", async () => {
    const store = openSqliteStore(layout3());
    expect(await store.accountsWaiting()).toEqual([{ account: "default", messages: 2 }]);
    expect(await store.sessionsWaiting("default")).toEqual([SESSION]);
    expect(await waitingIn(store)).toEqual(["old"]);
    expect(await store.openCards("default")).toEqual([{ outTrackId: "card", chat: group }]);
    expect(await store.note("outage")).toBe("since then");
    expect(await store.chatByFoldedKey(SESSION)).toEqual({ ...chat, session: SESSION });
    expect(await store.directChat("default", "staff1")).toEqual(chat);
    expect(await kindsOf(store.takeIn([message(0)], [], USAGE))).toEqual(["duplicate-id"]);
    await settled(store);
    expect((await store.counts()).inbox).toBe(0);
    store.close();
  });

  test("leaves each chat its session; who only looks the same gets another one", async () => {
    const file = layout3();
    expect(await sessionOf(file, chat)).toBe(SESSION);
    expect(await sessionOf(file, { ...chat, userId: "STAFF1" })).toBe(
      "agent:main:dingtalk:user:STAFF1~2",
    );
    expect(await sessionOf(file, group)).toBe(GROUP_SESSION);
    expect(await sessionOf(file, { ...group, conversationId: "CIDGROUP==" })).toBe(
      "agent:main:dingtalk:group:CIDGROUP==~2",
    );
    expect(await sessionOf(file, { ...chat, account: "second" })).toBe(`${SESSION}~3`);
  });

  test("knows a person by their id, not by the conversation they wrote in then", async () => {
    expect(await sessionOf(layout3(), { ...chat, conversationId: "cidNew==" })).toBe(SESSION);
  });

  test("knows a chat without a user id by its conversation", async () => {
    const session = claimOf("main", { chat: userless }).wanted;
    const file = layout3([userless]);
    expect(await sessionOf(file, userless)).toBe(session);
    expect(await sessionOf(file, { ...userless, conversationId: "another" })).toBe(`${session}~2`);
  });

  test("knows every chat again, whatever its ids are made of", async () => {
    const id = fc.oneof(
      fc.string({ minLength: 1, unit: "binary" }),
      fc.constantFrom("\u0000", "\u0001\b\t\n\v\f\r\u001f\u007f", '"\\/', "\u2028", "😀é"),
    );
    await fc.assert(
      fc.asyncProperty(id, fc.boolean(), async (name, direct) => {
        const of: Chat = direct ? { ...chat, userId: name } : { ...group, conversationId: name };
        expect(await sessionOf(layout3([of]), of)).toBe(claimOf("main", { chat: of }).wanted);
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  test("goes on with it: grants, pairings, choices, desk", async () => {
    const store = openSqliteStore(layout3());
    const version = await store.accessVersion();
    expect(await store.grants("default")).toEqual([]);
    const wish = {
      account: "default",
      userId: "staff1",
      nick: undefined,
      chat,
      code: "ABCD",
      createdAt: NOW,
    };
    expect(await store.requestPairing(wish, NOW - HOUR, 1)).toEqual(wish);
    await store.choose(
      { account: "default", kind: "direct", chatId: "staff1", userId: "staff1" },
      "a",
    );
    expect(await store.choices("default")).toHaveLength(1);
    expect(await store.accessVersion()).not.toBe(version);
    const [waiting] = await store.nextTurns(SESSION, 1);
    expect(await store.refile(waiting?.id ?? 0, chat, { desk: "desk:1" }, NOW)).toBe("desk:1");
    store.close();
  });

  test("happens once: the second start finds the same", async () => {
    const file = layout3();
    openSqliteStore(file).close();
    expect(await sessionOf(file, chat)).toBe(SESSION);
    expect(await sessionOf(file, { ...group, conversationId: "cidgroup==" })).toEndWith("~2");
  });

  test("loses nothing when it fails half-way", async () => {
    const file = layout3();
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE choices (x)");
    expect(() => openSqliteStore(file)).toThrow(/choices/);
    expect(db.prepare("PRAGMA user_version").get()?.["user_version"]).toBe(3);
    db.exec("DROP TABLE choices");
    db.close();
    const store = openSqliteStore(file);
    expect(await waitingIn(store)).toEqual(["old"]);
    expect(await store.chatByFoldedKey(SESSION)).toMatchObject(chat);
    store.close();
  });
});
