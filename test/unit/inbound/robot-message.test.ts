import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { saidIn } from "../../../src/core/inbound/parts.ts";
import {
  fingerprintOf,
  parseRobotMessage,
  type RobotMessage,
} from "../../../src/core/inbound/robot-message.ts";
import { WEBHOOK, groupData, robotData } from "../../support/fake-messages.ts";

function messageOf(data: string): RobotMessage {
  const parsed = parseRobotMessage(data);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.message;
}

describe("parseRobotMessage()", () => {
  test("reads a direct text message", () => {
    expect(messageOf(robotData())).toEqual({
      msgId: "msg1==",
      msgtype: "text",
      kind: "direct",
      conversationId: "cidDirect==",
      conversationTitle: undefined,
      senderId: "$:LWCP_v1:$sender",
      senderStaffId: "staff1",
      senderNick: "小明",
      createAt: 1_700_000_000_000,
      webhook: { url: WEBHOOK, expiresAt: 1_700_005_400_000 },
      text: "你好",
      content: '{"content":"你好"}',
      overQuota: false,
      senderUnionId: undefined,
      senderPlatform: "Mac",
      isAdmin: true,
      isInAtList: undefined,
      atUsers: undefined,
      chatbotUserId: "$:LWCP_v1:$robot",
      originalMsgId: undefined,
      originalProcessQueryKey: undefined,
      raw: { text: { content: "你好" }, content: undefined, quoteMessage: undefined },
    });
  });

  test("tells a group by conversationType, never by the id", () => {
    expect(messageOf(groupData()).kind).toBe("group");
    expect(messageOf(groupData({ conversationType: 2 })).kind).toBe("group");
    expect(messageOf(groupData({ conversationType: "1" })).kind).toBe("direct");
    expect(messageOf(robotData({ conversationType: undefined })).kind).toBe("direct");
  });

  test("takes times that are text", () => {
    const data = robotData({
      createAt: "1700000000001",
      sessionWebhookExpiredTime: "1700000000002",
    });
    expect(messageOf(data)).toMatchObject({
      createAt: 1_700_000_000_001,
      webhook: { expiresAt: 1_700_000_000_002 },
    });
  });

  test.each([1.5, -1, 1e30, "9".repeat(400), "soon", null, {}, 2 ** 60])(
    "takes a time that can be none for missing: %j",
    (time) => {
      const { webhook } = messageOf(robotData({ sessionWebhookExpiredTime: time }));
      expect(webhook).toEqual({ url: WEBHOOK, expiresAt: undefined });
    },
  );

  test.each([
    "msgId",
    "conversationTitle",
    "senderId",
    "senderNick",
    "sessionWebhook",
    "text",
    "createAt",
    "conversationType",
    "msgtype",
  ])("loses no message for a %s of a wrong type", (field) => {
    for (const wrong of [null, 5, [], {}, true]) {
      expect(parseRobotMessage(robotData({ [field]: wrong })).ok).toBe(true);
    }
  });

  test("takes an empty id for none", () => {
    const message = messageOf(robotData({ msgId: " ", senderStaffId: "", sessionWebhook: "" }));
    expect(message.msgId).toBeUndefined();
    expect(message.senderStaffId).toBeUndefined();
    expect(message.webhook).toBeUndefined();
  });

  test.each([
    ["text that is no JSON", "hello"],
    ["an array", "[]"],
    ["null", "null"],
    ["a message without conversation", robotData({ conversationId: undefined })],
    ["an empty conversation", robotData({ conversationId: "" })],
    ["a direct message from nobody", robotData({ senderId: "", senderStaffId: undefined })],
  ])("refuses %s: nobody could be answered", (_what, data) => {
    expect(parseRobotMessage(data).ok).toBe(false);
  });

  test("takes a group's message from nobody: the group can be answered", () => {
    expect(parseRobotMessage(groupData({ senderId: "", senderStaffId: "" })).ok).toBe(true);
  });

  test("never quotes the message in a reason", () => {
    const data = robotData({ conversationId: 5, text: { content: "TOPSECRET" } });
    expect(JSON.stringify(parseRobotMessage(data))).not.toContain("TOPSECRET");
  });

  test("never throws, whatever comes in, and saidIn() neither", () => {
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.json());
    const nearly = fc
      .dictionary(
        fc.constantFrom(
          "msgId",
          "text",
          "content",
          "createAt",
          "msgtype",
          "senderId",
          "sessionWebhook",
          "errorCode",
          "errCode",
        ),
        fc.jsonValue(),
      )
      .map((fields) => robotData(fields));
    fc.assert(
      fc.property(fc.oneof(anything, nearly), (data) => {
        const parsed = parseRobotMessage(data);
        if (!parsed.ok) return expect(parsed.reason).not.toBe("");
        expect(saidIn(parsed.message).parts).toBeArray();
        fingerprintOf("default", parsed.message);
      }),
    );
  });
});

describe("RobotMessage.overQuota", () => {
  test.each([
    ["errorCode, a text", { errorCode: "20001", errorMessage: "quota" }],
    ["errorCode, a number", { errorCode: 20_001 }],
    ["errCode, a text", { errCode: "20001", errMsg: "quota" }],
    ["errCode, a number", { errCode: 20_001 }],
    ["both, of which one is empty", { errorCode: null, errCode: 20_001 }],
  ])("is known by %s", (_what, fields) => {
    for (const more of [{}, { msgtype: "picture" }, { msgtype: undefined }]) {
      const message = messageOf(groupData({ text: undefined, ...fields, ...more }));
      expect(message.overQuota).toBe(true);
      expect(saidIn(message)).toEqual({ parts: [], quote: undefined });
    }
  });

  test.each([{ errorCode: 0 }, { errCode: "0" }, { errorCode: "" }, { errCode: 20_002 }, {}])(
    "is no other code: %j",
    (fields) => {
      expect(messageOf(groupData({ text: undefined, ...fields })).overQuota).toBe(false);
    },
  );

  test("keeps nothing from being read that is there", () => {
    const { parts } = saidIn(messageOf(groupData({ errorCode: 20_001 })));
    expect(parts).toEqual([{ kind: "text", text: "你好" }]);
  });

  test("leaves two messages two, though the content of both is kept back", () => {
    const of = (createAt: number) =>
      fingerprintOf(
        "default",
        messageOf(robotData({ text: undefined, errorCode: 20_001, createAt })),
      );
    expect(of(1)).not.toBe(of(2) as string);
  });
});

describe("fingerprintOf()", () => {
  const of = (fields: Record<string, unknown>, account = "default") =>
    fingerprintOf(account, messageOf(robotData(fields)));

  test("is the same for the same message under another id and another webhook", () => {
    const again = { msgId: "other", sessionWebhook: `${WEBHOOK}2`, senderNick: "renamed" };
    expect(of(again)).toBe(of({}) as string);
  });

  test.each([
    { text: { content: "other" } },
    { createAt: 1_700_000_000_001 },
    { senderStaffId: "staff2" },
    { conversationId: "other" },
    { msgtype: "other" },
  ])("differs where the message does: %j", (fields) => {
    expect(of(fields)).not.toBe(of({}) as string);
  });

  test("differs from account to account", () => {
    expect(of({}, "one")).not.toBe(of({}, "two") as string);
  });

  test("is none without the time of sending", () => {
    expect(of({ createAt: undefined })).toBeUndefined();
  });
});
