import { Lexer, type Token } from "marked";
import { MAX_MESSAGE_BYTES, bytesOf } from "../dingtalk/render.ts";
import type { Mention, Named, Words } from "../message.ts";
import { textBlock, type Block } from "./markdown/block.ts";
import { PLAIN, ROBOT, type Dialect } from "./markdown/dialect.ts";
import { layOut } from "./markdown/layout.ts";
import type { Tables } from "./markdown/table.ts";
import { packBlocks } from "./split.ts";
import { titleOf } from "./title.ts";

export interface Formatting {
  /** `markdown`: where the answer uses any, else text. `text`: always plain text. */
  readonly mode: "text" | "markdown";
  readonly tables: Tables;
  /** Longest message, in characters; DingTalk's limit in bytes holds besides. */
  readonly chunkChars: number;
  /** Of a markdown message that has no words for one. */
  readonly fallbackTitle: string;
}

export interface Addressed {
  /** Whom the answer is for. */
  readonly mention?: Mention | undefined;
  /** People the answer may name as "@name". */
  readonly named?: readonly Named[] | undefined;
}

/** The longest title that can come of it, in bytes of JSON, with its number. */
const MAX_TITLE_BYTES = 660;
/** However much stands around a text, this much of it gets into a message. */
const MIN_BYTES = 200;
const MIN_CHARS = 40;
/** Names may grow on their way into the body; then the texts are made shorter. */
const MAX_TRIES = 6;

/**
 * The messages that carry an answer, in order; several if it is too long for one, none for a blank one.
 * The first mentions the person it is for.
 */
export function wordsFor(text: string, formatting: Formatting, to: Addressed = {}): Words[] {
  const said = text.toWellFormed();
  if (said.trim() === "") return [];
  const { format, dialect, blocks } = laidOut(said, formatting, to);
  const named = to.named ?? [];
  const frame = (mention: Mention | undefined) =>
    bytesOf({ format, title: "", parts: [partOf("", mention, [])] });
  const title = format === "markdown" ? MAX_TITLE_BYTES : 0;
  let scale = 1;
  for (let tries = 1; ; tries++) {
    const room = (mention: Mention | undefined) => ({
      bytes: Math.max(MIN_BYTES, (MAX_MESSAGE_BYTES - title - frame(mention)) * scale),
      chars: Math.max(MIN_CHARS, formatting.chunkChars),
    });
    const texts = packBlocks(blocks, {
      dialect,
      first: room(to.mention),
      others: room(undefined),
      names: named.map(({ name }) => name),
    });
    const words = texts.map((part, at): Words => {
      const number = texts.length > 1 ? `(${at + 1}/${texts.length}) ` : "";
      return {
        format,
        title: format === "markdown" ? number + titleOf(part, formatting.fallbackTitle) : "",
        parts: [partOf(part, at === 0 ? to.mention : undefined, named)],
      };
    });
    const largest = words.reduce((most, each) => Math.max(most, bytesOf(each)), 0);
    if (largest <= MAX_MESSAGE_BYTES || tries === MAX_TRIES) return words;
    scale *= (MAX_MESSAGE_BYTES / largest) * 0.95;
  }
}

function laidOut(
  text: string,
  { mode, tables }: Formatting,
  { named = [] }: Addressed,
): { format: Words["format"]; dialect: Dialect; blocks: readonly Block[] } {
  if (usesMarkdown(text)) {
    const dialect = mode === "text" ? PLAIN : ROBOT;
    // Only names with a mark in them could come out changed.
    const names = named.map(({ name }) => name).filter((name) => /[^\p{L}\p{N} ]/u.test(name));
    const blocks = layOut(text, { dialect, tables, names });
    const format = mode === "text" ? "text" : "markdown";
    if (blocks.some(({ lines }) => lines.some((line) => line.trim() !== ""))) {
      return { format, dialect, blocks };
    }
  }
  return { format: "text", dialect: PLAIN, blocks: asWritten(text) };
}

/** Paragraphs as they are, with the blank lines between them. */
function asWritten(text: string): Block[] {
  const blocks: Block[] = [];
  let gap = "";
  for (const [at, part] of text.split(/(\n(?:[ \t]*\n)+)/).entries()) {
    if (at % 2 === 1) gap = part;
    else if (part !== "") blocks.push(textBlock(part.split("\n"), { gap }));
  }
  return blocks;
}

function partOf(
  text: string,
  mention: Mention | undefined,
  named: readonly Named[],
): Words["parts"][number] {
  const here = text.includes("@") ? named.filter(({ name }) => text.includes(`@${name}`)) : [];
  return {
    text,
    ...(mention === undefined ? {} : { mention }),
    ...(here.length === 0 ? {} : { named: here }),
  };
}

/** Looked at in one go: text made for it costs the lexer the square of its length. */
const PIECE_CHARS = 2000;

/** What markup is made of; most plain text has nothing of it, and costs the lexer dearly. */
const MAY_BE_MARKUP = /[*_`#>[\]|<~\\&=]|^(?: {4}|\t)|^\s*(?:[-+]|\d+[.)])/m;

/** Whether a reader would lose something if the text were shown as it is. */
export function usesMarkdown(text: string): boolean {
  if (!MAY_BE_MARKUP.test(text)) return false;
  for (let at = 0; at < text.length; at += PIECE_CHARS) {
    if (hasMarkup(text.slice(at, at + PIECE_CHARS))) return true;
  }
  return false;
}

function hasMarkup(piece: string): boolean {
  try {
    return new Lexer({ gfm: true }).lex(piece).some(isMarkup);
  } catch (error) {
    // Nested deeper than the stack is deep, so there is markup for certain.
    if (error instanceof RangeError) return true;
    throw error;
  }
}

function isMarkup(token: Token): boolean {
  switch (token.type) {
    case "space":
    case "br":
    case "escape":
    case "html":
    case "def":
      return false;
    // A bare address is a link already: DingTalk makes it clickable in plain text too.
    case "link":
      return token.raw !== token["text"];
    case "text":
    case "paragraph":
      return (token as { tokens?: Token[] }).tokens?.some(isMarkup) ?? false;
    default:
      return true;
  }
}
