import type { Counters } from "../counters.ts";
import type { Log } from "../log.ts";
import { CARD_ACK, CARD_TOPIC, ROBOT_TOPIC, ackFrame, parseFrame, type Frame } from "./frame.ts";
import type { Link } from "./link.ts";

export interface ReceiveHandlers {
  /** A robot message: whoever takes it acks it, on the link it came in by, once it is safe. */
  onRobotMessage(data: string, messageId: string, link: Link): void;
  /** Somebody pressed a card's button; acked already, since DingTalk waits 2 s for that. */
  onCardCallback(data: string): void;
  /** DingTalk will push nothing more on this link and closes it in about 10 s. */
  onDisconnect(reason: string, link: Link): void;
}

/** What becomes of each text message that comes in: one frame, one answer, never an exception. */
export function createReceiver(log: Log, counters: Counters, handlers: ReceiveHandlers) {
  const answer = (link: Link, text: string) => {
    counters.count(link.send(text) ? "acks" : "acks_unsent");
  };

  const system = (frame: Frame, link: Link) => {
    if (frame.topic === "ping") {
      if (frame.messageId !== undefined) answer(link, ackFrame(frame.messageId, frame.data));
    } else if (frame.topic === "disconnect") {
      handlers.onDisconnect(frame.data, link);
    } else {
      // CONNECTED, REGISTERED, KEEPALIVE: known from one SDK only, often never sent. Nothing waits for them.
      log.debug("system frame ignored", { topic: frame.topic });
    }
  };

  return (text: string, link: Link): void => {
    counters.count("frames");
    const parsed = parseFrame(text);
    if (!parsed.ok) {
      counters.count("frames_malformed");
      log.warn("frame ignored: it is not what DingTalk's protocol describes", {
        reason: parsed.reason,
        bytes: text.length,
      });
      return;
    }
    const { frame } = parsed;
    if (frame.type === "SYSTEM") return system(frame, link);
    if (frame.messageId === undefined) {
      counters.count("frames_malformed");
      log.warn("frame ignored: it has no messageId, so it cannot be acked", { topic: frame.topic });
    } else if (frame.topic === ROBOT_TOPIC) {
      handlers.onRobotMessage(frame.data, frame.messageId, link);
    } else if (frame.topic === CARD_TOPIC) {
      answer(link, ackFrame(frame.messageId, CARD_ACK));
      handlers.onCardCallback(frame.data);
    } else {
      counters.count("frames_unknown_topic");
      log.info("frame of a topic nobody here handles", { topic: frame.topic });
      answer(link, ackFrame(frame.messageId, "", 404, "topic not implemented"));
    }
  };
}
