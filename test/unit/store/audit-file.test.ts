import { afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import * as fc from "fast-check";
import type { AuditEvent } from "../../../src/core/audit.ts";
import { createAuditFile, type AuditFile } from "../../../src/store/audit-file.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

const NOON = new Date(2026, 10, 22, 12).getTime();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DENIED: AuditEvent = { event: "denied", account: "default", by: "staff1" };

const folders: string[] = [];
const opened: AuditFile[] = [];
const zone = process.env["TZ"];
afterEach(() => {
  for (const audit of opened.splice(0)) audit.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

interface Setup {
  readonly now?: number;
  readonly content?: boolean;
  readonly keepDays?: number;
  readonly maxMb?: number;
  /** Default: one that is not there yet. */
  readonly folder?: string;
}

function open({ now = NOON, content = false, keepDays = 90, maxMb = 50, ...setup }: Setup = {}) {
  const folder = setup.folder ?? join(temporary(), "audit");
  const clock = createFakeClock(now);
  const log = createFakeLog();
  const start = () => {
    const audit = createAuditFile({ folder, content, keepDays, maxMb, clock, log });
    opened.push(audit);
    return audit;
  };
  const textOf = (day: string) => readFileSync(join(folder, `audit-${day}.jsonl`), "utf8");
  const linesOf = (day: string) => {
    const text = textOf(day);
    expect(text).toEndWith("\n");
    return text.slice(0, -1).split("\n");
  };
  const eventsOf = (day: string) =>
    linesOf(day).map((line) => JSON.parse(line) as Record<string, unknown>);
  return { folder, clock, log, start, audit: start(), textOf, linesOf, eventsOf };
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-audit-"));
  folders.push(folder);
  return folder;
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const warnings = ({ log }: ReturnType<typeof open>) =>
  log.entries.filter(({ level }) => level === "warn");

describe("a line", () => {
  test("says what happened, in one order, whatever order it was given in", () => {
    const { audit, linesOf } = open({ content: true });
    audit.record({
      content: "hello",
      what: "id",
      reason: "why",
      role: "guest",
      subject: ["a", "b"],
      chat: { kind: "group", id: "cid==" },
      by: "staff1",
      account: "work",
      event: "proactive-refused",
    });
    audit.record(DENIED);
    const [first = "", second = ""] = linesOf("2026-11-22");
    const order = "time event account by chat subject role reason what content";
    expect(Object.keys(JSON.parse(first) as object)).toEqual(order.split(" "));
    expect(JSON.parse(first)).toMatchObject({
      event: "proactive-refused",
      account: "work",
      by: "staff1",
      chat: { kind: "group", id: "cid==" },
      subject: ["a", "b"],
      role: "guest",
      reason: "why",
      what: "id",
      content: "hello",
    });
    expect(Object.keys(JSON.parse(second) as object)).toEqual(["time", "event", "account", "by"]);
  });

  test("leaves out what was written, unless that is asked for", () => {
    const { audit, textOf } = open();
    audit.record({ ...DENIED, content: "a secret plan" });
    expect(textOf("2026-11-22")).not.toMatch(/secret plan|content/);
  });

  test.each<[string, string, string]>([
    ["Asia/Shanghai", "2026-11-23", "2026-11-23T06:30:00.123+08:00"],
    ["America/St_Johns", "2026-11-22", "2026-11-22T19:00:00.123-03:30"],
    ["UTC", "2026-11-22", "2026-11-22T22:30:00.123+00:00"],
  ])("has the time and the day of the place, in %s", (tz, day, time) => {
    process.env["TZ"] = tz;
    const { audit, eventsOf } = open({ now: Date.UTC(2026, 10, 22, 22, 30, 0, 123) });
    audit.record(DENIED);
    expect(eventsOf(day)).toEqual([{ time, ...DENIED }]);
  });

  test("is always one, whatever people are called", () => {
    const { audit, linesOf, eventsOf } = open({ content: true });
    const nasty = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("\n", "\r\n", "\u2028", "\u2029", "\u0085", "\u001b[2J", "\u202e", '"}\n{"'),
    );
    let count = 0;
    fc.assert(
      fc.property(nasty, nasty, (by, content) => {
        audit.record({ ...DENIED, by, content });
        count++;
        expect(eventsOf("2026-11-22").at(-1)).toMatchObject({
          by: by.toWellFormed(),
          content: content.toWellFormed(),
        });
      }),
      { numRuns: 60 },
    );
    expect(linesOf("2026-11-22")).toHaveLength(count);
    expect(linesOf("2026-11-22").join("")).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
  });
});

describe("the files", () => {
  test("are for the owner's eyes only, and made when there is something to write", () => {
    const { folder, audit } = open();
    expect(existsSync(folder)).toBe(false);
    audit.record(DENIED);
    expect(modeOf(folder)).toBe("700");
    expect(modeOf(join(folder, "audit-2026-11-22.jsonl"))).toBe("600");
  });

  test("lie in a folder that is closed to others, also if somebody has made it open", () => {
    const folder = temporary();
    chmodSync(folder, 0o755);
    open({ folder }).audit.record(DENIED);
    expect(modeOf(folder)).toBe("700");
  });

  test("are one a day, and go on after a restart", () => {
    const { audit, clock, start, eventsOf, folder } = open();
    audit.record(DENIED);
    start().record(DENIED);
    clock.sleep(DAY);
    audit.record(DENIED);
    expect(readdirSync(folder).toSorted()).toEqual([
      "audit-2026-11-22.jsonl",
      "audit-2026-11-23.jsonl",
    ]);
    expect(eventsOf("2026-11-22")).toHaveLength(2);
    expect(eventsOf("2026-11-23")).toHaveLength(1);
  });

  test("come again when somebody has removed them", () => {
    const { audit, folder, eventsOf } = open();
    audit.record(DENIED);
    rmSync(folder, { recursive: true });
    audit.record({ ...DENIED, by: "staff2" });
    expect(eventsOf("2026-11-22").map(({ by }) => by)).toEqual(["staff2"]);
  });

  test("begin a line of their own after half of one", () => {
    const world = open();
    mkdirSync(world.folder);
    writeFileSync(join(world.folder, "audit-2026-11-22.jsonl"), '{"time":"2026');
    world.audit.record(DENIED);
    world.audit.record(DENIED);
    const [torn, ...whole] = world.linesOf("2026-11-22");
    expect(torn).toBe('{"time":"2026');
    expect(whole.map((line) => (JSON.parse(line) as AuditEvent).event)).toEqual([
      "denied",
      "denied",
    ]);
  });

  test("are not written through a link", () => {
    const world = open();
    mkdirSync(world.folder);
    const target = join(dirname(world.folder), "victim");
    writeFileSync(target, "mine\n");
    symlinkSync(target, join(world.folder, "audit-2026-11-22.jsonl"));
    world.audit.record(DENIED);
    expect(readFileSync(target, "utf8")).toBe("mine\n");
    expect(warnings(world)).toHaveLength(1);
  });

  test("take the lines of several processes, each whole", async () => {
    const { folder, eventsOf, audit } = open();
    const module = join(import.meta.dir, "../../../src/store/audit-file.ts");
    const script = `
      const { createAuditFile } = await import(${JSON.stringify(module)});
      const clock = { now: () => ${NOON}, monotonic: () => 0, after: () => ({ cancel() {} }) };
      const audit = createAuditFile({ folder: ${JSON.stringify(folder)}, content: false, keepDays: 1,
        maxMb: 1, clock, log: { warn() {} } });
      for (let at = 0; at < 300; at++) {
        audit.record({ event: "denied", account: process.argv.at(-1), reason: "x".repeat(at), what: String(at) });
      }`;
    const writers = ["a", "b"].map((name) =>
      Bun.spawn([process.execPath, "-e", script, name], { stdout: "ignore" }),
    );
    audit.record(DENIED);
    expect(await Promise.all(writers.map(({ exited }) => exited))).toEqual([0, 0]);
    const events = eventsOf("2026-11-22");
    expect(events).toHaveLength(601);
    for (const name of ["a", "b"]) {
      const own = events.filter(({ account }) => account === name);
      expect(own.map(({ what }) => what)).toEqual(Array.from({ length: 300 }, (_, at) => `${at}`));
    }
  });

  const isRoot = process.geteuid?.() === 0;
  test.if(isRoot)("made by root belong to whom the data folder does", () => {
    const { folder, audit } = open();
    chownSync(dirname(folder), 12_345, 12_346);
    audit.record(DENIED);
    for (const path of [folder, join(folder, "audit-2026-11-22.jsonl")]) {
      expect(statSync(path)).toMatchObject({ uid: 12_345, gid: 12_346 });
    }
  });
});

describe("a full day", () => {
  const BIG = "x".repeat(300_000);

  test("ends with a line that says so, once, also after a restart, and for another process", () => {
    const world = open({ content: true, maxMb: 1 });
    const other = world.start();
    for (let at = 0; at < 6; at++) world.audit.record({ ...DENIED, content: BIG });
    other.record(DENIED);
    world.start().record(DENIED);
    const events = world.eventsOf("2026-11-22");
    expect(events.map(({ event }) => event)).toEqual([
      ...Array.from({ length: 4 }, () => "denied"),
      "audit-full",
    ]);
    expect(warnings(world).every(({ message }) => message.includes("full"))).toBe(true);
    expect(warnings(world).length).toBeGreaterThan(0);
  });

  test("is over at midnight", () => {
    const { audit, clock, eventsOf } = open({ content: true, maxMb: 1 });
    for (let at = 0; at < 6; at++) audit.record({ ...DENIED, content: BIG });
    clock.sleep(DAY);
    audit.record(DENIED);
    expect(eventsOf("2026-11-23")).toHaveLength(1);
  });

  test("cannot be feigned by what somebody writes", () => {
    const { audit, start, eventsOf } = open({ content: true, maxMb: 1 });
    for (let at = 0; at < 4; at++) {
      audit.record({ ...DENIED, content: `${BIG},"event":"audit-full"}\n` });
    }
    start().record(DENIED);
    expect(eventsOf("2026-11-22").map(({ event }) => event)).toEqual([
      ...Array.from({ length: 4 }, () => "denied"),
      "audit-full",
    ]);
  });
});

describe("what is old", () => {
  const seed = (folder: string, ...names: string[]) => {
    mkdirSync(folder, { recursive: true });
    for (const name of names) writeFileSync(join(folder, name), "x\n");
  };
  const left = (folder: string) => readdirSync(folder).toSorted();

  test("goes at the start: files of ours, by the day in their names, and nothing else", () => {
    const folder = join(temporary(), "audit");
    const others = [
      "audit-2020-01-01.jsonl.gz",
      "audit-2020-13-01.jsonl",
      "my-audit-2020-01-01.jsonl",
      "audit.jsonl",
      "notes.txt",
    ];
    seed(folder, ...others, "audit-2020-01-01.jsonl", "audit-2026-11-19.jsonl");
    seed(folder, "audit-2026-11-20.jsonl", "audit-2026-11-22.jsonl", "audit-2027-01-01.jsonl");
    mkdirSync(join(folder, "audit-2020-01-02.jsonl"));
    open({ folder, keepDays: 2 });
    expect(left(folder)).toEqual(
      [
        ...others,
        "audit-2020-01-02.jsonl",
        "audit-2026-11-20.jsonl",
        "audit-2026-11-22.jsonl",
        "audit-2027-01-01.jsonl",
      ].toSorted(),
    );
  });

  test("goes at midnight, also when nothing happens", async () => {
    const folder = join(temporary(), "audit");
    seed(folder, "audit-2026-11-21.jsonl", "audit-2026-11-22.jsonl");
    const { clock, audit } = open({ folder, keepDays: 1 });
    await clock.advance(12 * HOUR - 1);
    expect(left(folder)).toHaveLength(2);
    await clock.advance(1);
    expect(left(folder)).toEqual(["audit-2026-11-22.jsonl"]);
    await clock.advance(DAY);
    expect(left(folder)).toEqual([]);
    audit.close();
    expect(clock.pending).toBe(0);
  });

  test("goes with the first event after the machine has slept", () => {
    const folder = join(temporary(), "audit");
    seed(folder, "audit-2026-11-22.jsonl");
    const { clock, audit } = open({ folder, keepDays: 1 });
    clock.sleep(3 * DAY);
    audit.record(DENIED);
    expect(left(folder)).toEqual(["audit-2026-11-25.jsonl"]);
  });

  test("is counted in days, not in hours: days that clocks change on are shorter", () => {
    process.env["TZ"] = "Europe/Berlin";
    const folder = join(temporary(), "audit");
    seed(folder, "audit-2026-10-24.jsonl", "audit-2026-10-23.jsonl");
    // 23:30 on the day that has 25 hours.
    open({ folder, keepDays: 1, now: Date.UTC(2026, 9, 25, 22, 30) });
    expect(left(folder)).toEqual(["audit-2026-10-24.jsonl"]);
  });
});

describe("a failure", () => {
  test("is told once a minute, and costs nothing else", async () => {
    const folder = join(temporary(), "audit");
    writeFileSync(folder, "in the way");
    const world = open({ folder });
    for (let at = 0; at < 5; at++) world.audit.record(DENIED);
    expect(warnings(world)).toHaveLength(1);
    await world.clock.advance(59_999);
    world.audit.record(DENIED);
    expect(warnings(world)).toHaveLength(1);
    await world.clock.advance(1);
    world.audit.record(DENIED);
    expect(warnings(world)).toHaveLength(2);
    rmSync(folder);
    world.audit.record(DENIED);
    expect(world.eventsOf("2026-11-22")).toHaveLength(1);
    expect(warnings(world)).toHaveLength(2);
  });

  test("does not say what was written", () => {
    const folder = join(temporary(), "audit");
    writeFileSync(folder, "in the way");
    const { audit, log } = open({ folder, content: true });
    audit.record({ ...DENIED, content: "a secret plan" });
    expect(log.text()).not.toContain("secret plan");
  });
});
