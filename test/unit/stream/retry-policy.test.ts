import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createRetryPolicy, type Failure } from "../../../src/core/stream/retry-policy.ts";

const times = (count: number) => Array.from({ length: count });

describe("createRetryPolicy()", () => {
  test.each<[Failure, number[]]>([
    ["unavailable", [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]],
    ["link", [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]],
    ["credentials", [60_000, 60_000, 60_000]],
    ["configuration", [60_000, 60_000, 60_000]],
    ["refused", [60_000, 60_000, 60_000]],
  ])("waits between failures: %s", (kind, waits) => {
    const policy = createRetryPolicy(() => 0);
    expect(waits.map(() => policy.failed(kind))).toEqual(waits);
    expect(policy.failures).toBe(waits.length);
  });

  test("never waits longer than 30 s for a link, and never less than 70 % of the wait", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(200), (chance, before) => {
        const policy = createRetryPolicy(() => chance);
        const full = createRetryPolicy(() => 0);
        for (const _ of times(before)) {
          policy.failed("link");
          full.failed("link");
        }
        const wait = policy.failed("link");
        const most = full.failed("link");
        expect(wait).toBeLessThanOrEqual(most);
        expect(wait).toBeGreaterThanOrEqual(0.7 * most - 1);
        expect(most).toBeLessThanOrEqual(30_000);
      }),
    );
  });

  test("replaces a link that was sent away at once, and slower when it happens again", () => {
    const policy = createRetryPolicy(() => 0);
    const waits = times(8).map(() => policy.sentAway());
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    policy.lived();
    expect(policy.sentAway()).toBe(0);
  });

  test("notices the third young death, once until a link has lived", () => {
    const policy = createRetryPolicy(() => 0);
    const series = () => times(6).map(() => policy.diedYoung());
    expect(series()).toEqual([false, false, true, false, false, false]);
    expect(series()).not.toContain(true);
    policy.lived();
    expect(series()).toEqual([false, false, true, false, false, false]);
  });

  test("starts the waits again when circumstances have changed, and forgets nothing else", () => {
    const policy = createRetryPolicy(() => 0);
    for (const _ of times(10)) policy.failed("link");
    for (const _ of times(3)) policy.diedYoung();
    policy.refresh();
    expect(policy.failures).toBe(0);
    expect(policy.failed("link")).toBe(1000);
    expect(times(6).map(() => policy.diedYoung())).not.toContain(true);
  });
});
