import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Choice, Grant, Pairing, Role } from "../../../src/core/access/model.ts";
import type { Approval, Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { words } from "../../support/fake-messages.ts";
import { ROOT, programOf } from "../../support/runtimes.ts";
import { HOUR, NOW, chat, group, temporaryFile, waitingIn } from "./_store.ts";

const grantOf = (userId: string, role: Role = "member", fields: Partial<Grant> = {}): Grant => ({
  account: "default",
  userId,
  role,
  nick: undefined,
  by: "command line",
  at: NOW,
  ...fields,
});

const wishOf = (userId: string, code: string, fields: Partial<Pairing> = {}): Pairing => {
  const { account = "default" } = fields;
  return {
    account,
    userId,
    nick: `nick of ${userId}`,
    chat: { ...chat, account, userId, conversationId: `cid of ${userId}` },
    code,
    createdAt: NOW,
    ...fields,
  };
};

const approvalOf = (code: string, fields: Partial<Approval> = {}): Approval => ({
  account: "default",
  code,
  since: NOW - HOUR,
  by: "staff1",
  now: NOW + 5,
  roleOf: (_, hasOwner) => (hasOwner ? "member" : "owner"),
  notice: ({ nick }, role) => words(`${nick} is ${role}`),
  ...fields,
});

const usersOf = (pairings: readonly Pairing[]) => pairings.map(({ userId }) => userId);
const asked = (store: Store, ...wishes: readonly Pairing[]) =>
  Promise.all(wishes.map((wish) => store.requestPairing(wish, NOW - HOUR, 9)));

describe("Store.grant()", () => {
  test("gives roles, of each account its own, over a restart", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    const grants = [
      grantOf("u1", "owner", { nick: "小明" }),
      grantOf("U1", "guest", { at: NOW + 1 }),
    ];
    for (const grant of grants) expect(await before.grant(grant)).toBeUndefined();
    const elsewhere = grantOf("u1", "member", { account: "other", by: "u9" });
    await before.grant(elsewhere);
    before.close();
    const after = openSqliteStore(file);
    expect(await after.grants("default")).toEqual(grants);
    expect(await after.grants("other")).toEqual([elsewhere]);
    expect(await after.grants("third")).toEqual([]);
    after.close();
  });

  test("changes a role, tells the one before, and keeps the name where none is given", async () => {
    const store = openSqliteStore(":memory:");
    await store.grant(grantOf("u1", "member", { nick: "小明" }));
    expect(await store.grant(grantOf("u1", "owner", { by: "u2", at: NOW + 1 }))).toBe("member");
    expect(await store.grants("default")).toEqual([
      grantOf("u1", "owner", { nick: "小明", by: "u2", at: NOW + 1 }),
    ]);
    expect(await store.grant(grantOf("u1", "guest", { nick: "小红" }))).toBe("owner");
    expect((await store.grants("default"))[0]).toMatchObject({ nick: "小红", role: "guest" });
  });
});

describe("Store.revoke()", () => {
  test("takes a role away, exactly that person's, and says whether there was one", async () => {
    const store = openSqliteStore(":memory:");
    for (const user of ["u1", "U1"]) await store.grant(grantOf(user));
    expect(await store.revoke("other", "u1")).toBe(false);
    expect(await store.revoke("default", "u1")).toBe(true);
    expect(await store.revoke("default", "u1")).toBe(false);
    expect((await store.grants("default")).map(({ userId }) => userId)).toEqual(["U1"]);
  });
});

