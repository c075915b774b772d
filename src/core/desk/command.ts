import { COMMANDS, type CommandName } from "../access/model.ts";
import { cutText } from "../inbound/cut.ts";
import { saidIn } from "../inbound/parts.ts";
import type { RobotMessage } from "../inbound/robot-message.ts";

/** Something the bridge is told to do. */
export interface Command {
  /** Undefined: nobody knows what it means. */
  readonly name: CommandName | undefined;
  /** As it was typed, without the slash, and not a long one. */
  readonly word: string;
  /** What stands behind it; may be empty. */
  readonly rest: string;
}

/** What commands are called besides; the first is the one people are told. */
export const ALIASES: Readonly<Record<CommandName, readonly [string, ...string[]]>> = {
  help: ["帮助"],
  stop: ["停止"],
  new: ["新会话", "新对话", "重置", "reset"],
  status: ["状态"],
  whoami: ["我是谁", "身份"],
  agent: ["智能体"],
  approve: ["批准"],
  btw: ["顺便", "插问"],
};

const NAMES: ReadonlyMap<string, CommandName> = new Map(
  COMMANDS.flatMap((name) => [name, ...ALIASES[name]].map((word) => [word, name] as const)),
);

const MAX_WORD_CHARS = 32;
/** Longer than a lone word to stop can be. */
const MAX_STOP_CHARS = 16;

const BLANK = /[\s\p{Cf}]/u;
/** How commands begin, behind the blanks and marks that a mention leaves. */
const BEGINNING = /^[\s\p{Cf}]*(?:[/／]|停止|stop|esc)/iu;

/** People who want something to end do not look for the slash. */
const STOP = /^\/?(?:停止|stop|esc)\s*[。.!]{0,3}$/i;
/** A path, an address or a date is no command: nothing but a blank may end the word. */
const SLASHED = /^[/／]([\p{L}\p{M}\p{N}_-]+)(?=[\s\p{Cf}]|$)/u;

/**
 * The command a message is, if it is one: "/word" in front of whatever else, or a lone word to stop.
 * A message that answers to another one, or carries more than words, is for the agent. Never throws.
 * Every message is asked about, so ordinary ones are told by their first characters.
 */
export function commandIn(message: RobotMessage): Command | undefined {
  if (!mayBeOne(message)) return undefined;
  const { parts, quote } = saidIn(message);
  const [part, ...others] = parts;
  if (part?.kind !== "text" || others.length > 0 || quote !== undefined) return undefined;
  return commandOf(trimmed(part.text));
}

function mayBeOne({ msgtype, text, content }: RobotMessage): boolean {
  if (msgtype === "text" && text !== undefined) return BEGINNING.test(text);
  // Its words may come in pieces. Pictures have such codes.
  return (msgtype === "text" || msgtype === "richText") && !content.includes("ownloadCode");
}

function commandOf(words: string): Command | undefined {
  if (words.length <= MAX_STOP_CHARS && STOP.test(words.normalize("NFKC"))) {
    return { name: "stop", word: words.replace(/^[/／]/, ""), rest: "" };
  }
  const [whole, word] = SLASHED.exec(words) ?? [];
  if (whole === undefined || word === undefined) return undefined;
  return {
    name: nameOf(word),
    word: cutText(word, MAX_WORD_CHARS),
    rest: trimmed(words.slice(whole.length)),
  };
}

/** Some keyboards write letters as wide as Chinese ones. */
function nameOf(word: string): CommandName | undefined {
  if (word.length > MAX_WORD_CHARS) return undefined;
  return NAMES.get(word.normalize("NFKC").toLowerCase());
}

/** By hand: an expression for blanks at the end takes the square of their number. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANK.test(text.charAt(start))) start++;
  while (start < end && BLANK.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
