import { headerValue } from "../header.ts";
import type { RobotMessage } from "./robot-message.ts";

/** One chat: where messages come from and answers go to. */
export interface Chat {
  readonly account: string;
  readonly kind: "direct" | "group";
  readonly conversationId: string;
  /** Direct chats: whom to address. */
  readonly userId: string | undefined;
}

export function chatOf(account: string, message: RobotMessage): Chat {
  const userId = message.kind === "direct" ? userIdOf(message) : undefined;
  return { account, kind: message.kind, conversationId: message.conversationId, userId };
}

/** `senderStaffId`, or `senderId` where that is missing (outsiders, unpublished apps). */
export function userIdOf(message: RobotMessage): string {
  return message.senderStaffId ?? message.senderId ?? "";
}

/** The gateway's session of a chat, exactly as OpenClaw's channels name theirs. */
export function sessionKeyOf(agentId: string, chat: Chat): string {
  const peer =
    chat.kind === "direct" ? `user:${chat.userId ?? ""}` : `group:${chat.conversationId}`;
  return `agent:${agentId}:dingtalk:${peer}`;
}

/**
 * A session key as the gateway gives it back: as it travelled in the header, folded to lower case. Only
 * by this can it be looked up.
 */
export function foldedKey(sessionKey: string): string {
  return headerValue(sessionKey).toLowerCase();
}
