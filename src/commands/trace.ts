import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../core/json.ts";
import { reasonOf } from "../core/log.ts";
import { readConfiguration } from "./_configuration.ts";
import { EXIT, UserError } from "./_exit.ts";

export interface TraceOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** OpenClaw's daily files, also those it has set aside for their size. */
const DAILY = /^openclaw-.*\.log$/;
const HIDDEN = new Set(["time", "level", "subsystem", "message", "trace"]);

interface Line {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** What the log says of one message, from its turn to its delivery. Resolves with the exit code: 1 if nothing. */
export async function trace(id: string, options: TraceOptions): Promise<number> {
  const { effective } = readConfiguration(options.config);
  const dir = effective.find(({ path }) => path === "log.dir")?.value;
  if (typeof dir !== "string" || dir === "off") {
    throw failed(
      'log.dir is "off", so there is no file to look in: search the console\'s log instead',
    );
  }
  const lines = linesOf(dir, id).toSorted((one, other) => one.time.localeCompare(other.time));
  if (lines.length === 0) {
    throw failed(
      `nothing in ${dir}/openclaw-*.log is about ${clean(id)}: the id is the field trace of a line there, and the gateway keeps these files for a day`,
    );
  }
  for (const line of lines) {
    console.log(options.json === true ? JSON.stringify(line.json) : textOf(line, lines[0]));
  }
  return EXIT.ok;
}

function linesOf(dir: string, id: string): Line[] {
  let names: string[];
  try {
    names = readdirSync(dir).filter((name) => DAILY.test(name));
  } catch (error) {
    throw failed(`${dir} cannot be read (${reasonOf(error)}): is log.dir right?`);
  }
  return names.flatMap((name) =>
    readFileSync(join(dir, name), "utf8")
      .split("\n")
      // A cheap look first: these files are long.
      .filter((line) => line.includes(id))
      .flatMap((line) => {
        const json = parseJson(line) as Readonly<Record<string, unknown>> | undefined;
        if (json === undefined || json === null || json["trace"] !== id) return [];
        const text = (key: string) => (typeof json[key] === "string" ? json[key] : "");
        return [{ time: text("time"), level: text("level"), message: text("message"), json }];
      }),
  );
}

function textOf({ time, level, message, json }: Line, first: Line | undefined): string {
  const after = Date.parse(time) - Date.parse(first?.time ?? time);
  const fields = Object.entries(json)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  // The fields stand behind the message there, for readers that show nothing else.
  const [said = ""] = fields.length === 0 ? [message] : message.split(` ${fields[0] ?? ""}`);
  return clean(`${time}  +${after} ms  ${level.padEnd(7)}  ${said}  ${fields.join(" ")}`);
}

/** What people write is in no line, but what steers a terminal is kept from it in any case. */
const clean = (text: string) => text.replace(/\p{Cc}+/gu, " ");

const failed = (reason: string) => new UserError(reason, EXIT.crash);
