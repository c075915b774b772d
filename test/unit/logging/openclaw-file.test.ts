import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createOpenclawFile } from "../../../src/logging/openclaw-file.ts";
import { RefusedError } from "../../../src/logging/append.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { createFolder, dailyName, removeFolders } from "./_streams.ts";

afterEach(removeFolders);

const HOUR = 3_600_000;
const noon = new Date(2026, 10, 22, 12).getTime();
const tomorrow = noon + 24 * HOUR;

/** A file that is only a list of what was appended, and may refuse. */
function opened(maxBytes?: number) {
  const clock = createFakeClock(noon);
  const log = createFakeLog();
  const appended: { name: string; lines: string }[] = [];
  const state: { failure: Error | undefined; tries: number } = { failure: undefined, tries: 0 };
  const file = createOpenclawFile({
    folder: "/tmp/openclaw",
    clock,
    warn: log.warn,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    append(_folder, name, lines) {
      state.tries++;
      if (state.failure !== undefined) throw state.failure;
      appended.push({ name, lines });
    },
  });
  return { file, clock, log, appended, state };
}

const coded = (code: string) => Object.assign(new Error(`${code}: no`), { code });

describe("createOpenclawFile()", () => {
  test("writes a burst of lines at once, shortly after the first", async () => {
    const { file, clock, appended } = opened();
    for (const word of ["one", "two", "three"]) file.write(noon, `${word}\n`);
    expect(appended).toEqual([]);
    await clock.advance(100);
    expect(appended).toEqual([{ name: dailyName(noon), lines: "one\ntwo\nthree\n" }]);
    await clock.advance(10_000);
    expect(appended).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("writes at once when asked to, and nothing twice", async () => {
    const { file, clock, appended } = opened();
    file.write(noon, "one\n");
    file.flush();
    file.flush();
    await clock.advance(1000);
    expect(appended.map(({ lines }) => lines)).toEqual(["one\n"]);
  });

  test("does not let many lines gather", () => {
    const { file, appended } = opened();
    const line = `${"x".repeat(999)}\n`;
    for (let count = 0; count < 100; count++) file.write(noon, line);
    expect(appended.length).toBeGreaterThan(1);
    for (const { lines } of appended) expect(lines.length).toBeLessThanOrEqual(65_536);
  });

  test("puts each line into the file of its own day", () => {
    const { file, appended } = opened();
    file.write(noon + 11 * HOUR, "late\n");
    file.write(noon + 13 * HOUR, "early\n");
    file.flush();
    expect(appended).toEqual([
      { name: dailyName(noon), lines: "late\n" },
      { name: dailyName(tomorrow), lines: "early\n" },
    ]);
  });

  test.each([new RefusedError("the folder is a symbolic link"), coded("EACCES")])(
    "says once why the place is not used, and leaves it alone until the next day: %s",
    (failure) => {
      const { file, log, state, appended } = opened();
      state.failure = failure;
      for (const word of ["one", "two", "three"]) {
        file.write(noon, `${word}\n`);
        file.flush();
      }
      expect(state.tries).toBe(1);
      expect(log.entries).toHaveLength(1);
      expect(log.entries[0]).toMatchObject({
        level: "warn",
        fields: { reason: failure.message, setting: "log.dir" },
      });
      state.failure = undefined;
      file.write(tomorrow, "four\n");
      file.flush();
      expect(appended.map(({ lines }) => lines)).toEqual(["four\n"]);
    },
  );

  test("goes on trying on a full disk, and tells of it once a day", () => {
    const { file, log, state, appended } = opened();
    const say = (time: number, word: string) => {
      file.write(time, `${word}\n`);
      file.flush();
    };
    state.failure = coded("ENOSPC");
    for (const word of ["one", "two", "three"]) say(noon, word);
    expect(log.entries).toHaveLength(1);
    state.failure = undefined;
    say(noon, "four");
    state.failure = coded("ENOSPC");
    say(noon, "five");
    expect(log.entries).toHaveLength(1);
    expect(appended.map(({ lines }) => lines)).toEqual(["four\n"]);
    say(tomorrow, "six");
    expect(log.entries).toHaveLength(2);
  });

  test("stops at the day's limit, says so once, and goes on the next day", () => {
    const { file, log, appended } = opened(1000);
    const line = `${"x".repeat(99)}\n`;
    for (let count = 0; count < 50; count++) file.write(noon, line);
    file.flush();
    expect(appended.map(({ lines }) => lines).join("")).toHaveLength(1000);
    expect(log.entries).toHaveLength(1);
    file.write(tomorrow, line);
    file.flush();
    expect(appended.at(-1)).toEqual({ name: dailyName(tomorrow), lines: line });
  });

  test("removes daily files of more than a week ago, and nothing else", () => {
    const folder = createFolder();
    const kept = [
      dailyName(noon),
      dailyName(noon - 6 * 24 * HOUR),
      "openclaw-other-2026-01-01.log",
      "notes.log",
    ];
    for (const name of [...kept, "openclaw-2026-01-01.log"]) {
      writeFileSync(join(folder, name), "", { mode: 0o600 });
      utimesSync(join(folder, name), 0, 0);
    }
    const file = createOpenclawFile({
      folder,
      clock: createFakeClock(noon),
      warn: createFakeLog().warn,
    });
    file.write(noon, "one\n");
    file.flush();
    expect(readdirSync(folder).toSorted()).toEqual(kept.toSorted());
  });
});
