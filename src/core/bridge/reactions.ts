import type { Clock, Timer } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { EmotionApi, Reacted } from "../dingtalk/emotion.ts";
import type { SendResult } from "../dingtalk/errors.ts";
import type { Log } from "../log.ts";
import type { Ledger } from "../store.ts";
import type { Budget } from "../budget.ts";

/**
 * How long after each other a refused call is tried again: right after a message has come DingTalk may
 * not know it yet.
 */
const REPLY_TRIES_MS = [0, 400, 1200];
const RECALL_TRIES_MS = [0, 1500, 5000];

export interface ReactionsOptions {
  readonly api: EmotionApi;
  readonly store: Pick<Ledger, "note" | "setNote">;
  readonly budget: Pick<Budget, "allows" | "spend">;
  /** Empty: none are ever put. */
  readonly text: string;
  readonly afterMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly signal: AbortSignal;
}

/** The sign on somebody's message that the agent works on it. Never costs an answer, never throws. */
export interface Reactions {
  /** Puts it there unless `end` comes before its time. */
  begin(to: Reacted): Reaction;
  /** Takes off what an earlier process may have put there. */
  forget(to: Reacted): Promise<void>;
  /** Resolves when no call is under way. */
  quiet(): Promise<void>;
}

export interface Reaction {
  end(): void;
}

export function createReactions(options: ReactionsOptions): Reactions {
  const { api, store, budget, text, clock, log, counters, signal } = options;
  const calls = new Set<Promise<void>>();
  /** A person has to mend it; until the next start nobody waits for that. */
  let isOff = text === "";

  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      if (signal.aborted || ms === 0) return resolve();
      const stop = () => {
        timer.cancel();
        resolve();
      };
      const timer = clock.after(ms, () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      signal.addEventListener("abort", stop, { once: true });
    });

  /** True if it was done, or may have been. */
  const tryTo = async (
    act: () => Promise<SendResult>,
    tries: readonly number[],
    goOn: () => boolean,
  ): Promise<boolean> => {
    let unsure = false;
    for (const ms of tries) {
      await wait(ms);
      if (signal.aborted || !goOn()) return unsure;
      await budget.spend();
      const result = await act();
      if (result.ok) return true;
      unsure ||= result.uncertain === true;
      log.debug("reaction refused", { reason: result.reason });
      if (result.failure === "blocked") {
        isOff = true;
        log.warn("no reactions on messages until the next start (reply.reaction)", {
          reason: result.reason,
        });
        return unsure;
      }
    }
    counters.count("reactions_failed");
    return unsure;
  };

  const run = (work: () => Promise<void>) => {
    const call: Promise<void> = work()
      .catch((error: unknown) => log.debug("reaction failed", { reason: String(error) }))
      .finally(() => calls.delete(call));
    calls.add(call);
    return call;
  };

  const recall = async (to: Reacted) => {
    await tryTo(
      () => api.recall(to, text, signal),
      RECALL_TRIES_MS,
      () => true,
    );
    if (!signal.aborted) await store.setNote(noteOf(to), undefined);
  };

  return {
    begin(to) {
      if (isOff) return { end: () => undefined };
      let over = false;
      let putting: Promise<void> | undefined;
      let isPut = false;
      const put = async () => {
        if (over || isOff || !budget.allows("reaction")) return;
        // Noted first: whoever comes after a crash takes it off again.
        await store.setNote(noteOf(to), text);
        isPut = await tryTo(
          () => api.reply(to, text, signal),
          REPLY_TRIES_MS,
          () => !over,
        );
        if (isPut) counters.count("reactions");
        else if (!signal.aborted) await store.setNote(noteOf(to), undefined);
      };
      const timer: Timer = clock.after(options.afterMs, () => {
        putting = run(put);
      });
      return {
        end() {
          if (over) return;
          over = true;
          timer.cancel();
          void putting?.then(() => (isPut ? run(() => recall(to)) : undefined));
        },
      };
    },
    async forget(to) {
      const left = await store.note(noteOf(to)).catch(() => undefined);
      if (left !== undefined) await run(() => recall(to));
    },
    async quiet() {
      while (calls.size > 0) await Promise.all(calls);
    },
  };
}

const noteOf = ({ msgId }: Reacted) => `reaction ${msgId}`;
