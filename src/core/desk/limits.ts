import type { Clock } from "../clock.ts";

/** As many as anybody needs to be told apart; the oldest are forgotten first. */
const MAX_KEYS = 5000;

/** Something that may happen once in a while for each key. */
export interface Once {
  isDue(key: string): boolean;
  /** It has happened. */
  done(key: string): void;
}

export function createOnce(everyMs: number, clock: Pick<Clock, "now">): Once {
  const last = new Map<string, number>();
  return {
    isDue: (key) => !within(last.get(key), everyMs, clock.now()),
    done(key) {
      last.delete(key);
      last.set(key, clock.now());
      forgetOldest(last);
    },
  };
}

/** Counts what goes wrong for each key, within a time that begins with the first. */
export interface Tries {
  /** None is left until the time is over. */
  usedUp(key: string): boolean;
  count(key: string): void;
}

export function createTries(most: number, withinMs: number, clock: Pick<Clock, "now">): Tries {
  const tries = new Map<string, { readonly since: number; readonly count: number }>();
  const current = (key: string) => {
    const known = tries.get(key);
    return within(known?.since, withinMs, clock.now()) ? known : undefined;
  };
  return {
    usedUp: (key) => (current(key)?.count ?? 0) >= most,
    count(key) {
      const { since, count } = current(key) ?? { since: clock.now(), count: 0 };
      tries.delete(key);
      tries.set(key, { since, count: count + 1 });
      forgetOldest(tries);
    },
  };
}

/** A clock that was set back makes things look as if they were to come: they are over, then. */
function within(since: number | undefined, ms: number, now: number): boolean {
  return since !== undefined && now >= since && now - since < ms;
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= MAX_KEYS) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
