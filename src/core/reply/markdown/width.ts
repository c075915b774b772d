/** Columns of a monospaced font: what is Chinese, Japanese or Korean, or an emoji, takes two. */
export function widthOf(text: string): number {
  // oxlint-disable-next-line no-control-regex -- the fast way out: one column each
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

const segmenter = new Intl.Segmenter();

/** By the first code point: an emoji of several is one character on the screen. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{20000}-\u{3fffd}]|\ufe0f/u;

/** Fills up to `width` columns. */
export function padded(
  text: string,
  width: number,
  align: "left" | "center" | "right" | null,
): string {
  const room = Math.max(0, width - widthOf(text));
  const before = align === "right" ? room : align === "center" ? Math.floor(room / 2) : 0;
  return " ".repeat(before) + text + " ".repeat(room - before);
}
