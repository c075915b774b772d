import { reasonOf, type Fields } from "./log.ts";
import { HIDDEN, hideShapes, isSecretName, patternOf } from "./redact-shapes.ts";

/** Keeps secrets out of what is written down. Knows those it was told, and what others look like. */
export interface Redactor {
  /**
   * From now on this is nowhere to be read. Shorter than 6 characters it is only hidden where its field's
   * name tells: in text it would be found everywhere. "passing": one of many that follow each other, like
   * access tokens; only the latest of them are remembered.
   */
  hide(secret: string, kind?: "lasting" | "passing"): void;
  /** Without known secrets, however they are escaped, and without what looks like one. */
  text(text: string): string;
  /** A copy that JSON can write: redacted at every depth, without cycles, cut to a bearable size. */
  fields(fields: Fields): Readonly<Record<string, unknown>>;
  /** A line put together of redacted parts: without what only came together where they were joined. */
  line(line: string): string;
}

const SHORTEST = 6;
const PASSING = 128;
/** Of one text that is looked through; what is longer is cut before. */
const READ_CHARS = 16_384;
/** Of one text that is shown. */
const TEXT_CHARS = 2000;
const KEY_CHARS = 100;
/** What one character of a secret may take, escaped. */
const MOST_FOR_ONE = 16;
const DEPTH = 6;
const ENTRIES = 50;
/** Objects, texts and numbers of one line. */
const NODES = 500;
const MORE = "…";
/** Without any of these a text holds a secret as it is or not at all. A plus may be a blank. */
const MAY_BE_ESCAPED = /[%\\&]/;
const MAY_BE_FORM = /[%\\&+]/;

interface Secret {
  readonly raw: string;
  pattern?: RegExp;
}

export function createRedactor(secrets: readonly string[] = []): Redactor {
  /** Long ones first: one may be part of another. */
  let known: Secret[] = [];
  let longest = 0;
  let spaced = false;
  const lasting = new Set<string>();
  const passing = new Set<string>();

  const hide = (secret: string, kind: "lasting" | "passing" = "lasting") => {
    const raw = secret.trim();
    if (raw.length < SHORTEST || lasting.has(raw)) return;
    const isNew = !passing.delete(raw);
    (kind === "lasting" ? lasting : passing).add(raw);
    const [oldest] = passing;
    const isFull = passing.size > PASSING && oldest !== undefined;
    if (isFull) passing.delete(oldest);
    if (!isNew) return;
    known = known.filter((each) => !isFull || each.raw !== oldest);
    known.push({ raw });
    known.sort((one, other) => other.raw.length - one.raw.length);
    longest = known[0]?.raw.length ?? 0;
    spaced = known.some((each) => each.raw.includes(" "));
  };

  /** Again until nothing changes: what stood around a secret may be one, put together. */
  const withoutKnown = (text: string, escapedToo: boolean): string => {
    let left = text;
    for (;;) {
      const before = left;
      const escaped = escapedToo && (spaced ? MAY_BE_FORM : MAY_BE_ESCAPED).test(left);
      for (const secret of known) {
        if (left.includes(secret.raw)) left = left.replaceAll(secret.raw, HIDDEN);
        if (escaped) left = left.replace((secret.pattern ??= patternOf(secret.raw)), HIDDEN);
      }
      if (left === before) return left;
    }
  };

  const text = (all: string, limit = TEXT_CHARS): string => {
    const isWhole = all.length <= READ_CHARS;
    const told = withoutKnown(isWhole ? all : all.slice(0, READ_CHARS), true);
    const shaped = hideShapes(told);
    const clean = shaped === told ? told : withoutKnown(shaped, true);
    if (isWhole && clean.length <= limit) return clean;
    // Where it was cut off, half a secret may stand, which nobody recognises.
    const safe = isWhole ? limit : Math.min(limit, clean.length - longest * MOST_FOR_ONE);
    return `${clean.slice(0, Math.max(0, safe))}${MORE}`;
  };

  const copier = () => {
    let nodes = 0;
    const above = new Set<object>();

    const copy = (value: unknown): unknown => {
      if (++nodes > NODES) return MORE;
      switch (typeof value) {
        case "string":
          return text(value);
        case "number":
        case "bigint": {
          const digits = String(value);
          return text(digits) !== digits ? HIDDEN : typeof value === "bigint" ? digits : value;
        }
        case "object":
          return value === null ? null : whole(value);
        case "function":
        case "symbol":
          return `[${typeof value}]`;
        default:
          return value;
      }
    };

    const whole = (value: object): unknown => {
      if (above.has(value)) return "[circular]";
      if (above.size >= DEPTH) return MORE;
      above.add(value);
      try {
        return opened(value);
      } catch {
        return "[unreadable]";
      } finally {
        above.delete(value);
      }
    };

    const opened = (value: object): unknown => {
      // As one line, causes included. Never a stack.
      if (value instanceof Error) return text(reasonOf(value));
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
        return `[${value.byteLength} bytes]`;
      }
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON === "function") return copy(toJSON.call(value, ""));
      return Array.isArray(value) ? listed(value) : entries(value);
    };

    const listed = (values: readonly unknown[]): unknown[] => {
      const copies = values.slice(0, ENTRIES).map(copy);
      return values.length > ENTRIES
        ? [...copies, `${MORE} ${values.length - ENTRIES} more`]
        : copies;
    };

    const entries = (value: object): Record<string, unknown> => {
      // Without a prototype "__proto__" is a name like any other.
      const copies = Object.create(null) as Record<string, unknown>;
      const names = Object.keys(value);
      for (const name of names.slice(0, ENTRIES))
        copies[text(name, KEY_CHARS)] = member(value, name);
      if (names.length > ENTRIES) copies[MORE] = `${names.length - ENTRIES} more`;
      return copies;
    };

    const member = (value: object, name: string): unknown => {
      try {
        const held = (value as Record<string, unknown>)[name];
        if (held === undefined || held === null) return held;
        return isSecretName(name) ? HIDDEN : copy(held);
      } catch {
        return "[unreadable]";
      }
    };

    return { copy, entries };
  };

  for (const secret of secrets) hide(secret);
  return {
    hide,
    text: (all) => text(all),
    fields(fields) {
      try {
        return copier().entries(fields);
      } catch {
        return { fields: "[unreadable]" };
      }
    },
    line: (line) => withoutKnown(line, false),
  };
}
