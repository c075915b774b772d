import { describe, expect, test } from "bun:test";
import { DeadlineError, createSystemClock, deadline } from "../../../src/core/clock.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

describe("deadline()", () => {
  test("aborts when the time is up, and says so", async () => {
    const clock = createFakeClock();
    const { signal } = deadline(clock, 1000);
    await clock.advance(999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toBeInstanceOf(DeadlineError);
    expect((signal.reason as Error).message).toBe("no answer within 1000 ms");
  });

  test("follows its parent, before and after", () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const early = deadline(clock, 1000, parent.signal);
    parent.abort("stop");
    expect(early.signal.reason).toBe("stop");
    expect(deadline(clock, 1000, parent.signal).signal.reason).toBe("stop");
  });

  test("does nothing more once cleared", async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const { signal, clear } = deadline(clock, 1000, parent.signal);
    clear();
    parent.abort();
    await clock.advance(5000);
    expect(signal.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe("createSystemClock()", () => {
  test("knows the time of day, and a time that only runs forwards", async () => {
    const clock = createSystemClock((run) => void setImmediate(run));
    const before = { wall: clock.now(), monotonic: clock.monotonic() };
    await new Promise<void>((resolve) => clock.after(20, resolve));
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
    expect(clock.now() - before.wall).toBeGreaterThan(10);
    expect(clock.monotonic() - before.monotonic).toBeGreaterThan(10);
  });
});

describe("createFakeClock()", () => {
  test("asleep: the wall clock jumps, timers and monotonic time do not", async () => {
    const clock = createFakeClock();
    const before = { wall: clock.now(), monotonic: clock.monotonic() };
    let fired = 0;
    clock.after(1000, () => void fired++);
    clock.sleep(3_600_000);
    await clock.advance(999);
    expect(fired).toBe(0);
    await clock.advance(1);
    expect(fired).toBe(1);
    expect(clock.now() - before.wall).toBe(3_601_000);
    expect(clock.monotonic() - before.monotonic).toBe(1000);
  });

  test("busy: all time passes, and timers run late", async () => {
    const clock = createFakeClock();
    const start = clock.monotonic();
    const firedAt: number[] = [];
    clock.after(1000, () => void firedAt.push(clock.monotonic() - start));
    clock.stall(5000);
    expect(firedAt).toEqual([]);
    await clock.advance(0);
    expect(firedAt).toEqual([5000]);
  });
});
