import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "../../../src/store/schema.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, arrivalOf, groupData, words } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  SESSION,
  chat,
  group,
  headOf,
  message,
  settled,
  statesOf,
  submitted,
  temporaryFile,
  toOne,
  waitingIn,
} from "./_store.ts";

const mentioning = {
  format: "markdown",
  title: "标题",
  parts: [{ text: "# one", mention: { userId: "staff1", nick: "小明" } }, { text: "two" }],
};

/** A database as the version with layout 2 left it, killed while it sent. */
function layout2(): string {
  const file = temporaryFile();
  const db = new DatabaseSync(file);
  const [one, two] = MIGRATIONS;
  db.exec(`PRAGMA journal_mode = WAL; ${one}; ${two}; PRAGMA user_version = 2;`);
  db.exec(`
    INSERT INTO chats VALUES
      ('${SESSION}', '${SESSION}', 'default', 'direct', 'cidDirect==', 'staff1', ${NOW}),
      ('agent:main:dingtalk:group:cidgroup==', 'agent:main:dingtalk:group:cidGroup==', 'default', 'group', 'cidGroup==', NULL, NULL);
    INSERT INTO people VALUES ('default', 'staff1', '小明');
    INSERT INTO sent VALUES ('default', 'k0', 'said before', ${NOW});
    INSERT INTO usage VALUES ('default', '2023-11', 'api', 7);
    INSERT INTO notes VALUES ('outage', 'since then');
    INSERT INTO sends VALUES ('default', 'cidDirect==', ${NOW});
  `);
  const inbox = db.prepare(
    "INSERT INTO inbox (account, msg_id, session, data, received_at, asked_at, asked_text, run_id, asks) VALUES ('default', 'waiting', ?, '{}', ?, ?, 'what?', 'run1', 1)",
  );
  inbox.run(SESSION, NOW, NOW + 1);
  const outbox = db.prepare(
    "INSERT INTO outbox VALUES (?, 'default', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const direct = [chat.conversationId, "direct", "staff1"] as const;
  const text = (said: string) => JSON.stringify(words(said));
  outbox.run(4, ...direct, text("in the air"), 0, NOW, 2, NOW + 7, 1, null, null);
  outbox.run(
    5,
    "cidGroup==",
    "group",
    null,
    JSON.stringify(mentioning),
    0,
    NOW,
    0,
    NOW,
    0,
    null,
    null,
  );
  outbox.run(6, ...direct, text("gone"), 0, NOW, 1, NOW, 1, NOW + 1, "dissolved");
  outbox.run(9, ...direct, text("please wait"), 1, NOW + 1, 0, NOW + 1, 0, null, null);
  db.close();
  return file;
}

describe("openSqliteStore(), on a database of layout 2", () => {
  test("keeps what waits to be sent as it was, and says that nobody submitted it", async () => {
    const store = openSqliteStore(layout2());
    expect(await store.nextReplies(chat, 9)).toEqual([
      {
        id: 4,
        chat,
        message: words("in the air"),
        notice: false,
        createdAt: NOW,
        attempts: 2,
        notBefore: NOW + 7,
        userIds: undefined,
        submission: undefined,
      },
      {
        id: 9,
        chat,
        message: words("please wait"),
        notice: true,
        createdAt: NOW + 1,
        attempts: 0,
        notBefore: NOW + 1,
        userIds: undefined,
        submission: undefined,
      },
    ]);
    expect((await headOf(store, group)).message as unknown).toEqual(mentioning);
    expect(await store.failedReplies(9)).toEqual([
      { conversationId: chat.conversationId, reason: "dissolved", at: NOW + 1 },
    ]);
    expect(await store.leftSending("default")).toBe(1);
    store.close();
  });

  test("keeps everything else", async () => {
    const store = openSqliteStore(layout2());
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 3, quarantine: 0 });
    expect((await store.nextTurns(SESSION, 1))[0]).toMatchObject({
      msgId: "waiting",
      asks: 1,
      asked: { text: "what?", runId: "run1", at: NOW + 1 },
    });
    expect(await store.nickOf("default", "staff1")).toBe("小明");
    expect(await store.sentText("default", "k0")).toBe("said before");
    expect((await store.usage(USAGE)).api).toBe(7);
    expect(await store.note("outage")).toBe("since then");
    expect(await store.recentSends(chat, 0)).toEqual([NOW]);
    expect(await store.chatByFoldedKey("agent:main:dingtalk:group:cidgroup==")).toMatchObject(
      group,
    );
    store.close();
  });

  test("goes on with it: submissions, cards, members, old direct chats", async () => {
    const store = openSqliteStore(layout2());
    expect(await store.directChat("default", "staff1")).toEqual(chat);
    expect(await store.openCards("default")).toEqual([]);
    await submitted(store, "s1", toOne("asked for"));
    expect(await statesOf(store, "s1")).toEqual(["user:staff1 queued"]);
    await store.cardOpened({ outTrackId: "card", chat }, NOW);
    await settled(store, [{ chat, message: { format: "card", outTrackId: "card", text: "end" } }]);
    expect(await store.openCards("default")).toEqual([]);
    expect(await waitingIn(store)).toEqual(["in the air", "asked for", "end"]);
    await store.takeIn([arrivalOf(groupData()), message(1)], [], USAGE);
    expect(await store.membersNamed(group, ["小明"])).toEqual([{ name: "小明", userId: "staff1" }]);
    await store.prune(NOW + HOUR);
    store.close();
  });

  test("happens once: the second start finds the same", async () => {
    const file = layout2();
    const first = openSqliteStore(file);
    await submitted(first, "s1", toOne("asked for"));
    first.close();
    const store = openSqliteStore(file);
    expect(await waitingIn(store)).toEqual(["in the air", "please wait", "asked for"]);
    expect(await statesOf(store, "s1")).toEqual(["user:staff1 queued"]);
    store.close();
  });

  test("loses nothing when it fails half-way", async () => {
    const file = layout2();
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE members (x)");
    db.close();
    expect(() => openSqliteStore(file)).toThrow(/members/);
    // What the next process finds, whatever this one still holds open.
    const copy = temporaryFile();
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    const again = new DatabaseSync(copy);
    expect(again.prepare("PRAGMA user_version").get()?.["user_version"]).toBe(2);
    again.exec("DROP TABLE members");
    again.close();
    const store = openSqliteStore(copy);
    expect(await waitingIn(store)).toEqual(["in the air", "please wait"]);
    store.close();
  });
});
