import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Audit, AuditEvent } from "../core/audit.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { reasonOf, type Log } from "../core/log.ts";

export interface AuditFileOptions {
  /** Made when there is something to write. */
  readonly folder: string;
  /** Writes down `content` too. */
  readonly content: boolean;
  /** Files of days longer ago are deleted. */
  readonly keepDays: number;
  /** What one day's file may grow to. */
  readonly maxMb: number;
  readonly clock: Pick<Clock, "now" | "monotonic" | "after">;
  readonly log: Pick<Log, "warn">;
}

export interface AuditFile extends Audit {
  /** Looks for old files no more. What is still recorded is written all the same. */
  close(): void;
}

const WARN_EVERY_MS = 60_000;
/** Somebody else's file in the folder is nobody's to delete. */
const OURS = /^audit-(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))\.jsonl$/;

/**
 * One JSON line a decision, in `<folder>/audit-YYYY-MM-DD.jsonl` of the local day. Several processes may
 * write at the same time.
 *
 * It writes synchronously: there are a few decisions a second at most, and so each is in its file, in
 * order, before anybody sees what came of it, also when the process dies right after.
 */
export function createAuditFile(options: AuditFileOptions): AuditFile {
  const { folder, keepDays, clock, log } = options;
  const limit = options.maxMb * 1024 * 1024;
  let swept: string | undefined;
  let full: string | undefined;
  /** The file whose last line is known to be whole. */
  let sound: string | undefined;
  let warnedAt = -Infinity;
  let timer: Timer | undefined;

  const warn = (message: string, error: unknown) =>
    log.warn(message, { folder, reason: reasonOf(error) });

  const sweep = (now: number) => {
    const day = dayOf(now);
    if (day === swept) return;
    swept = day;
    try {
      removeOld(folder, oldestKept(now, keepDays));
    } catch (error) {
      warn("old audit files cannot be removed", error);
    }
  };

  /** The day may change without anything to write down; a machine that sleeps is only late. */
  const sweepDaily = () => {
    const now = clock.now();
    sweep(now);
    timer = clock.after(nextDay(now) - now, sweepDaily);
  };
  sweepDaily();

  return {
    record(event) {
      try {
        const now = clock.now();
        sweep(now);
        const path = join(folder, `audit-${dayOf(now)}.jsonl`);
        if (path === full) return;
        const isSound = path === sound;
        sound = undefined;
        makeFolder(folder, isSound);
        const line = lineOf(now, options.content ? event : { ...event, content: undefined });
        if (append(path, line, { isSound, limit, last: fullLine(now) })) sound = path;
        else {
          full = path;
          log.warn("the audit of this day is full: nothing more is written", { path });
        }
      } catch (error) {
        const now = clock.monotonic();
        if (now - warnedAt < WARN_EVERY_MS) return;
        warnedAt = now;
        warn("the audit cannot be written", error);
      }
    },
    close: () => timer?.cancel(),
  };
}

/** ISO 8601 as a clock on the wall shows it, with its offset: 2026-11-23T09:30:00.123+08:00. */
export function localTime(at: number): string {
  const offset = -new Date(at).getTimezoneOffset();
  const wall = new Date(at + offset * 60_000).toISOString().slice(0, -1);
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  const size = Math.abs(offset);
  return `${wall}${offset < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

const dayOf = (at: number) => localTime(at).slice(0, 10);

/** Midnight `days` after the one this day began with. Days are not all 24 hours long. */
function midnight(at: number, days: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}

const nextDay = (now: number) => midnight(now, 1);

const oldestKept = (now: number, keepDays: number) => dayOf(midnight(now, -keepDays));

/** Field by field, for one order in every line. */
function lineOf(now: number, given: AuditEvent): string {
  const { event, account, by, chat, subject, role, reason, what, content } = given;
  const time = localTime(now);
  return `${inert(JSON.stringify({ time, event, account, by, chat, subject, role, reason, what, content }))}\n`;
}

/**
 * What JSON leaves as it is and some readers take for the end of a line, terminals for a command, and
 * eyes for another order.
 */
function inert(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const FULL = '"event":"audit-full"}\n';
const fullLine = (now: number) => `{"time":"${localTime(now)}",${FULL}`;

interface Appending {
  /** Nothing needs to be looked at before. */
  readonly isSound: boolean;
  /** Bytes from which on there is only `last` to add, once. */
  readonly limit: number;
  readonly last: string;
}

/** False if the file is full. */
function append(path: string, line: string, { isSound, limit, last }: Appending): boolean {
  // Windows has no O_NOFOLLOW.
  const { O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;
  const { O_RDWR, O_APPEND, O_CREAT } = constants;
  const file = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error(`${path} is not a file`);
    const { size } = found;
    if (size === 0) handOver(dirname(path), (uid, gid) => fchownSync(file, uid, gid));
    const isFull = size >= limit;
    const tail = isSound && !isFull ? "\n" : endOf(file, size);
    if (isFull && tail.endsWith(FULL)) return false;
    // A process that died, or a full disk, may have left half a line.
    const start = size === 0 || tail.endsWith("\n") ? "" : "\n";
    const bytes = new TextEncoder().encode(start + (isFull ? last : line));
    // In one go, so that nobody else's line gets in between.
    if (writeSync(file, bytes) < bytes.length) throw new Error(`${path}: only a part was written`);
    return !isFull;
  } finally {
    closeSync(file);
  }
}

function endOf(file: number, size: number): string {
  const bytes = new Uint8Array(Math.min(size, FULL.length));
  const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
  return new TextDecoder().decode(bytes.subarray(0, read));
}

function makeFolder(folder: string, isSound: boolean): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) handOver(dirname(folder), (uid, gid) => chownSync(folder, uid, gid));
  else if (!isSound) closeToOthers(folder);
}

/** A person may have made it for all to read. */
function closeToOthers(folder: string): void {
  try {
    chmodSync(folder, 0o700);
  } catch {
    // Not ours to change: the files in it are closed all the same.
  }
}

/** What root makes belongs to whom the folder around it does: a worker that is not root writes there too. */
function handOver(around: string, change: (uid: number, gid: number) => void): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(around);
  if (uid !== 0) change(uid, gid);
}

function removeOld(folder: string, oldest: string): void {
  let failure: unknown;
  for (const entry of entriesOf(folder)) {
    const day = OURS.exec(entry.name)?.[1];
    if (day === undefined || day >= oldest || !entry.isFile()) continue;
    try {
      unlinkSync(join(folder, entry.name));
    } catch (error) {
      // Another process was faster.
      if (!isMissing(error)) failure = error;
    }
  }
  if (failure !== undefined) throw failure;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** ENOTDIR: a file is in the folder's place. */
function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ENOENT" || code === "ENOTDIR";
}
