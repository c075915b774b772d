import { describe, expect, test } from "bun:test";
import { DeadlineError, deadline } from "../../../src/core/clock.ts";
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
