import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../../../src/host/exit.ts";
import { DESK_TEXTS } from "../../../src/core/desk/texts.ts";
import { saidIn } from "../../../src/core/message.ts";
import { MIGRATIONS } from "../../../src/store/schema.ts";
import { openDesk, type PairDesk } from "./_pair.ts";

const MINUTE = 60_000;

let desk: PairDesk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.close());

describe("pair approve", () => {
  test("lets in, tells the person, and writes it down", async () => {
    await desk.asks("staff1", { nick: "小红", code: "ABCDEFGH" });
    const before = await desk.store.accessVersion();
    const { code, stdout } = await desk.run("approve", "abcdefgh");
    expect(code).toBe(0);
    expect(stdout).toBe("let in: 小红 (staff1) as owner");
    expect(await desk.store.grants("default")).toEqual([
      {
        account: "default",
        userId: "staff1",
        role: "owner",
        nick: "小红",
        by: "command line",
        at: desk.clock.now(),
      },
    ]);
    expect(await desk.store.accessVersion()).not.toBe(before);
    const [waiting] = await desk.store.conversationsWaiting("default");
    expect(waiting?.conversationId).toBe("cid-staff1");
    const [reply] = waiting === undefined ? [] : await desk.store.nextReplies(waiting, 9);
    expect(reply && saidIn(reply.message)).toBe(DESK_TEXTS.en.letIn("owner"));
    expect(desk.audited()).toEqual([
      {
        event: "paired",
        account: "default",
        by: "command line",
        subject: "staff1",
        role: "owner",
      },
    ]);
  });

  test.each<[string, object, string[], string]>([
    ["the first owns the robot", {}, [], "owner"],
    ["not if the configuration names an owner", { owners: ["boss"] }, [], "member"],
    ["nor if it gives one that role", { users: { boss: { role: "owner" } } }, [], "member"],
    ["nor if it means somebody", { owners: ["*"] }, [], "member"],
    ["unless that is not wanted", {}, ["guest"], "guest"],
    ["a second owner can be made", { owners: ["boss"] }, ["OWNER"], "owner"],
  ])("%s", async (_what, block, [role], expected) => {
    desk.configure({ ...block, dmPolicy: "pairing" });
    await desk.asks("staff1", { code: "ABCDEFGH" });
    const { stdout } = await desk.runWith({ role }, "approve", "ABCDEFGH");
    expect(stdout).toBe(`let in: staff1 as ${expected}`);
    expect((await desk.store.grants("default"))[0]?.role).toBe(expected as "owner");
  });

  test("the next one is a member, also when the first was let in long ago", async () => {
    await desk.asks("staff1", { code: "ABCDEFGH" });
    await desk.asks("staff2", { code: "BCDEFGHJ" });
    await desk.run("approve", "ABCDEFGH");
    expect((await desk.run("approve", "BCDEFGHJ")).stdout).toContain("as member");
  });

  test.each<[string, string, number]>([
    ["unknown", "ZZZZZZZZ", 0],
    ["older than an hour", "ABCDEFGH", 60 * MINUTE],
    ["no code at all", "\u001b[31m", 0],
  ])("a code that is %s lets nobody in, and says what to do", async (_what, code, later) => {
    await desk.asks("staff1", { code: "ABCDEFGH" });
    desk.clock.sleep(later);
    const error = await desk.fails("approve", code);
    expect(error.exitCode).toBe(1);
    expect(error.message).toContain("dingbridge pair list");
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(await desk.store.grants("default")).toEqual([]);
    expect(desk.audited()).toEqual([]);
  });

  test("a code is good once", async () => {
    await desk.asks("staff1", { code: "ABCDEFGH" });
    await desk.run("approve", "ABCDEFGH");
    expect((await desk.fails("approve", "ABCDEFGH")).exitCode).toBe(1);
  });

  test("says when the configuration, or nothing, makes something else of it", async () => {
    desk.configure({ dmPolicy: "pairing", owners: ["boss"], users: { staff1: { role: "guest" } } });
    await desk.asks("staff1", { code: "ABCDEFGH" });
    const { stderr } = await desk.run("approve", "ABCDEFGH");
    expect(stderr).toContain("makes them guest");
    expect(stderr).toContain("roles.guest.agentId");
  });
});

