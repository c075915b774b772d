import { parseJson } from "../json.ts";
import { cutText } from "./cut.ts";

/** Somebody else's JSON object: every field may be missing or of a wrong type. */
export type Fields = Readonly<Record<string, unknown>>;

/** Nobody's message is longer; what is, is not worth the memory of parsing it twice. */
const MAX_JSON_CHARS = 1_000_000;
const MAX_NAME_CHARS = 255;
const MAX_ID_CHARS = 4096;
const MAX_EXTENSION_CHARS = 20;
/** Control characters, and marks that turn the reading direction: "exe.txt" must not show as "txt.exe". */
const UNSEEN = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** DingTalk sends some objects and arrays as JSON text. */
function unwrap(value: unknown): unknown {
  if (typeof value !== "string" || value.length > MAX_JSON_CHARS) return value;
  return /^\s*[[{]/.test(value) ? parseJson(value) : value;
}

export function objectIn(value: unknown): Fields | undefined {
  const found = unwrap(value);
  if (typeof found !== "object" || found === null || Array.isArray(found)) return undefined;
  return found as Fields;
}

/** An array, at most `max` of its items. */
export function arrayIn(value: unknown, max: number): readonly unknown[] | undefined {
  const found = unwrap(value);
  return Array.isArray(found) ? found.slice(0, max) : undefined;
}

/** A string that is not blank, as it is. */
export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** The first of these fields that holds words. */
export function firstText(fields: Fields, ...names: string[]): string | undefined {
  for (const name of names) {
    const text = textIn(fields[name]);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** An id, a code, an address: whole or not at all. */
export function idIn(value: unknown): string | undefined {
  const id = textIn(value)?.trim();
  return id === undefined || id.length > MAX_ID_CHARS ? undefined : id;
}

/** What a person, a chat or a kind of message is called: one line, and not a long one. */
export function nameIn(value: unknown, max = MAX_NAME_CHARS): string | undefined {
  const name = cleanName(value);
  return name === undefined ? undefined : cutText(name, max);
}

/** The same for a file, which is still of its kind when its name was too long. */
export function fileNameIn(value: unknown): string | undefined {
  const name = cleanName(value);
  if (name === undefined || name.length <= MAX_NAME_CHARS) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > name.length - MAX_EXTENSION_CHARS ? name.slice(dot) : "";
  return cutText(name, MAX_NAME_CHARS - extension.length) + extension;
}

function cleanName(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  // More than any limit needs, so that the rest costs nothing.
  const spaced = value.length > MAX_JSON_CHARS ? value.slice(0, MAX_JSON_CHARS) : value;
  const name = spaced.toWellFormed().replace(/\s+/g, " ").replace(UNSEEN, "").trim();
  return name === "" ? undefined : name;
}

/** A duration that DingTalk writes now in ms, now in seconds, as a number or as text. */
export function durationIn(value: unknown, secondsBelow: number): number | undefined {
  const number = typeof value === "string" && value.length < 20 ? Number(value) : value;
  if (typeof number !== "number" || !(number > 0 && number < 86_400_000)) return undefined;
  return Math.round(number < secondsBelow ? number * 1000 : number);
}

/** Looked at level by level: whatever calls itself for every level would end at the stack's depth. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= levels; depth++) {
    level = level.flatMap((each) =>
      typeof each === "object" && each !== null ? (Object.values(each) as unknown[]) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}
