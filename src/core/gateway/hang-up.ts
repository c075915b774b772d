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

/** The requests under way in each session, nobody's any more included, and who must be alone there. */
export interface Traffic {
  /** Settles when whoever is alone in the session, or waits to be, is done; undefined: nobody. Never rejects. */
  gate(session: string): Promise<void> | undefined;
  /** A request is under way, until it settles. */
  add(session: string, request: Promise<unknown>): void;
  /**
   * Does `work` when all that came before it in the session is over; what comes after it is to heed the
   * gate. Rejects if `signal` was aborted while it waited, with its reason.
   */
  alone<T>(session: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createTraffic(): Traffic {
  const running = new Map<string, Set<Promise<void>>>();
  const gates = new Map<string, Promise<void>>();

  return {
    gate: (session) => gates.get(session),
    add(session, request) {
      const held = running.get(session) ?? new Set();
      running.set(session, held);
      const over: Promise<void> = settled(request).then(() => {
        held.delete(over);
        if (held.size === 0) running.delete(session);
      });
      held.add(over);
    },
    async alone(session, signal, work) {
      const before = Promise.all([gates.get(session), ...(running.get(session) ?? [])]);
      const done = unlessAborted(before, signal).then(work);
      const gate = settled(done);
      gates.set(session, gate);
      try {
        return await done;
      } finally {
        if (gates.get(session) === gate) gates.delete(session);
      }
    },
  };
}

const settled = async (promise: Promise<unknown>): Promise<void> => {
  await promise.catch(() => undefined);
};

/** Rejects as soon as `signal` is aborted, with its reason, whatever becomes of the promise. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let fail = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", fail);
  }
}
