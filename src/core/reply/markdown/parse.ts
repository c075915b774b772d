import type { Lexer, Token } from "marked";
import { type Piece, piecesOf } from "./pieces.ts";
import { simpleWords } from "./simple.ts";
import { lexers, needsMore } from "./syntax.ts";

/** Words are looked at this many characters at a time: text made for it costs the square of its length. */
const RUN_CHARS = 2000;

/** What makes more of words than words. Addresses are shown as they are written, and so are entities. */
const MARKUP = /[\\<[`*_$]|~~/;

export interface Parsed {
  readonly piece: Piece;
  /** Of prose and paragraphs. */
  readonly tokens: readonly Token[];
}

/** Parses an answer, whatever it is; what cannot be parsed is a paragraph of its own words. */
export function parse(text: string): Parsed[] {
  const { blocks, words } = lexers();
  const parsed = piecesOf(text).map((piece) => ({ piece, tokens: blocksOf(piece, blocks) }));
  // Only now are all link definitions known.
  for (const { src, tokens } of blocks.inlineQueue) {
    for (const run of runsOf(src)) wordsOf(run, tokens, needsMore(run) ? words : blocks);
  }
  return parsed;
}

function blocksOf(piece: Piece, lexer: Lexer): Token[] {
  if (piece.kind === "code" || piece.kind === "math") return [];
  const queued = lexer.inlineQueue.length;
  if (piece.kind === "prose") {
    try {
      return lexer.blockTokens(piece.text, []);
    } catch (error) {
      // Nested deeper than the stack is deep.
      if (!(error instanceof RangeError)) throw error;
      lexer.inlineQueue.length = queued;
      lexer.state.top = true;
      delete lexer.state.lastToken;
      return [{ type: "html", raw: piece.text, text: piece.text, block: true, pre: false }];
    }
  }
  const tokens = lexer.inline(piece.text.trim());
  return [{ type: "paragraph", raw: piece.text, text: piece.text, tokens }];
}

function wordsOf(src: string, tokens: Token[], lexer: Lexer): void {
  if (!MARKUP.test(src)) {
    tokens.push({ type: "text", raw: src, text: src });
    return;
  }
  const quick = simpleWords(src);
  if (quick !== undefined) {
    for (const token of quick) tokens.push(token);
    return;
  }
  const taken = tokens.length;
  lexer.state.inLink = false;
  lexer.state.inRawBlock = false;
  try {
    lexer.inlineTokens(src, tokens);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    tokens.length = taken;
    tokens.push({ type: "html", raw: src, text: src, block: false, pre: false });
  }
}

function runsOf(src: string): string[] {
  if (src.length <= RUN_CHARS) return [src];
  const runs: string[] = [];
  let start = 0;
  while (src.length - start > RUN_CHARS) {
    const end = start + goodEnd(src.slice(start, start + RUN_CHARS));
    runs.push(src.slice(start, end));
    start = end;
  }
  runs.push(src.slice(start));
  return runs;
}

/** Where little is lost: markup seldom goes on behind the end of a line, a sentence or a word. */
function goodEnd(window: string): number {
  for (const ends of ["\n", "。！？；.", " ，、"]) {
    const last = Math.max(...Array.from(ends, (end) => window.lastIndexOf(end)));
    if (last > RUN_CHARS / 4) return last + 1;
  }
  // Not between the halves of a character.
  return /[\ud800-\udbff]$/.test(window) ? window.length - 1 : window.length;
}
