import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { createRedactor } from "../../../src/core/redact.ts";
import { lastLinesOf, redacted, writeBundle } from "../../../src/doctor/bundle.ts";
import { secretFilesOf, secretsInJson } from "../../../src/doctor/facts.ts";
import { temporaryFolder } from "../../support/worker-process.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());
const inFolder = (name: string) => join(folder.path, name);

describe("without secrets", () => {
  test("a known one is nowhere, at whatever depth, in keys and in numbers", () => {
    const { text } = createRedactor(["the-secret-itself", "987654321"]);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (around) => {
        const value = {
          around,
          list: [{ deep: ["x the-secret-itself y"] }],
          "the-secret-itself": 1,
          number: 987_654_321,
          token: "anything at all",
        };
        const copy = JSON.stringify(redacted(value, text));
        expect(copy).not.toContain("the-secret-itself");
        expect(copy).not.toContain("987654321");
        expect(copy).not.toContain("anything at all");
      }),
      { numRuns: 50 },
    );
  });

  test("what is none stays as it is", () => {
    const value = { checks: [{ code: "DB101", ms: 12, ok: true, none: null }] };
    expect(redacted(value, createRedactor(["the-secret-itself"]).text)).toEqual(value);
  });
});

describe("the log's end", () => {
  const line = (subsystem: string, level: string, message: string) =>
    JSON.stringify({ time: "2026-11-22T20:01:07", level, subsystem, message });

  test("of OpenClaw's file only dingbridge's own lines, and no debug lines", () => {
    const path = inFolder("openclaw.log");
    const lines = [
      line("gateway/channels/dingtalk", "info", "connected"),
      line("openai-compat", "info", "the answer to somebody's question"),
      line("gateway/channels/dingtalkish", "info", "another's"),
      line("gateway/channels/dingtalk/work", "warn", "lost"),
      line("gateway/channels/dingtalk", "debug", "what somebody wrote"),
      "not JSON, so nobody knows whose",
    ];
    writeFileSync(path, `${lines.join("\n")}\n`);
    expect(lastLinesOf({ path, isShared: true })).toEqual([lines[0] ?? "", lines[3] ?? ""]);
  });

  test("of its own output plain lines too; the last 200, none of them torn", () => {
    const path = inFolder("autostart.log");
    const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at} ${"x".repeat(30)}`);
    writeFileSync(path, lines.join("\n"));
    expect(lastLinesOf({ path, isShared: false })).toEqual(lines.slice(-200));
    expect(lastLinesOf({ path: inFolder("none"), isShared: false })).toEqual([]);
    expect(lastLinesOf({ path: folder.path, isShared: false })).toEqual([]);
  });
});

describe("the file", () => {
  test("is for its owner alone, and never takes another's place", () => {
    const path = inFolder("bundle.json");
    expect(writeBundle(path, { one: 1 })).toEqual({ ok: true });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ one: 1 });
    expect(writeBundle(path, { two: 2 })).toMatchObject({ ok: false });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ one: 1 });
    symlinkSync(inFolder("elsewhere"), inFolder("link.json"));
    expect(writeBundle(inFolder("link.json"), {})).toMatchObject({ ok: false });
    expect(writeBundle(inFolder("no/such/folder.json"), {})).toMatchObject({ ok: false });
  });
});

describe("files with secrets", () => {
  test.each([
    ['{ channels: { dingtalk: { clientSecret: "abc" } } }', true],
    ['{ gateway: { auth: { token: "abc" } } }', true],
    ['{ channels: { dingtalk: { clientSecret: "${NAME}" } } }', false],
    ['{ channels: { dingtalk: { clientSecret: { source: "env", id: "NAME" } } } }', false],
    ['{ channels: { dingtalk: { clientId: "ding1" } } }', false],
    ["not JSON5 {", false],
  ])("%s: %p", (text, holdsSecret) => {
    const path = inFolder("file.json");
    writeFileSync(path, text);
    chmodSync(path, 0o640);
    const [found, ...more] = secretFilesOf([path, path, inFolder("none.json")]);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ path, holdsSecret });
    expect((found?.mode ?? 0) & 0o777).toBe(0o640);
  });

  test("secrets are found in lists and at depth", () => {
    const json = { a: [{ token: "one" }, { b: { apiKey: "two" } }], token: ["three"] };
    expect(secretsInJson(json)).toEqual(["one", "two"]);
  });
});
