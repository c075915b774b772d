import { expect, test } from "bun:test";
import type { SessionClaim } from "../../../src/core/inbound/session.ts";
import { createClaimed } from "../../../src/store/claimed.ts";

const claim = (wanted: string, owner: string): SessionClaim => ({ wanted, owner });

test("what claims have been given is told apart by key and by owner", () => {
  const claimed = createClaimed<number>();
  const claims = [claim("a", "1"), claim("a", "2"), claim("b", "1"), claim("a", "3")];
  for (const [at, each] of claims.entries()) claimed.keep(each, at);
  expect(claims.map(claimed.of)).toEqual([0, 1, 2, 3]);
  expect([claim("b", "2"), claim("a", "4"), claim("c", "1")].map(claimed.of)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const copy = createClaimed<number>();
  for (const [each, given] of claimed) copy.keep(each, given);
  expect(claims.map(copy.of)).toEqual([0, 1, 2, 3]);
});

test("what claims have been given never grows beyond its bound, whoever shares a key", () => {
  const claimed = createClaimed<number>(10);
  for (let at = 0; at < 100; at++) {
    const newest = claim(at % 3 === 0 ? "shared" : `key ${at}`, `owner ${at}`);
    claimed.keep(newest, at);
    expect(claimed.of(newest)).toBe(at);
    expect([...claimed].length).toBeLessThanOrEqual(10);
  }
});
