import type { Access } from "../access/access.ts";
import type { ChatSettings } from "../access/model.ts";
import type { Audit } from "../audit.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Recall } from "../dingtalk/recall.ts";
import { chatIdOf, type Chat } from "../inbound/session.ts";
import type { Log } from "../log.ts";
import { saidIn, type Message } from "../message.ts";
import type { Store } from "../store.ts";
import type { Address } from "./address.ts";
import { messagesOf, type Content, type WordsFor } from "./content.ts";
import { reportOf, type FateReport } from "./fate.ts";
import { recipientsOf, type KnownAccounts, type Recipient } from "./recipients.ts";
import { withdraw } from "./withdraw.ts";

/** Something others ask to be sent. */
export interface SendRequest {
  /** The robot that sends: one of `Sending.accounts`. */
  readonly account: string;
  /** Addressees, or a chat of this robot that is known already. */
  readonly to: readonly Address[] | Chat;
  readonly content: Content;
  /** Who uses it twice with one robot means the same message. */
  readonly idempotencyKey?: string | undefined;
  /** Who asks, for the audit. */
  readonly by: "send API" | "gateway";
}

/** What was not sent as it may not be. */
export interface Refusal extends Pick<SendRequest, "account" | "content" | "by"> {
  /** Where it was ordered. */
  readonly chat: Chat;
  /** Whom it was for. */
  readonly targets: readonly string[];
  /** What wanted to have it sent: a job's id. */
  readonly what: string;
  readonly reason: string;
}

export type Submitted =
  /** `known`: the idempotency key was used before, and nothing was added. */
  | { readonly kind: "accepted" | "known"; readonly id: string }
  /** Too much waits already. */
  | { readonly kind: "full" };

/** What sending needs of one robot. */
export interface SendingAccount {
  readonly words: WordsFor;
  readonly recall: Recall;
  /** There is something to send to this chat. */
  readonly onReplies: (chat: Chat) => void;
  readonly access: Pick<Access, "settings">;
}

export interface SendingOptions {
  readonly store: Pick<Store, "submit" | "fate" | "cancel" | "recalled" | "directChat">;
  /** By id. */
  readonly accounts: ReadonlyMap<string, SendingAccount>;
  readonly defaultAccount: string | undefined;
  /** A UUID. */
  readonly newId: () => string;
  readonly clock: Clock;
  /** Messages that may wait in the outbox when another submission comes. */
  readonly limit: number;
  readonly audit: Audit;
  readonly log: Log;
  readonly counters: Counters;
  /** Breaks off recalls. */
  readonly signal: AbortSignal;
}

/** Sends unasked: takes messages on, tells what became of them, takes them back. Rejects if the store fails. */
export interface Sending {
  readonly accounts: KnownAccounts;
  submit(request: SendRequest): Promise<Submitted>;
  /** Writes down that something was not let through. */
  refused(refusal: Refusal): void;
  /** Undefined: the id is not known, or not any more. */
  fate(id: string): Promise<FateReport | undefined>;
  withdraw(id: string): Promise<FateReport | undefined>;
}

/** Addressees that the audit names. */
const MAX_SUBJECTS = 20;

const NOT_HERE = "its robot does not run here any more: it cannot be recalled";

/** What was sent by a robot that has been switched off can only be taken back while it waits. */
const recallNothing: Recall = async (_chat, keys) => ({
  recalled: [],
  failed: keys.map((key) => ({ key, reason: NOT_HERE })),
});

export function createSending(options: SendingOptions): Sending {
  const { store, accounts, clock, audit, log } = options;

  /** Chats with the same settings get the same messages: a thousand groups are not rendered one by one. */
  const renderer = (content: Content, { words, access }: SendingAccount) => {
    const bySettings = new Map<ChatSettings, readonly Message[]>();
    return (chat: Chat): readonly Message[] => {
      const settings = access.settings(chat);
      const messages = bySettings.get(settings) ?? messagesOf(content, chat, words);
      bySettings.set(settings, messages);
      return messages;
    };
  };

  return {
    accounts: {
      // Robots come and go with the configuration.
      get ids() {
        return [...accounts.keys()];
      },
      usual: options.defaultAccount,
    },
    async submit({ account, to, content, idempotencyKey, by }) {
      const robot = accounts.get(account);
      if (robot === undefined) throw new Error(`the robot ${account} does not run here`);
      const id = options.newId();
      const recipients = await recipientsOf(to, { account, id, store });
      const messagesFor = renderer(content, robot);
      const replies = recipients.flatMap((recipient) =>
        messagesFor(recipient.chat).map((message) => replyOf(recipient, message)),
      );
      const submission = { id, account, idempotencyKey, replies };
      const submitted = await store.submit(submission, options.limit, clock.now());
      if (submitted.kind !== "accepted") return submitted;
      options.counters.count("submissions");
      log.info("messages to send were taken on", { id, account, messages: replies.length });
      audit.record({
        event: "proactive-send",
        account,
        by,
        subject: subjectsOf(recipients.flatMap(({ targets }) => targets)),
        what: id,
        content: textOf(content),
      });
      for (const { chat } of recipients) robot.onReplies(chat);
      return submitted;
    },
    refused({ account, by, chat, targets, what, reason, content }) {
      log.warn("messages to send were refused", { account, reason });
      audit.record({
        event: "proactive-refused",
        account,
        by,
        chat: { kind: chat.kind, id: chatIdOf(chat) },
        subject: subjectsOf(targets),
        reason,
        what,
        content: textOf(content),
      });
    },
    async fate(id) {
      const fate = await store.fate(id);
      return fate === undefined ? undefined : reportOf(fate);
    },
    async withdraw(id) {
      const fate = await store.fate(id);
      if (fate === undefined) return undefined;
      const recall = accounts.get(fate.account)?.recall ?? recallNothing;
      const report = await withdraw(id, { store, recall, clock, signal: options.signal });
      if (report !== undefined) log.info("messages were taken back", { id, state: report.state });
      return report;
    },
  };
}

function replyOf({ chat, userIds, targets }: Recipient, message: Message) {
  return { chat, message, targets, ...(userIds === undefined ? {} : { userIds }) };
}

function subjectsOf(targets: readonly string[]): readonly string[] {
  const more = targets.length - MAX_SUBJECTS;
  return more > 0 ? [...targets.slice(0, MAX_SUBJECTS), `… ${more} more`] : targets;
}

const textOf = (content: Content): string =>
  content.kind === "message" ? saidIn(content.message) : content.text;
