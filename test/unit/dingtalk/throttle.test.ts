import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const API = "/v1.0/robot/groupMessages/send";

function throttling(perSecond: number, spread = false) {
  const clock = createFakeClock();
  const start = clock.now();
  const throttle = createThrottle({ perSecond, spread, clock });
  const went: { at: number; name: string }[] = [];
  const take = (name: string, api = API, signal = new AbortController().signal) => {
    const going = throttle.take(api, signal);
    going.then(
      () => went.push({ at: clock.now() - start, name }),
      () => undefined,
    );
    return going;
  };
  return { clock, throttle, take, went, names: () => went.map(({ name }) => name).join("") };
}

describe("createThrottle()", () => {
  test("lets so many calls through at once and the rest later, in order", async () => {
    const { clock, take, went, names } = throttling(2);
    for (const name of "abcde") void take(name);
    await clock.settle();
    expect(names()).toBe("ab");
    await clock.advance(1099);
    expect(names()).toBe("ab");
    await clock.advance(1);
    expect(names()).toBe("abcd");
    await clock.advance(1100);
    expect(went.map(({ at }) => at)).toEqual([0, 0, 1100, 1100, 2200]);
    expect(clock.pending).toBe(0);
  });

  test("spreads what waits evenly where that is asked for", async () => {
    const { clock, take, went } = throttling(10, true);
    for (let call = 0; call < 20; call++) void take("x");
    await clock.advance(10_000);
    expect(went.map(({ at }) => Math.round(at))).toEqual(
      Array.from({ length: 20 }, (_, nth) => nth * 110),
    );
  });

  test("lets nobody catch up after a stall where calls are spread", async () => {
    const { clock, take, went } = throttling(10, true);
    for (let call = 0; call < 40; call++) void take("x");
    await clock.advance(500);
    clock.stall(700);
    await clock.advance(10_000);
    const times = went.map(({ at }) => at);
    for (const [nth, at] of times.entries()) {
      expect(times.filter((other) => other >= at && other < at + 1000).length).toBeLessThan(11);
      if (nth > 0) expect(at - (times[nth - 1] ?? 0)).toBeGreaterThanOrEqual(109);
    }
  });

  test("holds one API back without another", async () => {
    const { clock, take, names } = throttling(1);
    void take("a");
    void take("b");
    void take("c", "/other");
    await clock.settle();
    expect(names()).toBe("ac");
  });

  test("lets nobody overtake those who wait", async () => {
    const { clock, take, names } = throttling(1);
    void take("a");
    void take("b");
    await clock.advance(1099);
    void take("c");
    await clock.advance(1);
    void take("d");
    await clock.advance(2200);
    expect(names()).toBe("abcd");
  });

  test("gives the place of one who leaves to the next", async () => {
    const { clock, take, names } = throttling(1);
    const leaving = new AbortController();
    void take("a");
    const left = take("b", API, leaving.signal);
    void take("c");
    await clock.advance(500);
    leaving.abort(new Error("enough"));
    expect(left).rejects.toThrow("enough");
    await clock.advance(600);
    expect(names()).toBe("ac");
  });

  test("sets no timer for nobody", async () => {
    const { clock, take } = throttling(1);
    const leaving = new AbortController();
    void take("a");
    const left = take("b", API, leaving.signal);
    leaving.abort(new Error("enough"));
    expect(left).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
    expect(take("c", API, AbortSignal.abort(new Error("no")))).rejects.toThrow("no");
  });

  test("gives a free slot at once to who does not wait", async () => {
    const { clock, throttle } = throttling(2);
    expect([1, 2, 3].map(() => throttle.tryTake(API))).toEqual([true, true, false]);
    expect(throttle.tryTake("/other")).toBe(true);
    await clock.advance(1099);
    expect(throttle.tryTake(API)).toBe(false);
    await clock.advance(1);
    expect(throttle.tryTake(API)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("counts that one among the others, and never before anybody who waits", async () => {
    const { clock, throttle, take, names } = throttling(1);
    expect(throttle.tryTake(API)).toBe(true);
    void take("a");
    void take("b");
    await clock.settle();
    expect(names()).toBe("");
    // The slot is free, and the timer that gives it to the first of them has not run yet.
    clock.stall(1100);
    expect(throttle.tryTake(API)).toBe(false);
    await clock.advance(2200);
    expect(names()).toBe("ab");
  });

  test("forgets APIs nobody calls", async () => {
    const { clock, throttle, take } = throttling(1);
    for (let api = 0; api < 1000; api++) {
      await take("x", `/${api}`);
      await clock.advance(100);
      expect(throttle.size).toBeLessThanOrEqual(12);
    }
  });

  test("never lets more through in any second, and never waits longer than it must", async () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 5 }), async (gaps, perSecond) => {
        const { clock, take, went } = throttling(perSecond);
        const start = clock.now();
        const came: number[] = [];
        for (const gap of gaps) {
          await clock.advance(gap);
          came.push(clock.now() - start);
          void take(String(came.length - 1));
        }
        await clock.advance(60_000);
        expect(went.map(({ name }) => Number(name))).toEqual(gaps.map((_gap, index) => index));
        for (const [index, { at }] of went.entries()) {
          const before = went[index - perSecond]?.at;
          expect(at).toBe(Math.max(came[index] as number, (before ?? -Infinity) + 1100));
        }
      }),
      { numRuns: 20 },
    );
  });
});
