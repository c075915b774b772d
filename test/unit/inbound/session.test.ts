import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { chatOf, claimOf, foldedKey, type Chat } from "../../../src/core/inbound/session.ts";
import { parseRobotMessage, type RobotMessage } from "../../../src/core/inbound/robot-message.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";

function messageOf(data: string): RobotMessage {
  const parsed = parseRobotMessage(data);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.message;
}

const keyOf = (data: string, agentId = "main") =>
  claimOf(agentId, { chat: chatOf("default", messageOf(data)) }).wanted;

describe("claimOf()", () => {
  test("names a direct chat by the user's staff id", () => {
    expect(keyOf(robotData())).toBe("agent:main:dingtalk:user:staff1");
  });

  test("names an outsider by the sender id", () => {
    const data = robotData({ senderStaffId: undefined });
    expect(keyOf(data)).toBe("agent:main:dingtalk:user:$:LWCP_v1:$sender");
  });

  test("names a group by its conversation, whoever speaks", () => {
    expect(keyOf(groupData())).toBe("agent:main:dingtalk:group:cidGroup==");
    expect(keyOf(groupData({ senderStaffId: "staff2" }))).toBe(keyOf(groupData()));
  });

  test("names the agent", () => {
    expect(keyOf(robotData(), "helper")).toBe("agent:helper:dingtalk:user:staff1");
  });

  test("is distinct for distinct chats", () => {
    const id = fc.string({ unit: "grapheme", minLength: 1 });
    const chat: fc.Arbitrary<Chat> = fc.oneof(
      fc.record({
        account: fc.constant("default"),
        kind: fc.constant("direct" as const),
        conversationId: fc.constant("cid"),
        userId: id,
      }),
      fc.record({
        account: fc.constant("default"),
        kind: fc.constant("group" as const),
        conversationId: id,
        userId: fc.constant(undefined),
      }),
    );
    fc.assert(
      fc.property(chat, chat, (one, other) => {
        const same =
          one.kind === other.kind &&
          one.userId === other.userId &&
          one.conversationId === other.conversationId;
        const [claim, second] = [claimOf("main", { chat: one }), claimOf("main", { chat: other })];
        expect(claim.wanted === second.wanted).toBe(same);
        expect(claim.owner === second.owner).toBe(same);
      }),
    );
  });
});

describe("foldedKey()", () => {
  test("folds as the gateway does, the whole key", () => {
    const key = "agent:main:dingtalk:group:cidXyZ9abCDe/fG+hIJk==";
    expect(foldedKey(key)).toBe("agent:main:dingtalk:group:cidxyz9abcde/fg+hijk==");
  });
});
