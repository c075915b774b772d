/** A stretch of an answer that can be looked at by itself. */
export interface Piece {
  /** `prose` may be anything. */
  readonly kind: "prose" | "paragraph" | "code" | "math";
  readonly text: string;
  /** Of code: what the fence says behind its marks. */
  readonly lang: string;
  /** Cut out of a list or paragraph that began before. */
  readonly joined: boolean;
  /** No blank line before it. */
  readonly tight: boolean;
}

/** Text made for it costs the lexer the square of its length, so it gets this much at a time: cut where nothing is lost… */
const GOOD_CHARS = 1500;
/** …between two items of a list… */
const LONG_CHARS = 3000;
/** …or between any two lines. */
const MAX_CHARS = 5000;
const LONG_LINE_CHARS = 4000;
/** Quotes and lists in each other; deeper is no text for people. */
const MAX_DEPTH = 16;

const FENCE = /^(`{3,}|~{3,})([^\n]*)$/;
const MATH_OPEN = /^(?:\$\$|\\\[)\s*$/;
const MATH_MAX_LINES = 200;

export function piecesOf(text: string): Piece[] {
  const lines = text.split(/\r\n?|\n/);
  const pieces: Piece[] = [];
  let held: string[] = [];
  let size = 0;
  let joined = false;
  let tight = false;
  let dedent = 0;
  /** The fence of code inside a list, which is not to be cut. */
  let inner: string | undefined;
  let inTable = false;
  const flush = (joins = false) => {
    const prose = held.join("\n");
    if (prose.trim() !== "") pieces.push({ kind: "prose", text: prose, lang: "", joined, tight });
    tight = joins && held.at(-1)?.trim() !== "";
    held = [];
    size = 0;
    joined = joins;
    dedent = 0;
  };
  const alone = (kind: Piece["kind"], said: string, lang = "") => {
    flush();
    pieces.push({ kind, text: said, lang, joined: false, tight: false });
  };

  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const fence = fenceOf(line);
    if (fence !== undefined) {
      const end = closing(lines, at, fence.mark);
      alone("code", lines.slice(at + 1, end).join("\n"), fence.lang);
      at = end;
      continue;
    }
    const mathEnd = MATH_OPEN.test(line) ? mathEnds(lines, at) : -1;
    if (mathEnd > 0) {
      alone("math", lines.slice(at, mathEnd + 1).join("\n"));
      at = mathEnd;
      continue;
    }
    if (line.length > LONG_LINE_CHARS && isProse(line)) {
      alone("paragraph", line);
      continue;
    }
    const end = (held.at(-1) ?? "").trim() === "" ? paragraphEnd(lines, at) : at;
    if (end > at) {
      alone("paragraph", lines.slice(at, end).join("\n"));
      at = end - 1;
      continue;
    }
    inner = innerFence(line, inner);
    // Markdown takes the line right below a table for a row, whoever wrote it does not.
    if (inTable && line.trim() !== "" && !line.includes("|")) held.push("");
    inTable = line.startsWith("|") && (inTable || TABLE_MARKS.test(line));
    if (size > GOOD_CHARS && inner === undefined) {
      const afterBlank = held.at(-1)?.trim() === "";
      if (afterBlank && /^[^\s\-+*\d]/.test(line)) flush();
      else if (size > LONG_CHARS && /^(?:[-+*]|\d{1,9}[.)])\s/.test(line)) flush(true);
      else if (size > MAX_CHARS && !inTable) {
        flush(true);
        dedent = /^ */.exec(line)?.[0].length ?? 0;
      }
    }
    const shallow = line.length < 2 * MAX_DEPTH ? line : withinDepth(line);
    dedent = Math.min(dedent, line.trim() === "" ? dedent : (/^ */.exec(line)?.[0].length ?? 0));
    held.push(dedent > 0 ? shallow.slice(dedent) : shallow);
    size += line.length + 1;
  }
  flush();
  return pieces;
}

function fenceOf(line: string): { mark: string; lang: string } | undefined {
  if (!line.startsWith("```") && !line.startsWith("~~~")) return undefined;
  const match = FENCE.exec(line);
  const mark = match?.[1] ?? "";
  const lang = match?.[2]?.trim() ?? "";
  if (match === null || (mark.startsWith("`") && lang.includes("`"))) return undefined;
  return { mark, lang };
}

/** The mark of the indented fence this line is behind, if it is behind one. */
function innerFence(line: string, open: string | undefined): string | undefined {
  const mark = /^[ \t]+(`{3,}|~{3,})/.exec(line)?.[1];
  if (open === undefined) return mark;
  // What is not indented is no part of the list any more.
  const ends = /^\S/.test(line) || (mark?.startsWith(open) === true && line.trim() === mark);
  return ends ? undefined : open;
}

/** The line that closes a fence; one never closed goes on to the end. */
function closing(lines: readonly string[], open: number, mark: string): number {
  for (let at = open + 1; at < lines.length; at++) {
    const line = lines[at]?.trim() ?? "";
    if (!line.startsWith(mark) || /^ {4}/.test(lines[at] ?? "")) continue;
    if (line === mark.charAt(0).repeat(line.length)) return at;
  }
  return lines.length;
}

function mathEnds(lines: readonly string[], open: number): number {
  const close = lines[open]?.startsWith("$$") === true ? "$$" : "\\]";
  for (let at = open + 1; at < Math.min(lines.length, open + MATH_MAX_LINES); at++) {
    const line = lines[at]?.trim() ?? "";
    if (line === close) return at;
    if (line === "") return -1;
  }
  return -1;
}

const TABLE_MARKS = /^\|[\s:|]*-[\s:|-]*$/;

/** Letters, and marks that begin no block. */
const PARAGRAPH_LINE =
  /^(?:[\p{L}\p{Extended_Pictographic}“‘「『（《【("'，。：；？！]|\*\*[^\s*])/u;

/** Where a paragraph ends that nothing can be but a paragraph; most are, and need no more than this. */
function paragraphEnd(lines: readonly string[], start: number): number {
  let at = start;
  while (at < lines.length && PARAGRAPH_LINE.test(lines[at] ?? "")) at++;
  return (lines[at] ?? "").trim() === "" ? at : start;
}

/** Markers at its beginning are worth a try unless the line is longer than any heading or item. */
function isProse(line: string): boolean {
  return line.length > 2 * LONG_LINE_CHARS || !/^\s*(?:[#>*+|~`-]|\d{1,9}[.)])/.test(line);
}

const MARKERS = /^(?:[ \t]*(?:>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/;
const RULE = /^[ \t]*(?:(?:\*[ \t]*)+|(?:-[ \t]*)+)$/;

/** A line of nothing but quotes in lists in quotes is meant as it is written. */
function withinDepth(line: string): string {
  const markers = MARKERS.exec(line)?.[0] ?? "";
  const depth = markers.match(/>|[-*+]|\d[.)]/g)?.length ?? 0;
  if (depth <= MAX_DEPTH || RULE.test(line)) return line;
  return line.replace(/^\s*/, "").replace(/^(\d*)(.)/, "$1\\$2");
}
