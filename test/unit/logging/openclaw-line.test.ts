import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Entry } from "../../../src/logging/entry.ts";
import { openclawLine } from "../../../src/logging/openclaw-line.ts";

const entry: Entry = {
  level: "warning",
  path: ["stream"],
  message: "not connected to DingTalk",
  fields: { reason: "timeout", attempts: 3, left: undefined },
  time: Date.UTC(2026, 10, 22, 12, 0, 1, 7),
};

/** As openclaw 2026.9.6 reads a line: logs, channels logs and the control page all do. */
function readByOpenclaw(line: string) {
  const parsed = JSON.parse(line) as Record<string, unknown>;
  const meta = parsed["_meta"] as Record<string, unknown> | undefined;
  const named = (raw: unknown) =>
    typeof raw === "string" && raw.startsWith("{")
      ? (JSON.parse(raw) as Record<string, unknown>)
      : {};
  return {
    time: parsed["time"] ?? meta?.["date"],
    level: meta?.["logLevelName"] ?? parsed["level"],
    subsystem:
      named(meta?.["name"])["subsystem"] ?? named(parsed["0"])["subsystem"] ?? parsed["subsystem"],
    module: named(meta?.["name"])["module"] ?? named(parsed["0"])["module"],
    message: parsed["message"],
  };
}

describe("openclawLine()", () => {
  test("is one that OpenClaw's readers understand", () => {
    const line = openclawLine(entry);
    const read = readByOpenclaw(line);
    expect(read).toMatchObject({
      level: "warn",
      subsystem: "gateway/channels/dingtalk/stream",
      message: "not connected to DingTalk reason=timeout attempts=3",
    });
    // In local time with its offset, as the gateway's own lines.
    expect(read.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.007[+-]\d\d:\d\d$/);
    expect(Date.parse(String(read.time))).toBe(entry.time);
    expect(line.endsWith("}\n")).toBe(true);
  });

  test.each([
    ["debug", "debug"],
    ["info", "info"],
    ["warning", "warn"],
    ["error", "error"],
  ] as const)("calls %s what OpenClaw calls it", (level, name) => {
    expect(readByOpenclaw(openclawLine({ ...entry, level })).level).toBe(name);
  });

  test("has the fields as properties", () => {
    expect(JSON.parse(openclawLine(entry))).toMatchObject({ reason: "timeout", attempts: 3 });
  });

  test("keeps a field from being read for something else", () => {
    const names = ["0", "1", "_meta", "time", "level", "subsystem", "message", "module", "name"];
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.oneof(fc.constantFrom(...names), fc.string()),
          fc.oneof(fc.string(), fc.constant('{"subsystem":"gateway","module":"x"}'), fc.object()),
        ),
        (fields) => {
          const plain = readByOpenclaw(openclawLine({ ...entry, fields: {} }));
          const { message, ...rest } = readByOpenclaw(openclawLine({ ...entry, fields }));
          const { message: said, ...expected } = plain;
          expect(rest).toEqual(expected);
          expect(String(message).startsWith(String(said))).toBe(true);
        },
      ),
    );
  });

  test("stays one line of a bearable length", () => {
    const long = "x".repeat(50_000);
    const line = openclawLine({ ...entry, fields: { reason: long, list: Array(50).fill(long) } });
    expect(line.length).toBeLessThan(20_000);
    expect(readByOpenclaw(line).message).toStartWith(`${entry.message} reason=xxx`);
  });

  test("shows a terminal nothing that steers it, read or as it is", () => {
    const nick = "\u001b[2J\u009b31m\n\u2028\u202e";
    const line = openclawLine({ ...entry, fields: { nick } });
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(readByOpenclaw(line).message).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(JSON.parse(line)).toMatchObject({ nick });
  });
});
