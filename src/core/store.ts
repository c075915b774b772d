import type { Chat } from "./inbound/session.ts";
import type { Webhook } from "./inbound/robot-message.ts";

/** A robot message on its way into the inbox. */
export interface Arrival {
  readonly chat: Chat;
  readonly session: string;
  readonly msgId: string;
  /** What else makes it the same message; hashed by the store. Begins with the time, so that keys come in order. */
  readonly fingerprint: string | undefined;
  /** `data` of the frame as it came: later stages read it again. */
  readonly data: string;
  readonly receivedAt: number;
  readonly webhook: Webhook | undefined;
}

export type Admission = "stored" | "duplicate-id" | "duplicate-content";

/** A robot frame whose data nobody can read, kept for a person to look at. */
export interface QuarantineEntry {
  readonly account: string;
  readonly reason: string;
  readonly data: string;
  readonly receivedAt: number;
}

/** A message waiting for its turn. `id` orders arrivals. */
export interface InboxEntry {
  readonly id: number;
  readonly account: string;
  readonly session: string;
  readonly data: string;
  readonly receivedAt: number;
}

/** One DingTalk message on its way out. `body` is what the webhook gets, as JSON text. */
export interface Reply {
  readonly chat: Chat;
  readonly body: string;
}

export interface OutboxEntry {
  readonly id: number;
  readonly account: string;
  readonly conversationId: string;
  readonly body: string;
  readonly attempts: number;
  /** Not to be sent before, ms since the epoch. */
  readonly notBefore: number;
}

export interface StoreCounts {
  readonly inbox: number;
  readonly outbox: number;
  readonly quarantine: number;
}

/** Names one conversation of one account, the unit of order in the outbox. */
export interface ConversationRef {
  readonly account: string;
  readonly conversationId: string;
}

/**
 * The two boxes and what must outlive a restart. Every method that changes something is one
 * transaction; it rejects if that could not be committed, and then nothing of it happened.
 */
export interface Store {
  /** Commits all arrivals together, or none. One admission each, in order. */
  takeIn(
    arrivals: readonly Arrival[],
    quarantine: readonly QuarantineEntry[],
  ): Promise<Admission[]>;
  /** Sessions that have messages waiting, the longest waiting first. */
  sessionsWaiting(): Promise<string[]>;
  /** The session's oldest waiting message. */
  nextTurn(session: string): Promise<InboxEntry | undefined>;
  /** Ends a turn: its message leaves the inbox and its replies enter the outbox, together. */
  settle(inboxId: number, replies: readonly Reply[], now: number): Promise<void>;

  conversationsWaiting(): Promise<ConversationRef[]>;
  /** The conversation's oldest unsent reply. */
  nextReply(conversation: ConversationRef): Promise<OutboxEntry | undefined>;
  /** DingTalk has confirmed it: the reply leaves the outbox. */
  sent(outboxId: number): Promise<void>;
  /** To be tried again, not before the given time. */
  postpone(outboxId: number, attempts: number, notBefore: number): Promise<void>;
  /** It can never be sent: it leaves the outbox, kept aside with its reason for a while. */
  giveUp(outboxId: number, reason: string, now: number): Promise<void>;

  /** The newest webhook seen for a conversation. */
  webhook(conversation: ConversationRef): Promise<Webhook | undefined>;
  /** The chat behind a session key as the gateway gives it back, folded to lower case. */
  chatByFoldedKey(foldedKey: string): Promise<(Chat & { readonly session: string }) | undefined>;

  /** Forgets what nobody needs any more: seen ids and failed replies past their time. */
  prune(now: number): Promise<void>;
  counts(): Promise<StoreCounts>;
  /** Proves that a commit works right now. */
  probe(): Promise<void>;
  close(): void;
}
