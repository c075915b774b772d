import process from "node:process";
import {
  configureSync,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogLevel,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";
import type { Fields, Log } from "./core/log.ts";

const ROOT = "dingbridge";

/**
 * Sets up LogTape for this process and returns the core's view of it: one readable line on a
 * terminal, a JSON object a line otherwise.
 */
export function startLogging(level: LogLevel, out: NodeJS.WriteStream = process.stdout): Log {
  const format = out.isTTY ? readable(out) : getJsonLinesFormatter({ properties: "flatten" });
  // Whoever reads the log may go away (`… | head`): no reason to stop working.
  out.on("error", () => undefined);
  configureSync({
    reset: true,
    sinks: { out: (record) => void out.write(format(record)) },
    loggers: [
      { category: ROOT, lowestLevel: level, sinks: ["out"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["out"] },
    ],
  });
  return logOf(getLogger(ROOT));
}

function logOf(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(message, { ...fields }),
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields) => logger.warn(message, { ...fields }),
    error: (message, fields) => logger.error(message, { ...fields }),
    child: (name) => logOf(logger.getChild(name)),
  };
}

/** LogTape's own terminal line, with the fields behind the message. */
function readable(out: NodeJS.WriteStream): TextFormatter {
  const colours = process.env["NO_COLOR"] === undefined && out.hasColors();
  const format = (colours ? getAnsiColorFormatter : getTextFormatter)({ timestamp: "time" });
  return (record: LogRecord) => `${format(record).trimEnd()}${tail(record.properties)}\n`;
}

function tail(fields: Fields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
}