describe("pair role and pair revoke", () => {
  beforeEach(async () => {
    desk.configure({ dmPolicy: "pairing", owners: ["boss"] });
    await desk.asks("staff1", { nick: "小红", code: "ABCDEFGH" });
    await desk.run("approve", "ABCDEFGH");
  });

  test("a role is changed, and its bearer keeps their name", async () => {
    desk.clock.sleep(MINUTE);
    const { code, stdout, stderr } = await desk.run("role", "staff1", "owner");
    expect([code, stdout, stderr]).toEqual([0, "小红 (staff1) is owner now, and was member", ""]);
    expect(await desk.store.grants("default")).toMatchObject([
      { userId: "staff1", role: "owner", nick: "小红", at: desk.clock.now() },
    ]);
    expect(desk.audited().at(-1)).toMatchObject({
      event: "role-changed",
      by: "command line",
      subject: "staff1",
      role: "owner",
      reason: "was member",
    });
  });

  test("a role is taken back", async () => {
    const { code, stdout, stderr } = await desk.run("revoke", "staff1");
    expect([code, stdout, stderr]).toEqual([
      0,
      "小红 (staff1) is not member by approval any more",
      "",
    ]);
    expect(await desk.store.grants("default")).toEqual([]);
    expect(desk.audited().at(-1)).toMatchObject({
      event: "revoked",
      subject: "staff1",
      role: "member",
    });
  });

  test.each<[string, string[]]>([
    ["revoke", ["boss"]],
    ["revoke", ["Staff1"]],
    ["role", ["boss", "guest"]],
  ])("%s of somebody without one ends with 1: %j", async (action, operands) => {
    const error = await desk.fails(action, ...operands);
    expect(error.exitCode).toBe(1);
    expect(error.message).toContain("dingbridge pair list");
    expect(await desk.store.grants("default")).toHaveLength(1);
    expect(desk.audited()).toHaveLength(1);
  });

  test("says when the configuration lets them in all the same", async () => {
    desk.configure({ dmPolicy: "pairing", owners: ["boss"], members: ["staff1"] });
    expect((await desk.run("revoke", "staff1")).stderr).toContain("as member");
  });

  test("warns when the robot has no owner any more", async () => {
    desk.configure({ dmPolicy: "open" });
    await desk.run("role", "staff1", "owner");
    for (const [action, ...operands] of [
      ["role", "staff1", "member"],
      ["revoke", "staff1"],
    ] as const) {
      const { stderr } = await desk.run(action, ...operands);
      expect(stderr).toMatch(/^warning: nobody is an owner: whoever writes/);
    }
  });

  test.each<[string[], string]>([
    [["role", "staff1", "boss"], "owner, member, guest"],
    [["role", "", "guest"], "pair role"],
    [["revoke", " "], "pair revoke"],
    [["approve", ""], "pair approve"],
  ])("%j is not understood", async ([action = "", ...operands], words) => {
    const error = await desk.fails(action, ...operands);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(words);
  });

  test("a role that is none is not given", async () => {
    const failed = desk.runWith({ role: "boss" }, "approve", "ABCDEFGH");
    expect(await failed.catch((error: unknown) => error)).toMatchObject({ exitCode: 2 });
  });
});

