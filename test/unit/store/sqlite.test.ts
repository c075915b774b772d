import { describe, expect, spyOn, test } from "bun:test";
import { copyFileSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore, type SqliteOptions } from "../../../src/store/sqlite.ts";
import { USAGE } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  SESSION,
  answered,
  chat,
  headOf,
  message,
  reply,
  settled,
  stored,
  temporaryFile,
  textOf,
  waitingIn,
  kindsOf,
} from "./_store.ts";

const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : "no error"),
  );

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

  test("says by probe() that nothing can be written", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const probing = failure(store.probe());
    expect(await probing).toMatch(/locked/);
    other.exec("ROLLBACK");
    other.close();
    await store.probe();
    store.close();
  });
});

describe("openSqliteStore(), when the process is killed", () => {
  /** The files as they are this moment, as if nobody had closed them. */
  function snapshot(file: string): string {
    const copy = temporaryFile();
    for (const part of ["", "-wal"]) {
      if (existsSync(file + part)) copyFileSync(file + part, copy + part);
    }
    return copy;
  }

  test("has all that was committed, in any of its tables", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await answered(store, [reply("one"), reply("two")]);
    await store.takeIn([message(1), message(2)], [], USAGE);
    const entry = (await store.nextTurns(SESSION, 1))[0];
    await store.asking([entry?.id ?? 0], { text: "what?", at: NOW });
    await store.answering(entry?.id ?? 0, "run1");
    await store.sending(await headOf(store), "api", USAGE, NOW);
    await store.setNote("outage", "since then");

    const after = openSqliteStore(snapshot(file));
    expect(await after.counts()).toMatchObject({ inbox: 2, outbox: 2, quarantine: 0 });
    expect((await after.nextTurns(SESSION, 1))[0]).toEqual(
      (await store.nextTurns(SESSION, 1))[0] as never,
    );
    expect(await after.leftSending("default")).toBe(1);
    expect(await waitingIn(after)).toEqual(["one", "two"]);
    expect(await after.recentSends(chat, 0)).toEqual([NOW]);
    expect(await after.usage(USAGE)).toEqual({ api: 1, stream: 3 });
    expect(await after.note("outage")).toBe("since then");
    expect(await kindsOf(after.takeIn([message(0)], [], USAGE))).toEqual(["duplicate-id"]);
    after.close();
    store.close();
  });

  test("has each change from the moment its promise resolved", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const seen = async () => {
      const other = openSqliteStore(snapshot(file));
      const { inbox, outbox } = await other.counts();
      other.close();
      return { inbox, outbox };
    };
    await store.takeIn([message(0)], [], USAGE);
    expect(await seen()).toEqual({ inbox: 1, outbox: 0 });
    await settled(store, [reply("one"), reply("two")]);
    expect(await seen()).toEqual({ inbox: 0, outbox: 2 });
    const [one, two] = await store.nextReplies(chat, 2);
    await store.merge([one?.id ?? 0, two?.id ?? 0], reply("both").message);
    expect(await seen()).toEqual({ inbox: 0, outbox: 1 });
    await store.sent(await headOf(store), {}, NOW);
    expect(await seen()).toEqual({ inbox: 0, outbox: 0 });
    store.close();
  });
});

describe("openSqliteStore(), fsync", () => {
  const pragmasOf = (options: SqliteOptions) => {
    const exec = spyOn(DatabaseSync.prototype, "exec");
    try {
      openSqliteStore(temporaryFile(), options).close();
      return exec.mock.calls.map(([sql]) => sql).join(";");
    } finally {
      exec.mockRestore();
    }
  };

  test("syncs each commit to the disk where it is asked to, else when SQLite likes", () => {
    expect(pragmasOf({ fsync: true })).toMatch(/synchronous = (FULL|EXTRA)/);
    expect(pragmasOf({ fsync: false })).toContain("synchronous = NORMAL");
    expect(pragmasOf({})).toContain("synchronous = NORMAL");
  });

  test("works the same", async () => {
    const store = openSqliteStore(temporaryFile(), { fsync: true });
    await answered(store, [reply("one")]);
    expect(await waitingIn(store)).toEqual(["one"]);
    store.close();
  });
});

