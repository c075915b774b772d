import { describe, expect, test } from "bun:test";
import { claimOf } from "../../../src/core/inbound/session.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, arrivalOf, groupData } from "../../support/fake-messages.ts";
import { HOUR, NOW, chat, message, temporaryFile } from "./_store.ts";

describe("Store.chatByFoldedKey()", () => {
  test("finds a direct chat by the key as the gateway gives it back", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1, { senderStaffId: "Staff1" })], [], USAGE);
    expect(await store.chatByFoldedKey("agent:main:dingtalk:user:staff1")).toEqual({
      session: "agent:main:dingtalk:user:Staff1",
      account: "default",
      kind: "direct",
      conversationId: "cidDirect==",
      userId: "Staff1",
    });
  });

  test("finds a group, which has no user", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([arrivalOf(groupData())], [], USAGE);
    const found = await store.chatByFoldedKey("agent:main:dingtalk:group:cidgroup==");
    expect(found).toMatchObject({ kind: "group", conversationId: "cidGroup==" });
    expect(found?.userId).toBeUndefined();
  });

  test("knows no key it has not seen", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.chatByFoldedKey("agent:main:dingtalk:user:nobody")).toBeUndefined();
  });
});

describe("Store.directChat()", () => {
  test("is the chat with someone who has written, of each account its own", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(1)], [], USAGE);
    expect(await store.directChat("default", "staff1")).toEqual(chat);
    expect(await store.directChat("default", "staff2")).toBeUndefined();
    expect(await store.directChat("other", "staff1")).toBeUndefined();
  });

  test("is no group, whoever has written there", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([arrivalOf(groupData())], [], USAGE);
    expect(await store.directChat("default", "staff1")).toBeUndefined();
  });

  test("has the conversation of the newest message, over restarts and tidying up", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    for (const [at, conversationId] of ["cidOld==", "cidNew=="].entries()) {
      await before.takeIn([message(at, { conversationId })], [], USAGE);
    }
    await before.prune(NOW + 1000 * 24 * HOUR);
    before.close();
    const after = openSqliteStore(file);
    expect((await after.directChat("default", "staff1"))?.conversationId).toBe("cidNew==");
    after.close();
  });

  test("is the most recent one where several agents have one each", async () => {
    const store = openSqliteStore(":memory:");
    const of = (agent: string, at: number) => ({
      ...message(at, { conversationId: `cid-${agent}` }),
      place: claimOf(agent, { chat }),
    });
    const current = async () => (await store.directChat("default", "staff1"))?.conversationId;
    await store.takeIn([of("b", 1), of("a", 2), of("c", 3)], [], USAGE);
    expect(await current()).toBe("cid-c");
    await store.takeIn([of("a", 4)], [], USAGE);
    expect(await current()).toBe("cid-a");
    // A known message that comes again tells nothing new.
    await store.takeIn([of("b", 1)], [], USAGE);
    expect(await current()).toBe("cid-a");
  });
});
