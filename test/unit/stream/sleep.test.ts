import { describe, expect, test } from "bun:test";
import { watchSleep } from "../../../src/core/stream/sleep.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

function watching() {
  const clock = createFakeClock();
  const sleeps: number[] = [];
  const watch = watchSleep(clock, (sleptMs) => void sleeps.push(sleptMs));
  return { clock, sleeps, watch };
}

describe("watchSleep()", () => {
  test("says nothing while time passes as it should", async () => {
    const { clock, sleeps } = watching();
    await clock.advance(3_600_000);
    expect(sleeps).toEqual([]);
  });

  test("tells of a sleep within 2 s of waking, once", async () => {
    const { clock, sleeps } = watching();
    await clock.advance(1500);
    clock.sleep(3_600_000);
    await clock.advance(2000);
    expect(sleeps).toEqual([3_600_000]);
    await clock.advance(60_000);
    expect(sleeps).toHaveLength(1);
  });

  test("tells of each sleep", async () => {
    const { clock, sleeps } = watching();
    for (const ms of [20_000, 30_000]) {
      clock.sleep(ms);
      await clock.advance(2000);
    }
    expect(sleeps).toEqual([20_000, 30_000]);
  });

  test("takes no small jump of the clock for a sleep, nor many of them", async () => {
    const { clock, sleeps } = watching();
    for (let round = 0; round < 10; round++) {
      clock.sleep(10_000);
      await clock.advance(2000);
    }
    expect(sleeps).toEqual([]);
  });

  test("does nothing when the clock is set back", async () => {
    const { clock, sleeps } = watching();
    clock.sleep(-3_600_000);
    await clock.advance(60_000);
    expect(sleeps).toEqual([]);
  });

  test.each([
    [62_000, []],
    [62_001, [60_001]],
  ])("where monotonic time counts sleep: a tick after %i ms", async (passed, told) => {
    const { clock, sleeps } = watching();
    clock.stall(passed);
    await clock.advance(0);
    expect(sleeps).toEqual(told);
  });

  test("does nothing more once stopped", async () => {
    const { clock, sleeps, watch } = watching();
    watch.stop();
    clock.sleep(3_600_000);
    await clock.advance(60_000);
    expect(sleeps).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