describe("pair list", () => {
  test("shows who waits and who has been let in, in columns", async () => {
    desk.clock.sleep(-5 * MINUTE);
    await desk.asks("staff1", { nick: "小红", code: "ABCDEFGH" });
    await desk.asks("a-much-longer-id", { code: "BCDEFGHJ" });
    await desk.run("approve", "BCDEFGHJ");
    desk.clock.sleep(5 * MINUTE);
    await desk.asks("staff3", { nick: "小明", code: "CDEFGHJK" });
    const { code, stdout } = await desk.run("list");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "waiting for dingbridge pair approve CODE:",
      "  CODE      USER ID  ASKED      NAME",
      "  ABCDEFGH  staff1   5 min ago  小红",
      "  CDEFGHJK  staff3   just now   小明",
      "roles by approval; those of the configuration come on top:",
      "  USER ID           ROLE   BY            SINCE             NAME",
      expect.stringMatching(
        /^ {2}a-much-longer-id {2}owner {2}command line {2}\d{4}(-\d\d){2} \d\d:\d\d$/,
      ),
    ]);
    expect(existsSync(join(desk.dataDir, "audit"))).toBe(true);
  });

  test("says so when there is nobody, and writes nothing", async () => {
    const { stdout } = await desk.run("list");
    expect(stdout.split("\n")).toEqual([
      "waiting for dingbridge pair approve CODE: nobody",
      "roles by approval; those of the configuration come on top: nobody",
    ]);
    expect(readdirSync(desk.dataDir).filter((name) => !name.startsWith("dingbridge"))).toEqual([]);
  });

  test("shows no code that is too old", async () => {
    await desk.asks("staff1", { code: "ABCDEFGH" });
    desk.clock.sleep(60 * MINUTE);
    expect((await desk.run("list")).stdout).not.toContain("ABCDEFGH");
  });

  test("what people are called does nothing to the terminal", async () => {
    const nick = "a\u001b[2J\u009b31m\u202eb\r\nABCDEFGH owner\u2028c\u0000".padEnd(90, "长");
    await desk.asks("staff1\u001b]0;x\u0007", { nick, code: "ABCDEFGH" });
    const inert = (text: string) => expect(text).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
    const listed = await desk.run("list");
    expect(listed.stdout.split("\n")).toHaveLength(4);
    const json = await desk.runWith({ json: true }, "list");
    expect(JSON.parse(json.stdout)).toMatchObject({
      waiting: [{ userId: "staff1\u001b]0;x\u0007", nick }],
    });
    const approved = await desk.run("approve", "ABCDEFGH");
    expect(approved.stdout.split("\n")).toHaveLength(1);
    const changed = await desk.run("role", "staff1\u001b]0;x\u0007", "guest");
    for (const { stdout } of [listed, json, approved, changed]) inert(stdout);
  });

  test("is one document for programs", async () => {
    await desk.asks("staff1", { nick: "小红", code: "ABCDEFGH" });
    await desk.asks("staff2", { code: "BCDEFGHJ" });
    await desk.run("approve", "BCDEFGHJ");
    const time = new Date(desk.clock.now()).toISOString();
    expect(JSON.parse((await desk.runWith({ json: true }, "list")).stdout)).toEqual({
      account: "default",
      waiting: [{ code: "ABCDEFGH", userId: "staff1", nick: "小红", createdAt: time }],
      granted: [{ userId: "staff2", role: "owner", nick: null, by: "command line", at: time }],
    });
  });
});

describe("several robots", () => {
  beforeEach(() => {
    const robot = { dmPolicy: "pairing", clientSecret: "s" };
    desk.configure({
      accounts: { work: { ...robot, clientId: "a" }, home: { ...robot, clientId: "b" } },
    });
  });

  test("a code needs no account: only one of them has given it out", async () => {
    await desk.asks("staff1", { code: "ABCDEFGH", account: "work" });
    await desk.asks("staff1", { code: "BCDEFGHJ", account: "home" });
    const { stdout } = await desk.run("approve", "BCDEFGHJ");
    expect(stdout).toBe("let in: staff1 as owner, account home");
    expect(await desk.store.grants("work")).toEqual([]);
    expect((await desk.fails("approve", "ZZZZZZZZ")).exitCode).toBe(1);
    const elsewhere = desk.runWith({ account: "home" }, "approve", "ABCDEFGH");
    expect(await elsewhere.catch((error: unknown) => error)).toMatchObject({ exitCode: 1 });
  });

  test("changes need one, and so does a document", async () => {
    await desk.asks("staff1", { code: "ABCDEFGH", account: "work" });
    await desk.run("approve", "ABCDEFGH");
    for (const [action, ...operands] of [
      ["revoke", "staff1"],
      ["role", "staff1", "guest"],
    ] as const) {
      const error = await desk.fails(action, ...operands);
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain("--account with one of work, home");
    }
    const document = desk.runWith({ json: true }, "list");
    expect(await document.catch((error: unknown) => error)).toMatchObject({ exitCode: 2 });
    const { stdout } = await desk.runWith({ account: "work" }, "revoke", "staff1");
    expect(stdout).toContain("account work");
    expect(await desk.store.grants("work")).toEqual([]);
  });

  test("all are listed, or the one that is named", async () => {
    await desk.asks("staff1", { code: "ABCDEFGH", account: "work" });
    const all = await desk.run("list");
    expect(all.stdout).toMatch(/^account work\n[^]*ABCDEFGH[^]*\n\naccount home\n/);
    const one = await desk.runWith({ account: "home" }, "list");
    expect(one.stdout).toStartWith("account home\n");
    expect(one.stdout).not.toContain("ABCDEFGH");
  });

  test("one that is not there is refused, with those that are", async () => {
    const failed = desk.runWith({ account: "Work" }, "list");
    const error = await failed.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining("work, home") });
  });
});

