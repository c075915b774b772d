/** What a phone shows of a message before it is opened. */
const TITLE_CHARS = 20;
/** Of a line; more never gets into a title. */
const LOOKED_AT = 2000;
const MAX_LINES = 200;

/**
 * The first line that says something, without its markers and at most 20 characters long: chat list and
 * push notification show it, the body does not. `fallback` where no line says anything.
 */
export function titleOf(markdown: string, fallback: string): string {
  let start = 0;
  for (let lines = 0; lines < MAX_LINES && start < markdown.length; lines++) {
    const end = markdown.indexOf("\n", start);
    const line = markdown.slice(start, end < 0 ? undefined : Math.min(end, start + LOOKED_AT));
    const plain = plainLine(line.slice(0, LOOKED_AT));
    if (/[\p{L}\p{N}]/u.test(plain)) return firstGraphemes(plain, TITLE_CHARS) || fallback;
    if (end < 0) break;
    start = end + 1;
  }
  return fallback;
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  nbsp: " ",
};

function plainLine(line: string): string {
  // A fence's language is no title.
  if (/^\s*(?:```|~~~)/.test(line)) return "";
  return line
    .toWellFormed()
    .replace(/<br\s*\/?>[\s\S]*$/i, "")
    .replace(/^(?:\s|>|#{1,6}(?=\s)|[-*+](?=\s)|\|)+/, "")
    .replace(/!?\[([^\]]{0,300})\]\([^)]{0,1000}\)/g, "$1")
    .replace(/(`{1,3})([^`]{1,300})\1/g, "$2")
    .replace(/(?<![\\A-Za-z0-9])(\*{1,3}|~~|__)(?=[^\s*~_])([^*~]{1,300}?)(?<![\s\\])\1/g, "$2")
    .replace(/^[*~|`]+|[*~|`]+$|\*\*|~~/g, "")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replace(/&(lt|gt|amp|quot|nbsp);/g, (_, name: string) => ENTITIES[name] ?? "")
    .replace(/\s*\|\s*/g, " ")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/(?<=[\u3001-\u303f\uff01-\uff5e“”‘’]) /g, "")
    .trim();
}

const segmenter = new Intl.Segmenter();

/** Cut between what a reader sees as characters: an emoji of several code points stays whole. */
function firstGraphemes(text: string, count: number): string {
  let kept = "";
  let taken = 0;
  for (const { segment } of segmenter.segment(text)) {
    // A single one may be thousands of accents long.
    if (taken++ === count || kept.length + segment.length > count * 10) break;
    kept += segment;
  }
  return kept.trimEnd();
}