describe("Store.requestPairing()", () => {
  test("keeps the wish as it was made, its code in upper case, the oldest first", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    const later = wishOf("a", "abcd", { createdAt: NOW + 1, nick: undefined });
    const [first, second] = await asked(before, later, wishOf("b", "EFGH"));
    expect([first?.code, second]).toEqual(["ABCD", wishOf("b", "EFGH")]);
    before.close();
    const after = openSqliteStore(file);
    expect(await after.pairings("default", NOW - HOUR)).toEqual([
      wishOf("b", "EFGH"),
      { ...later, code: "ABCD" },
    ]);
    expect(await after.pairings("default", NOW)).toEqual([{ ...later, code: "ABCD" }]);
    expect(await after.pairings("other", NOW - HOUR)).toEqual([]);
    after.close();
  });

  test("gives who asks again the code they have, also where there is no room for others", async () => {
    const store = openSqliteStore(":memory:");
    await asked(store, wishOf("a", "AAAA"), wishOf("b", "BBBB"));
    const again = wishOf("a", "ZZZZ", { createdAt: NOW + 1 });
    expect(await store.requestPairing(again, NOW - HOUR, 2)).toEqual(wishOf("a", "AAAA"));
    expect(await store.pairings("default", NOW - HOUR)).toHaveLength(2);
  });

  test("refuses more than the limit at once, of each account its own", async () => {
    const store = openSqliteStore(":memory:");
    const ask = async (user: string, account = "default") =>
      (await store.requestPairing(wishOf(user, `code ${user}`, { account }), NOW - HOUR, 2))
        ?.userId;
    expect([await ask("a"), await ask("b"), await ask("c")]).toEqual(["a", "b", undefined]);
    expect(await ask("c", "other")).toBe("c");
    await store.approve(approvalOf("code a"));
    expect(await ask("c")).toBe("c");
  });

  test("forgets old wishes: their room, their codes and who made them", async () => {
    const store = openSqliteStore(":memory:");
    await asked(store, wishOf("a", "AAAA"), wishOf("b", "BBBB", { createdAt: NOW + 1 }));
    const others = wishOf("x", "XXXX", { account: "other" });
    await asked(store, others);
    const late = wishOf("a", "CCCC", { createdAt: NOW + HOUR });
    expect(await store.requestPairing(late, NOW, 2)).toEqual(late);
    expect(usersOf(await store.pairings("default", 0))).toEqual(["b", "a"]);
    expect(await store.approve(approvalOf("AAAA"))).toBeUndefined();
    expect(await store.pairings("other", 0)).toEqual([others]);
  });

  test("never has one code for two people", async () => {
    const store = openSqliteStore(":memory:");
    await asked(store, wishOf("a", "AAAA"));
    const clash = store.requestPairing(wishOf("b", "aaaa"), NOW - HOUR, 9);
    expect(await clash.catch(() => "failed")).toBe("failed");
    await asked(store, wishOf("b", "AAAA", { account: "other" }));
    expect(usersOf(await store.pairings("default", 0))).toEqual(["a"]);
    expect(usersOf(await store.pairings("other", 0))).toEqual(["b"]);
  });
});

describe("Store.approve()", () => {
  test("gives the role, ends the pairing and tells the person, whatever the case of the code", async () => {
    const store = openSqliteStore(":memory:");
    const wish = wishOf("a", "AbCd");
    await asked(store, wish);
    const given = grantOf("a", "owner", { nick: "nick of a", by: "staff1", at: NOW + 5 });
    expect(await store.approve(approvalOf("aBcD"))).toEqual(given);
    expect(await store.grants("default")).toEqual([given]);
    expect(await store.pairings("default", 0)).toEqual([]);
    const replies = await store.nextReplies(wish.chat, 9);
    // A notice would be dropped as soon as there is an answer.
    expect(replies).toMatchObject([{ chat: wish.chat, notice: false, createdAt: NOW + 5 }]);
    expect(await waitingIn(store, wish.chat)).toEqual(["nick of a is owner"]);
    expect(await store.approve(approvalOf("ABCD"))).toBeUndefined();
    expect((await store.counts()).outbox).toBe(1);
  });

  test("knows no code that is too old, another account's, or nobody's", async () => {
    const store = openSqliteStore(":memory:");
    await asked(store, wishOf("a", "AAAA"));
    for (const wrong of [{ since: NOW }, { account: "other" }, { code: "BBBB" }, { code: "" }]) {
      expect(await store.approve(approvalOf("AAAA", wrong))).toBeUndefined();
    }
    expect(await store.grants("default")).toEqual([]);
    expect((await store.counts()).outbox).toBe(0);
    expect(await store.approve(approvalOf("AAAA", { since: NOW - 1 }))).toBeDefined();
  });

  test("says whether the account has an owner by an earlier grant", async () => {
    const store = openSqliteStore(":memory:");
    await store.grant(grantOf("z", "owner", { account: "other" }));
    await store.grant(grantOf("y", "member"));
    await asked(store, wishOf("a", "AAAA"), wishOf("b", "BBBB"));
    const heard: [string, boolean][] = [];
    const roleOf = ({ userId }: Pairing, hasOwner: boolean): Role => {
      heard.push([userId, hasOwner]);
      return hasOwner ? "guest" : "owner";
    };
    expect((await store.approve(approvalOf("AAAA", { roleOf })))?.role).toBe("owner");
    expect((await store.approve(approvalOf("BBBB", { roleOf })))?.role).toBe("guest");
    expect(heard).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });

  test("takes nothing away from who has become an owner meanwhile", async () => {
    const store = openSqliteStore(":memory:");
    const wish = wishOf("a", "AAAA");
    await asked(store, wish);
    await store.grant(grantOf("a", "owner"));
    expect((await store.approve(approvalOf("AAAA")))?.role).toBe("owner");
    expect(await waitingIn(store, wish.chat)).toEqual(["nick of a is owner"]);
  });

  test("does all of it or nothing", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await asked(store, wishOf("a", "AAAA"));
    const version = await store.accessVersion();
    const db = new DatabaseSync(file);
    db.exec("CREATE TRIGGER obstacle BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END");
    expect(await store.approve(approvalOf("AAAA")).catch(() => "failed")).toBe("failed");
    expect(await store.grants("default")).toEqual([]);
    expect(await store.accessVersion()).toBe(version);
    db.exec("DROP TRIGGER obstacle");
    db.close();
    expect(await store.approve(approvalOf("AAAA"))).toBeDefined();
    store.close();
  });

  test("of several processes at once, each code is used by one", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const codes = Array.from({ length: 40 }, (_, at) => `CODE${at}`);
    for (const code of codes) await store.requestPairing(wishOf(`of ${code}`, code), 0, 99);
    const script = `
      const { openSqliteStore } = await import(${JSON.stringify(join(ROOT, "src/store/sqlite.ts"))});
      const store = openSqliteStore(${JSON.stringify(file)});
      console.log("ready");
      await new Promise((resolve) => process.stdin.once("data", resolve));
      let used = 0;
      for (const code of ${JSON.stringify(codes)}) {
        const grant = await store.approve({
          account: "default", code, since: 0, by: "u", now: 1,
          roleOf: () => "member", notice: () => ({ format: "text", title: "", parts: [] }),
        });
        if (grant !== undefined) used++;
      }
      console.log(used);
      process.exit();`;
    const children = [1, 2].map(() =>
      spawn(programOf("bun"), ["-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    const said = () =>
      Promise.all(
        children.map((child) => new Promise((resolve) => child.stdout.once("data", resolve))),
      );
    await said();
    const used = said();
    for (const child of children) child.stdin.end("go");
    const [one, two] = (await used).map(Number);
    expect((one ?? 0) + (two ?? 0)).toBe(codes.length);
    expect(await store.grants("default")).toHaveLength(codes.length);
    expect((await store.counts()).outbox).toBe(codes.length);
    store.close();
  }, 20_000);
});

describe("Store.choose()", () => {
  const choice: Choice = {
    account: "default",
    kind: "group",
    chatId: group.conversationId,
    userId: "u1",
    agentId: "work",
  };

  test("is each person's own in each chat, and can be changed and taken back", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    const others: Choice[] = [
      { ...choice, kind: "direct" },
      { ...choice, chatId: "cidOther" },
      { ...choice, userId: "u2" },
      { ...choice, account: "other" },
    ];
    for (const each of [choice, ...others]) await before.choose(each, each.agentId);
    await before.choose(choice, "home");
    before.close();
    const after = openSqliteStore(file);
    const mine = await after.choices("default");
    expect(mine).toHaveLength(4);
    expect(mine).toEqual(
      expect.arrayContaining([{ ...choice, agentId: "home" }, ...others.slice(0, 3)]),
    );
    await after.choose(choice, undefined);
    await after.choose(choice, undefined);
    expect(await after.choices("default")).toEqual(
      mine.filter(({ agentId }) => agentId === "work"),
    );
    expect(await after.choices("other")).toEqual(others.slice(3));
    after.close();
  });
});

