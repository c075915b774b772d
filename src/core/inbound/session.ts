import { headerValue } from "../header.ts";
import type { Mention } from "../message.ts";
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

/** Who has written, by every id that a list may name. */
export interface Asker {
  /** `userIdOf`: what the person is called in sessions, grants and the audit. Empty: DingTalk says nothing. */
  readonly userId: string;
  /** `senderStaffId` and `senderId`, as far as they are known. */
  readonly ids: readonly string[];
  readonly nick: string | undefined;
}

export function askerOf(message: RobotMessage): Asker {
  const { senderStaffId, senderId, senderNick } = message;
  const ids = [senderStaffId, senderId].filter((id) => id !== undefined);
  return { userId: userIdOf(message), ids, nick: senderNick?.trim() || undefined };
}

/** Who is mentioned where a message is answered: nobody where there are only two. */
export function mentionOf(message: RobotMessage, chat: Chat): Mention | undefined {
  if (chat.kind === "direct") return undefined;
  return { userId: message.senderStaffId, nick: message.senderNick };
}

/** Which conversation with the agent a message belongs to. */
export interface Scope {
  readonly chat: Chat;
  /** Groups where each has a session of their own: whose. */
  readonly member?: string | undefined;
  /** Beside the chat's own session: a question that must not disturb it. */
  readonly aside?: true | undefined;
  /** The agent's main session, which OpenClaw's other surfaces show. */
  readonly main?: true | undefined;
}

/**
 * A session to run in. The gateway folds keys to lower case, and ids may hold anything: `wanted` may
 * belong to another conversation already. The store then gives it a suffix, the same one for ever.
 */
export interface SessionClaim {
  readonly wanted: string;
  /** Whose it is: two conversations never have the same. */
  readonly owner: string;
  readonly member?: string | undefined;
}

/** The gateway's session of a conversation, exactly as OpenClaw's channels name theirs. */
export function claimOf(agentId: string, scope: Scope): SessionClaim {
  const { chat, member, aside, main } = scope;
  const peer =
    chat.kind === "direct" ? `user:${chat.userId ?? ""}` : `group:${chat.conversationId}`;
  const own = main === true ? "main" : `dingtalk:${peer}`;
  const wanted = [
    `agent:${agentId}:${own}`,
    ...(member === undefined ? [] : [`user:${member}`]),
    ...(aside === true ? ["btw"] : []),
  ].join(":");
  return { wanted, owner: ownerOf(scope), ...(member === undefined ? {} : { member }) };
}

/** As JSON, so that no id can look like two. */
function ownerOf({ chat, member, aside, main }: Scope): string {
  const parts: unknown[] = [chat.account, chat.kind, chatIdOf(chat)];
  // Older databases know the first three only.
  if (member !== undefined || aside === true || main === true) {
    parts.push(
      member ?? null,
      ...(aside === true ? ["btw"] : []),
      ...(main === true ? ["main"] : []),
    );
  }
  return JSON.stringify(parts);
}

/** What names a chat for good: a direct chat may get another conversation id, never another person. */
export function chatIdOf({ kind, conversationId, userId }: Chat): string {
  return kind === "direct" ? (userId ?? conversationId) : conversationId;
}

/** The agent a session key names. */
export function agentIn(session: string): string {
  return session.split(":", 2)[1] ?? "";
}

/**
 * A session key as the gateway gives it back: as it travelled in the header, folded to lower case. Only
 * by this can it be looked up.
 */
export function foldedKey(sessionKey: string): string {
  return headerValue(sessionKey).toLowerCase();
}
