import { randomUUID } from "node:crypto";
import { ROBOT_ID, type Kind } from "./kinds.ts";

/** What a person says to the robot. Unset fields get the values of a colleague in a direct chat. */
export interface Saying {
  readonly text?: string;
  /** Instead of `text`: a message of another kind, or a quote. */
  readonly said?: Kind;
  readonly kind?: "direct" | "group";
  readonly conversationId?: string;
  readonly conversationTitle?: string;
  readonly senderStaffId?: string;
  readonly senderNick?: string;
  /** Fields that replace or join those of the message: another msgtype, a missing id, a forged webhook. */
  readonly override?: Readonly<Record<string, unknown>>;
}

export interface Surroundings {
  readonly robotCode: string;
  readonly webhook: { readonly url: string; readonly expiresAt: number };
  /** The monthly quota is used up: the message comes without what was said. */
  readonly overQuota: boolean;
}

/** A saying with the values of its unset fields. */
export function completed(saying: Saying) {
  const { kind = "direct", senderStaffId = "user01", senderNick = "小明" } = saying;
  const conversationId = saying.conversationId ?? `cid${kind}Simulated==`;
  return { ...saying, kind, senderStaffId, senderNick, conversationId };
}

/** `data` of a robot frame, before it is made JSON. */
export function robotMessage(saying: ReturnType<typeof completed>, around: Surroundings) {
  const { kind, conversationId, senderStaffId, senderNick, text = "" } = saying;
  const group = {
    conversationTitle: saying.conversationTitle ?? "演示群",
    isInAtList: true,
    atUsers: [{ dingtalkId: ROBOT_ID }],
  };
  // In a group DingTalk cuts "@robot" out and leaves the blank.
  const content = { text: { content: kind === "group" ? ` ${text}` : text } };
  const refusal = { errorCode: "20001", errorMessage: "机器人消息推送次数已超过本月额度" };
  return {
    msgId: `msg${randomUUID()}==`,
    conversationId,
    conversationType: kind === "group" ? "2" : "1",
    ...(kind === "group" ? group : {}),
    senderId: `$:LWCP_v1:$${senderStaffId}`,
    senderStaffId,
    senderNick,
    senderCorpId: "dingcorp",
    chatbotCorpId: "dingcorp",
    chatbotUserId: ROBOT_ID,
    robotCode: around.robotCode,
    isAdmin: false,
    createAt: Date.now(),
    sessionWebhook: around.webhook.url,
    sessionWebhookExpiredTime: around.webhook.expiresAt,
    msgtype: "text",
    ...(around.overQuota ? refusal : (saying.said?.fields ?? content)),
    ...saying.override,
  };
}
