import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../core/json.ts";
import { reasonOf } from "../core/log.ts";
import { readConfiguration } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";

export interface TraceOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** OpenClaw's daily files, also those it has set aside for their size. */
const DAILY = /^openclaw-.*\.log$/;
const HEAD = new Set(["time", "level", "subsystem", "message"]);

interface Line {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** What the log says of one message, from its frame to its delivery. Resolves with the exit code: 1 if nothing. */
export async function trace(id: string, options: TraceOptions): Promise<number> {
  const { effective } = readConfiguration(options.config);
  const dir = effective.find(({ path }) => path === "log.dir")?.value;
  if (typeof dir !== "string" || dir === "off") {
    throw failed(
      'log.dir is "off", so there is no file to look in: search the console\'s log instead',
    );
  }
  const lines = linesAbout(dir, id);
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

/** A message answered together with others goes on as the first of them, from the question on. */
function linesAbout(dir: string, id: string): readonly Line[] {
  const own = linesOf(dir, id);
  const first = own
    .map(({ json }) => json["trace"])
    .find((trace): trace is string => typeof trace === "string" && trace !== id);
  if (first === undefined) return own;
  const shared = linesOf(dir, first);
  const asked = shared.findIndex(({ json }) => json["trace"] === first && isAbout(json, id));
  return [...own.filter(({ json }) => json["trace"] !== first), ...shared.slice(asked)];
}

/** In the order of their times. */
function linesOf(dir: string, id: string): Line[] {
  let names: string[];
  try {
    names = readdirSync(dir).filter((name) => DAILY.test(name));
  } catch (error) {
    throw failed(`${dir} cannot be read (${reasonOf(error)}): is log.dir right?`);
  }
  const lines = names.flatMap((name) =>
    readFileSync(join(dir, name), "utf8")
      .split("\n")
      // A cheap look first: these files are long.
      .filter((line) => line.includes(id))
      .flatMap((line) => {
        const json = parseJson(line) as Readonly<Record<string, unknown>> | undefined;
        if (json === undefined || json === null || !isAbout(json, id)) return [];
        const text = (key: string) => (typeof json[key] === "string" ? json[key] : "");
        return [{ time: text("time"), level: text("level"), message: text("message"), json }];
      }),
  );
  return lines.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
}

function isAbout({ trace, traces }: Line["json"], id: string): boolean {
  return trace === id || (Array.isArray(traces) && traces.includes(id));
}

function textOf({ time, level, message, json }: Line, first: Line | undefined): string {
  const after = Date.parse(time) - Date.parse(first?.time ?? time);
  const fields = Object.entries(json)
    .filter(([key]) => !HEAD.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  // The fields stand behind the message there, for readers that show nothing else.
  const [said = ""] = fields.length === 0 ? [message] : message.split(` ${fields[0] ?? ""}`);
  const shown = fields.filter((field) => !field.startsWith("trace="));
  return clean(`${time}  +${after} ms  ${level.padEnd(7)}  ${said}  ${shown.join(" ")}`);
}

/** What people write is in no line, but what steers a terminal is kept from it in any case. */
const clean = (text: string) => text.replace(/\p{Cc}+/gu, " ");

const failed = (reason: string) => new UserError(reason, EXIT.crash);
