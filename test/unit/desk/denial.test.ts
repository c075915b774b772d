import { describe, expect, test } from "bun:test";
import type { Denial } from "../../../src/core/access/model.ts";
import { CODE_ALPHABET, createCode } from "../../../src/core/desk/codes.ts";
import { robotData } from "../../support/fake-messages.ts";
import { HOUSE, atDesk, groupFrom } from "./_desk.ts";

const MINUTE = 60_000;

/** The code somebody was given. */
const codeIn = (said: string | undefined) => /`([A-Z2-9]{8})`/.exec(said ?? "")?.[1];

describe("people who are not let in", () => {
  const direct: [Denial, object][] = [
    ["direct-disabled", { dmPolicy: "disabled" }],
    ["direct-not-listed", { dmPolicy: "allowlist", allowFrom: [] }],
    ["no-agent-for-guests", { owners: ["boss"] }],
  ];
  test.each(direct)("%s: they are told once a minute, with their own id", async (reason, block) => {
    const { says, clock, audit } = await atDesk({ block });
    const said = await says("stranger", "你好");
    expect(said).toContain("`stranger`");
    expect(said).not.toContain("\n");
    expect(await says("stranger", "在吗")).toBeUndefined();
    clock.stall(MINUTE - 1);
    expect(await says("stranger", "/help")).toBeUndefined();
    clock.stall(1);
    expect(await says("stranger", "停止")).toBe(said);
    const chat = { kind: "direct", id: "stranger" } as const;
    const denied = {
      event: "denied",
      account: "work",
      by: "stranger",
      chat,
      role: "guest",
      reason,
    };
    expect(audit).toEqual([denied, denied] as never);
  });

  const groups: [Denial, object][] = [
    ["groups-disabled", { groupPolicy: "disabled" }],
    ["group-not-listed", { groupPolicy: "allowlist" }],
    ["sender-not-listed", { groupAllowFrom: ["boss"] }],
    ["no-agent-for-guests", { owners: ["boss"] }],
  ];
  test.each(groups)("%s: in groups with the conversation's id too", async (reason, block) => {
    const { saysInGroup, audit } = await atDesk({ block });
    const said = await saysInGroup("stranger", "你好");
    expect(said).toContain("`stranger`");
    expect(said).toContain("`cidGroup==`");
    expect(audit).toMatchObject([{ reason, chat: { kind: "group", id: "cidGroup==" } }]);
  });

  test("each person and each chat counts by itself", async () => {
    const { says, saysInGroup } = await atDesk({ block: { owners: ["boss"] } });
    expect(await says("one", "hi")).toBeDefined();
    expect(await says("two", "hi")).toBeDefined();
    expect(await saysInGroup("one", "hi")).toBeDefined();
    expect(await saysInGroup("one", "hi")).toBeUndefined();
  });

  test("with denialNotice off nobody is told, and it is written down all the same", async () => {
    const { says, events } = await atDesk({ block: { owners: ["boss"], denialNotice: false } });
    for (const text of ["hi", "/help"]) expect(await says("stranger", text)).toBeUndefined();
    expect(events()).toEqual(["denied"]);
  });

  test("no command of theirs is run", async () => {
    const { says, resets, asked } = await atDesk({ block: { owners: ["boss"] } });
    await says("stranger", "/new");
    await says("stranger", "/status");
    expect([resets, asked]).toEqual([[], []]);
  });

  test("somebody without an id is told the chat's", async () => {
    const { send } = await atDesk({ block: { groupPolicy: "disabled" } });
    const said = await send(groupFrom("x", "hi").replace(/"sender(?:StaffId|Id)":"[^"]*",?/g, ""));
    expect(said).toContain("`cidGroup==`");
    expect(said).not.toContain("your id");
  });

  test("a clock that is set back silences nobody", async () => {
    const { says, clock } = await atDesk({ block: { owners: ["boss"] } });
    await says("stranger", "hi");
    clock.sleep(-24 * 60 * MINUTE);
    expect(await says("stranger", "hi")).toBeDefined();
  });

  test("an answer that could not be stored is given again, and nothing is done twice", async () => {
    const { says, events } = await atDesk({ block: { owners: ["boss"] } });
    const said = await says("stranger", "hi", "msgSame");
    expect(said).toBeDefined();
    expect(await says("stranger", "hi", "msgSame")).toBe(said);
    expect(events()).toEqual(["denied"]);
  });

  test("a flood of strangers takes no memory without end", async () => {
    const { says } = await atDesk({ block: { owners: ["boss"] } });
    for (let at = 0; at < 5001; at++) await says(`stranger${at}`, "hi");
    // The first one has been forgotten; the last one has not.
    expect(await says("stranger0", "hi")).toBeDefined();
    expect(await says("stranger5000", "hi")).toBeUndefined();
  });
});

describe("pairing", () => {
  const block = { ...HOUSE, dmPolicy: "pairing" };

  test("a code is handed out, with both ways to use it", async () => {
    const { says, audit, tables } = await atDesk({ block });
    const said = await says("newcomer", "你好");
    const code = codeIn(said);
    expect(said).toContain(`/approve ${code}`);
    expect(said).toContain(`dingbridge pair approve ${code}`);
    expect(said).toContain("60 min");
    expect(tables.pairingList).toMatchObject([
      { account: "work", userId: "newcomer", nick: "NEWCOMER", code, chat: { kind: "direct" } },
    ]);
    expect(audit.map(({ event }) => event)).toEqual(["pairing-requested", "denied"]);
    expect(JSON.stringify(audit)).not.toContain(code ?? "?");
  });

  test("whoever writes again gets the same code, at most once a minute", async () => {
    const { says, clock, events, tables } = await atDesk({ block });
    const code = codeIn(await says("newcomer", "你好"));
    expect(await says("newcomer", "在吗")).toBeUndefined();
    expect(tables.requests).toBe(1);
    clock.stall(10 * MINUTE);
    const again = await says("newcomer", "在吗");
    expect(codeIn(again)).toBe(code);
    expect(again).toContain("50 min");
    expect(events()).toEqual(["pairing-requested", "denied", "denied"]);
  });

  test("a code that has expired is followed by another one", async () => {
    const { says, clock, events } = await atDesk({ block });
    const code = codeIn(await says("newcomer", "你好"));
    clock.stall(60 * MINUTE);
    const next = codeIn(await says("newcomer", "你好"));
    expect(next).toBeDefined();
    expect(next).not.toBe(code);
    expect(events().filter((event) => event === "pairing-requested")).toHaveLength(2);
  });

  test("two people have two codes", async () => {
    const { says } = await atDesk({ block });
    expect(codeIn(await says("one", "hi"))).not.toBe(codeIn(await says("two", "hi")));
  });

  test("a hundred may wait; the next is to try later", async () => {
    const { says, clock } = await atDesk({ block });
    for (let at = 0; at < 100; at++) expect(codeIn(await says(`p${at}`, "hi"))).toBeDefined();
    const said = await says("late", "hi");
    expect(said).toContain("Too many");
    expect(codeIn(said)).toBeUndefined();
    clock.stall(60 * MINUTE);
    expect(codeIn(await says("late", "hi"))).toBeDefined();
  });

  test("codes come also where denials are not told", async () => {
    const { says } = await atDesk({ block: { ...block, denialNotice: false } });
    expect(codeIn(await says("newcomer", "hi"))).toBeDefined();
  });

  test("a store that fails is asked again, and the code is said then", async () => {
    const { says, tables, events } = await atDesk({ block });
    tables.failure = new Error("disk full");
    expect(says("newcomer", "hi", "msg1")).rejects.toThrow("disk full");
    tables.failure = undefined;
    expect(codeIn(await says("newcomer", "hi", "msg1"))).toBeDefined();
    expect(events()).toEqual(["pairing-requested", "denied"]);
  });

  test("nothing that people wrote gets into log or audit", async () => {
    const { send, log, audit } = await atDesk({ block });
    await send(robotData({ text: { content: "Geheimnis" } }));
    expect(log.text() + JSON.stringify(audit)).not.toContain("Geheimnis");
  });
});

describe("createCode()", () => {
  test("its letters cannot be mistaken for others", () => {
    expect(CODE_ALPHABET).not.toMatch(/[01OIL]/);
    expect(new Set(CODE_ALPHABET).size).toBe(CODE_ALPHABET.length);
  });

  test("each letter comes of as many bytes as any other", () => {
    const counts = new Map<string, number>();
    const fair = Math.floor(256 / CODE_ALPHABET.length) * CODE_ALPHABET.length;
    for (let byte = 0; byte < fair; byte++) {
      const code = createCode((count) => new Uint8Array(count).fill(byte));
      expect(code).toMatch(/^([A-Z2-9])\1{7}$/);
      counts.set(code.charAt(0), (counts.get(code.charAt(0)) ?? 0) + 1);
    }
    expect(counts.size).toBe(CODE_ALPHABET.length);
    expect(new Set(counts.values())).toEqual(new Set([fair / CODE_ALPHABET.length]));
  });

  test.each([248, 255])("the byte %i would favour some, and is thrown away", (byte) => {
    const given: number[] = [byte, 3];
    const code = createCode((count) => new Uint8Array(count).fill(given.shift() ?? 0));
    expect(code).toBe(CODE_ALPHABET.charAt(3).repeat(8));
  });
});
