import { describe, expect, test } from "bun:test";
import { DESK_TEXTS } from "../../../src/core/desk/texts.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import { promisesSettled } from "../../support/fake-clock.ts";
import { GROUP, HOUSE, atDesk, directChat, groupFrom } from "./_desk.ts";

const { stopped, withdrawn, nothingToStop, notYoursToStop, reset } = DESK_TEXTS.en;

const GROUP_SESSION = "agent:main:dingtalk:group:cidGroup==";
const LOBBY_SESSION = "agent:lobby:dingtalk:group:cidGroup==";

/** A desk, and turns that run until they are told to end. */
async function busy(block: object = HOUSE) {
  const desk = await atDesk({ block });
  const run = (chat: Chat, asker: string, session: string, cards: readonly string[] = []) =>
    desk.stops.begin({ session, ids: [], chat, asker, isWelcome: () => true, cards: () => cards });
  return { ...desk, run };
}

describe("/stop", () => {
  test("ends the turn of who asks, and says so at once", async () => {
    const { says, run, events } = await busy();
    const turn = run(directChat("mia"), "mia", "session");
    expect(await says("mia", "停止")).toBe(stopped);
    expect(turn.signal.aborted).toBe(true);
    expect(events()).toEqual([]);
  });

  test("a card says it by itself", async () => {
    const { says, run } = await busy();
    const turn = run(directChat("mia"), "mia", "session", ["card1"]);
    expect(await says("mia", "/stop")).toBeUndefined();
    expect(turn.signal.aborted).toBe(true);
  });

  test("where one of several has no card it is said", async () => {
    const { says, run } = await busy();
    const turns = [
      run(directChat("mia"), "mia", "one", ["card1"]),
      run(directChat("mia"), "mia", "two"),
    ];
    expect(await says("mia", "stop")).toBe(stopped);
    expect(turns.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  test("nothing runs here, whatever runs elsewhere", async () => {
    const { says, run } = await busy();
    const turn = run(GROUP, "mia", "session");
    expect(await says("mia", "/stop")).toBe(nothingToStop);
    expect(turn.signal.aborted).toBe(false);
  });

  test("what they have waiting is taken back, with a turn or without one", async () => {
    const { says, saysInGroup, run, waiting } = await busy();
    waiting.set("agent:main:dingtalk:user:mia mia", 2);
    expect(await says("mia", "/stop")).toBe(withdrawn(2));
    run(directChat("mia"), "mia", "one");
    expect(await says("mia", "/stop")).toBe(`${stopped}\n${withdrawn(2)}`);
    expect(await saysInGroup("mia", "/stop")).toBe(nothingToStop);
  });

  test("it is said also where a card tells of the turn, or the turn is somebody else's", async () => {
    const { saysInGroup, run, waiting } = await busy();
    waiting.set(`${GROUP_SESSION} mia`, 1);
    const others = run(GROUP, "boss", "one");
    expect(await saysInGroup("mia", "/stop")).toBe(withdrawn(1));
    expect(others.signal.aborted).toBe(false);
    run(GROUP, "mia", "two", ["card1"]);
    expect(await saysInGroup("mia", "/stop")).toBe(withdrawn(1));
  });

  test.each(["mia", "stranger"])("%s ends their own turns in a group only", async (who) => {
    const { saysInGroup, run, events } = await busy();
    const others = run(GROUP, "boss", "one");
    expect(await saysInGroup(who, "/stop")).toBe(notYoursToStop);
    const own = run(GROUP, who, "two");
    expect(await saysInGroup(who, "/stop")).toBe(stopped);
    expect([others.signal.aborted, own.signal.aborted]).toEqual([false, true]);
    expect(events()).toEqual([]);
  });

  test("an owner ends everybody's, which is written down", async () => {
    const { saysInGroup, run, audit } = await busy();
    const turns = [run(GROUP, "mia", "one"), run(GROUP, "boss", "two")];
    expect(await saysInGroup("boss", "/stop")).toBe(stopped);
    expect(turns.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(audit).toMatchObject([
      { event: "turn-stopped", by: "boss", subject: "mia", chat: { kind: "group" } },
    ]);
    expect(audit).toHaveLength(1);
  });

  test("a turn of somebody without an id is not everybody's who has none", async () => {
    const { send, run } = await busy();
    const turn = run(GROUP, "", "one");
    const data = groupFrom("x", "/stop").replace(/"sender(?:StaffId|Id)":"[^"]*",?/g, "");
    expect(await send(data)).toBe(notYoursToStop);
    expect(turn.signal.aborted).toBe(false);
  });
});

describe("/new", () => {
  test("forgets the conversation their next message would go to", async () => {
    const { says, resets, audit } = await busy();
    expect(await says("mia", "/new")).toBe(reset);
    expect(resets).toEqual(["agent:main:dingtalk:user:mia"]);
    expect(audit).toMatchObject([
      { event: "session-reset", by: "mia", what: "agent:main:dingtalk:user:mia" },
    ]);
  });

  test("a guest may in a chat of their own", async () => {
    const { says, resets } = await busy();
    expect(await says("stranger", "/新会话")).toBe(reset);
    expect(resets).toEqual(["agent:lobby:dingtalk:user:stranger"]);
  });

  test("a guest may not in a group that shares one", async () => {
    const { saysInGroup, resets, audit, run } = await busy();
    const turn = run(GROUP, "stranger", LOBBY_SESSION);
    expect(await saysInGroup("stranger", "/new")).toContain("shares");
    expect(resets).toEqual([]);
    expect(turn.signal.aborted).toBe(false);
    expect(audit).toMatchObject([{ event: "command-refused", by: "stranger", what: "new" }]);
  });

  test("a guest may where each has a session of their own", async () => {
    const { saysInGroup, resets } = await busy({ ...HOUSE, sessionScope: "sender" });
    expect(await saysInGroup("stranger", "/new")).toBe(reset);
    expect(resets).toEqual([`${LOBBY_SESSION}:user:stranger`]);
  });

  test("a member may in a group", async () => {
    const { saysInGroup, resets } = await busy();
    await saysInGroup("mia", "/new");
    expect(resets).toEqual([GROUP_SESSION]);
  });

  test("their own turn there is ended first, and waited for", async () => {
    const { saysInGroup, run, resets, events } = await busy();
    const turn = run(GROUP, "mia", GROUP_SESSION);
    const elsewhere = run(GROUP, "mia", "another session");
    const said = saysInGroup("mia", "/new");
    await promisesSettled();
    expect(turn.signal.aborted).toBe(true);
    expect(resets).toEqual([]);
    turn.over();
    expect(await said).toBe(reset);
    expect(resets).toEqual([GROUP_SESSION]);
    expect(elsewhere.signal.aborted).toBe(false);
    expect(events()).toEqual(["session-reset"]);
  });

  test("somebody else's turn there is not a member's to end", async () => {
    const { saysInGroup, run, resets } = await busy();
    const turn = run(GROUP, "boss", GROUP_SESSION);
    expect(await saysInGroup("mia", "/new")).toBe(notYoursToStop);
    expect([turn.signal.aborted, resets.length]).toEqual([false, 0]);
  });

  test("an owner ends it, which is written down", async () => {
    const { saysInGroup, run, events } = await busy();
    const turn = run(GROUP, "mia", GROUP_SESSION);
    const said = saysInGroup("boss", "/new");
    await promisesSettled();
    turn.over();
    expect(await said).toBe(reset);
    expect(events()).toEqual(["turn-stopped", "session-reset"]);
  });

  test.each([
    ["unreachable", "cannot be reached"],
    ["refused", "log"],
  ] as const)("a gateway that is %s: nothing was forgotten", async (kind, part) => {
    const { says, gateway, events, log } = await busy();
    gateway.outcome = { ok: false, kind, reason: "HTTP 500" };
    const said = await says("mia", "/new");
    expect(said).toContain("nothing was forgotten");
    expect(said).toContain(part);
    expect(events()).toEqual([]);
    expect(log.text()).toContain("HTTP 500");
  });

  test("what stands behind it is not lost without a word", async () => {
    const { says } = await busy();
    expect(await says("mia", "/new 写一首诗")).toContain("not passed on");
  });

  test("a store that fails is asked again", async () => {
    const { says, tables, resets } = await busy();
    tables.failure = new Error("disk full");
    expect(says("mia", "/new", "msg1")).rejects.toThrow("disk full");
    tables.failure = undefined;
    expect(await says("mia", "/new", "msg1")).toBe(reset);
    expect(resets).toHaveLength(1);
  });
});
