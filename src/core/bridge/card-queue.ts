import type { Clock, Timer } from "../clock.ts";
import { CARD_CALLS } from "../dingtalk/card.ts";
import type { Throttle } from "../dingtalk/throttle.ts";

/** Gives the calls that creating and finishing cards leave over to updates, each card in its turn. */
export interface CardQueue {
  /** True when the caller has a slot; false once `signal` is aborted. */
  turn(signal: AbortSignal): Promise<boolean>;
  /** DingTalk wants fewer calls: no updates for so long. */
  hold(ms: number): void;
}

/** Slots come free one by one, about this far apart. */
const LOOK_EVERY_MS = 50;

export function createCardQueue(throttle: Pick<Throttle, "tryTake">, clock: Clock): CardQueue {
  /** In order of arrival. */
  const waiting = new Set<() => void>();
  let heldUntil = -Infinity;
  let timer: Timer | undefined;

  const advance = () => {
    timer = undefined;
    const heldMs = heldUntil - clock.monotonic();
    if (heldMs <= 0) {
      for (const go of waiting) {
        if (!throttle.tryTake(CARD_CALLS)) break;
        waiting.delete(go);
        go();
      }
    }
    if (waiting.size > 0) timer = clock.after(Math.max(heldMs, LOOK_EVERY_MS), advance);
  };

  return {
    turn(signal) {
      if (signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const go = () => {
          signal.removeEventListener("abort", leave);
          resolve(true);
        };
        const leave = () => {
          waiting.delete(go);
          if (waiting.size === 0) {
            timer?.cancel();
            timer = undefined;
          }
          resolve(false);
        };
        signal.addEventListener("abort", leave, { once: true });
        waiting.add(go);
        if (timer === undefined) advance();
      });
    },
    hold(ms) {
      heldUntil = Math.max(heldUntil, clock.monotonic() + ms);
    },
  };
}
