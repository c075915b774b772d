import type { Fields, Log } from "../../src/core/log.ts";

export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Fields;
}

export interface FakeLog extends Log {
  readonly entries: LogEntry[];
  /** Everything logged, as one text: to look for what must not be there. */
  text(): string;
}

/** A log that only remembers. Children write into the same list. */
export function createFakeLog(entries: LogEntry[] = [], bound: Fields = {}): FakeLog {
  const write =
    (level: LogEntry["level"]) =>
    (message: string, fields: Fields = {}) =>
      void entries.push({ level, message, fields: { ...bound, ...fields } });
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (fields) => createFakeLog(entries, { ...bound, ...fields }),
    child: () => createFakeLog(entries, bound),
    entries,
    text: () => JSON.stringify(entries),
  };
}
