import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Recall } from "../dingtalk/recall.ts";
import type { Chat } from "../inbound/session.ts";
import type { Log } from "../log.ts";
import type { Message } from "../message.ts";
import type { Store } from "../store.ts";
import type { Address } from "./address.ts";
import { messagesOf, type Content, type WordsFor } from "./content.ts";
import { reportOf, type FateReport } from "./fate.ts";
import { recipientsOf, type Recipient } from "./recipients.ts";
import { withdraw } from "./withdraw.ts";

/** Something others ask to be sent. */
export interface SendRequest {
  /** Addressees, or a chat that is known already. */
  readonly to: readonly Address[] | Chat;
  readonly content: Content;
  /** Who uses it twice means the same message. */
  readonly idempotencyKey?: string | undefined;
}

export type Submitted =
  /** `known`: the idempotency key was used before, and nothing was added. */
  | { readonly kind: "accepted" | "known"; readonly id: string }
  /** Too much waits already. */
  | { readonly kind: "full" };

export interface SendingOptions {
  readonly store: Pick<Store, "submit" | "fate" | "cancel" | "recalled" | "directChat">;
  readonly words: WordsFor;
  readonly recall: Recall;
  /** A UUID. */
  readonly newId: () => string;
  readonly clock: Clock;
  readonly account: string;
  /** Messages that may wait in the outbox when another submission comes. */
  readonly limit: number;
  /** There is something to send to this chat. */
  readonly onReplies: (chat: Chat) => void;
  readonly log: Log;
  readonly counters: Counters;
  /** Breaks off recalls. */
  readonly signal: AbortSignal;
}

/** Sends unasked: takes messages on, tells what became of them, takes them back. Rejects if the store fails. */
export interface Sending {
  submit(request: SendRequest): Promise<Submitted>;
  /** Undefined: the id is not known, or not any more. */
  fate(id: string): Promise<FateReport | undefined>;
  withdraw(id: string): Promise<FateReport | undefined>;
}

export function createSending(options: SendingOptions): Sending {
  const { store, clock, account, log } = options;

  return {
    async submit({ to, content, idempotencyKey }) {
      const id = options.newId();
      const recipients = await recipientsOf(to, { account, id, store });
      // `reply.*` tells chats apart by their kind only: a thousand groups are not rendered one by one.
      const byKind = new Map<Chat["kind"], readonly Message[]>();
      const messagesFor = (chat: Chat) => {
        const known = byKind.get(chat.kind) ?? messagesOf(content, chat, options.words);
        byKind.set(chat.kind, known);
        return known;
      };
      const replies = recipients.flatMap((recipient) =>
        messagesFor(recipient.chat).map((message) => replyOf(recipient, message)),
      );
      const submission = { id, account, idempotencyKey, replies };
      const submitted = await store.submit(submission, options.limit, clock.now());
      if (submitted.kind !== "accepted") return submitted;
      options.counters.count("submissions");
      log.info("messages to send were taken on", { id, messages: replies.length });
      for (const { chat } of recipients) options.onReplies(chat);
      return submitted;
    },
    async fate(id) {
      const fate = await store.fate(id);
      return fate === undefined ? undefined : reportOf(fate);
    },
    async withdraw(id) {
      const report = await withdraw(id, options);
      if (report !== undefined) log.info("messages were taken back", { id, state: report.state });
      return report;
    },
  };
}

function replyOf({ chat, userIds, targets }: Recipient, message: Message) {
  return { chat, message, targets, ...(userIds === undefined ? {} : { userIds }) };
}
