import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createLoopGuard, isKnownRobot } from "../../../src/core/bridge/loop-guard.ts";
import { parseRobotMessage, type RobotMessage } from "../../../src/core/inbound/robot-message.ts";
import { chatOf, type Chat } from "../../../src/core/inbound/session.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";

const WINDOW = 60_000;
const NO_PERSON = { senderStaffId: undefined, senderPlatform: undefined };

function message(fields: Readonly<Record<string, unknown>>, direct = false): RobotMessage {
  const parsed = parseRobotMessage(direct ? robotData(fields) : groupData(fields));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.message;
}

const robot = message(NO_PERSON);
const group = chatOf("default", robot);

function guarding(turns: number) {
  const clock = createFakeClock();
  let said = 0;
  const guard = createLoopGuard({ turns, windowMs: WINDOW, clock });
  const say = (times: number, from = robot, chat: Chat = group) =>
    Array.from({ length: times }, () => guard.admit(chat, { ...from, msgId: `msg${++said}` }));
  return { clock, guard, say };
}

describe("senders who are no people", () => {
  test("are told once that it is too much, and then no more", () => {
    expect(guarding(3).say(6)).toEqual(["ok", "ok", "ok", "stop", "stopped", "stopped"]);
  });

  test("count together in a chat, whoever they are", () => {
    const { say } = guarding(2);
    say(1);
    say(1, message({ ...NO_PERSON, senderId: "$:LWCP_v1:$other" }));
    expect(say(1)).toEqual(["stop"]);
  });

  test("are not counted again for a message whose turn was put off", () => {
    const { guard } = guarding(2);
    const asked = Array.from({ length: 5 }, () => guard.admit(group, robot));
    expect(asked).toEqual(["ok", "ok", "ok", "ok", "ok"]);
  });

  test("may go on slowly for ever", async () => {
    const { clock, say } = guarding(2);
    for (let at = 0; at < 20; at++) {
      expect(say(1)).toEqual(["ok"]);
      await clock.advance(WINDOW / 2);
    }
  });

  test("are counted in any window, not in one that begins with the first", async () => {
    const { clock, say } = guarding(2);
    say(1);
    await clock.advance(WINDOW - 1);
    say(1);
    await clock.advance(1);
    // The first has just left the window, the second is still in it.
    expect(say(2)).toEqual(["ok", "stop"]);
  });

  test("stay stopped while they go on, and start anew after a window's silence", async () => {
    const { clock, say } = guarding(1);
    expect(say(2)).toEqual(["ok", "stop"]);
    for (let at = 0; at < 5; at++) {
      await clock.advance(WINDOW - 1);
      expect(say(1)).toEqual(["stopped"]);
    }
    await clock.advance(WINDOW);
    expect(say(3)).toEqual(["ok", "stop", "stopped"]);
  });

  test("are not freed by a wall clock that is set", () => {
    const { clock, say } = guarding(1);
    say(2);
    clock.sleep(10 * WINDOW);
    expect(say(1)).toEqual(["stopped"]);
    clock.sleep(-20 * WINDOW);
    expect(say(1)).toEqual(["stopped"]);
  });

  test.each<[string, Chat]>([
    ["another group", { ...group, conversationId: "cidOther==" }],
    ["a group of other case", { ...group, conversationId: group.conversationId.toLowerCase() }],
    ["another robot's group", { ...group, account: "work" }],
    [
      "a direct chat",
      { ...group, kind: "direct", userId: "u", conversationId: group.conversationId },
    ],
  ])("do not hold up %s", (_where, chat) => {
    const { say } = guarding(1);
    say(3);
    expect(say(2, robot, chat)).toEqual(["ok", "stop"]);
  });

  test("are known in a direct chat by who it is with, not by the conversation", () => {
    const { say } = guarding(1);
    const from = message({ ...NO_PERSON, senderId: "$:LWCP_v1:$other" }, true);
    const chat = chatOf("default", from);
    say(1, from, chat);
    expect(say(1, from, { ...chat, conversationId: "cidNew==" })).toEqual(["stop"]);
  });
});

describe("people", () => {
  test.each([
    ["a user id", { ...NO_PERSON, senderStaffId: "staff1" }],
    ["a union id", { ...NO_PERSON, senderUnionId: "union1" }],
    ["a client", { ...NO_PERSON, senderPlatform: "Win" }],
  ])("are known by %s, never counted and never stopped", (_sign, fields) => {
    const { say } = guarding(1);
    expect(new Set(say(100, message(fields)))).toEqual(new Set(["ok"]));
    expect(say(2)).toEqual(["ok", "stop"]);
    expect(say(1, message(fields))).toEqual(["ok"]);
  });

  test("never keep a stop alive", async () => {
    const { clock, say } = guarding(1);
    say(2);
    await clock.advance(WINDOW / 2);
    say(1, message({ ...NO_PERSON, senderStaffId: "staff1" }));
    await clock.advance(WINDOW / 2);
    expect(say(1)).toEqual(["ok"]);
  });
});

test("in any window at most `turns` of them begin, and each stop is told once", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: WINDOW }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 5 }), (pauses, turns) => {
      const { clock, say } = guarding(turns);
      const begun: number[] = [];
      let isStopped = false;
      for (const pause of pauses) {
        clock.stall(pause);
        const [verdict = "ok"] = say(1);
        if (verdict === "ok") begun.push(clock.monotonic());
        expect(verdict === "stopped" ? isStopped : true).toBe(true);
        expect(verdict === "stop" ? isStopped && pause < WINDOW : false).toBe(false);
        isStopped = verdict !== "ok";
        const recent = begun.filter((at) => clock.monotonic() - at < WINDOW);
        expect(recent.length).toBeLessThanOrEqual(turns);
      }
    }),
  );
});

test("chats that have been silent longest are forgotten, busy ones are not", () => {
  const { say } = guarding(1);
  const other = (at: number): Chat => ({ ...group, conversationId: `cid${at}` });
  say(2);
  say(2, robot, other(0));
  for (let at = 1; at <= 5000; at++) {
    say(1, robot, other(at));
    if (at % 100 === 0) expect(say(1)).toEqual(["stopped"]);
  }
  expect(say(1, robot, other(0))).toEqual(["ok"]);
});

describe("a known robot", () => {
  const robots = new Set(["$:LWCP_v1:$mine"]);

  test("is the robot itself", () => {
    const own = message({ senderId: "$:LWCP_v1:$self", chatbotUserId: "$:LWCP_v1:$self" });
    expect(isKnownRobot(own, new Set())).toBe(true);
  });

  test("is another one of this worker", () => {
    expect(isKnownRobot(message({ senderId: "$:LWCP_v1:$mine" }), robots)).toBe(true);
  });

  test.each([
    ["a person", {}],
    ["another robot", { ...NO_PERSON, senderId: "$:LWCP_v1:$theirs" }],
    ["an id of other case", { senderId: "$:lwcp_v1:$mine" }],
    ["nobody DingTalk names", { senderId: undefined, chatbotUserId: undefined }],
    ["nobody at all", { senderId: "", chatbotUserId: "" }],
  ])("is not %s", (_who, fields) => {
    expect(isKnownRobot(message(fields), robots)).toBe(false);
  });
});
