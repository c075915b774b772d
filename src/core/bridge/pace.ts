/** DingTalk counts when a message arrives, we when it leaves: a second's grace for the way. */
const WINDOW_MS = 61_000;
/** Nobody waits longer for a slot while there is one. */
const MAX_GAP_MS = 15_000;

export interface Pace {
  /** 0: now. */
  readonly waitMs: number;
  /** The minute's budget runs low: what waits should share messages, and notices stay back. */
  readonly scarce: boolean;
}

/**
 * When the next message may leave under a limit of `perMinute` in any 60 s. The first sends,
 * just under half of the budget, are free; from then on what remains of the minute is shared out evenly over the slots left, so
 * that a burst never ends in a long silence. `sends` are the times of the last minute's tries, oldest
 * first.
 */
export function paceOf(sends: readonly number[], now: number, perMinute: number): Pace {
  // What lies far ahead was sent before the clock was set back: nothing can be known from it.
  const recent = sends.filter((at) => at > now - WINDOW_MS && at <= now + WINDOW_MS);
  const [oldest] = recent;
  const last = recent.at(-1);
  const free = Math.ceil(perMinute / 2) - 1;
  if (oldest === undefined || last === undefined) return { waitMs: 0, scarce: false };
  if (recent.length < free) return { waitMs: 0, scarce: false };
  const slots = perMinute - recent.length;
  if (slots <= 0) {
    const freedBy = recent[recent.length - perMinute] ?? oldest;
    return { waitMs: freedBy + WINDOW_MS - now, scarce: true };
  }
  const gap = Math.min(MAX_GAP_MS, (oldest + WINDOW_MS - now) / slots);
  return { waitMs: Math.max(0, Math.ceil(last + gap - now)), scarce: true };
}

export const PACE_WINDOW_MS = WINDOW_MS;
