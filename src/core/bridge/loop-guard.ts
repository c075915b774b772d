import type { Clock } from "../clock.ts";
import type { RobotMessage } from "../inbound/robot-message.ts";
import { chatIdOf, type Chat } from "../inbound/session.ts";

export interface LoopGuardOptions {
  /** Turns that senders who are no people may start in one chat within `windowMs`. */
  readonly turns: number;
  readonly windowMs: number;
  readonly clock: Pick<Clock, "monotonic">;
}

/** Ends conversations of robots among themselves. Every message that is to start a turn is asked about. */
export interface LoopGuard {
  /**
   * `stop`: this is one too many, and the chat is to hear that · `stopped`: the same again, nobody is
   * told, until no such message has come there for `windowMs`.
   */
  admit(chat: Chat, message: RobotMessage): "ok" | "stop" | "stopped";
}

/** What is known of the senders in one chat that are no people. */
interface Count {
  /** Their latest turns, oldest first; `turns` at most, and none once they are stopped. */
  readonly began: readonly { readonly msgId: string | undefined; readonly at: number }[];
  readonly stopped: boolean;
  readonly lastAt: number;
}

/** More chats of robots than this are never talked in at once. */
const MAX_CHATS = 1000;

export function createLoopGuard({ turns, windowMs, clock }: LoopGuardOptions): LoopGuard {
  /** The longest silent first. */
  const counts = new Map<string, Count>();

  const keep = (key: string, count: Count) => {
    counts.delete(key);
    counts.set(key, count);
    const [oldest] = counts.keys();
    if (counts.size > MAX_CHATS && oldest !== undefined) counts.delete(oldest);
  };

  return {
    admit(chat, message) {
      if (isPerson(message)) return "ok";
      const key = JSON.stringify([chat.account, chat.kind, chatIdOf(chat)]);
      const now = clock.monotonic();
      const known = counts.get(key);
      if (known?.stopped === true && now - known.lastAt < windowMs) {
        keep(key, { ...known, lastAt: now });
        return "stopped";
      }
      const began = known?.began.filter(({ at }) => now - at < windowMs) ?? [];
      // One whose turn was put off is asked about again.
      const { msgId } = message;
      if (msgId !== undefined && began.some((turn) => turn.msgId === msgId)) return "ok";
      const stopped = began.length >= turns;
      keep(key, { began: stopped ? [] : [...began, { msgId, at: now }], stopped, lastAt: now });
      return stopped ? "stop" : "ok";
    },
  };
}

/** People outside the organisation have no user id, but write with a client, as robots do not. */
function isPerson({ senderStaffId, senderUnionId, senderPlatform }: RobotMessage): boolean {
  return [senderStaffId, senderUnionId, senderPlatform].some(
    (sign) => sign !== undefined && sign !== "",
  );
}

/** Written by the robot itself, or by one of `robots`, which are known by their own opaque ids. */
export function isKnownRobot(message: RobotMessage, robots: ReadonlySet<string>): boolean {
  const { senderId, chatbotUserId } = message;
  if (senderId === undefined || senderId === "") return false;
  return senderId === chatbotUserId || robots.has(senderId);
}
