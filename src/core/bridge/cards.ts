import { isAddressable } from "../dingtalk/robot.ts";
import type { Throttle } from "../dingtalk/throttle.ts";
import type { Chat } from "../inbound/session.ts";
import type { Log } from "../log.ts";
import type { Mention } from "../message.ts";
import type { Budget } from "../budget.ts";
import { createCardBreaker } from "./card-breaker.ts";
import { createCardQueue } from "./card-queue.ts";
import type { CardTools } from "./card-writer.ts";
import { createLiveCard, type LiveCard, type LiveCardOptions } from "./live-card.ts";

/** Answers shown while they are written. */
export interface Cards {
  /**
   * A card for one answer. Undefined where this chat gets none now: an outsider without a user id, no API
   * calls of the month to spare, or DingTalk takes none at the moment.
   */
  begin(chat: Chat, asker: Mention | undefined, log: Log): LiveCard | undefined;
}

export interface CardsOptions
  extends
    Omit<CardTools, "queue" | "breaker" | "budget" | "throttle">,
    Pick<LiveCardOptions, "pieces" | "words"> {
  /** Of all calls about cards together. */
  readonly throttle: Pick<Throttle, "take" | "tryTake">;
  readonly budget: Pick<Budget, "allows" | "spend">;
  /** A line shown under a text that is not finished. */
  readonly hint?: (chat: Chat) => string;
}

export function createCards(options: CardsOptions): Cards {
  const { clock, throttle, budget, pieces, words } = options;
  const breaker = createCardBreaker(clock, options.log);
  const tools: CardTools = { ...options, breaker, queue: createCardQueue(throttle, clock) };

  const allowed = () => !breaker.open && budget.allows("card");

  return {
    begin(chat, asker, log) {
      if (!isAddressable(chat) || !allowed()) return undefined;
      const hint = options.hint?.(chat) ?? "";
      return createLiveCard({ ...tools, log }, { chat, asker, allowed, pieces, words, hint });
    },
  };
}
