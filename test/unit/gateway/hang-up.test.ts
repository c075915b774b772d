import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createHangUp } from "../../../src/core/gateway/hang-up.ts";
import { reasonOf } from "../../../src/core/log.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const ANSWERING_MS = 4500;
const ANY_MS = 15_500;

describe("createHangUp()", () => {
  test("does nothing on its own", async () => {
    const clock = createFakeClock();
    const hangUp = createHangUp(clock);
    hangUp.answering();
    await clock.advance(60 * 60_000);
    expect(hangUp.signal.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("says why", async () => {
    const clock = createFakeClock();
    const hangUp = createHangUp(clock);
    hangUp.request();
    await clock.advance(ANY_MS);
    expect(reasonOf(hangUp.signal.reason)).toContain("nobody waits");
  });

  test("goes by the time that runs: neither a set clock nor a sleep hurries it", async () => {
    const clock = createFakeClock();
    const hangUp = createHangUp(clock);
    hangUp.request();
    clock.sleep(60 * 60_000);
    await clock.advance(ANY_MS - 1);
    expect(hangUp.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(hangUp.signal.aborted).toBe(true);
  });

  test("breaks off exactly when it may, whatever comes when and how often", async () => {
    const at = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: Infinity });
    await fc.assert(
      fc.asyncProperty(at, at, at, async (answering, requested, over) => {
        const clock = createFakeClock();
        const hangUp = createHangUp(clock);
        let abortedAt = Infinity;
        const start = clock.monotonic();
        hangUp.signal.addEventListener("abort", () => (abortedAt = clock.monotonic() - start));
        // A run that is over says nothing more.
        const plan = (ms: number, run: () => void) => {
          if (ms < over) clock.after(ms, run);
        };
        for (const again of [0, 500]) {
          plan(answering + again, () => hangUp.answering());
          plan(requested + again, () => hangUp.request());
        }
        if (over < Infinity) clock.after(over, () => hangUp.clear());
        await clock.advance(60_000);

        const answers = answering < over ? answering : Infinity;
        const mayBe = Math.min(ANY_MS, Math.max(ANSWERING_MS, answers));
        const due = requested < over ? Math.max(requested, mayBe) : Infinity;
        if (due !== over) expect(abortedAt).toBe(due < over ? due : Infinity);
      }),
    );
  });

  test("aborts nothing that is over", async () => {
    const clock = createFakeClock();
    const hangUp = createHangUp(clock);
    hangUp.request();
    await clock.advance(1000);
    hangUp.clear();
    await clock.advance(60_000);
    expect(hangUp.signal.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("aborts nothing that is over, even if asked for afterwards", async () => {
    const clock = createFakeClock();
    const hangUp = createHangUp(clock);
    await clock.advance(1000);
    hangUp.clear();
    hangUp.request();
    await clock.advance(60_000);
    expect(hangUp.signal.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });
});
