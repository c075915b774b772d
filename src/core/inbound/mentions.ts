import type { Mentioned } from "./at-users.ts";
import type { RobotMessage } from "./robot-message.ts";

/**
 * Whom a message @-s besides the robot. DingTalk cuts their names out of a text and gives no nick here:
 * the ids are all that is left of them.
 */
export function mentionedIn(message: RobotMessage): readonly Mentioned[] {
  const seen = new Set<string>();
  return (message.atUsers ?? []).filter(({ userId, dingtalkId }) => {
    const key = dingtalkId ?? userId ?? "";
    if (dingtalkId !== undefined && dingtalkId === message.chatbotUserId) return false;
    return !seen.has(key) && seen.add(key);
  });
}

export function mentionsRobot(message: RobotMessage): boolean {
  if (message.isInAtList !== undefined) return message.isInAtList;
  const robot = message.chatbotUserId;
  return robot !== undefined && (message.atUsers ?? []).some((user) => user.dingtalkId === robot);
}

/** Robots do not hear each other, nor should one hear itself: answering it would never end. */
export function isFromRobotItself(message: RobotMessage): boolean {
  return message.senderId !== undefined && message.senderId === message.chatbotUserId;
}
