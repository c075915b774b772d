import type { Clock, Timer } from "../clock.ts";

export interface Watch {
  /** Fires after silence, or when the parent signal does. */
  readonly signal: AbortSignal;
  readonly stalled: boolean;
  readonly heard: () => void;
  clear(): void;
}

/** Fires when nothing is heard for `ms`; one timer, however often something is. */
export function watchSilence(clock: Clock, ms: number, parent: AbortSignal): Watch {
  const controller = new AbortController();
  let last = clock.monotonic();
  let stalled = false;
  let timer: Timer;
  const look = () => {
    const left = last + ms - clock.monotonic();
    if (left > 0) {
      timer = clock.after(left, look);
      return;
    }
    stalled = true;
    controller.abort(new Error(`silent for ${ms} ms`));
  };
  const follow = () => controller.abort(parent.reason);
  timer = clock.after(ms, look);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    get stalled() {
      return stalled;
    },
    heard: () => {
      last = clock.monotonic();
    },
    clear() {
      timer.cancel();
      parent.removeEventListener("abort", follow);
    },
  };
}
