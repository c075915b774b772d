import { expect, test } from "bun:test";
import { createCounters } from "../../../src/core/counters.ts";

test("createCounters() counts from nothing, by one or by many", () => {
  const counters = createCounters();
  expect(counters.read()).toEqual({});
  counters.count("acks");
  counters.count("acks", 4);
  counters.count("frames");
  expect(counters.read()).toEqual({ acks: 5, frames: 1 });
});

test("createCounters() gives a copy that does not change", () => {
  const counters = createCounters();
  const before = counters.read();
  counters.count("acks");
  expect(before).toEqual({});
});
