import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Audit, AuditEvent } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { reasonOf, type Log } from "../core/log.ts";

export interface AuditFileOptions {
  /** Made when it is first needed. */
  readonly folder: string;
  /** Keeps what was written beside each decision. */
  readonly content: boolean;
  readonly keepDays: number;
  /** Of one day's file. */
  readonly maxMb: number;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
const TELL_EVERY_MS = 60_000;
const OURS = /^audit-(\d{4}-\d\d-\d\d)\.jsonl$/;
const FULL = "audit-full";

/**
 * One file a day, one JSON object a line, for the owner's eyes only. Written at once and whole: there are
 * a few decisions a second at most, each is to be there after a crash, and with one append a line the
 * worker and the command line can write into the same file.
 */
export function createAuditFile(options: AuditFileOptions): Audit {
  const { folder, clock, log } = options;
  const maxBytes = options.maxMb * 1024 * 1024;
  let today: string | undefined;
  let full: string | undefined;
  let toldAt = -Infinity;

  const write = (event: AuditEvent) => {
    const now = clock.now();
    const day = dayOf(now);
    if (day !== today) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      forget(now);
      today = day;
    }
    if (full === day) return;
    const file = join(folder, `audit-${day}.jsonl`);
    // A link in its place is not followed: it would be written to wherever it leads.
    const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
    const to = openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      if (fstatSync(to).size >= maxBytes) {
        full = day;
        writeSync(to, `${JSON.stringify({ time: timeOf(now), event: FULL })}\n`);
        log.warn("the day's audit file is full: decisions are not written down until tomorrow", {
          setting: "audit.maxMb",
        });
        return;
      }
      writeSync(to, `${lineOf(event, now)}\n`);
    } finally {
      closeSync(to);
    }
  };

  const lineOf = (event: AuditEvent, now: number) => {
    const { account, by, chat, subject, role, reason, what, content } = event;
    return JSON.stringify({
      time: timeOf(now),
      event: event.event,
      account,
      by,
      chat,
      subject,
      role,
      reason,
      what,
      ...(options.content ? { content } : {}),
    });
  };

  const forget = (now: number) => {
    const oldest = dayOf(now - options.keepDays * DAY_MS);
    for (const name of readdirSync(folder)) {
      const [, day] = OURS.exec(name) ?? [];
      if (day !== undefined && day < oldest) rmSync(join(folder, name), { force: true });
    }
    // An older version, or a person, may have made it for all to read.
    chmodSync(folder, 0o700);
  };

  return {
    record(event) {
      try {
        write(event);
      } catch (error) {
        const now = clock.now();
        if (now - toldAt < TELL_EVERY_MS) return;
        toldAt = now;
        log.warn("a decision could not be written into the audit", { reason: reasonOf(error) });
      }
    },
  };
}

/** On the machine's clock: "2026-11-22". */
const dayOf = (now: number) => timeOf(now).slice(0, 10);

/** "2026-11-22T20:01:07.123+08:00". */
function timeOf(now: number): string {
  const offset = -new Date(now).getTimezoneOffset();
  const local = new Date(now + offset * 60_000).toISOString().slice(0, -1);
  const two = (count: number) => String(count).padStart(2, "0");
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local}${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}
