import type { Clock } from "../../src/core/clock.ts";

export interface FakeClock extends Clock {
  /** Fires what is due within `ms`, in order, letting promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle and runs what was deferred, until nothing more happens. */
  settle(): Promise<void>;
  /** Timers set and neither fired nor cancelled. */
  readonly pending: number;
}

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so. */
export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  let order = 0;
  const alarms = new Set<Alarm>();
  let deferred: (() => void)[] = [];

  const settle = async () => {
    do {
      const due = deferred;
      deferred = [];
      for (const run of due) run();
      await promisesSettled();
    } while (deferred.length > 0);
  };

  const nextDue = (until: number): Alarm | undefined => {
    let next: Alarm | undefined;
    for (const alarm of alarms) {
      if (alarm.at > until) continue;
      const sooner =
        next === undefined ||
        alarm.at < next.at ||
        (alarm.at === next.at && alarm.order < next.order);
      if (sooner) next = alarm;
    }
    return next;
  };

  return {
    now: () => now,
    after(ms, run) {
      const alarm = { at: now + Math.max(ms, 0), order: order++, run };
      alarms.add(alarm);
      return { cancel: () => void alarms.delete(alarm) };
    },
    defer: (run) => void deferred.push(run),
    settle,
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const next = nextDue(until);
        if (next === undefined) break;
        alarms.delete(next);
        now = Math.max(now, next.at);
        next.run();
        await settle();
      }
      now = until;
    },
    get pending() {
      return alarms.size;
    },
  };
}

/** A few turns of the real event loop: streams and responses need more than microtasks. */
export async function promisesSettled(rounds = 4): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
