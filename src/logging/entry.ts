import type { Fields } from "../core/log.ts";

export const LEVELS = ["debug", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** One thing said, redacted: what every output writes in its own way. */
export interface Entry {
  readonly level: Level;
  /** Below the program's own log: `["default", "stream"]`. */
  readonly path: readonly string[];
  readonly message: string;
  readonly fields: Fields;
  /** Ms since the epoch. */
  readonly time: number;
}

/** Fields behind a message, for people: ` reason=timeout attempts=3`. */
export function tailOf(fields: Fields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
}

/** Steers a terminal, or ends a line: names and reasons come from elsewhere, and may hold any of them. */
const STEERING = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** With these as JavaScript escapes, which JSON knows too. */
export function printable(text: string): string {
  return text.replace(
    STEERING,
    (char) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Fields as properties of a line; one of a name the line needs itself gets a `_` behind it. */
export function besides(taken: (name: string) => boolean, fields: Fields): Fields {
  const names = Object.keys(fields);
  if (!names.some(taken)) return fields;
  return Object.fromEntries(names.map((name) => [taken(name) ? `${name}_` : name, fields[name]]));
}
