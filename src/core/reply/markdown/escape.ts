/** An address: an escape inside it would break it. */
const URL = String.raw`https?:\/\/[^\s<>"'，。；：！？、（）【】《》「」“”]+`;

/** What starts a block at the beginning of a line, or makes a heading of the line above. */
const BLOCK_START = /^(?:#{1,6}(?=\s|$)|[-+*](?=\s|$)|>|=+\s*$|-+\s*$|(\d{1,9})(?=[.)](?:\s|$)))/;

/** A line that does not begin with a marker, as long as it is read as markdown. */
export function guarded(line: string): string {
  const start = BLOCK_START.exec(line);
  if (start === null) return line;
  if (line.startsWith(">")) return `&gt;${line.slice(1)}`;
  const number = start[1] ?? "";
  return `${number}\\${line.slice(number.length)}`;
}

/** Such a beginning in the middle of a paragraph; there, a number starts nothing. */
export const guardedInside = (line: string): string => (/^\d/.test(line) ? line : guarded(line));

/**
 * Text in which nothing was meant as markup, as markdown that reads the same: line breaks are marked,
 * indentation stays, and what markdown would swallow or turn into something else is escaped. Names behind
 * an "@" stay as they are.
 */
export function asMarkdown(text: string, names: readonly string[] = []): string {
  const kept = names.map((name) => `@${name.replace(/[^\p{L}\p{N}]/gu, quoted)}`);
  const verbatim = new RegExp(`(${[...kept, URL].join("|")})`, "u");
  const written = (line: string) => literalLine(line, verbatim);
  const paragraphs = text.split(/\n(?:[ \t]*\n)+/);
  return paragraphs.map((each) => each.split("\n").map(written).join("  \n")).join("\n\n");
}

/** Stands for itself in a regular expression. */
const quoted = (char: string) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

function literalLine(line: string, verbatim: RegExp): string {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
  const words = line
    .slice(indent.length)
    .split(verbatim)
    .map((part, at) => (at % 2 === 1 ? part : escaped(part)))
    .join("");
  // A space at the beginning would be lost, four would make a code block.
  const columns = indent.replaceAll("\t", "    ").length;
  return "&nbsp;".repeat(Math.min(columns, 40)) + guarded(words);
}

/** Every character that may mean something, outside addresses. */
export function escaped(text: string): string {
  return text
    .replace(/\\(?=[!-/:-@[-`{-~])|[`[|]|~(?=~)|(?<=~)~/g, "\\$&")
    .replace(/&(?=#|[a-z]+;)/gi, "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[*_]+/g, (run, at: number, all: string) => {
      const lone = isBlank(all[at - 1]) && isBlank(all[at + run.length]);
      return lone && run.length === 1 ? run : run.replace(/./g, "\\$&");
    });
}

/** A tag becomes its own text. */
export const escapedTag = (tag: string): string => escaped(tag).replaceAll(">", "&gt;");

export const isBlank = (char: string | undefined): boolean =>
  char === undefined || char === "" || /\s/.test(char);
