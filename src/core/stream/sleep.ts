import type { Clock, Timer } from "../clock.ts";

const TICK_MS = 2000;
/** Wall time that ran ahead of monotonic time by more than this was a sleep, or a clock set by hand. */
const AHEAD_MS = 10_000;
/**
 * Where monotonic time counts sleep (Windows; Node on macOS, libuv pull request 2894), one shows only as a tick that comes late. So does a busy
 * event loop, but not by that much.
 */
const LATE_MS = 60_000;

/** Tells, within 2 s of waking, that the machine was asleep and for about how many ms. */
export function watchSleep(clock: Clock, onWake: (sleptMs: number) => void): { stop(): void } {
  let wall: number;
  let monotonic: number;
  let timer: Timer;
  const arm = () => {
    wall = clock.now();
    monotonic = clock.monotonic();
    timer = clock.after(TICK_MS, tick);
  };
  const tick = () => {
    const passed = clock.monotonic() - monotonic;
    const ahead = clock.now() - wall - passed;
    const late = passed - TICK_MS;
    arm();
    if (ahead > AHEAD_MS || late > LATE_MS) onWake(Math.round(Math.max(ahead, late)));
  };
  arm();
  return { stop: () => timer.cancel() };
}
