import { describe, expect, test } from "bun:test";
import { isFromRobotItself, mentionedIn } from "../../../src/core/inbound/mentions.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { COLLEAGUE, COLLEAGUE_ID, ROBOT_ID } from "../../support/robot-payloads.ts";
import { messageOf } from "./_said.ts";

const mentioned = (atUsers: unknown, more = {}) =>
  mentionedIn(messageOf(groupData({ atUsers, ...more })));

describe("mentionedIn()", () => {
  test("names everyone who is @-ed besides the robot", () => {
    const outsider = { dingtalkId: "$:LWCP_v1:$outsider", staffId: "" };
    expect(mentioned([COLLEAGUE, { dingtalkId: ROBOT_ID }, outsider])).toEqual([
      { userId: "staff2", dingtalkId: COLLEAGUE_ID },
      { dingtalkId: "$:LWCP_v1:$outsider" },
    ]);
  });

  test("names nobody twice", () => {
    expect(mentioned([COLLEAGUE, { staffId: "s3" }, COLLEAGUE, { staffId: "s3" }])).toHaveLength(2);
  });

  test("names nobody in what is no list of people", () => {
    const broken = [undefined, null, 5, {}, "x", [], [null, 5, {}, { staffId: 5, dingtalkId: [] }]];
    for (const atUsers of broken) expect(mentioned(atUsers)).toEqual([]);
  });

  test("takes nobody for the robot where its id is missing", () => {
    expect(mentioned([{ staffId: "s1" }], { chatbotUserId: undefined })).toEqual([
      { userId: "s1" },
    ]);
  });

  test("is bounded", () => {
    const atUsers = Array.from({ length: 5000 }, (_, at) => ({ staffId: `${at}` }));
    expect(mentioned(atUsers)).toHaveLength(200);
  });
});

describe("isFromRobotItself()", () => {
  test("knows the robot by its opaque id", () => {
    expect(isFromRobotItself(messageOf(robotData({ senderId: ROBOT_ID })))).toBe(true);
    expect(isFromRobotItself(messageOf(robotData()))).toBe(false);
  });

  test("never takes two missing ids for the same", () => {
    const missing = { senderId: undefined, chatbotUserId: undefined };
    expect(isFromRobotItself(messageOf(robotData(missing)))).toBe(false);
    const empty = { senderId: "", chatbotUserId: "" };
    expect(isFromRobotItself(messageOf(robotData(empty)))).toBe(false);
  });
});

describe("parseRobotMessage(), of what surrounds a message", () => {
  test("reads it", () => {
    const fields = { senderUnionId: "u1", originalMsgId: "m1", originalProcessQueryKey: "k1" };
    const message = messageOf(groupData({ ...fields, isAdmin: "true" }));
    expect(message).toMatchObject({ ...fields, isAdmin: true, isInAtList: true });
    expect(message.chatbotUserId).toBe(ROBOT_ID);
    expect(message.raw).toEqual({
      text: { content: " 你好" },
      content: undefined,
      quoteMessage: undefined,
    });
  });

  test.each([
    "senderUnionId",
    "isAdmin",
    "isInAtList",
    "atUsers",
    "chatbotUserId",
    "originalMsgId",
  ])("loses no message for a %s of a wrong type", (field) => {
    for (const wrong of [null, 5, {}, [5], ""]) messageOf(groupData({ [field]: wrong }));
  });

  test.each([
    ["an error code that has no text", `{"errorCode":{"toString":1,"valueOf":1}}`],
    ["content nested deeper than the stack", `{"content":${"[".repeat(3e4)}${"]".repeat(3e4)}}`],
    ["a code nested deeper than the stack", `{"errCode":${"[".repeat(3e4)}${"]".repeat(3e4)}}`],
  ])("stands %s", (_what, fields) => {
    messageOf(`${robotData({ text: undefined }).slice(0, -1)},${fields.slice(1)}`);
  });
});
