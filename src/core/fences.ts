/** A fenced code block. */
export interface Fence {
  /** What stands behind the opening fence, like "ts" or "dingtalk json". */
  readonly info: string;
  /** Without the fences. */
  readonly body: string;
}

/** A stretch of markdown: a fenced code block, its fences included, or what stands outside of any. */
export interface Piece {
  readonly text: string;
  readonly fence: Fence | undefined;
}

/** Backticks may not come back in the line that opens: that would be inline code. */
const OPENING = /^ {0,3}(?:(`{3,})([^`]*)|(~{3,})(.*))$/;
const CLOSING = /^ {0,3}(`{3,}|~{3,})[ \t]*$/;

/**
 * Takes a text apart at its fenced code blocks; joined by line breaks, the pieces are the text again. A
 * block never closed goes on to the end.
 * @see https://spec.commonmark.org/0.31.2/#fenced-code-blocks
 */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let lines: string[] = [];
  let open: { readonly mark: string; readonly info: string } | undefined;

  const close = (body: readonly string[] | undefined) => {
    if (lines.length === 0) return;
    const fence = open && body && { info: open.info, body: body.join("\n") };
    pieces.push({ text: lines.join("\n"), fence });
    lines = [];
    open = undefined;
  };

  for (const line of text.split("\n")) {
    // A carriage return before the line break belongs to the break.
    const bare = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (open === undefined) {
      const [, ticks, ticksInfo, tildes, tildesInfo] = OPENING.exec(bare) ?? [];
      const mark = ticks ?? tildes;
      if (mark !== undefined) {
        close(undefined);
        open = { mark, info: (ticksInfo ?? tildesInfo ?? "").trim() };
      }
      lines.push(line);
    } else {
      lines.push(line);
      // Of the same kind, and at least as long: so a longer fence can hold others.
      if (CLOSING.exec(bare)?.[1]?.startsWith(open.mark) === true) close(lines.slice(1, -1));
    }
  }
  close(lines.slice(1));
  return pieces;
}

/** Applies `change` to all that stands outside fenced code blocks. */
export function outsideFences(text: string, change: (part: string) => string): string {
  return piecesOf(text)
    .map((piece) => (piece.fence === undefined ? change(piece.text) : piece.text))
    .join("\n");
}

/**
 * Where inline code stands in a text without fences, in order, as [from, to[: a run of backticks up to the
 * next one of the same length in the same paragraph.
 */
export function codeSpans(text: string): (readonly [from: number, to: number])[] {
  const runs = [...text.matchAll(/`+|\n[ \t]*(?=\n)/g)];
  const nextAlike: (number | undefined)[] = [];
  const seen = new Map<number, number>();
  for (const [back] of runs.entries()) {
    const at = runs.length - 1 - back;
    const mark = runs[at]?.[0] ?? "";
    if (mark.startsWith("`")) {
      nextAlike[at] = seen.get(mark.length);
      seen.set(mark.length, at);
    } else {
      seen.clear();
    }
  }
  const spans: (readonly [number, number])[] = [];
  for (let at = 0; at < runs.length; at++) {
    const end = nextAlike[at];
    if (end === undefined) continue;
    const closing = runs[end];
    spans.push([runs[at]?.index ?? 0, (closing?.index ?? 0) + (closing?.[0].length ?? 0)]);
    at = end;
  }
  return spans;
}
