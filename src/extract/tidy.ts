/**
 * What no reader sees: control characters; marks of direction, which can make a text read other than
 * it is written; blanks without width; Unicode's "tags", in which whole sentences can be hidden from
 * people but not from an agent.
 */
const INVISIBLE =
  /[\p{Cc}--[\t\n]]|[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\ufffe\uffff]|[\u{e0000}-\u{e007f}]/gv;
const LINE_END = /\r\n?|[\v\f\u0085\u2028\u2029]/g;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Longer than any character people write: a cut looks for a boundary no further back. */
const LONGEST_GRAPHEME = 64;

/** Text fit to be read: `\n` as line end, nothing invisible, no lone surrogates, one blank line at most. */
export function tidy(raw: string): string {
  const lines: string[] = [];
  for (const line of raw
    .toWellFormed()
    .replace(LINE_END, "\n")
    .replace(INVISIBLE, "")
    .split("\n")) {
    // Not by a regular expression: looking for blanks before a line end takes quadratic time.
    const trimmed = line.trimEnd();
    if (trimmed !== "" || (lines.length > 0 && lines.at(-1) !== "")) lines.push(trimmed);
  }
  if (lines.at(-1) === "") lines.pop();
  return lines.join("\n");
}

/** The beginning of a text, at most `chars` long, cut between two characters as people see them. */
export function cutText(text: string, chars: number): { text: string; truncated: boolean } {
  if (text.length <= chars) return { text, truncated: false };
  let from = Math.max(0, chars - LONGEST_GRAPHEME);
  if (isLowSurrogate(text, from)) from--;
  let end = from;
  for (const { index } of segmenter.segment(text.slice(from, chars + LONGEST_GRAPHEME))) {
    if (from + index > chars) break;
    end = from + index;
  }
  // Nothing but one endless character: cut it, though not in the middle of a code point.
  if (end === 0) end = isLowSurrogate(text, chars) ? chars - 1 : chars;
  return { text: text.slice(0, end).trimEnd(), truncated: true };
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc_00 && code <= 0xdf_ff;
}
