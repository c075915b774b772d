import process from "node:process";
import { setTimeout } from "node:timers";
import { configureSync, getLogger, type Logger, type LogRecord } from "@logtape/logtape";
import type { Clock } from "./core/clock.ts";
import type { Fields, Log } from "./core/log.ts";
import { createRedactor, type Redactor } from "./core/redact.ts";
import { ROOT, consoleFormatter, isJson, type LogFormat } from "./logging/console.ts";
import { LEVELS, type Entry, type Level } from "./logging/entry.ts";
import { createOpenclawFile, type OpenclawFile } from "./logging/openclaw-file.ts";
import { openclawLine } from "./logging/openclaw-line.ts";

export type { LogFormat } from "./logging/console.ts";
export type { Level } from "./logging/entry.ts";

export interface LoggingOptions {
  /** Of the console. By default "auto": text on a terminal, JSON lines otherwise. */
  readonly format?: LogFormat | undefined;
  /** The folder of OpenClaw's daily log, which gets every line too. "" and false, the default: none does. */
  readonly dir?: string | false | undefined;
  /** What no line may hold, from the first one on. */
  readonly secrets?: readonly string[] | undefined;
}

/** The core's log, and what a process does with it. */
export interface Logging extends Log {
  /** From the next line on. */
  setLevel(level: Level): void;
  /** From now on no line holds this. "passing": one of many, like access tokens; the latest 128 are remembered. */
  hide(secret: string, kind?: "lasting" | "passing"): void;
  /** Writes what waits to be written. Happens by itself after 100 ms, and when the process ends. */
  flush(): void;
}

type Sink = (entry: Entry) => void;

/** Its timers let the process end. */
const clock: Pick<Clock, "after"> = {
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Only the latest one's: a process has one log. */
let file: OpenclawFile | undefined;
let isHooked = false;

/**
 * Sets up the log of this process, on the console and in OpenClaw's daily file, and returns the core's
 * view of it. No secret passes, whatever is handed in.
 */
export function startLogging(
  level: Level,
  out: NodeJS.WriteStream = process.stdout,
  { format = "auto", dir = false, secrets = [] }: LoggingOptions = {},
): Logging {
  const redactor = createRedactor(secrets);
  const threshold = { lowest: LEVELS.indexOf(level) };
  const sinks = [consoleSink(format, out, redactor)];
  file?.flush();
  file = undefined;
  if (dir !== false && dir !== "") {
    const [toConsole] = sinks;
    file = createOpenclawFile({
      folder: dir,
      clock,
      warn(message, fields) {
        if (threshold.lowest > WARNING) return;
        toConsole?.({ level: "warning", path: ["log"], message, fields, time: Date.now() });
      },
    });
    sinks.push(fileSink(file, redactor));
  }
  if (!isHooked) process.on("exit", () => file?.flush());
  isHooked = true;

  const write = (record: LogRecord) => {
    const entry = entryOf(record, redactor);
    for (const sink of sinks) sink(entry);
  };
  configureSync({
    reset: true,
    sinks: { all: write },
    loggers: [
      // Which levels pass is decided before LogTape is asked: it may change, and what is left out costs nothing.
      { category: ROOT, lowestLevel: "debug", sinks: ["all"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["all"] },
    ],
  });
  return {
    ...logOf(getLogger(ROOT), threshold),
    setLevel: (next) => void (threshold.lowest = LEVELS.indexOf(next)),
    hide: redactor.hide,
    flush: () => file?.flush(),
  };
}

const DEBUG = LEVELS.indexOf("debug");
const INFO = LEVELS.indexOf("info");
const WARNING = LEVELS.indexOf("warning");
const ERROR = LEVELS.indexOf("error");

function logOf(logger: Logger, threshold: { readonly lowest: number }, bound?: Fields): Log {
  const all = (fields: Fields | undefined) => ({
    fields: bound === undefined ? fields : { ...bound, ...fields },
  });
  return {
    debug(message, fields) {
      if (threshold.lowest <= DEBUG) logger.debug(message, all(fields));
    },
    info(message, fields) {
      if (threshold.lowest <= INFO) logger.info(message, all(fields));
    },
    warn(message, fields) {
      if (threshold.lowest <= WARNING) logger.warn(message, all(fields));
    },
    error(message, fields) {
      if (threshold.lowest <= ERROR) logger.error(message, all(fields));
    },
    with: (fields) => logOf(logger, threshold, { ...bound, ...fields }),
    child: (name) => logOf(logger.getChild(name), threshold, bound),
  };
}

/** The message as it stands in the code: whatever braces it has, nothing is put into it. */
function entryOf(record: LogRecord, redactor: Redactor): Entry {
  const { category, level, rawMessage, properties, timestamp } = record;
  const { fields = properties } = properties;
  return {
    level: LEVELS.find((each) => each === level) ?? "error",
    path: category.slice(category[0] === ROOT ? 1 : 0).map(redactor.text),
    message: redactor.text(typeof rawMessage === "string" ? rawMessage : rawMessage.join("…")),
    fields: redactor.fields(fields as Fields),
    time: timestamp,
  };
}

function consoleSink(format: LogFormat, out: NodeJS.WriteStream, redactor: Redactor): Sink {
  // Whoever reads the log may go away (`… | head`): no reason to stop working.
  out.on("error", () => undefined);
  const lineOf = consoleFormatter(format, out);
  return isJson(format, out)
    ? (entry) => void out.write(safely(lineOf, entry, redactor))
    : (entry) => void out.write(redactor.line(lineOf(entry)));
}

function fileSink(to: OpenclawFile, redactor: Redactor): Sink {
  return (entry) => to.write(entry.time, safely(openclawLine, entry, redactor));
}

/**
 * Redacted fields may add up to a secret where they meet, and JSON must stay JSON: then the line goes without
 * them. A secret that is one of the words every line is made of, like "message", stays in these places.
 */
function safely(lineOf: (entry: Entry) => string, entry: Entry, redactor: Redactor): string {
  const line = lineOf(entry);
  if (redactor.line(line) === line) return line;
  const bare = lineOf({ ...entry, fields: {} });
  return redactor.line(bare) === bare ? bare : line;
}
