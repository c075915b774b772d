import type { RobotMessage } from "./robot-message.ts";

/** What a message asks for. */
export type Content =
  | { readonly kind: "text"; readonly text: string }
  /** Nothing but a mention of the robot, or blanks. */
  | { readonly kind: "empty" }
  /** There was something, but DingTalk keeps it back. */
  | { readonly kind: "over-quota" }
  | { readonly kind: "unsupported"; readonly msgtype: string };

/**
 * DingTalk cuts mentions out of `text.content` and leaves their blanks behind, so a group's
 * "@robot hello" arrives as " hello".
 */
export function contentOf(message: RobotMessage): Content {
  if (message.overQuota && !message.text?.trim()) return { kind: "over-quota" };
  if (message.msgtype !== "text") return { kind: "unsupported", msgtype: message.msgtype || "?" };
  const text = message.text?.trim() ?? "";
  return text === "" ? { kind: "empty" } : { kind: "text", text };
}
