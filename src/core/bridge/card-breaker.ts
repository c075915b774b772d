import type { Clock } from "../clock.ts";
import type { CardRefusal } from "../dingtalk/card-errors.ts";
import type { Log } from "../log.ts";

/** Keeps new cards from being begun while DingTalk would not take them: answers go as messages then. */
export interface CardBreaker {
  /** No new cards now. */
  readonly open: boolean;
  /** A permission or setting is wrong: no call about any card will work before the next start. */
  readonly broken: boolean;
  /** Something was refused, which may concern all cards. */
  note(refusal: CardRefusal): void;
  /** No new cards for a while. */
  pause(reason: string): void;
}

const PAUSE_MS = 5 * 60_000;

export function createCardBreaker(clock: Clock, log: Log): CardBreaker {
  let broken = false;
  let pausedUntil = -Infinity;

  const pause = (reason: string) => {
    if (broken || clock.monotonic() < pausedUntil) return;
    pausedUntil = clock.monotonic() + PAUSE_MS;
    log.warn("no cards for a while: answers go as messages", { reason, forMs: PAUSE_MS });
  };

  return {
    get open() {
      return broken || clock.monotonic() < pausedUntil;
    },
    get broken() {
      return broken;
    },
    note({ failure, setting, reason }) {
      if (setting === true && !broken) {
        broken = true;
        log.error("cards do not work, so answers go as messages until the next start", { reason });
      } else if (failure === "blocked") {
        pause(reason);
      }
    },
    pause,
  };
}
