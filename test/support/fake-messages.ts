import { chatOf, claimOf } from "../../src/core/inbound/session.ts";
import {
  fingerprintOf,
  parseRobotMessage,
  type RobotMessage,
} from "../../src/core/inbound/robot-message.ts";
import type { Words } from "../../src/core/message.ts";
import type { Arrival, Person, UsageRef } from "../../src/core/store.ts";
import { ROBOT_TOPIC } from "../../src/core/stream/frame.ts";

export const WEBHOOK = "https://oapi.dingtalk.com/robot/sendBySession?session=5e55104";

/** The month that pushes count against where a test does not care. */
export const USAGE: UsageRef = { account: "default", month: "2023-11" };

/** A message as an answer in plain words makes one. */
export const words = (text: string): Words => ({ format: "text", title: "", parts: [{ text }] });

type Fields = Readonly<Record<string, unknown>>;

/** `data` of a robot frame: a text message in a direct chat, fields overridden; undefined removes one. */
export function robotData(fields: Fields = {}): string {
  return JSON.stringify({
    senderPlatform: "Mac",
    conversationId: "cidDirect==",
    chatbotCorpId: "dingcorp",
    chatbotUserId: "$:LWCP_v1:$robot",
    msgId: "msg1==",
    senderNick: "小明",
    isAdmin: true,
    senderStaffId: "staff1",
    senderId: "$:LWCP_v1:$sender",
    sessionWebhookExpiredTime: 1_700_005_400_000,
    createAt: 1_700_000_000_000,
    senderCorpId: "dingcorp",
    conversationType: "1",
    sessionWebhook: WEBHOOK,
    robotCode: "dingrobot",
    msgtype: "text",
    text: { content: "你好" },
    ...fields,
  });
}

/** The same in a group. */
export function groupData(fields: Fields = {}): string {
  return robotData({
    conversationType: "2",
    conversationId: "cidGroup==",
    conversationTitle: "测试群",
    isInAtList: true,
    text: { content: " 你好" },
    ...fields,
  });
}

/** A frame as it comes over the wire. */
export function frameText(fields: {
  readonly type?: string;
  readonly topic?: string;
  readonly messageId?: string | undefined;
  readonly data?: string;
}): string {
  const { type = "CALLBACK", topic = ROBOT_TOPIC, messageId, data = "" } = fields;
  return JSON.stringify({
    specVersion: "1.0",
    type,
    headers: {
      appId: "b0a83318",
      connectionId: "601fca83",
      contentType: "application/json",
      time: "1742094274945",
      topic,
      ...(messageId === undefined ? {} : { messageId }),
    },
    data,
  });
}

/** What the intake makes of a robot message, and the session it goes to while no other has that key. */
export function arrivalOf(
  data: string,
  account = "default",
  receivedAt = 0,
): Arrival & { readonly session: string } {
  const parsed = parseRobotMessage(data);
  if (!parsed.ok) throw new Error(parsed.reason);
  const { message } = parsed;
  const chat = chatOf(account, message);
  const place = claimOf("main", { chat });
  return {
    chat,
    place,
    session: place.wanted,
    msgId: message.msgId ?? "",
    fingerprint: fingerprintOf(account, message),
    data,
    receivedAt,
    webhook: message.webhook,
    sender: senderOf(message),
    memberId: message.kind === "group" ? message.senderStaffId : undefined,
    outageMs: 0,
  };
}

function senderOf({ senderNick, senderStaffId, senderId }: RobotMessage): Person | undefined {
  if (!senderNick) return undefined;
  return { nick: senderNick, ids: [senderStaffId, senderId].filter((id) => id !== undefined) };
}
