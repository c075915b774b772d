import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import type { Arrival, Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, arrivalOf, groupData } from "../../support/fake-messages.ts";
import { HOUR, NOW, group, message, settled, temporaryFile } from "./_store.ts";

describe("Store.nickOf()", () => {
  const nick = (senderNick: string | undefined, at: number, more = {}) =>
    message(at, { senderNick, ...more });

  test("knows people by any of their ids, and of each account its own", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([nick("小明", 1)], [], USAGE);
    expect(await store.nickOf("default", "staff1")).toBe("小明");
    expect(await store.nickOf("default", "$:LWCP_v1:$sender")).toBe("小明");
    expect(await store.nickOf("default", "staff2")).toBeUndefined();
    expect(await store.nickOf("other", "staff1")).toBeUndefined();
  });

  test("knows what they were called last", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([nick("小明", 1)], [], USAGE);
    await store.takeIn([nick("大明", 2), nick("老明", 3)], [], USAGE);
    expect(await store.nickOf("default", "staff1")).toBe("老明");
    await store.takeIn([nick(undefined, 4)], [], USAGE);
    expect(await store.nickOf("default", "staff1")).toBe("老明");
  });

  test("knows it also of someone who takes the old name again", async () => {
    const store = openSqliteStore(":memory:");
    for (const [at, name] of ["小明", "大明", "小明"].entries()) {
      await store.takeIn([nick(name, at)], [], USAGE);
    }
    expect(await store.nickOf("default", "staff1")).toBe("小明");
  });

  test("outlives a restart, the message and its turn", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await before.takeIn([nick("小明", 1)], [], USAGE);
    await settled(before);
    await before.prune(NOW + 1000 * 24 * HOUR);
    before.close();
    const after = openSqliteStore(file);
    expect(await after.nickOf("default", "staff1")).toBe("小明");
    await after.takeIn([nick("大明", 2)], [], USAGE);
    expect(await after.nickOf("default", "staff1")).toBe("大明");
    after.close();
  });

  test("is written again when the transaction it was in was not committed", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec("ALTER TABLE quarantine RENAME TO elsewhere");
    const quarantine = [{ account: "default", reason: "r", data: "d", receivedAt: NOW }];
    const failed = await store.takeIn([nick("小明", 1)], quarantine, USAGE).catch(() => "failed");
    expect(failed).toBe("failed");
    expect(await store.nickOf("default", "staff1")).toBeUndefined();
    other.exec("ALTER TABLE elsewhere RENAME TO quarantine");
    other.close();
    await store.takeIn([nick("小明", 1)], [], USAGE);
    expect(await store.nickOf("default", "staff1")).toBe("小明");
    store.close();
  });

  test("keeps any name as it is", async () => {
    const store = openSqliteStore(":memory:");
    const odd = "'); DROP TABLE people; --\u0000 \u{1f600} \n x";
    await store.takeIn([nick(odd, 1)], [], USAGE);
    expect(await store.nickOf("default", "staff1")).toBe(odd);
  });
});

