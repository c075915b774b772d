import * as v from "valibot";

/*
 * What the keys of a message may hold. Every reason is written out: valibot's own ones repeat the value,
 * which may be a secret.
 */

const MAX_TITLE_CHARS = 200;
const MAX_TEXT_CHARS = 10_000;
const MAX_SEND_CHARS = 500;
/** Words that a button says grow to nine times their length in its address. */
const MAX_URL_CHARS = 8000;
const MAX_PATH_CHARS = 4096;
const MAX_DURATION_MS = 24 * 60 * 60 * 1000;

/** Ids DingTalk gives to what was uploaded begin with one of two signs. */
export const MEDIA_ID = /^[@$][\w$+/=.:-]{1,300}$/;

const CLICKABLE = new Set(["http:", "https:", "dingtalk:", "dtmd:"]);
const ABSOLUTE_PATH = /^(?:\/|[A-Za-z]:[\\/])[^\p{Cc}]*$/u;

const schemeOf = (url: string) => URL.parse(url)?.protocol ?? "";
const isWebUrl = (url: string) => /^https?:\/\/[^/]/i.test(url) && schemeOf(url) !== "";

const atMost = (chars: number) =>
  v.maxLength<string, number, string>(chars, `is longer than ${chars} characters`);

/** One line of text. */
const line = (maxChars: number) =>
  v.pipe(
    v.string("expected text"),
    v.transform((text) => text.trim().replace(/\s+/g, " ")),
    v.minLength(1, "is empty"),
    atMost(maxChars),
  );

const address = (isGood: (url: string) => boolean, expected: string) =>
  v.pipe(
    v.string(`expected ${expected}`),
    v.trim(),
    atMost(MAX_URL_CHARS),
    // A parser would drop line breaks and tabs without a word.
    v.check((url) => !/[\s\p{Cc}]/u.test(url) && isGood(url), `expected ${expected}`),
  );

export const title = line(MAX_TITLE_CHARS);
export const words = line(MAX_SEND_CHARS);

export const text = v.pipe(v.string("expected text"), v.trim(), atMost(MAX_TEXT_CHARS));

/** What people open by a tap. */
export const url = address(
  (url) => CLICKABLE.has(schemeOf(url)),
  "an http, https, dingtalk or dtmd address",
);

export const picture = address(
  (picture) => MEDIA_ID.test(picture) || isWebUrl(picture),
  "an http(s) address or a media id",
);

export const webUrl = address(isWebUrl, "an http(s) address");

export const path = v.pipe(
  v.string("expected an absolute path"),
  atMost(MAX_PATH_CHARS),
  v.regex(ABSOLUTE_PATH, "expected an absolute path"),
);

export const mediaId = v.pipe(
  v.string("expected a media id"),
  v.regex(MEDIA_ID, "expected a media id"),
);

export const fileName = v.pipe(
  line(200),
  v.regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]+$/u, "expected a file's name, without slashes"),
);

export const duration = v.pipe(
  v.number("expected a whole number of milliseconds"),
  v.integer("expected a whole number of milliseconds"),
  v.minValue(1, "expected at least 1"),
  v.maxValue(MAX_DURATION_MS, `expected at most ${MAX_DURATION_MS}`),
);

export const orientation = v.picklist(
  ["vertical", "horizontal"],
  'expected "vertical" or "horizontal"',
);

export const listOf = <S extends v.GenericSchema>(item: S, max: number) =>
  v.pipe(
    v.array(item, "expected a list"),
    v.minLength(1, "is empty"),
    v.maxLength(max, `has more than ${max} entries`),
  );
