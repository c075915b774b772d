import { describe, expect, test } from "bun:test";
import { HOUSE, atDesk, wordsOf } from "./_desk.ts";

const HOUR = 3_600_000;
const PAIRING = { ...HOUSE, dmPolicy: "pairing" };

/** Somebody has asked to be let in. */
async function waiting(block: object = PAIRING) {
  const desk = await atDesk({ block });
  await desk.says("newcomer", "你好");
  const code = desk.tables.pairingList[0]?.code ?? "";
  desk.audit.length = 0;
  return { ...desk, code };
}

describe("/approve", () => {
  test("lets somebody in as a member, says whom, and tells them", async () => {
    const { says, code, tables, audit } = await waiting();
    const said = await says("boss", `/approve ${code}`);
    for (const part of ["NEWCOMER", "`newcomer`", "member"]) expect(said).toContain(part);
    expect(tables.grantList).toMatchObject([{ userId: "newcomer", role: "member", by: "boss" }]);
    expect(tables.notices).toHaveLength(1);
    expect(tables.notices[0]?.chat.userId).toBe("newcomer");
    expect(wordsOf(tables.notices[0]?.message)).toContain("You're in");
    expect(audit).toEqual([
      {
        event: "paired",
        account: "work",
        by: "boss",
        chat: { kind: "direct", id: "boss" },
        subject: "newcomer",
        role: "member",
      },
    ]);
    // At once, not at the next look into the store.
    expect(await says("newcomer", "/whoami")).toContain("member");
  });

  test.each([
    ["owner", "owner"],
    ["OWNER", "owner"],
    ["guest", "guest"],
    ["访客", "guest"],
    ["成员", "member"],
  ] as const)("as %s", async (word, role) => {
    const { says, code, tables } = await waiting();
    expect(await says("boss", `/批准  ${code}   ${word}`)).toContain(`as ${role}`);
    expect(tables.grantList).toMatchObject([{ role }]);
  });

  test("a code is read in small letters too", async () => {
    const { saysInGroup, code, tables } = await waiting();
    await saysInGroup("boss", `/approve ${code.toLowerCase()}`);
    expect(tables.grantList).toHaveLength(1);
  });

  test("says so where a guest still has nobody to talk to", async () => {
    const { says, code } = await waiting({ owners: ["boss"], dmPolicy: "pairing" });
    expect(await says("boss", `/approve ${code} guest`)).toContain("roles.guest.agentId");
  });

  test.each(["", "ABCD2345 chief", "ABCD2345 owner please", "x".repeat(40)])(
    "%j: says how it is used, and asks nobody",
    async (rest) => {
      const { says, tables, events } = await waiting();
      expect(await says("boss", `/approve ${rest}`)).toContain("Usage");
      expect(tables.approvals).toBe(0);
      expect(events()).toEqual([]);
    },
  );

  test("a code works once", async () => {
    const { says, code, events } = await waiting();
    await says("boss", `/approve ${code}`);
    expect(await says("boss", `/approve ${code}`)).toContain("no such code");
    expect(events()).toEqual(["paired", "approve-failed"]);
  });

  test("a code that has expired is none", async () => {
    const { says, code, clock, tables } = await waiting();
    clock.stall(HOUR);
    expect(await says("boss", `/approve ${code}`)).toContain("no such code");
    expect(tables.grantList).toEqual([]);
  });

  test.each(["mia", "stranger"])("is not for %s", async (who) => {
    const { says, tables, events } = await waiting({ ...PAIRING, allowFrom: ["*"] });
    expect(await says(who, "/approve ABCD2345")).toContain("may not use");
    expect(tables.approvals).toBe(0);
    expect(events()).toEqual(["command-refused"]);
  });

  test("who may use it without being an owner makes nobody more than they are", async () => {
    const roles = { member: { commands: ["approve"] } };
    const { says, code, tables, events } = await waiting({ ...PAIRING, roles });
    expect(await says("mia", `/approve ${code} owner`)).toContain("above your own");
    expect(events()).toEqual(["command-refused"]);
    expect(tables.grantList).toEqual([]);
    await says("mia", `/approve ${code}`);
    expect(tables.grantList).toMatchObject([{ userId: "newcomer", role: "member" }]);
  });

  test("a message that comes again because its answer was lost says the same", async () => {
    const { says, code, events } = await waiting();
    const said = await says("boss", `/approve ${code}`, "msgSame");
    expect(await says("boss", `/approve ${code}`, "msgSame")).toBe(said);
    expect(events()).toEqual(["paired"]);
  });

  test("a roster that cannot be read just now does not undo it", async () => {
    const onAccessChanged = () => Promise.reject(new Error("busy"));
    const { says, tables, events } = await atDesk({ block: PAIRING, options: { onAccessChanged } });
    await says("newcomer", "你好");
    const said = await says("boss", `/approve ${tables.pairingList[0]?.code}`);
    expect(said).toContain("`newcomer`");
    expect(events().at(-1)).toBe("paired");
  });
});

describe("wrong codes", () => {
  const wrongTries = async (desk: Awaited<ReturnType<typeof waiting>>, count: number) => {
    for (let at = 0; at < count; at++) await desk.says("boss", `/approve WRONG${at}`);
  };

  test("after five in an hour the right one does not work either, until the hour is over", async () => {
    const desk = await waiting();
    const { says, code, clock, tables, events } = desk;
    await wrongTries(desk, 5);
    expect(tables.approvals).toBe(5);
    expect(await says("boss", `/approve ${code}`)).toContain("Too many");
    expect(await says("boss", `/approve ${code}`)).toContain("Too many");
    expect(tables.approvals).toBe(5);
    // Refusals are not worth a line each.
    expect(events()).toEqual(Array.from({ length: 6 }, () => "approve-failed"));

    clock.stall(HOUR);
    await says("newcomer", "还在吗");
    await says("boss", `/approve ${tables.pairingList[0]?.code}`);
    expect(tables.grantList).toMatchObject([{ userId: "newcomer" }]);
  });

  test("four leave room for the right one", async () => {
    const desk = await waiting();
    await wrongTries(desk, 4);
    expect(await desk.says("boss", `/approve ${desk.code}`)).toContain("`newcomer`");
  });

  test("the hour begins with the first", async () => {
    const desk = await waiting();
    await wrongTries(desk, 4);
    desk.clock.stall(HOUR - 1);
    await wrongTries(desk, 1);
    expect(await desk.says("boss", "/approve WRONG")).toContain("Too many");
    desk.clock.stall(1);
    expect(await desk.says("boss", "/approve WRONG")).toContain("no such code");
  });

  test("each approver has tries of their own", async () => {
    const desk = await waiting({ ...PAIRING, owners: ["boss", "chief"] });
    await wrongTries(desk, 5);
    expect(await desk.says("chief", `/approve ${desk.code}`)).toContain("`newcomer`");
  });

  test("no code gets into log or audit", async () => {
    const desk = await waiting();
    await wrongTries(desk, 6);
    await desk.says("boss", `/approve ${desk.code}`);
    const written = desk.log.text() + JSON.stringify(desk.audit);
    expect(written).not.toContain("WRONG");
    expect(written).not.toContain(desk.code);
  });
});
