import { describe, expect, test } from "bun:test";
import { startHeartbeat } from "../../../src/core/stream/heartbeat.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

function beating(misses = 2, answer = false) {
  const clock = createFakeClock();
  const seen = { pings: 0, deaths: 0, diedAfter: 0 };
  const start = clock.now();
  const heartbeat = startHeartbeat(
    clock,
    { intervalMs: 5000, misses },
    () => {
      seen.pings++;
      if (answer) clock.defer(() => heartbeat.alive());
    },
    () => {
      seen.deaths++;
      seen.diedAfter = clock.now() - start;
    },
  );
  return { clock, heartbeat, seen };
}

describe("startHeartbeat()", () => {
  test("pings once an interval, the first time after one interval", async () => {
    const { clock, seen } = beating(2, true);
    await clock.advance(4999);
    expect(seen.pings).toBe(0);
    await clock.advance(1);
    expect(seen.pings).toBe(1);
    await clock.advance(15_000);
    expect(seen.pings).toBe(4);
  });

  test.each([1, 2, 5])("declares the peer dead after %i unanswered pings, once", async (misses) => {
    const { clock, seen } = beating(misses);
    await clock.advance(60_000);
    expect(seen.pings).toBe(misses);
    expect(seen.deaths).toBe(1);
    expect(seen.diedAfter).toBe((misses + 1) * 5000);
    expect(clock.pending).toBe(0);
  });

  test("finds a death within three intervals with the default of two misses", async () => {
    const { clock, heartbeat, seen } = beating();
    await clock.advance(5001);
    heartbeat.alive();
    await clock.advance(15_000);
    expect(seen.deaths).toBe(1);
  });

  test("is cleared by any sign of life", async () => {
    const { clock, heartbeat, seen } = beating();
    for (let round = 0; round < 10; round++) {
      await clock.advance(9000);
      heartbeat.alive();
    }
    expect(seen.deaths).toBe(0);
  });

  test("keeps a quiet link alive as long as its pings are answered", async () => {
    const { clock, seen } = beating(2, true);
    await clock.advance(60 * 60_000);
    expect(seen.deaths).toBe(0);
    expect(seen.pings).toBe(720);
  });

  test("is never armed by a sign of life: one frame does not bring death nearer", async () => {
    const { clock, heartbeat, seen } = beating();
    heartbeat.alive();
    await clock.advance(14_999);
    expect(seen.deaths).toBe(0);
  });

  test("does nothing more once stopped", async () => {
    const { clock, heartbeat, seen } = beating();
    await clock.advance(5000);
    heartbeat.stop();
    await clock.advance(60_000);
    expect(seen).toMatchObject({ pings: 1, deaths: 0 });
    expect(clock.pending).toBe(0);
  });
});

describe("startHeartbeat(), when the event loop is busy", () => {
  /** Two pings have gone unanswered, and the tick that would say "dead" comes `late` ms late. */
  async function lateBy(late: number) {
    const beat = beating();
    await beat.clock.advance(10_000);
    beat.clock.stall(5000 + late);
    await beat.clock.advance(0);
    return beat;
  }

  test("is not late: dead", async () => {
    const { seen } = await lateBy(500);
    expect(seen).toMatchObject({ pings: 2, deaths: 1 });
  });

  test("pings again and waits one more interval: the pongs may lie unread", async () => {
    const { clock, heartbeat, seen } = await lateBy(501);
    expect(seen).toMatchObject({ pings: 3, deaths: 0 });
    heartbeat.alive();
    await clock.advance(14_999);
    expect(seen.deaths).toBe(0);
  });

  test("finds the link dead one interval later when nothing was unread", async () => {
    const { clock, seen } = await lateBy(3000);
    await clock.advance(4999);
    expect(seen.deaths).toBe(0);
    await clock.advance(1);
    expect(seen.deaths).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("forgives three times in a row: a dead link is found under constant load too", async () => {
    const { clock, seen } = await lateBy(1000);
    for (const deaths of [0, 0, 1]) {
      clock.stall(6000);
      await clock.advance(0);
      expect(seen.deaths).toBe(deaths);
    }
    expect(seen.pings).toBe(5);
  });

  test("never kills a link that answers, however long the load lasts", async () => {
    const { clock, heartbeat, seen } = await lateBy(1000);
    for (let round = 0; round < 100; round++) {
      clock.stall(6000);
      await clock.advance(0);
      if (round % 3 === 1) heartbeat.alive();
    }
    expect(seen.deaths).toBe(0);
  });

  test("is not mistaken for it when the wall clock jumps", async () => {
    const { clock, seen } = beating();
    await clock.advance(10_000);
    clock.sleep(3_600_000);
    await clock.advance(5000);
    expect(seen.deaths).toBe(1);
  });
});
