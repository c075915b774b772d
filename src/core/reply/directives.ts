import { attachmentIn, mayBecomeAttachment } from "./attachments.ts";
import { isMessageBlock } from "./blocks.ts";
import { readDirective } from "./buttons.ts";
import { outsideFences, piecesOf } from "../fences.ts";

/** What the agent answers when it wants to say nothing. A plain word: nothing on the way eats it. */
export const SILENCE = "DINGTALK_SILENT";

/** What an agent's answer says once the words meant for machines are out of it. */
export type Cleaned =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "silent" }
  | { readonly kind: "empty" };

/** The gateway's own words where the model gave nothing that survives HTTP. */
const NO_RESPONSE = "No response from OpenClaw.";

/**
 * OpenClaw's inline directives that come through the HTTP API verbatim, or may; bounded, so that one never
 * closed costs little.
 */
const DIRECTIVES =
  /[ \t]?(?:\[\[tts:text\]\][\s\S]{0,8000}?\[\[\/tts:text\]\]|\[\[\/?(?:tts|reply_to|reply_to_current|audio_as_voice|(buttons|quick_replies|confirm))(?::[^\n]{0,1000}?)?\]\]+)/g;
const DIRECTIVE_NAMES = [
  "tts",
  "reply_to",
  "reply_to_current",
  "audio_as_voice",
  "buttons",
  "quick_replies",
  "confirm",
];
const SPEECH = "[[tts:text]]";
const SPOKEN = /[ \t]?\[\[tts:text\]\][\s\S]{0,8000}?\[\[\/tts:text\]\]/g;
/** The longest a directive can be before it is closed. */
const MAX_SPEECH_CHARS = SPEECH.length + 8000 + "[[/tts:text]]".length;
const MAX_DIRECTIVE_CHARS = 1030;
const TOKENS = ["NO_REPLY", "HEARTBEAT_OK", SILENCE];
const LEADING_TOKENS = /^\s*HEARTBEAT_OK\b[.!]?/;
/** How much of an answer tells whether it is a word for silence, however it is dressed up. */
const TOKEN_WITHIN = 200;

/**
 * Takes the directives out, code blocks left alone, and finds out whether anything is left to say. Those
 * that ask for buttons stay if they can be read: they are messages to be made.
 */
export function cleanAnswer(raw: string): Cleaned {
  const asked = raw.trim();
  if (asked === "" || asked === NO_RESPONSE) return { kind: "empty" };
  if (TOKENS.includes(bareWord(asked))) return { kind: "silent" };
  const text = outsideFences(asked, (part) =>
    part.replace(DIRECTIVES, (directive: string, buttons?: string) =>
      buttons !== undefined && readDirective(directive) !== undefined ? directive : "",
    ),
  );
  const said = withoutTrailingTokens(text.replace(LEADING_TOKENS, "")).trim();
  if (said !== "" && !TOKENS.includes(bareWord(said))) return { kind: "text", text: said };
  return { kind: TOKENS.some((token) => asked.includes(token)) ? "silent" : "empty" };
}

/**
 * What of an answer still being written people may see already: no directive and no token, whole or begun;
 * no message written as JSON and no line that stands for a file. Empty while there is nothing, and while
 * it may yet turn out to be silence.
 */
export function cleanPartial(raw: string): string {
  const asked = raw.trim();
  if (NO_RESPONSE.startsWith(asked) || mayBeSilence(asked)) return "";
  const pieces = piecesOf(raw);
  const shown = pieces.flatMap(({ text, fence }, at) => {
    const isLast = at === pieces.length - 1;
    if (fence === undefined) return [shownOutside(text, isLast)];
    // Only what opens it has been written: its name may go on.
    const isBegun = isLast && !text.includes("\n");
    const mayBecomeOne = isBegun && "dingtalk".startsWith(fence.info.toLowerCase());
    return mayBecomeOne || isMessageBlock(fence.info) ? [] : [text];
  });
  const text = shown.join("\n").replace(LEADING_TOKENS, "");
  const said = withoutTrailingTokens(withoutHalfToken(text)).trim();
  return mayBeSilence(said) ? "" : said;
}

/** However the model dresses a word up: in code, bold, quotes, with a Chinese full stop. */
const bareWord = (text: string) =>
  text
    .slice(0, TOKEN_WITHIN)
    .replace(/[^\p{L}_]/gu, "")
    .toUpperCase();

function mayBeSilence(asked: string): boolean {
  const bare = bareWord(asked);
  const isOpen = asked.length < TOKEN_WITHIN;
  return TOKENS.some((token) => token === bare || (isOpen && token.startsWith(bare)));
}

/** What may be shown of a stretch outside code; the last one is not written to its end. */
function shownOutside(text: string, isLast: boolean): string {
  const lines = text.split("\n");
  const kept = lines.filter((line, at) =>
    isLast && at === lines.length - 1
      ? !/^ {0,3}[`~]{1,2}$/.test(line) && !mayBecomeAttachment(line)
      : attachmentIn(line) === undefined,
  );
  const shown = kept.join("\n").replace(SPOKEN, "");
  return (isLast ? withoutHalfDirective(shown) : shown).replace(DIRECTIVES, "");
}

/** Without a directive that is not closed yet and whatever belongs to it. */
function withoutHalfDirective(text: string): string {
  const speech = text.indexOf(SPEECH, Math.max(0, text.length - MAX_SPEECH_CHARS));
  if (speech !== -1) return text.slice(0, speech);
  const whole = text.replace(DIRECTIVES, "");
  const line = Math.max(whole.lastIndexOf("\n") + 1, whole.length - MAX_DIRECTIVE_CHARS);
  for (let at = whole.indexOf("[[", line); at !== -1; at = whole.indexOf("[[", at + 1)) {
    if (mayBecomeDirective(whole.slice(at))) return whole.slice(0, at);
  }
  return whole.endsWith("[") ? whole.slice(0, -1) : whole;
}

function mayBecomeDirective(begun: string): boolean {
  const [, name, rest] = /^\[\[\/?([a-z_]*)(\]|:[^\n]{0,1001})?$/.exec(begun) ?? [];
  if (name === undefined) return false;
  return DIRECTIVE_NAMES.some((known) =>
    rest === undefined ? known.startsWith(name) : known === name,
  );
}

/** Without a token at the end of which only the beginning is written. */
function withoutHalfToken(text: string): string {
  for (let length = Math.min(text.length, SILENCE.length); length > 0; length--) {
    const end = text.slice(-length);
    const isHalf = TOKENS.some((token) => token.startsWith(end) && token !== end);
    if (isHalf && !/\w/.test(text.at(-length - 1) ?? "")) return text.slice(0, -length);
  }
  return text;
}

/** By hand: a regular expression for this takes the square of a long answer's blanks. */
function withoutTrailingTokens(text: string): string {
  let rest = text;
  for (;;) {
    const end = rest.trimEnd();
    const bare = /[.!。！]$/.test(end) ? end.slice(0, -1) : end;
    const token = TOKENS.find((word) => bare.endsWith(word));
    const before = token === undefined ? "" : bare.slice(0, -token.length);
    // "MY_NO_REPLY" is a word of its own.
    if (token === undefined || /\w$/.test(before)) return rest;
    rest = before;
  }
}
