/** A timer that has been set and can be taken back. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as the core sees it. Passed in everywhere, so that tests own it. */
export interface Clock {
  /** Wall-clock time in ms since the epoch. */
  now(): number;
  /**
   * Time in ms that only runs forwards, from an arbitrary start: for durations. While the machine
   * sleeps it stands still (Linux) or goes on (Windows, Node on macOS).
   */
  monotonic(): number;
  /** Calls `run` once after `ms` of monotonic time. */
  after(ms: number, run: () => void): Timer;
  /** Calls `run` once when the I/O callbacks of this turn of the event loop are through. */
  defer(run: () => void): void;
}

/** Longest delay a JavaScript timer keeps: above it, runtimes fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The real clock, made of functions all three runtimes have as globals. */
export function createSystemClock(defer: (run: () => void) => void): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, run) {
      const handle = setTimeout(run, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
      return { cancel: () => clearTimeout(handle) };
    },
    defer,
  };
}

/** An abort signal that fires after `ms` on the given clock, or when `parent` does. Call `clear` when done. */
export function deadline(clock: Clock, ms: number, parent?: AbortSignal) {
  const controller = new AbortController();
  const timer = clock.after(ms, () => controller.abort(new DeadlineError(ms)));
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    clear() {
      timer.cancel();
      parent?.removeEventListener("abort", follow);
    },
  };
}

/** The reason of a signal made by `deadline` when its time ran out. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly ms: number;
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.ms = ms;
  }
}
