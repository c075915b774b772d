import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { PACE_WINDOW_MS, paceOf } from "../../../src/core/bridge/pace.ts";

const START = 1_700_000_000_000;
const MINUTE = 60_000;

/** The most that fell into any 60 s. */
function mostInAMinute(sends: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [to, at] of sends.entries()) {
    while (at - (sends[from] ?? at) >= MINUTE) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** What the store gives: the tries of the window, oldest first. */
const recent = (sends: readonly number[], now: number) =>
  sends.filter((at) => at > now - PACE_WINDOW_MS);

/** Looks every `tickMs` and sends one of what waits whenever it may. `arrivals[tick]` come each tick. */
function simulate(arrivals: readonly number[], perMinute: number, tickMs: number): number[] {
  const sends: number[] = [];
  let waiting = 0;
  for (const [tick, count] of arrivals.entries()) {
    const now = START + tick * tickMs;
    waiting += count;
    while (waiting > 0 && paceOf(recent(sends, now), now, perMinute).waitMs === 0) {
      sends.push(now);
      waiting--;
    }
  }
  return sends;
}

/** Sends `count` that are all there at once, each exactly when it may. */
function burst(count: number, perMinute: number, before: readonly number[] = [], now = START) {
  const sends = [...before];
  const waits: { readonly ms: number; readonly sentBefore: number }[] = [];
  for (let at = 0; at < count; at++) {
    const asked = now;
    const sentBefore = recent(sends, now).length;
    // As the outbox does it: sleeps as long as it is told, and asks again.
    for (let asking = 0; ; asking++) {
      expect(asking).toBeLessThan(5);
      const { waitMs } = paceOf(recent(sends, now), now, perMinute);
      if (waitMs === 0) break;
      now += waitMs;
    }
    waits.push({ ms: now - asked, sentBefore });
    sends.push(now);
  }
  return { sends, waits };
}

const anyLimit = fc.integer({ min: 1, max: 50 });

describe("paceOf()", () => {
  test("never lets more than the limit out in any 60 s, however they arrive", () => {
    const arrivals = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 3 }) },
        { weight: 1, arbitrary: fc.integer({ min: 10, max: 100 }) },
      ),
      { minLength: 60, maxLength: 400 },
    );
    fc.assert(
      fc.property(arrivals, anyLimit, (arrivals, perMinute) => {
        expect(mostInAMinute(simulate(arrivals, perMinute, 1000))).toBeLessThanOrEqual(perMinute);
      }),
    );
  });

  test("nor when each leaves at the very moment it may, after quiet times of any length", () => {
    const bursts = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 70 }),
        quietMs: fc.integer({ min: 0, max: 90_000 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(bursts, anyLimit, (bursts, perMinute) => {
        let sends: number[] = [];
        let now = START;
        for (const { count, quietMs } of bursts) {
          now = (sends.at(-1) ?? now) + quietMs;
          sends = burst(count, perMinute, sends, now).sends;
        }
        expect(mostInAMinute(sends)).toBeLessThanOrEqual(perMinute);
      }),
    );
  });

  test("with 20 a minute nobody waits longer than 15 s while fewer than 20 went out", () => {
    const quiet = fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(quiet, fc.integer({ min: 1, max: 80 }), (gaps, count) => {
        const before: number[] = [];
        let now = START;
        for (const gap of gaps) {
          now += gap;
          if (paceOf(recent(before, now), now, 20).waitMs === 0) before.push(now);
        }
        for (const { ms, sentBefore } of burst(count, 20, before, now).waits) {
          if (sentBefore < 20) expect(ms).toBeLessThanOrEqual(15_000);
        }
      }),
    );
  });

  test("a burst of 60 answers never falls silent for longer than 15 s, and gets its 20 a minute", () => {
    const { sends, waits } = burst(60, 20);
    expect(Math.max(...waits.map(({ ms }) => ms))).toBeLessThanOrEqual(15_000);
    const took = (sends.at(-1) ?? 0) - START;
    // 60 at 20 a minute are through after 2 minutes at best: the first 20 need not wait for any.
    expect(took).toBeLessThan(3.2 * MINUTE);
  });

  test("the first messages go at once, and no later than the tenth one is spread", () => {
    const { waits } = burst(20, 20);
    const free = waits.findIndex(({ ms }) => ms > 0);
    expect(free).toBeGreaterThanOrEqual(9);
    expect(free).toBeLessThanOrEqual(10);
  });

  test("just under half of the budget is free", () => {
    for (const perMinute of [1, 2, 4, 10, 20, 49, 50]) {
      const { waits } = burst(Math.max(1, Math.ceil(perMinute / 2) - 1), perMinute);
      expect(waits.map(({ ms }) => ms)).toEqual(waits.map(() => 0));
    }
  });

  test("is not scarce as long as it is free, and says so when it is not", () => {
    expect(paceOf([], START, 20)).toEqual({ waitMs: 0, scarce: false });
    const sends = Array.from({ length: 8 }, () => START);
    expect(paceOf(sends, START, 20)).toEqual({ waitMs: 0, scarce: false });
    sends.push(...Array.from({ length: 3 }, () => START));
    expect(paceOf(sends, START, 20).scarce).toBe(true);
    // What is there may leave, but in company.
    expect(paceOf(sends, START + 30_000, 20)).toEqual({ waitMs: 0, scarce: true });
    expect(paceOf(sends, START + PACE_WINDOW_MS, 20)).toEqual({ waitMs: 0, scarce: false });
  });

  test("waits for the oldest to leave the minute when the budget is used up", () => {
    const sends = Array.from({ length: 20 }, (_, at) => START + at * 100);
    const { waitMs, scarce } = paceOf(sends, START + 2000, 20);
    expect(scarce).toBe(true);
    expect(START + 2000 + waitMs - START).toBeGreaterThanOrEqual(MINUTE);
    expect(waitMs).toBeLessThanOrEqual(PACE_WINDOW_MS);
  });

  test("waits long enough when the limit has been lowered", () => {
    const sends = Array.from({ length: 20 }, (_, at) => START + at * 1000);
    const { waitMs } = paceOf(sends, START + 20_000, 5);
    const now = START + 20_000 + waitMs;
    expect(sends.filter((at) => at > now - MINUTE).length).toBeLessThan(5);
  });

  test("one a minute is one a minute", () => {
    const { sends } = burst(4, 1);
    for (const [at, time] of sends.slice(1).entries()) {
      expect(time - (sends[at] ?? 0)).toBeGreaterThanOrEqual(MINUTE);
      expect(time - (sends[at] ?? 0)).toBeLessThanOrEqual(PACE_WINDOW_MS);
    }
  });

  test("is a function of what was sent: a restart in the middle changes nothing", () => {
    const limits = fc.tuple(
      anyLimit,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
    );
    fc.assert(
      fc.property(limits, ([perMinute, before, after]) => {
        const first = burst(before, perMinute);
        const now = first.sends.at(-1) ?? START;
        // What the store kept, as a new process reads it.
        const kept = JSON.parse(JSON.stringify(recent(first.sends, now))) as number[];
        const second = burst(after, perMinute, kept, now).sends.slice(kept.length);
        const whole = burst(before + after, perMinute).sends;
        expect([...first.sends, ...second]).toEqual(whole);
      }),
    );
  });

  test("comes to a finite wait that is no longer than the window, whatever was sent", () => {
    const sends = fc
      .array(fc.integer({ min: START - 100_000, max: START }), { maxLength: 80 })
      .map((times) => times.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(sends, anyLimit, (sends, perMinute) => {
        const { waitMs } = paceOf(sends, START, perMinute);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(PACE_WINDOW_MS);
      }),
    );
  });

  test("is not held for an hour by a clock that was set back an hour", () => {
    const sends = Array.from({ length: 20 }, (_, at) => START + 3_600_000 + at * 1000);
    for (const count of [10, 20]) {
      const { waitMs } = paceOf(sends.slice(0, count), START, 20);
      expect(waitMs).toBeLessThanOrEqual(PACE_WINDOW_MS);
    }
  });

  test("does not forget a whole minute when the clock is set back by 5 s", () => {
    const sends = Array.from({ length: 20 }, (_, at) => START - 4000 + at * 200);
    expect(paceOf(sends, START - 5000, 20).waitMs).toBeGreaterThan(50_000);
  });
});