describe("openSqliteStore(), when it has grown to maxMb", () => {
  /** Takes messages of this size in until there is no room; returns how many went in. */
  async function fill(store: Store, chars: number): Promise<number> {
    for (let at = 0; at < 10_000; at++) {
      const arrival = message(at, { text: { content: "x".repeat(chars) } });
      const refused = await failure(store.takeIn([arrival], [], USAGE));
      if (refused !== "") {
        expect(refused).toMatch(/inbox is full.*maxMb 1/);
        return at;
      }
    }
    throw new Error("never full");
  }

  test.each([10, 700, 5000, 100_000])(
    "takes nothing more in, works off what is there, and then takes in again: %i characters",
    async (chars) => {
      const store = openSqliteStore(temporaryFile(), { maxMb: 1 });
      const count = await fill(store, chars);
      expect(count).toBeGreaterThan(5);
      expect((await store.counts()).inbox).toBe(count);
      expect(await failure(store.probe())).toMatch(/inbox is full/);

      // What is there is worked off: turns, replies, notices, notes.
      const entry = (await store.nextTurns(SESSION, 1))[0];
      await store.asking([entry?.id ?? 0], { text: "what?", at: NOW });
      expect(await store.notify(SESSION, reply("please wait"), NOW, NOW)).toBe(true);
      await settled(store, [reply("answer")]);
      await store.sending(await headOf(store), "api", USAGE, NOW);
      await store.sent(await headOf(store), {}, NOW);
      await store.setNote("a", "b");
      expect((await store.counts()).inbox).toBe(count - 1);

      for (let at = 1; at < count; at++) await settled(store);
      await store.probe();
      const again = message(99_999, { text: { content: "x".repeat(chars) } });
      expect(await kindsOf(store.takeIn([again], [], USAGE))).toEqual(["stored"]);
      store.close();
    },
  );

  test("has room again in the same process after what was seen is forgotten", async () => {
    const store = openSqliteStore(temporaryFile(), { maxMb: 1 });
    let count = 0;
    // Small messages that are answered at once: only the memory of their ids grows.
    for (; count < 20_000; count += 100) {
      const batch = Array.from({ length: 100 }, (_, at) => message(count + at));
      if ((await failure(store.takeIn(batch, [], USAGE))) !== "") break;
      for (let at = 0; at < 100; at++) await settled(store);
    }
    expect(await failure(store.probe())).toMatch(/inbox is full/);
    await store.prune(NOW + 30 * 86_400_000);
    await store.probe();
    expect(await kindsOf(store.takeIn([message(100_000)], [], USAGE))).toEqual(["stored"]);
    store.close();
  });

  test("knows no bound where none is set", async () => {
    const store = openSqliteStore(":memory:");
    const text = { content: "x".repeat(3_000_000) };
    expect(await kindsOf(store.takeIn([message(1, { text })], [], USAGE))).toEqual(["stored"]);
    await store.probe();
  });

  test("is not kept full by frames that nobody could read", async () => {
    const store = openSqliteStore(temporaryFile(), { maxMb: 1 });
    const data = "x".repeat(64 * 1024);
    for (let at = 0; at < 200; at++) {
      const bad = { account: "default", reason: "r", data, receivedAt: NOW };
      if ((await failure(store.takeIn([], [bad], USAGE))) !== "") break;
    }
    await store.prune(NOW + 365 * 86_400_000);
    expect(await kindsOf(store.takeIn([message(1)], [], USAGE))).toEqual(["stored"]);
    store.close();
  });
});

describe("openSqliteStore(), the quarantine", () => {
  test("keeps the newest 200 and cuts what is huge", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    for (let at = 0; at < 250; at++) {
      const data = `${at}:${"x".repeat(100_000)}`;
      await store.takeIn([], [{ account: "default", reason: "r", data, receivedAt: NOW }], USAGE);
    }
    expect((await store.counts()).quarantine).toBe(200);
    store.close();
    const db = new DatabaseSync(file);
    const oldest = db.prepare("SELECT data FROM quarantine ORDER BY id LIMIT 1").get();
    expect(String(oldest?.["data"])).toStartWith("50:");
    expect(String(oldest?.["data"])).toHaveLength(16 * 1024);
    db.close();
  });
});

describe("Store.prune()", () => {
  test("remembers what was seen for 30 minutes at least, and not for ever", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await settled(store);
    await store.prune(NOW + HOUR / 2);
    expect(await kindsOf(store.takeIn([message(0)], [], USAGE))).toEqual(["duplicate-id"]);
    await store.prune(NOW + 100 * 24 * HOUR);
    expect(await kindsOf(store.takeIn([message(0)], [], USAGE))).toEqual(["stored"]);
  });

  test("never forgets a message that still waits, nor a reply", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 2);
    await settled(store, [reply("one")]);
    await store.prune(NOW + 1000 * 24 * HOUR);
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 1 });
    expect(textOf(await headOf(store))).toBe("one");
  });
});