describe("the worker's database", () => {
  test("is not made where there is none, nor its folder", async () => {
    desk.configure({ dataDir: join(desk.dataDir, "deeper") });
    const error = await desk.fails("list");
    expect(error).toMatchObject({ exitCode: 1 });
    expect(error.message).toContain("start dingbridge first");
    expect(existsSync(join(desk.dataDir, "deeper"))).toBe(false);
  });

  test.each<[string, number, string]>([
    ["an older layout is left to the worker", MIGRATIONS.length - 1, "start the worker once"],
    ["a newer one to its own version", MIGRATIONS.length + 1, "newer dingbridge"],
  ])("%s", async (_what, layout, words) => {
    desk.store.close();
    const file = join(desk.dataDir, "dingbridge.sqlite");
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA user_version = ${layout}`);
    const error = await desk.fails("list");
    expect(error).toBeInstanceOf(UserError);
    expect(error.exitCode).toBe(1);
    expect(error.message).toContain(words);
    expect(db.prepare("PRAGMA user_version").get()).toMatchObject({ user_version: layout });
    db.close();
  });

  test("that is none is said to be", async () => {
    desk.store.close();
    writeFileSync(
      join(desk.dataDir, "dingbridge.sqlite"),
      "no database, but long enough".repeat(99),
    );
    expect((await desk.fails("list")).message).toContain("no database");
  });

  test("needs no secret: the service may be the only one that knows it", async () => {
    const variable = "${NOT_SET_HERE}";
    for (const robot of [
      { clientSecret: variable },
      { clientId: variable, clientSecret: { source: "file", path: "/gone" } },
      { clientId: undefined, clientSecret: undefined },
    ]) {
      desk.configure({ ...robot, dmPolicy: "pairing" });
      const listed = await desk.run("list");
      expect(listed).toMatchObject({ code: 0, stderr: "" });
    }
    await desk.asks("staff1", { code: "ABCDEFGH" });
    expect((await desk.run("approve", "ABCDEFGH")).code).toBe(0);
    expect((await desk.run("revoke", "staff1")).code).toBe(0);
  });

  test("without a configuration nothing is done", async () => {
    writeFileSync(desk.file, "{");
    const broken = await desk.run("list");
    expect(broken).toMatchObject({ code: 78, stdout: "" });
    expect(broken.stderr).toContain("not valid JSON5");
    desk.configure({ enabled: false });
    const off = await desk.run("list");
    expect(off).toMatchObject({ code: 78, stdout: "" });
    expect(off.stderr).toContain("enabled is false");
  });

  test("takes the change also where the audit cannot be written, and says so", async () => {
    writeFileSync(join(desk.dataDir, "audit"), "in the way");
    await desk.asks("staff1", { code: "ABCDEFGH" });
    const { code, stderr } = await desk.run("approve", "ABCDEFGH");
    expect(code).toBe(0);
    expect(stderr).toContain("warning: the audit cannot be written");
    expect(readFileSync(join(desk.dataDir, "audit"), "utf8")).toBe("in the way");
  });
});