describe("Store.membersNamed()", () => {
  let at = 0;
  /** Somebody says something in a group. */
  const says = (userId: string | undefined, senderNick: string, fields = {}, account?: string) => {
    at++;
    const own = { msgId: `msg${at}`, createAt: at, senderStaffId: userId, senderNick };
    return arrivalOf(groupData({ ...own, ...fields }), account, NOW + at);
  };
  const heard = async (store: Store, ...arrivals: readonly Arrival[]) =>
    void (await store.takeIn(arrivals, [], USAGE));
  const named = async (store: Store, ...names: readonly string[]) =>
    (await store.membersNamed(group, names)).map(({ name, userId }) => `${name}=${userId}`);

  test("finds those who have written in the group, by the whole name only", async () => {
    const store = openSqliteStore(":memory:");
    await heard(store, says("u1", "张三"), says("u2", "Bob Lee"), says("u3", "bob lee"));
    expect(await named(store, "张三", "Bob Lee")).toEqual(["张三=u1", "Bob Lee=u2"]);
    expect(await named(store, "张", "张三丰", "Bob", "BOB LEE", "%", "")).toEqual([]);
    expect(await named(store)).toEqual([]);
  });

  test("names nobody twice, however often they are asked for or have written", async () => {
    const store = openSqliteStore(":memory:");
    await heard(store, says("u1", "张三"), says("u1", "张三"));
    await heard(store, says("u1", "张三"));
    expect(await named(store, "张三", "张三")).toEqual(["张三=u1"]);
  });

  test("leaves out a name that two members have, until one of them has another", async () => {
    const store = openSqliteStore(":memory:");
    await heard(store, says("u1", "张三"), says("u2", "张三"), says("u3", "李四"));
    expect(await named(store, "张三", "李四")).toEqual(["李四=u3"]);
    await heard(store, says("u2", "张三丰"));
    expect(await named(store, "张三", "张三丰")).toEqual(["张三=u1", "张三丰=u2"]);
  });

  test("knows a member by the newest name only, also an old one taken again", async () => {
    const store = openSqliteStore(":memory:");
    await heard(store, says("u1", "小明"));
    await heard(store, says("u1", "大明"), says("u1", "老明"));
    expect(await named(store, "小明", "大明", "老明")).toEqual(["老明=u1"]);
    await heard(store, says("u1", "小明"));
    expect(await named(store, "小明", "老明")).toEqual(["小明=u1"]);
  });

  test("keeps groups and accounts apart", async () => {
    const store = openSqliteStore(":memory:");
    await heard(
      store,
      says("u1", "张三"),
      says("u2", "张三", { conversationId: "cidOther==" }),
      says("u3", "张三", {}, "other"),
    );
    expect(await named(store, "张三")).toEqual(["张三=u1"]);
    const elsewhere = { ...group, conversationId: "cidOther==" };
    expect(await store.membersNamed(elsewhere, ["张三"])).toEqual([{ name: "张三", userId: "u2" }]);
    const other = { ...group, account: "other" };
    expect(await store.membersNamed(other, ["张三"])).toEqual([{ name: "张三", userId: "u3" }]);
  });

  test("knows nobody from a direct chat, and no outsider: they cannot be @-ed", async () => {
    const store = openSqliteStore(":memory:");
    const direct = { conversationType: "1", conversationId: group.conversationId };
    await heard(store, says("u1", "张三", direct), says(undefined, "李四"));
    expect(await named(store, "张三", "李四")).toEqual([]);
    expect(await store.nickOf("default", "u1")).toBe("张三");
  });

  test("outlives a restart and tidying up, and goes on from there", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await heard(before, says("u1", "张三"), says("u2", "李四"));
    await before.prune(NOW + 1000 * 24 * HOUR);
    before.close();
    const after = openSqliteStore(file);
    expect(await named(after, "张三", "李四")).toEqual(["张三=u1", "李四=u2"]);
    await heard(after, says("u1", "张三丰"), says("u2", "李四"));
    expect(await named(after, "张三", "张三丰", "李四")).toEqual(["张三丰=u1", "李四=u2"]);
    after.close();
  });

  test("is written again when the transaction it was in was not committed", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec("ALTER TABLE quarantine RENAME TO elsewhere");
    const quarantine = [{ account: "default", reason: "r", data: "d", receivedAt: NOW }];
    const arrival = says("u1", "张三");
    expect(await store.takeIn([arrival], quarantine, USAGE).catch(() => "failed")).toBe("failed");
    expect(await named(store, "张三")).toEqual([]);
    other.exec("ALTER TABLE elsewhere RENAME TO quarantine");
    other.close();
    await heard(store, arrival);
    expect(await named(store, "张三")).toEqual(["张三=u1"]);
    store.close();
  });

  test("knows all of more people than it knows by heart, by their newest names", async () => {
    const store = openSqliteStore(":memory:");
    const people = 12_000;
    for (const suffix of ["old", "new"]) {
      const arrivals = Array.from({ length: people }, (_, n) => says(`u${n}`, `${n}${suffix}`));
      await heard(store, ...arrivals);
    }
    const sample = [0, 1, 5999, people - 1];
    expect(await named(store, ...sample.map((n) => `${n}old`))).toEqual([]);
    expect(await named(store, ...sample.map((n) => `${n}new`))).toEqual(
      sample.map((n) => `${n}new=u${n}`),
    );
  });
});
