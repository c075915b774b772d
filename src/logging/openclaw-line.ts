import { besides, printable, tailOf, type Entry } from "./entry.ts";
import { timeOf } from "./local-time.ts";

/** `openclaw channels logs --channel dingtalk` shows this subsystem and those below it. */
export const SUBSYSTEM = "gateway/channels/dingtalk";

/** OpenClaw's own limit. */
const MESSAGE_CHARS = 4096;
const LINE_CHARS = 16_384;
const LEVEL_NAMES = { debug: "debug", info: "info", warning: "warn", error: "error" } as const;

/** What OpenClaw's readers look at, or write there themselves; a name of digits is part of a message to them. */
const TAKEN = new Set(
  `_meta time date level logLevelName subsystem module plugin name message hostname channel
   agent_id session_id traceId spanId parentSpanId traceFlags`.split(/\s+/),
);
const isTaken = (name: string) => TAKEN.has(name) || /^\d+$/.test(name);

/**
 * A line of OpenClaw's daily log, line feed included: `time`, `level`, `subsystem` and `message` are what
 * `openclaw logs`, `openclaw channels logs` and the control page read (openclaw 2026.9.6). They show nothing
 * else, so the fields stand behind the message too.
 */
export function openclawLine({ level, path, message, fields, time }: Entry): string {
  const said = printable(`${message}${tailOf(fields)}`);
  const head = {
    time: timeOf(time),
    level: LEVEL_NAMES[level],
    subsystem: [SUBSYSTEM, ...path].join("/"),
    message: said.length > MESSAGE_CHARS ? `${said.slice(0, MESSAGE_CHARS)}…` : said,
  };
  const line = JSON.stringify({ ...head, ...besides(isTaken, fields) });
  // `tail -f` shows it as it is.
  return `${printable(line.length > LINE_CHARS ? JSON.stringify(head) : line)}\n`;
}
