import { describe, expect, test } from "bun:test";
import { HOUSE, atDesk } from "./_desk.ts";

const KNOWN = ["main", "ops", "Lab", "Twin", "tWin"];
const house = (more: object = {}, known: readonly string[] = KNOWN) =>
  atDesk({ block: { ...HOUSE, ...more }, known });

const chosen = (desk: Awaited<ReturnType<typeof house>>) =>
  desk.tables.choiceList.map(({ agentId }) => agentId);

describe("/agent", () => {
  test("without a name says who answers, and who could", async () => {
    const desk = await house();
    const said = await desk.says("boss", "/agent");
    for (const name of KNOWN) expect(said).toContain(`\`${name}\``);
    expect(chosen(desk)).toEqual([]);
  });

  test("where nobody knows them it lists none", async () => {
    const { says } = await house({}, []);
    const said = await says("boss", "/智能体");
    expect(said).toContain("`main`");
    expect(said).not.toContain("Known");
  });

  test("a name is taken, for this person in this chat, at once", async () => {
    const { says, saysInGroup, audit, tables } = await house({ owners: ["boss", "chief"] });
    const said = await says("boss", "/agent ops");
    expect(said).toContain("`ops`");
    expect(said).toContain("this chat only");
    expect(tables.choiceList).toEqual([
      { account: "work", kind: "direct", chatId: "boss", userId: "boss", agentId: "ops" },
    ]);
    expect(audit).toMatchObject([{ event: "agent-chosen", by: "boss", what: "ops" }]);
    expect(await says("boss", "/whoami")).toContain("agent:ops:");
    expect(await saysInGroup("boss", "/whoami")).toContain("agent:main:");
    expect(await says("chief", "/whoami")).toContain("agent:main:");
  });

  test.each([
    ["lab", ["Lab"]],
    ["LAB", ["Lab"]],
    ["Twin", ["Twin"]],
  ])("%s: exactly, or else in other capitals", async (typed, agents) => {
    const desk = await house();
    await desk.says("boss", `/agent ${typed}`);
    expect(chosen(desk)).toEqual(agents);
  });

  test.each([
    ["nobody", "no such agent"],
    ["twin", "capitals"],
    ["ops main", "no such agent"],
  ])("%s is not taken where the names are known", async (typed, part) => {
    const desk = await house();
    expect(await desk.says("boss", `/agent ${typed}`)).toContain(part);
    expect(chosen(desk)).toEqual([]);
    expect(desk.events()).toEqual([]);
  });

  test.each([
    ["research", ["research"]],
    ["研究", ["研究"]],
    ["a:b", []],
    ["a/b", []],
    ["two words", []],
    ["x".repeat(65), []],
  ])("%s, where they are not: what an id may be", async (typed, agents) => {
    const desk = await house({}, []);
    await desk.says("boss", `/agent ${typed}`);
    expect(chosen(desk)).toEqual(agents);
  });

  test.each(["default", "Default", "默认"])("%s takes the choice back", async (word) => {
    const desk = await house();
    await desk.says("boss", "/agent ops");
    expect(await desk.says("boss", `/agent ${word}`)).toContain("`main`");
    expect(chosen(desk)).toEqual([]);
    expect(desk.audit).toMatchObject([{ what: "ops" }, { event: "agent-chosen", what: "default" }]);
  });

  test("an agent that is really called default can be chosen", async () => {
    const desk = await house({}, ["main", "default"]);
    await desk.says("boss", "/agent default");
    expect(chosen(desk)).toEqual(["default"]);
  });

  test.each(["mia", "stranger"])("is not for %s by itself", async (who) => {
    const desk = await house();
    expect(await desk.says(who, "/agent ops")).toContain("may not use");
    expect(desk.events()).toEqual(["command-refused"]);
    expect(chosen(desk)).toEqual([]);
  });

  test("a guest who may choose still gets no agent that was not named for guests", async () => {
    const roles = { guest: { agentId: "ops", commands: ["agent", "whoami"] } };
    const desk = await house({ roles });
    expect(await desk.says("stranger", "/agent main")).toContain("Nothing was changed");
    expect(chosen(desk)).toEqual([]);
    expect(desk.events()).toEqual(["command-refused"]);
    expect(await desk.says("stranger", "/agent ops")).toContain("`ops`");
  });

  test("a roster that cannot be read just now does not undo it", async () => {
    const options = { onAccessChanged: () => Promise.reject(new Error("busy")) };
    const desk = await atDesk({ block: HOUSE, known: KNOWN, options });
    expect(await desk.says("boss", "/agent ops")).toContain("`ops`");
    expect(chosen(desk)).toEqual(["ops"]);
  });
});
