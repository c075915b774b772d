import type { Clock, Timer } from "../clock.ts";

/** The gateway counts from when the request arrives, and we from before it leaves. */
const WAY_MS = 500;
/** A run that has begun to answer may be broken off at this age. */
const ANSWERING_MS = 4000 + WAY_MS;
/** Any run may at this one. */
const ANY_MS = 15_000 + WAY_MS;

/** Breaks a request to the gateway off, but not before that does no harm. */
export interface HangUp {
  /** For `fetch`. */
  readonly signal: AbortSignal;
  /** The first piece of the answer is there. */
  answering(): void;
  /** Nobody waits for the request any more: it ends as soon as it may. */
  request(): void;
  /** The request is over by itself. */
  clear(): void;
}

/**
 * A client that goes away while the gateway still sets a run up can shut the gateway's agent database
 * for everyone until it is restarted (seen with OpenClaw 2026.9.6 after a minute without turns). So a
 * request is only broken off after its first content and 4 s, or after 15 s whatever came.
 */
export function createHangUp(clock: Clock): HangUp {
  const controller = new AbortController();
  const startedAt = clock.monotonic();
  let isAnswering = false;
  let requested = false;
  let over = false;
  let timer: Timer | undefined;

  const tryNow = () => {
    timer?.cancel();
    if (over) return;
    const wait = startedAt + (isAnswering ? ANSWERING_MS : ANY_MS) - clock.monotonic();
    if (wait > 0) timer = clock.after(wait, tryNow);
    else controller.abort(new Error("nobody waits for this answer any more"));
  };

  return {
    signal: controller.signal,
    answering() {
      if (isAnswering) return;
      isAnswering = true;
      if (requested) tryNow();
    },
    request() {
      if (requested) return;
      requested = true;
      tryNow();
    },
    clear() {
      over = true;
      timer?.cancel();
    },
  };
}