describe("Store.accessVersion()", () => {
  test("changes with every write, whoever makes it, and with nothing else", async () => {
    const file = temporaryFile();
    const [one, two] = [openSqliteStore(file), openSqliteStore(file)];
    let version = await one.accessVersion();
    const changes = async (work: () => Promise<unknown>) => {
      await work();
      const now = await one.accessVersion();
      expect(await two.accessVersion()).toBe(now);
      const changed = now !== version;
      version = now;
      return changed;
    };
    const choice = { account: "default", kind: "direct" as const, chatId: "u1", userId: "u1" };
    const ask = (user: string, since = NOW - HOUR) =>
      two.requestPairing(wishOf(user, `code ${user}`), since, 2);

    expect(await changes(() => two.grant(grantOf("u1")))).toBe(true);
    expect(await one.grants("default")).toEqual([grantOf("u1")]);
    expect(await changes(() => one.grant(grantOf("u1", "owner")))).toBe(true);
    expect(await changes(() => two.revoke("default", "u1"))).toBe(true);
    expect(await changes(() => two.revoke("default", "u1"))).toBe(false);
    expect(await one.grants("default")).toEqual([]);
    expect(await changes(() => ask("a"))).toBe(true);
    expect(await changes(() => ask("b"))).toBe(true);
    expect(await changes(() => ask("b"))).toBe(false);
    expect(await changes(() => ask("c"))).toBe(false);
    expect(await changes(() => one.approve(approvalOf("nobody's")))).toBe(false);
    expect(await changes(() => one.approve(approvalOf("code a")))).toBe(true);
    expect(usersOf(await two.pairings("default", 0))).toEqual(["b"]);
    expect(await changes(() => one.choose(choice, "work"))).toBe(true);
    expect(await two.choices("default")).toEqual([{ ...choice, agentId: "work" }]);
    expect(await changes(() => two.choose(choice, undefined))).toBe(true);
    expect(await changes(() => one.setNote("outage", "since then"))).toBe(false);
    expect(await changes(() => one.prune(NOW))).toBe(false);
    one.close();
    two.close();
    const again = openSqliteStore(file);
    expect(await again.accessVersion()).toBe(version);
    again.close();
  });
});
