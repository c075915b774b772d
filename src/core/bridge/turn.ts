import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Answer, Gateway } from "../gateway/client.ts";
import { contentOf } from "../inbound/content.ts";
import { parseRobotMessage, type RobotMessage } from "../inbound/robot-message.ts";
import { chatOf, type Chat } from "../inbound/session.ts";
import { reasonOf, type Log } from "../log.ts";
import { cleanAnswer } from "../reply/directives.ts";
import { webhookBodies, type Mention } from "../reply/format.ts";
import type { InboxEntry, Reply, Store } from "../store.ts";
import type { Texts } from "../texts.ts";
import { SYSTEM_MESSAGE } from "./prompt.ts";

export interface TurnOptions {
  readonly agentId: string;
  readonly gateway: Gateway;
  readonly store: Store;
  readonly texts: Texts;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** Replies for this chat are in the outbox. */
  readonly onReplies: (chat: Chat) => void;
}

/**
 * One message, one turn, one visible end: a reply, a silence the agent asked for, or a notice that
 * says what failed. Rejects with the signal's reason if that was aborted: the message then stays in
 * the inbox for the next start.
 */
export type RunTurn = (entry: InboxEntry, signal: AbortSignal) => Promise<void>;

export function createTurn(options: TurnOptions): RunTurn {
  const { gateway, store, texts, clock, log, counters } = options;

  /** What to say, or undefined for nothing. */
  const outcomeOf = (answer: Answer, entry: InboxEntry): string | undefined => {
    const cleaned = answer.ok ? cleanAnswer(answer.text) : undefined;
    if (cleaned?.kind === "text") {
      counters.count("turns_answered");
      return answer.ok && answer.truncated ? `${cleaned.text}\n\n${texts.truncated}` : cleaned.text;
    }
    if (cleaned?.kind === "silent") {
      counters.count("turns_silent");
      return undefined;
    }
    const failure = answer.ok
      ? { kind: "empty" as const, reason: "the gateway's answer was empty" }
      : answer.failure;
    counters.count("turns_failed");
    log.error("turn failed: the user is told", { ...failure, session: entry.session });
    return texts.failures[failure.kind];
  };

  const respond = async (message: RobotMessage, entry: InboxEntry, signal: AbortSignal) => {
    const content = contentOf(message);
    if (content.kind === "empty") return texts.help;
    if (content.kind === "unsupported") {
      log.info("message of a kind not supported", { msgtype: content.msgtype });
      return texts.unsupported(content.msgtype);
    }
    counters.count("turns");
    const asked = clock.now();
    const text = withSender(content.text, message);
    const { session } = entry;
    const answer = await gateway.ask(
      { agentId: options.agentId, session, system: SYSTEM_MESSAGE, text },
      signal,
    );
    log.debug("turn over", { session, ok: answer.ok, ms: clock.now() - asked });
    return outcomeOf(answer, entry);
  };

  /** The replies of a turn. A fault of ours ends it like one of the gateway's: nobody waits for ever. */
  const compose = async (message: RobotMessage, entry: InboxEntry, signal: AbortSignal) => {
    const mention = mentionOf(message);
    try {
      const said = await respond(message, entry, signal);
      return said === undefined ? [] : webhookBodies(said, mention, texts.title);
    } catch (error) {
      signal.throwIfAborted();
      counters.count("turns_crashed");
      log.error("turn failed by a fault of dingbridge", {
        reason: reasonOf(error),
        session: entry.session,
      });
      return webhookBodies(texts.failures.internal, mention, texts.title);
    }
  };

  /** Replies that could not be committed yet: the gateway must not be asked a second time for that. */
  const composed = new Map<number, Reply[]>();

  return async (entry, signal) => {
    const parsed = parseRobotMessage(entry.data);
    if (!parsed.ok) {
      // Only what could be read was ever stored; a newer version may read more strictly.
      log.error("stored message cannot be read", { reason: parsed.reason, session: entry.session });
      return await store.settle(entry.id, [], clock.now());
    }
    const chat = chatOf(entry.account, parsed.message);
    const replies =
      composed.get(entry.id) ??
      (await compose(parsed.message, entry, signal)).map((body) => ({ chat, body }));
    composed.set(entry.id, replies);
    await store.settle(entry.id, replies, clock.now());
    composed.delete(entry.id);
    if (replies.length > 0) options.onReplies(chat);
  };
}

function mentionOf(message: RobotMessage): Mention | undefined {
  if (message.kind === "direct") return undefined;
  return { userId: message.senderStaffId, nick: message.senderNick };
}

/** In a group the agent must know who speaks. */
function withSender(text: string, message: RobotMessage): string {
  if (message.kind === "direct" || !message.senderNick) return text;
  return `${message.senderNick.replace(/\s+/g, " ")}: ${text}`;
}
