import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Clock, Timer } from "../core/clock.ts";
import { reasonOf, type Fields } from "../core/log.ts";
import { appendLines } from "./append.ts";
import { dayOf } from "./local-time.ts";

export interface OpenclawFileOptions {
  /** Where OpenClaw keeps its log; made when it is first needed. */
  readonly folder: string;
  /** Its timers must not keep the process alive. */
  readonly clock: Pick<Clock, "after">;
  /** Says what is wrong with the file: elsewhere. */
  readonly warn: (message: string, fields: Fields) => void;
  /** Of one day, from this process. */
  readonly maxBytes?: number;
  readonly append?: (folder: string, name: string, lines: string) => void;
}

export interface OpenclawFile {
  /** A line, line feed included, of this time. Never throws. */
  write(time: number, line: string): void;
  /** Writes what has gathered, before it returns. */
  flush(): void;
}

const BATCH_MS = 100;
/** In characters. One write of this size is not mixed with another process's. */
const BATCH_SIZE = 32_768;
const MAX_BYTES = 50 * 1024 * 1024;
const KEEP_DAYS = 7;
const DAY_MS = 86_400_000;
const DAILY = /^openclaw-(\d{4}-\d\d-\d\d)\.log$/;
/** It may work again any moment. All else is left alone until the next day. */
const PASSING = new Set(["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "EAGAIN", "EINTR"]);

/**
 * Lines in OpenClaw's own daily file, beside the gateway's: a few at a time, written at once, so that the
 * last ones are there after a crash too. What cannot be written is lost, and told once a day.
 */
export function createOpenclawFile(options: OpenclawFileOptions): OpenclawFile {
  const { folder, clock, warn, maxBytes = MAX_BYTES, append = appendLines } = options;
  let lines: string[] = [];
  let size = 0;
  let timer: Timer | undefined;
  let today = "";
  let written = 0;
  let isOff = false;
  let isTold = false;

  const tell = (message: string, fields: Fields) => {
    if (!isTold) warn(message, { folder, setting: "log.dir", ...fields });
    isTold = true;
  };

  const flush = () => {
    timer?.cancel();
    timer = undefined;
    if (lines.length === 0) return;
    const batch = lines.join("");
    lines = [];
    size = 0;
    try {
      append(folder, `openclaw-${today}.log`, batch);
      if (written === 0) forget(folder, today);
      written += Buffer.byteLength(batch);
    } catch (error) {
      fail(error);
    }
  };

  const fail = (error: unknown) => {
    const reason = reasonOf(error);
    if (PASSING.has(String((error as { code?: unknown }).code))) {
      return tell("OpenClaw's log file takes no lines: they are missing there", { reason });
    }
    isOff = true;
    tell("OpenClaw's log file is not written to today", { reason });
  };

  const turnTo = (day: string) => {
    flush();
    today = day;
    written = 0;
    isOff = false;
    isTold = false;
  };

  return {
    write(time, line) {
      const day = dayOf(time);
      if (day !== today) turnTo(day);
      if (isOff) return;
      if (written + size + line.length > maxBytes) {
        flush();
        isOff = true;
        return tell("OpenClaw's log file has had enough lines from here for today", { maxBytes });
      }
      lines.push(line);
      size += line.length;
      if (size >= BATCH_SIZE) flush();
      else timer ??= clock.after(BATCH_MS, flush);
    },
    flush,
  };
}

/** A gateway deletes them after a day. Where there is none on this machine, nobody else would. */
function forget(folder: string, today: string) {
  const oldest = dayOf(Date.parse(`${today}T12:00:00`) - KEEP_DAYS * DAY_MS);
  try {
    for (const name of readdirSync(folder)) {
      const [, day] = DAILY.exec(name) ?? [];
      if (day === undefined || day >= oldest) continue;
      const file = join(folder, name);
      const stats = lstatSync(file);
      if (stats.isFile() && stats.uid === (process.getuid?.() ?? stats.uid)) rmSync(file);
    }
  } catch {
    // Whoever else cleans up here may have been faster.
  }
}
