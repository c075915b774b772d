import type { Cutting } from "./dialect.ts";
import { fitting, type Room } from "./measure.ts";

/** For marks that are closed here and opened again there. */
const MARKS_CHARS = 8;

const SENTENCE = /(?:[。！？!?；…]+|[.;](?=["'”’)\]*]*\s))["'”’」』）)\]*]*\s*/gu;
const CLAUSE = /[，、,：:]\s*|\s+/gu;

/** What is not cut: links, code, addresses, emphasis, escapes. Bounded, so that text made for it costs little. */
const SPANS =
  /\\[\s\S]|\*\*|(`{1,3})(?!`)[^`\n]{1,300}\1(?!`)|!?\[[^\]\n]{0,300}\]\([^)\s]{0,500}\)|https?:\/\/[^\s<，。；）]{1,500}|\*(?!\*)[^*\n]{1,200}\*(?!\*)|&(?:[a-z]{2,6}|#\d{1,6});|<br>/g;

/** The same of text without markup. */
const ADDRESSES = /\(?https?:\/\/[^\s<，。；）]{1,500}/g;

const segmenter = new Intl.Segmenter();

/**
 * A line in two, the first of which fits: behind a sentence, else a clause or word, else between two
 * characters as a reader sees them. Undefined if nothing fits and nothing must.
 */
export function cutLine(
  line: string,
  room: Room,
  prose: boolean,
  { dialect, names, forced }: Cutting,
): [string, string] | undefined {
  const markup = prose && dialect.kind !== "plain";
  const marks = markup ? MARKS_CHARS : 0;
  const most = fitting(line, { bytes: room.bytes - marks, chars: room.chars - marks });
  if (most >= line.length || (most < 20 && !forced)) return undefined;
  const limit = Math.max(most, (line.codePointAt(0) ?? 0) > 0xff_ff ? 2 : 1);
  let cut = prose ? sentenceEnd(line, limit) : graphemeEnd(line, limit);
  for (const name of names) {
    const at = line.lastIndexOf(`@${name}`, cut - 1);
    if (at > 0 && at + name.length + 1 > cut) cut = at;
  }
  if (!prose) return [line.slice(0, cut), line.slice(cut)];
  const { at, bold } = outsideSpans(line, cut, markup ? SPANS : ADDRESSES);
  const before = line.slice(0, at).trimEnd();
  const after = line.slice(at).trimStart();
  if (!bold) return before === "" ? [line.slice(0, cut), line.slice(cut)] : [before, after];
  // Bold words go on in the next message.
  if (before.endsWith("**") && before.length > 2) return [before.slice(0, -2), `**${after}`];
  return [`${before}**`, `**${after}`];
}

function sentenceEnd(line: string, limit: number): number {
  const from = Math.floor(limit / 2);
  const late = line.slice(from, limit);
  for (const pattern of [SENTENCE, CLAUSE]) {
    let end = 0;
    for (const match of late.matchAll(pattern)) end = match.index + match[0].length;
    if (end > 0) return from + end;
  }
  return graphemeEnd(line, limit);
}

/** A character may be longer than a message, in theory: then it is cut. */
function graphemeEnd(line: string, limit: number): number {
  const start = segmenter.segment(line.slice(0, limit + 64)).containing(limit)?.index ?? limit;
  return start > limit / 2 ? start : limit;
}

/** The cut, moved before what it would go through; and whether bold words go on there. */
function outsideSpans(line: string, cut: number, spans: RegExp): { at: number; bold: boolean } {
  let bold = false;
  for (const match of line.slice(0, cut + 1000).matchAll(spans)) {
    const end = match.index + match[0].length;
    if (match.index >= cut) break;
    if (end > cut) return { at: match.index > cut / 3 ? match.index : cut, bold };
    if (match[0] === "**") bold = !bold;
  }
  return { at: cut, bold };
}
