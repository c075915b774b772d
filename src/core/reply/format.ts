import { Lexer, type Token } from "marked";
import { MAX_MESSAGE_BYTES, bytesOf } from "../dingtalk/render.ts";
import type { Mention, Message } from "../message.ts";
import { splitText } from "./split.ts";

/** What a phone shows of a message before it is opened. */
const TITLE_CHARS = 20;
/** The longest title that can come of it, in bytes of JSON. */
const MAX_TITLE_BYTES = 700;

/**
 * The messages that carry an answer: markdown if the answer uses any, else text; several if it is too
 * long for one. The first one mentions the person it is for.
 */
export function messagesFor(
  text: string,
  mention: Mention | undefined,
  fallbackTitle: string,
): Message[] {
  const format = usesMarkdown(text) ? "markdown" : "text";
  const frame = bytesOf({ format, title: "", parts: [{ text: "", mention }] });
  const parts = splitText(text, MAX_MESSAGE_BYTES - MAX_TITLE_BYTES - frame);
  return parts.map((part, at) => ({
    format,
    title: format === "markdown" ? titleOf(part, fallbackTitle) : "",
    parts: [at === 0 && mention !== undefined ? { text: part, mention } : { text: part }],
  }));
}

/** Looked at in one go: text made for it costs the lexer the square of its length. */
const PIECE_CHARS = 4000;

/** Whether a reader would lose something if the text were shown as it is. */
export function usesMarkdown(text: string): boolean {
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

/** The first line without its markers: chat list and push notification show it, the body does not. */
function titleOf(text: string, fallback: string): string {
  for (const line of text.split("\n")) {
    const plain = line
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/^[\s>#*+\-|`~]+|[*`~|]+/g, "")
      .trim();
    if (/[\p{L}\p{N}]/u.test(plain)) return firstGraphemes(plain, TITLE_CHARS) || fallback;
  }
  return fallback;
}

/** Cut between what a reader sees as characters: an emoji of several code points stays whole. */
function firstGraphemes(text: string, count: number): string {
  let kept = "";
  let taken = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    // A single one may be thousands of accents long.
    if (taken++ === count || kept.length + segment.length > count * 10) break;
    kept += segment;
  }
  return kept;
}
