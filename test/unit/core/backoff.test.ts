import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { backoffMs } from "../../../src/core/backoff.ts";

describe("backoffMs()", () => {
  test("doubles from 1 s to 60 s and stays there", () => {
    const waits = Array.from({ length: 9 }, (_, attempt) => backoffMs(attempt, () => 0));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("takes at most 30 % off by chance", () => {
    expect(backoffMs(0, () => 0.999_999)).toBe(700);
    expect(backoffMs(20, () => 0.999_999)).toBe(42_000);
  });

  test("stays between 0.7 s and 60 s for any attempt, however late", () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), chance, (attempt, random) => {
        const wait = backoffMs(attempt, () => random);
        expect(wait).toBeGreaterThanOrEqual(700);
        expect(wait).toBeLessThanOrEqual(60_000);
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });
});
