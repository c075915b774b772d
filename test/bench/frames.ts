import { randomUUID } from "node:crypto";
import { ROBOT_TOPIC } from "../../src/core/stream/frame.ts";

export interface FrameOptions {
  /** Where the answer goes. */
  readonly webhook: string;
  readonly senderStaffId?: string;
  readonly text?: string;
}

/** A short paragraph: with it a frame has about 1.2 kB. */
const TEXT =
  "你好，帮我看一下昨天晚上的部署为什么失败：流水线里 build 阶段通过了，deploy 阶段提示 image pull backoff。" +
  "仓库、分支和昨天一样，只改了一行配置。如果要回滚，请先告诉我影响哪些服务，再列出步骤和预计的时间。谢谢！今天下午三点之前需要一个结论，会上要用。";

/** No two alike: messages of the same person, text and time are one message. */
let createAt = Date.now();

/** What is put where a value goes that differs from frame to frame. */
const SLOTS = { msgId: "<msgId>", createAt: 1_111_111_111_111, messageId: "<messageId>" };

/**
 * Makes robot frames in the shape of the simulator's, each a new message. All that stays the same is
 * serialized once: the generator must not be what limits the rate.
 */
export function createFrames({ webhook, senderStaffId = "user01", text = TEXT }: FrameOptions) {
  const data = JSON.stringify({
    msgId: SLOTS.msgId,
    conversationId: `cid${senderStaffId}==`,
    conversationType: "1",
    senderId: `$:LWCP_v1:$${senderStaffId}`,
    senderStaffId,
    senderNick: "小明",
    senderCorpId: "dingcorp",
    chatbotCorpId: "dingcorp",
    chatbotUserId: "$:LWCP_v1:$robot",
    robotCode: "dingsimulated",
    isAdmin: false,
    createAt: SLOTS.createAt,
    sessionWebhook: webhook,
    sessionWebhookExpiredTime: Date.now() + 90 * 60_000,
    msgtype: "text",
    text: { content: text },
  });
  const frame = JSON.stringify({
    specVersion: "1.0",
    type: "CALLBACK",
    headers: {
      appId: "simulator",
      connectionId: randomUUID(),
      contentType: "application/json",
      messageId: SLOTS.messageId,
      time: String(Date.now()),
      topic: ROBOT_TOPIC,
    },
    data,
  });
  const [a = "", b = "", c = "", d = ""] = frame.split(
    new RegExp(Object.values(SLOTS).join("|"), "u"),
  );
  return (messageId: string): string =>
    `${a}${messageId}${b}msg${randomUUID()}==${c}${createAt++}${d}`;
}

/** The same for many people in turn, each with a direct chat, and so a session, of their own. */
export function createSessionFrames(
  sessions: number,
  webhookOf: (session: string) => string,
): (messageId: string) => string {
  const makers = Array.from({ length: sessions }, (_, at) => {
    const senderStaffId = sessionName(at);
    return createFrames({ webhook: webhookOf(senderStaffId), senderStaffId });
  });
  let next = 0;
  return (messageId) => makers[next++ % sessions]!(messageId);
}

export const sessionName = (at: number) => `user${String(at).padStart(5, "0")}`;
