import type { Clock, Timer } from "../clock.ts";

export interface ThrottleOptions {
  /** Calls in any second and API; 20 is what DingTalk's standard edition allows an app. */
  readonly perSecond: number;
  /**
   * Spreads calls that wait evenly over the second. A process that stalls sends what was let go together
   * late, and with the next batch close behind it DingTalk would see two in one second.
   */
  readonly spread?: boolean;
  /** A call of this API has to wait. */
  readonly onHeld?: (api: string) => void;
  readonly clock: Clock;
}

/**
 * Holds calls back so that no API is called more often than DingTalk allows, in a sliding window.
 * @see https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
 */
export interface Throttle {
  /** Resolves when this call may go out, first come first served; rejects with `signal`'s reason. */
  take(api: string, signal: AbortSignal): Promise<void>;
  /** Takes a slot that is free right now, for calls that can do without one: never before anybody who waits. */
  tryTake(api: string): boolean;
  /** APIs remembered: those called in the last second, and those with calls waiting. */
  readonly size: number;
}

interface Queue {
  readonly api: string;
  /** When the last `perSecond` calls went out: a ring, `oldest` the place of the next. */
  readonly times: number[];
  oldest: number;
  newest: number;
  /** In order of arrival. */
  readonly waiting: Set<() => void>;
  timer: Timer | undefined;
}

/** DingTalk counts when a call arrives, we when it leaves: a little grace for the way. */
const WINDOW_MS = 1100;

export function createThrottle({ perSecond, spread, onHeld, clock }: ThrottleOptions): Throttle {
  const gapMs = spread === true ? WINDOW_MS / perSecond : 0;
  /** The one called longest ago first. */
  const queues = new Map<string, Queue>();

  const queueOf = (api: string): Queue => {
    const known = queues.get(api);
    if (known !== undefined) return known;
    const queue: Queue = {
      api,
      times: [],
      oldest: 0,
      newest: -Infinity,
      waiting: new Set(),
      timer: undefined,
    };
    queues.set(api, queue);
    return queue;
  };

  const forgetIdle = (now: number) => {
    for (const { api, newest, waiting } of queues.values()) {
      if (waiting.size > 0 || now - newest < WINDOW_MS) break;
      queues.delete(api);
    }
  };

  /** Ms until the next call may go out. */
  const delayOf = ({ times, oldest, newest }: Queue): number => {
    const time = times.length < perSecond ? undefined : times[oldest];
    const free = Math.max(newest + gapMs, time === undefined ? -Infinity : time + WINDOW_MS);
    return Math.max(0, free - clock.monotonic());
  };

  const count = (queue: Queue) => {
    queue.newest = clock.monotonic();
    queue.times[queue.oldest] = queue.newest;
    queue.oldest = (queue.oldest + 1) % perSecond;
    queues.delete(queue.api);
    queues.set(queue.api, queue);
  };

  const advance = (queue: Queue) => {
    queue.timer = undefined;
    for (const go of queue.waiting) {
      const delay = delayOf(queue);
      if (delay > 0) {
        queue.timer = clock.after(delay, () => advance(queue));
        return;
      }
      queue.waiting.delete(go);
      count(queue);
      go();
    }
  };

  return {
    async take(api, signal) {
      signal.throwIfAborted();
      forgetIdle(clock.monotonic());
      const queue = queueOf(api);
      await new Promise<void>((resolve, reject) => {
        const go = () => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const leave = () => {
          queue.waiting.delete(go);
          if (queue.waiting.size === 0) {
            queue.timer?.cancel();
            queue.timer = undefined;
          }
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", leave, { once: true });
        queue.waiting.add(go);
        if (queue.timer === undefined) advance(queue);
        if (queue.waiting.has(go)) onHeld?.(api);
      });
    },
    tryTake(api) {
      forgetIdle(clock.monotonic());
      const queue = queueOf(api);
      if (queue.waiting.size > 0 || delayOf(queue) > 0) return false;
      count(queue);
      return true;
    },
    get size() {
      return queues.size;
    },
  };
}
