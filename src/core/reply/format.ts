import { Lexer, type Token } from "marked";
import { jsonBytes, splitText } from "./split.ts";

/** Whom an answer in a group is for. */
export interface Mention {
  /** `senderStaffId`: only this can be @-ed; outsiders have none. */
  readonly userId: string | undefined;
  readonly nick: string | undefined;
}

/** DingTalk refuses webhook bodies over 20 000 bytes (errcode 460101); the rest of the body gets a margin. */
const MAX_TEXT_BYTES = 19_000;
/** DingTalk's ids and names are much shorter; what is longer must not take the answer's place. */
const MAX_NAME_CHARS = 200;
/** What a phone shows of a message before it is opened. */
const TITLE_CHARS = 20;

/**
 * The webhook bodies that carry an answer, as JSON text: `markdown` if the answer uses any, else
 * `text`; several if it is too long for one. A mention needs both the list and the words in the text.
 */
export function webhookBodies(text: string, mention: Mention | undefined, title: string): string[] {
  const markdown = usesMarkdown(text);
  const greeting = mention === undefined ? "" : greet(mention);
  const parts = splitText(text, MAX_TEXT_BYTES - jsonBytes(greeting));
  return parts.map((part, at) => {
    const first = at === 0;
    // A markdown heading or list only counts as one at the start of a line.
    const content = first && greeting !== "" ? greeting + (markdown ? "\n\n" : " ") + part : part;
    const at_ =
      first && greeting !== "" && mention?.userId !== undefined
        ? { at: { atUserIds: [mention.userId] } }
        : {};
    return JSON.stringify(
      markdown
        ? { msgtype: "markdown", markdown: { title: titleOf(part, title), text: content }, ...at_ }
        : { msgtype: "text", text: { content }, ...at_ },
    );
  });
}

function greet({ userId, nick }: Mention): string {
  const name = userId ?? nick?.replace(/\s+/g, " ");
  return name === undefined || name.length > MAX_NAME_CHARS ? "" : `@${name}`;
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
