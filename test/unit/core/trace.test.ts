import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { traceOf } from "../../../src/core/trace.ts";

test("is the same for the same message of the same robot, and short", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (account, msgId) => {
      expect(traceOf(account, msgId)).toBe(traceOf(account, msgId));
      expect(traceOf(account, msgId)).toMatch(/^[0-9a-f]{10}$/);
    }),
  );
});

test("tells messages apart, also of two robots", () => {
  const ids = Array.from({ length: 20_000 }, (_, at) => traceOf("default", `msg${at}==`));
  expect(new Set(ids).size).toBeGreaterThan(19_990);
  expect(traceOf("work", "msg1==")).not.toBe(traceOf("home", "msg1=="));
});
