import type { Counters } from "../counters.ts";
import type { Chat } from "../inbound/session.ts";
import { reasonOf, type Log } from "../log.ts";
import {
  isAttachment,
  plainWords,
  type Mention,
  type Message,
  type Named,
  type Words,
} from "../message.ts";
import { segmentsOf, type Segment } from "../reply/blocks.ts";
import { wordsFor, type Formatting } from "../reply/format.ts";
import { namesIn } from "../reply/names.ts";
import type { Store } from "../store.ts";
import type { Texts } from "../texts.ts";

export interface RepliesOptions {
  readonly formatting: (chat: Chat) => Formatting;
  readonly store: Pick<Store, "membersNamed">;
  readonly texts: Texts;
  readonly counters: Counters;
}

/** What is said, on its way to becoming messages. */
export interface Composition {
  /** The words alone: what a card shows. Empty if there are none. */
  readonly words: string;
  /** All of it, the words too, in order. Made when asked for: a card needs only the others. */
  readonly messages: () => Promise<readonly Message[]>;
  /** All but the words. */
  readonly others: readonly Message[];
}

export interface Composing {
  readonly mention: Mention | undefined;
  /** Files of this machine may be sent to whoever asked. */
  readonly files: boolean;
  /** Its lines say which message they are about. */
  readonly log: Log;
}

/** Makes messages of an answer, or of what the bridge itself has to say. Never throws. */
export interface Replies {
  compose(said: string, chat: Chat, composing: Composing): Composition;
  /** Words without anything in them that stands for another kind of message. */
  words(said: string, chat: Chat, mention?: Mention): Words[];
}

export function createReplies(options: RepliesOptions): Replies {
  const { store, texts, counters } = options;

  const named = async (text: string, chat: Chat, log: Log): Promise<Named[]> => {
    if (chat.kind !== "group") return [];
    const names = namesIn(text);
    if (names.length === 0) return [];
    try {
      return await store.membersNamed(chat, names);
    } catch (error) {
      // A name that is only written is better than no answer.
      log.warn("members could not be looked up", { reason: reasonOf(error) });
      return [];
    }
  };

  const words = (text: string, chat: Chat, mention?: Mention, people: readonly Named[] = []) =>
    wordsFor(text, options.formatting(chat), {
      ...(mention === undefined ? {} : { mention }),
      named: people,
    });

  const messagesOf = async (
    segments: readonly Segment[],
    chat: Chat,
    { mention, log }: Composing,
  ): Promise<Message[]> => {
    const messages: Message[] = [];
    let to = mention;
    for (const segment of segments) {
      if (segment.kind === "words") {
        messages.push(...words(segment.text, chat, to, await named(segment.text, chat, log)));
        to = undefined;
      } else if (segment.message.format === "actionCard" && to !== undefined) {
        messages.push({ ...segment.message, mention: to });
        to = undefined;
      } else {
        messages.push(segment.message);
      }
    }
    return messages;
  };

  /** The agent serves people who may have everything and others, from the same folders. */
  const withoutFile = (segment: Segment, log: Log): Segment => {
    if (segment.kind === "words" || !takesFile(segment.message)) return segment;
    const { message } = segment;
    log.info("a file of this machine is kept from somebody who may not have any");
    const name = isAttachment(message) ? (message.name ?? "") : "";
    return { kind: "message", message: plainWords(texts.fileNotForYou(name)) };
  };

  /** A fault of ours costs the answer, not the turn. */
  const failed = (error: unknown, chat: Chat, { mention, log }: Composing): Words[] => {
    counters.count("turns_crashed");
    log.error("answer could not be made into messages", { reason: reasonOf(error) });
    return words(texts.failures.internal, chat, mention);
  };

  return {
    compose(said, chat, composing) {
      const { files, log } = composing;
      try {
        const found = segmentsOf(said, (reason) => {
          log.warn("a dingtalk block of the agent's is shown as it is", { reason });
        });
        const segments = files ? found : found.map((segment) => withoutFile(segment, log));
        const spoken = segments.flatMap((segment) =>
          segment.kind === "words" ? [segment.text] : [],
        );
        return {
          words: spoken.join("\n\n"),
          messages: () =>
            messagesOf(segments, chat, composing).catch((error: unknown) =>
              failed(error, chat, composing),
            ),
          others: segments.flatMap((segment) =>
            segment.kind === "message" ? [segment.message] : [],
          ),
        };
      } catch (error) {
        const messages = failed(error, chat, composing);
        return { words: texts.failures.internal, messages: async () => messages, others: [] };
      }
    },
    words,
  };
}

function takesFile(message: Message): boolean {
  if (!isAttachment(message)) return false;
  return [message.source, message.cover].some((source) => source !== undefined && "path" in source);
}
