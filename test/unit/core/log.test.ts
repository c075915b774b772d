import { describe, expect, test } from "bun:test";
import { reasonOf } from "../../../src/core/log.ts";

describe("reasonOf()", () => {
  const coded = (message: string, code: unknown) => Object.assign(new Error(message), { code });
  const cases: [string, unknown, string][] = [
    ["an error's message", new Error("disk full"), "disk full"],
    ["its causes", new Error("a", { cause: new Error("b", { cause: "c" }) }), "a: b: c"],
    ["a cause only once", new Error("a: b", { cause: new Error("b") }), "a: b"],
    ["a code where there is no message", coded("", "ECONNREFUSED"), "ECONNREFUSED"],
    ["a name where there is neither", new TypeError(""), "TypeError"],
    [
      "the first of several",
      new AggregateError([new Error("one"), new Error("two")], "all"),
      "all: one",
    ],
    ["what is no error", "text", "text"],
    ["nothing", undefined, "undefined"],
  ];
  test.each(cases)("gives %s", (_what, error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });

  test("never gives a stack", () => {
    expect(reasonOf(new Error("one", { cause: new Error("two") }))).not.toContain("\n");
  });
});
