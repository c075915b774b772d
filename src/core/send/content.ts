import { MAX_MESSAGE_BYTES, bytesOf } from "../dingtalk/render.ts";
import type { Chat } from "../inbound/session.ts";
import { plainWords, type At, type Message, type Words } from "../message.ts";
import { splitPlain } from "./plain.ts";

/** What is to be sent, before it is known how many messages that makes. */
export type Content =
  /** `text` goes as it is, `markdown` as DingTalk renders it. */
  | {
      readonly kind: "text" | "markdown";
      readonly text: string;
      /** People to @, in groups. */
      readonly at?: At | undefined;
    }
  | { readonly kind: "message"; readonly message: Message };

/** Renders markdown for a chat and splits what is too long for one message. */
export type WordsFor = (markdown: string, chat: Chat) => readonly Words[];

/** The messages that carry it to this chat, in order. */
export function messagesOf(content: Content, chat: Chat, words: WordsFor): readonly Message[] {
  if (content.kind === "message") return [content.message];
  // In a direct chat nobody else could be meant.
  const at = chat.kind === "group" ? content.at : undefined;
  const rendered = content.kind === "text" ? [] : words(content.text, chat);
  // Markdown of which nothing would be seen is sent as it stands: somebody meant it to be.
  const said = rendered.length > 0 ? rendered : plain(content.text, at);
  const [first, ...others] = said;
  if (first === undefined || at === undefined) return said;
  const calling = { ...first, at };
  return bytesOf(calling) <= MAX_MESSAGE_BYTES
    ? [calling, ...others]
    : [{ ...plainWords("👇"), at }, ...said];
}

function plain(text: string, at: At | undefined): Words[] {
  const frame = bytesOf(at === undefined ? plainWords("") : { ...plainWords(""), at });
  const room = { bytes: MAX_MESSAGE_BYTES - frame, chars: Infinity };
  return splitPlain(text, room).map(plainWords);
}
