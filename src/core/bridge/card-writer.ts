import { backoffMs } from "../backoff.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Counters } from "../counters.ts";
import { CARD_CALLS, type CardApi } from "../dingtalk/card.ts";
import type { CardRefusal, CardResult } from "../dingtalk/card-errors.ts";
import type { Throttle } from "../dingtalk/throttle.ts";
import type { Chat } from "../inbound/session.ts";
import { reasonOf, type Log } from "../log.ts";
import type { Mention } from "../message.ts";
import type { Store } from "../store.ts";
import type { Budget } from "../budget.ts";
import type { CardBreaker } from "./card-breaker.ts";
import type { CardQueue } from "./card-queue.ts";

/** What all cards share. */
export interface CardTools {
  readonly api: CardApi;
  readonly store: Pick<Store, "cardOpened" | "cardGone">;
  readonly throttle: Pick<Throttle, "take">;
  readonly queue: CardQueue;
  readonly breaker: CardBreaker;
  readonly budget: Pick<Budget, "spend">;
  /** Between two updates of one card. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: Log;
  readonly counters: Counters;
}

/** What a card is to show now. `last`: the text goes on in another card, so this is how it stays. */
export interface Face {
  readonly text: string;
  readonly last: boolean;
}

/** One card, from its making until nothing more is shown in it. */
export interface CardWriter {
  readonly outTrackId: string;
  /** `doubtful`: nobody knows whether it is in the chat. `gone`: it is not. */
  readonly state: "begun" | "shown" | "doubtful" | "gone";
  /** By which a quote names it. */
  readonly key: string | undefined;
  /** The text it stays with, once DingTalk has confirmed that. */
  readonly confirmed: string | undefined;
  /** There may be something new to show. */
  poke(): void;
  /** Begins no update any more. Resolves when the card has been made and no call is in flight. */
  rest(): Promise<void>;
}

export interface WriterOptions {
  readonly chat: Chat;
  readonly asker: Mention | undefined;
  /** Asked when a call is about to leave, so that it takes the newest text. */
  readonly look: () => Face;
  /** Aborted when a card that is not on its way yet is not worth its calls any more. */
  readonly giveUp: AbortSignal;
  /** Breaks everything off. */
  readonly signal: AbortSignal;
}

/** A card that cannot be made at once is tried once more if that is no longer away. */
const PATIENCE_MS = 10_000;
const CREATE_TRIES = 2;
const SLOWEST_MS = 10_000;
const THROTTLED_IN_A_ROW = 5;
const FAILED_IN_A_ROW = 3;

export function createCardWriter(tools: CardTools, options: WriterOptions): CardWriter {
  const { api, store, queue, breaker, budget, clock, log, counters } = tools;
  const { chat, asker, look, signal } = options;
  const outTrackId = tools.newId();
  /** Aborted when nothing more is to be updated; calls in flight go on. */
  const updates = new AbortController();
  let state: CardWriter["state"] = "begun";
  let key: string | undefined;
  let confirmed: string | undefined;
  let sent: string | undefined;
  /** Whether there may be something new. */
  let stale = false;
  /** No more updates: too many failed. */
  let stuck = false;
  let intervalMs = tools.intervalMs;
  let beganAt = -Infinity;
  let throttled = 0;
  let failed = 0;
  let timer: Timer | undefined;
  let busy: Promise<void> | undefined;

  const begins = (calls: number) => {
    beganAt = clock.monotonic();
    for (let call = 0; call < calls; call++) void budget.spend();
  };

  const slowDown = ({ waitMs }: CardRefusal) => {
    if (waitMs !== undefined) queue.hold(waitMs);
  };

  /** Undefined if it was given up before it left. */
  const tryToMake = async (): Promise<CardResult | undefined> => {
    const waiting = AbortSignal.any([signal, options.giveUp]);
    await api.ready(waiting);
    try {
      await tools.throttle.take(CARD_CALLS, waiting);
    } catch {
      return undefined;
    }
    sent = look().text;
    begins(1);
    return await api.create({ outTrackId, chat, text: sent, asker }, signal);
  };

  const make = async (): Promise<void> => {
    await store.cardOpened({ outTrackId, chat }, clock.now());
    let doubt = false;
    for (let tries = 1; ; tries++) {
      const result = await tryToMake();
      if (result === undefined) break;
      if (result.ok) {
        state = "shown";
        key = result.processQueryKey;
        // More may have been written meanwhile, even more than it can hold.
        stale = true;
        counters.count("cards_opened");
        return;
      }
      // The same id again: whatever became of the first try, there is one card at most.
      doubt ||= result.uncertain === true;
      breaker.note(result);
      slowDown(result);
      const waitMs = Math.max(result.waitMs ?? 0, backoffMs(0, tools.random));
      const worthIt = result.uncertain === true || result.waitMs !== undefined;
      const again = result.failure === "retry" && worthIt && waitMs <= PATIENCE_MS;
      if (!again || tries === CREATE_TRIES || signal.aborted) {
        log.warn("card could not be made: the answer goes as a message", {
          reason: result.reason,
          ...(doubt ? { mayExist: true } : {}),
        });
        counters.count("cards_failed");
        break;
      }
      await pause(waitMs);
    }
    state = doubt ? "doubtful" : "gone";
    // Whoever finds it in the store later would try to finish what never was.
    if (!doubt) await store.cardGone(outTrackId);
  };

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        waiting.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const waiting = clock.after(ms, end);
      signal.addEventListener("abort", end, { once: true });
    });

  const refused = (result: CardRefusal) => {
    log.debug("card could not be updated", { reason: result.reason });
    breaker.note(result);
    slowDown(result);
    if (result.failure === "blocked") {
      stuck = true;
    } else if (result.waitMs !== undefined) {
      intervalMs = Math.max(intervalMs, Math.min(SLOWEST_MS, intervalMs * 2));
      stuck = ++throttled >= THROTTLED_IN_A_ROW;
      if (stuck) breaker.pause(result.reason);
    } else {
      stuck = ++failed >= FAILED_IN_A_ROW;
    }
  };

  const isNew = (face: Face) => face.last || face.text !== sent;

  const update = async (): Promise<void> => {
    stale = false;
    if (!isNew(look())) return;
    await api.ready(updates.signal);
    if (!(await queue.turn(updates.signal))) return;
    const face = look();
    stale = false;
    const { text, last } = face;
    begins(last ? 2 : 1);
    const result = last
      ? await api.finish(outTrackId, text, signal)
      : await api.stream({ outTrackId, text, final: false }, tools.newId(), signal);
    if (!result.ok) {
      stale = true;
      refused(result);
      return;
    }
    sent = text;
    throttled = 0;
    failed = 0;
    if (last) confirmed = text;
    counters.count("card_updates");
  };

  const isOver = () => updates.signal.aborted || stuck || breaker.broken || confirmed !== undefined;

  const proceed = () => {
    if (!stale || state !== "shown" || isOver()) return;
    if (busy !== undefined || timer !== undefined) return;
    const waitMs = beganAt + intervalMs - clock.monotonic();
    if (waitMs > 0) {
      timer = clock.after(waitMs, () => {
        timer = undefined;
        proceed();
      });
      return;
    }
    busy = update()
      .catch((error: unknown) => {
        stuck = true;
        log.error("card could not be updated", { reason: reasonOf(error) });
      })
      .then(() => {
        busy = undefined;
        proceed();
      });
  };

  const end = () => {
    updates.abort();
    timer?.cancel();
    timer = undefined;
  };
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });

  const made = make()
    .catch((error: unknown) => {
      if (state === "begun") {
        // Not committed, so not sent; or a fault of ours, and nobody knows how far it came.
        state = sent === undefined ? "gone" : "doubtful";
        counters.count("cards_failed");
      }
      log.warn("card could not be made or noted", { reason: reasonOf(error) });
    })
    .then(proceed);

  return {
    outTrackId,
    get state() {
      return state;
    },
    get key() {
      return key;
    },
    get confirmed() {
      return confirmed;
    },
    poke() {
      stale = true;
      proceed();
    },
    async rest() {
      end();
      await made;
      await busy;
    },
  };
}
