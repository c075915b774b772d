import type { Clock, Timer } from "../clock.ts";

/**
 * A tick this late, in ms, says that the event loop was busy: pongs may lie unread in the socket's
 * buffer. Far above the jitter of timers and a garbage collection, far below a ping interval.
 */
const LATE_MS = 500;
/** Late ticks forgiven in a row: a dead link is found under constant load too. */
const FORGIVEN = 3;

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
 * a quiet but healthy link must not die of its own silence, nor of our own event loop's load.
 */
export function startHeartbeat(
  clock: Clock,
  options: HeartbeatOptions,
  ping: () => void,
  dead: () => void,
): Heartbeat {
  let unanswered = 0;
  let forgiven = 0;
  let dueAt: number;
  let timer: Timer;
  const arm = () => {
    dueAt = clock.monotonic() + options.intervalMs;
    timer = clock.after(options.intervalMs, tick);
  };
  const tick = () => {
    if (unanswered >= options.misses) {
      const late = clock.monotonic() - dueAt > LATE_MS;
      if (!late || forgiven >= FORGIVEN) return dead();
      forgiven++;
    } else {
      unanswered++;
    }
    arm();
    ping();
  };
  arm();
  return {
    alive() {
      unanswered = 0;
      forgiven = 0;
    },
    stop() {
      timer.cancel();
    },
  };
}
