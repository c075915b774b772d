import process from "node:process";
import {
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getTextFormatter,
  type LogRecord,
} from "@logtape/logtape";
import { besides, printable, tailOf, type Entry } from "./entry.ts";

/** "auto": text on a terminal, JSON lines anywhere else. */
export type LogFormat = "auto" | "text" | "json";

/** The program's name in front of every line. */
export const ROOT = "dingbridge";

/** What LogTape's JSON lines have of their own. */
const TAKEN = new Set(["@timestamp", "level", "message", "logger"]);

/** Whether lines to this stream are JSON. */
export const isJson = (format: LogFormat, out: NodeJS.WriteStream): boolean =>
  format === "json" || (format === "auto" && !out.isTTY);

/** One readable line on a terminal, a JSON object a line otherwise; line feed included. */
export function consoleFormatter(format: LogFormat, out: NodeJS.WriteStream) {
  return isJson(format, out) ? jsonLines() : readable(out);
}

function jsonLines() {
  const format = getJsonLinesFormatter({ properties: "flatten" });
  return (entry: Entry) =>
    format(
      recordOf(
        entry,
        besides((name) => TAKEN.has(name), entry.fields),
      ),
    );
}

/** LogTape's own terminal line, with the fields behind the message. */
function readable(out: NodeJS.WriteStream) {
  const colours = process.env["NO_COLOR"] === undefined && out.isTTY && out.hasColors();
  const format = (colours ? getAnsiColorFormatter : getTextFormatter)({ timestamp: "time" });
  return (entry: Entry) => {
    const message = printable(entry.message);
    const line = format(recordOf({ ...entry, message }, {})).trimEnd();
    return `${line}${printable(tailOf(entry.fields))}\n`;
  };
}

function recordOf({ level, path, message, time }: Entry, fields: Entry["fields"]): LogRecord {
  return {
    category: [ROOT, ...path],
    level,
    message: [message],
    rawMessage: message,
    timestamp: time,
    properties: { ...fields },
  };
}
