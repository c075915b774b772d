const segmenter = new Intl.Segmenter();
/** A grapheme has no longest length: one that goes back further than this is cut through. */
const LONGEST_GRAPHEME = 64;

/** At most `max` characters of a text (UTF-16 units, as `length` counts), closed by "…" if it was longer. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max < 1) return "";
  return `${text.slice(0, boundary(text, max - 1))}…`;
}

/** The last place between two graphemes at or before `at`. */
function boundary(text: string, at: number): number {
  const from = Math.max(0, at - LONGEST_GRAPHEME);
  const near = text.slice(from, at + LONGEST_GRAPHEME);
  const start = segmenter.segment(near).containing(at - from)?.index ?? 0;
  if (start > 0) return from + start;
  const splitsPair = at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xff_ff;
  return splitsPair ? at - 1 : at;
}
