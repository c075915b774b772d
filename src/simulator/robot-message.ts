import { randomUUID } from "node:crypto";
import { robotIdOf, type Kind } from "./kinds.ts";

/**
 * Who speaks: somebody of the organisation, somebody from outside, who has no staff id, or another robot,
 * which has no client program either.
 */
/** Who speaks unless somebody else is named: on the chat page, whoever sits before it. */
export const PERSON = "user01";

export type Speaker = "colleague" | "outsider" | "robot";

/** What somebody says to the robot. Unset fields get the values of a colleague in a direct chat. */
export interface Saying {
  readonly text?: string;
  /** Instead of `text`: a message of another kind, or a quote. */
  readonly said?: Kind;
  readonly kind?: "direct" | "group";
  readonly conversationId?: string;
  readonly conversationTitle?: string;
  readonly from?: Speaker;
  readonly senderStaffId?: string;
  /** DingTalk's opaque id of the sender; default: made of `senderStaffId`, whoever it is. */
  readonly senderId?: string;
  readonly senderNick?: string;
  /** Groups: whether the robot is @-ed, which DingTalk usually insists on. Default: true. */
  readonly mentioned?: boolean;
  /** Robots that hear the same message get it under the same id. Default: a new one. */
  readonly msgId?: string;
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
  const { kind = "direct", from = "colleague", senderStaffId = PERSON } = saying;
  const { senderNick = "小明", mentioned = true } = saying;
  const { senderId = `$:LWCP_v1:$${senderStaffId}` } = saying;
  const { conversationId = `cid${kind}Simulated==`, msgId = `msg${randomUUID()}==` } = saying;
  const who = { from, senderStaffId, senderId, senderNick };
  return { ...saying, ...who, kind, mentioned, conversationId, msgId };
}

/** The organisation that every robot belongs to. */
const CORP_ID = "dingcorp";

function senderOf({ from, senderId, senderNick, senderStaffId }: ReturnType<typeof completed>) {
  const sender = {
    senderId,
    senderNick,
    senderCorpId: from === "outsider" ? "dingelsewhere" : CORP_ID,
  };
  if (from === "robot") return sender;
  const person = { ...sender, senderUnionId: `${senderStaffId}iEiE`, senderPlatform: "Mac" };
  return from === "outsider" ? person : { ...person, senderStaffId };
}

/** `data` of a robot frame, before it is made JSON. */
export function robotMessage(saying: ReturnType<typeof completed>, around: Surroundings) {
  const { kind, conversationId, mentioned, msgId, text = "" } = saying;
  const robotId = robotIdOf(around.robotCode);
  const group = {
    conversationTitle: saying.conversationTitle ?? "演示群",
    isInAtList: mentioned,
    atUsers: mentioned ? [{ dingtalkId: robotId }] : [],
  };
  // In a group DingTalk cuts "@robot" out and leaves the blank.
  const content = { text: { content: kind === "group" && mentioned ? ` ${text}` : text } };
  const refusal = { errorCode: "20001", errorMessage: "机器人消息推送次数已超过本月额度" };
  return {
    msgId,
    conversationId,
    conversationType: kind === "group" ? "2" : "1",
    ...(kind === "group" ? group : {}),
    ...senderOf(saying),
    chatbotCorpId: CORP_ID,
    chatbotUserId: robotId,
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
