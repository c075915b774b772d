/** From when to when this process did nothing, in ms since the epoch. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

const LOOK_EVERY_MS = 10;
/** Shorter ones do not blur what is measured. */
const MIN_MS = 50;

/** Watches for times in which this process cannot see what comes in: whatever came then seems to come after. */
export function watchStalls() {
  const stalls: Stall[] = [];
  let seen = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - seen >= MIN_MS) stalls.push({ from: seen, to: now });
    seen = now;
  }, LOOK_EVERY_MS);
  return {
    stop(): readonly Stall[] {
      clearInterval(timer);
      return stalls;
    },
  };
}

/** The most of these times, in order, that lie within so many ms in which nothing stalled. */
export function mostWithin(ms: number, times: readonly number[], stalls: readonly Stall[] = []) {
  let most = 0;
  let oldest = 0;
  for (const [newest, time] of times.entries()) {
    while (time - (times[oldest] ?? time) >= ms) oldest++;
    const first = times[oldest] ?? time;
    // What waited for the end of a stall comes right behind it.
    const blurred = stalls.some(({ from, to }) => from <= time && first <= to + MIN_MS);
    if (!blurred) most = Math.max(most, newest - oldest + 1);
  }
  return most;
}
