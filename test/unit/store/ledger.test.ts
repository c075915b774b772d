import { describe, expect, test } from "bun:test";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE } from "../../support/fake-messages.ts";
import { NOW, answered, headOf, message, reply, temporaryFile } from "./_store.ts";

const bad = { account: "default", reason: "r", data: "d", receivedAt: NOW };

describe("Store.usage()", () => {
  test("counts every push: stored, known already, or unreadable", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1), message(2), message(1)], [bad], USAGE);
    expect(await store.usage(USAGE)).toEqual({ api: 0, stream: 4 });
    await store.takeIn([message(1), message(2, { msgId: "new" })], [], USAGE);
    expect(await store.usage(USAGE)).toEqual({ api: 0, stream: 6 });
    await store.takeIn([], [bad], USAGE);
    expect(await store.usage(USAGE)).toEqual({ api: 0, stream: 7 });
  });

  test("counts what is sent against the quota of its way", async () => {
    const store = openSqliteStore(":memory:");
    await answered(store, [reply("one")]);
    const head = await headOf(store);
    await store.sending(head, "api", USAGE, NOW);
    await store.sending(head, "stream", USAGE, NOW);
    await store.sending(head, "api", USAGE, NOW);
    expect(await store.usage(USAGE)).toEqual({ api: 2, stream: 2 });
  });

  test("keeps months and accounts apart, across restarts", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await before.takeIn([message(1)], [], USAGE);
    await before.takeIn([message(2), message(3)], [], { ...USAGE, month: "2023-12" });
    await before.takeIn([message(4, {}, "other")], [], { ...USAGE, account: "other" });
    before.close();
    const after = openSqliteStore(file);
    await after.takeIn([message(5)], [], USAGE);
    expect(await after.usage(USAGE)).toEqual({ api: 0, stream: 2 });
    expect(await after.usage({ ...USAGE, month: "2023-12" })).toEqual({ api: 0, stream: 2 });
    expect(await after.usage({ ...USAGE, account: "other" })).toEqual({ api: 0, stream: 1 });
    expect(await after.usage({ ...USAGE, month: "2024-01" })).toEqual({ api: 0, stream: 0 });
    after.close();
  });

  test("survives tidying up", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1)], [], USAGE);
    await store.prune(NOW + 90 * 86_400_000);
    expect(await store.usage(USAGE)).toEqual({ api: 0, stream: 1 });
  });
});

describe("Store.note()", () => {
  test("keeps a text under a name until it is taken away", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    expect(await before.note("a")).toBeUndefined();
    await before.setNote("a", "one");
    await before.setNote("a", "two");
    await before.setNote("b", "");
    before.close();
    const after = openSqliteStore(file);
    expect(await after.note("a")).toBe("two");
    expect(await after.note("b")).toBe("");
    await after.setNote("a", undefined);
    await after.setNote("never", undefined);
    expect(await after.note("a")).toBeUndefined();
    await after.prune(NOW * 2);
    expect(await after.note("b")).toBe("");
    after.close();
  });
});
