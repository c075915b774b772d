import type { Clock } from "../../src/core/clock.ts";

export interface FakeClock extends Clock {
  /** Fires what is due within `ms`, in order, letting promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle and runs what was deferred, until nothing more happens. */
  settle(): Promise<void>;
  /** The machine sleeps: wall time jumps, monotonic time and timers stand still. Negative: the clock is set back. */
  sleep(ms: number): void;
  /** The event loop is busy: time passes and no timer runs until the next `advance`. */
  stall(ms: number): void;
  /** Timers set and neither fired nor cancelled. */
  readonly pending: number;
}

interface Alarm {
  /** Monotonic. */
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so. */
export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let wall = start;
  // Not the wall's figure: who mixes the two up is found out.
  let monotonic = 5000;
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

  const pass = (ms: number) => {
    wall += ms;
    monotonic += ms;
  };

  return {
    now: () => wall,
    monotonic: () => monotonic,
    after(ms, run) {
      const alarm = { at: monotonic + Math.max(ms, 0), order: order++, run };
      alarms.add(alarm);
      return { cancel: () => void alarms.delete(alarm) };
    },
    defer: (run) => void deferred.push(run),
    settle,
    sleep(ms) {
      wall += ms;
    },
    stall: pass,
    async advance(ms) {
      const until = monotonic + ms;
      await settle();
      for (;;) {
        const next = nextDue(until);
        if (next === undefined) break;
        alarms.delete(next);
        pass(Math.max(0, next.at - monotonic));
        next.run();
        await settle();
      }
      pass(Math.max(0, until - monotonic));
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
