import type { Clock, Timer } from "../clock.ts";

export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** Unanswered pings in a row after which the peer counts as dead. */
  readonly misses: number;
}

/** Own pings: the connection is never trusted to report its own death. */
export interface Heartbeat {
  /** Anything that came in: a sign of life clears the unanswered pings. */
  alive(): void;
  stop(): void;
}

/**
 * Pings every interval. Armed by our ping, cleared by any inbound frame and never re-armed by one:
 * a quiet but healthy link must not die of its own silence.
 */
export function startHeartbeat(
  clock: Clock,
  options: HeartbeatOptions,
  ping: () => void,
  dead: () => void,
): Heartbeat {
  let unanswered = 0;
  let timer: Timer;
  const tick = () => {
    if (unanswered >= options.misses) return dead();
    unanswered++;
    timer = clock.after(options.intervalMs, tick);
    ping();
  };
  timer = clock.after(options.intervalMs, tick);
  return {
    alive() {
      unanswered = 0;
    },
    stop() {
      timer.cancel();
    },
  };
}
