import type { Choice, Grant, Pairing, Role } from "./access/model.ts";
import type { Webhook } from "./inbound/robot-message.ts";
import type { Chat, SessionClaim } from "./inbound/session.ts";
import type { Message, Named } from "./message.ts";

/** A robot message on its way into the inbox. */
export interface Arrival {
  readonly chat: Chat;
  readonly place: Place;
  readonly msgId: string;
  /** What else makes it the same message; hashed by the store. Begins with the time, so that keys come in order. */
  readonly fingerprint: string | undefined;
  /** `data` of the frame as it came: later stages read it again. */
  readonly data: string;
  readonly receivedAt: number;
  readonly webhook: Webhook | undefined;
  /** Who wrote it, by all the ids that mentions may name. */
  readonly sender: Person | undefined;
  /** `senderStaffId` in a group: who can be @-ed there by the name `sender` has. */
  readonly memberId: string | undefined;
  /** The gateway's outage clock when it came: how long a message has been held is counted from there. */
  readonly outageMs: number;
}

/** Where a message waits for its turn: in a session with the agent, or at the desk, where the bridge itself answers. */
export type Place = SessionClaim | { readonly desk: string };

export interface Person {
  readonly ids: readonly string[];
  readonly nick: string;
}

export interface Admission {
  readonly kind: "stored" | "duplicate-id" | "duplicate-content";
  /** Where it waits: the session key its claim was given, or the desk's lane. */
  readonly session: string;
}

/** A robot frame whose data nobody can read, kept for a person to look at. */
export interface QuarantineEntry {
  readonly account: string;
  readonly reason: string;
  readonly data: string;
  readonly receivedAt: number;
}

/** The question of a turn, committed before the gateway is sent it. */
export interface Asked {
  readonly text: string;
  readonly at: number;
  /** Known from the first chunk on. */
  readonly runId: string | undefined;
  /** The connection broke under it: the gateway may have died, and may finish the turn by itself. */
  readonly broken: boolean;
}

/** A message waiting for its turn. `id` orders arrivals. */
export interface InboxEntry {
  readonly id: number;
  readonly account: string;
  readonly session: string;
  readonly msgId: string;
  readonly data: string;
  readonly receivedAt: number;
  readonly outageMs: number;
  /** What was asked for it before and has not been answered yet. */
  readonly asked: Asked | undefined;
  /** How often the gateway has taken it. */
  readonly asks: number;
}

export interface Reply {
  readonly chat: Chat;
  readonly message: Message;
  /** Several people of an organisation who get the same message in one call, by user id; only by the OpenAPI. */
  readonly userIds?: readonly string[] | undefined;
  /** Of the message it answers: see `traceOf`. */
  readonly trace?: string | undefined;
}

/** Messages somebody asks to be sent, accepted as one. */
export interface Submission {
  readonly id: string;
  readonly account: string;
  readonly idempotencyKey: string | undefined;
  /** In order. `targets` are the addressees of each as they were given, "user:…" or "group:…". */
  readonly replies: readonly (Reply & { readonly targets: readonly string[] })[];
}

export type DeliveryState = "queued" | "sent" | "failed" | "recalled";

/** What became of one message of a submission for one addressee. */
export interface Delivery {
  readonly outboxId: number;
  readonly target: string;
  readonly state: DeliveryState;
  readonly reason: string | undefined;
  /** DingTalk's name for the message, by which it can be recalled. */
  readonly processQueryKey: string | undefined;
  /** What the way it went could not carry. */
  readonly leftOut: readonly string[];
  readonly chat: Chat;
  /** When the state last changed, ms since the epoch. */
  readonly at: number;
}

export interface Fate {
  readonly id: string;
  readonly account: string;
  readonly createdAt: number;
  /** In the order of the submission. */
  readonly deliveries: readonly Delivery[];
}

/** How a message went out. */
export interface Delivered {
  /** Names it when somebody quotes it, and for recalling it; only the OpenAPI gives one. */
  readonly key?: string | undefined;
  readonly leftOut?: readonly string[] | undefined;
  /** Of several addressees, those DingTalk refused, by user id. */
  readonly refused?: readonly { readonly userId: string; readonly reason: string }[] | undefined;
}

/** A card in a chat whose last state is not in the outbox yet. */
export interface OpenCard {
  readonly outTrackId: string;
  readonly chat: Chat;
}

export interface OutboxEntry extends Reply {
  readonly id: number;
  /** Says that something takes its time; worthless once there is an answer. */
  readonly notice: boolean;
  /** Somebody asked for it to be sent and may ask what became of it. */
  readonly submission: string | undefined;
  readonly createdAt: number;
  readonly attempts: number;
  /** Not to be sent before, ms since the epoch. */
  readonly notBefore: number;
}

/** A reply that could not be sent. */
export interface FailedReply {
  readonly conversationId: string;
  readonly reason: string;
  readonly at: number;
}

/** The two monthly quotas of an organisation: paid API calls, and Webhook & Stream pushes. */
export type Quota = "api" | "stream";

/** One calendar month of one account, as `budget.ts` names it. */
export interface UsageRef {
  readonly account: string;
  readonly month: string;
}

export interface StoreCounts {
  readonly inbox: number;
  readonly outbox: number;
  /** When the oldest message of each came, ms since the epoch; null: it is empty. */
  readonly inboxSince: number | null;
  readonly outboxSince: number | null;
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
export interface Store extends Inbox, Outbox, Submissions, CardTable, AccessTable, Ledger {
  /** Forgets what nobody needs any more: seen ids, failed replies and tries past their time. */
  prune(now: number): Promise<void>;
  counts(): Promise<StoreCounts>;
  /** Proves that a commit works right now and that there is room to take messages in. */
  probe(): Promise<void>;
  close(): void;
}

/** A chat, and the session by which it is known. */
export interface KnownChat extends Chat {
  readonly session: string;
  /** Groups where each has a session of their own: whose this is. */
  readonly member?: string | undefined;
}

export interface Inbox {
  /**
   * Commits all arrivals together, or none. One admission each, in order. All of them were pushes that
   * count against the month's quota, known messages too. Rejects when the inbox is full.
   */
  takeIn(
    arrivals: readonly Arrival[],
    quarantine: readonly QuarantineEntry[],
    usage: UsageRef,
  ): Promise<Admission[]>;
  /** An account's sessions that have messages waiting, the longest waiting first. */
  sessionsWaiting(account: string): Promise<string[]>;
  /** Accounts that have messages waiting in either box, and how many. */
  accountsWaiting(): Promise<{ readonly account: string; readonly messages: number }[]>;
  /** A message waits elsewhere from now on. Resolves with where, as an admission says it. */
  refile(inboxId: number, chat: Chat, place: Place, now: number): Promise<string>;
  /** The session key a claim has been given, or is given now. */
  claim(chat: Chat, claim: SessionClaim, now: number): Promise<string>;
  /** The session's oldest waiting messages, at most `limit`. */
  nextTurns(session: string, limit: number): Promise<InboxEntry[]>;
  /** The ids of all messages that wait. */
  waitingIds(): Promise<{ readonly account: string; readonly msgId: string }[]>;
  /** The gateway is about to be asked for these together; `undefined`: it has not been, after all. */
  asking(
    inboxIds: readonly number[],
    question: { text: string; at: number } | undefined,
  ): Promise<void>;
  /** The run that answers; a turn that the gateway resumes has another one than it began with. */
  answering(inboxId: number, runId: string): Promise<void>;
  broken(inboxId: number): Promise<void>;
  /**
   * Ends a turn: its messages leave the inbox and its replies enter the outbox, together. Notices not
   * yet sent to this chat are dropped.
   */
  settle(inboxIds: readonly number[], replies: readonly Reply[], now: number): Promise<void>;
  /** The chat behind a session key as the gateway gives it back, folded to lower case. */
  chatByFoldedKey(foldedKey: string): Promise<KnownChat | undefined>;
  /** Members of a group who have written there under these names; who shares a name with another is left out. */
  membersNamed(conversation: ConversationRef, names: readonly string[]): Promise<Named[]>;
  /** What someone was called last, by any of their ids. */
  nickOf(account: string, id: string): Promise<string | undefined>;
}

export interface Outbox {
  conversationsWaiting(account: string): Promise<ConversationRef[]>;
  /** The conversation's oldest unsent replies, at most `limit`. */
  nextReplies(conversation: ConversationRef, limit: number): Promise<OutboxEntry[]>;
  /** Puts a notice into the outbox, unless this session has been told since `since`. True if it did. */
  notify(session: string, notice: Reply, since: number, now: number): Promise<boolean>;
  /** Several replies become one message, or one becomes another: it takes the first one's place, the others are gone. */
  merge(outboxIds: readonly number[], message: Message): Promise<void>;
  /**
   * About to be sent: counts against the month's quota and, but for the last state of a card, against the
   * minute's limit. False if it is not in the outbox any more.
   */
  sending(entry: OutboxEntry, quota: Quota, usage: UsageRef, now: number): Promise<boolean>;
  /** DingTalk has confirmed it: the reply leaves the outbox. What it said is remembered for some days. */
  sent(entry: OutboxEntry, delivered: Delivered, now: number): Promise<void>;
  /**
   * Some of several addressees have it, `delivered.refused` can never get it; the entry stays for `left`,
   * not before the given time. Counts as a try.
   */
  sentToSome(
    entry: OutboxEntry,
    delivered: Delivered,
    left: readonly string[],
    notBefore: number,
    now: number,
  ): Promise<void>;
  /** What was sent under this key. */
  sentText(account: string, key: string): Promise<string | undefined>;
  /** To be tried again, not before the given time. */
  postpone(outboxId: number, attempts: number, notBefore: number): Promise<void>;
  /** It can never be sent: it leaves the outbox, kept aside with its reason for a while. */
  giveUp(outboxId: number, reason: string, now: number): Promise<void>;
  /** An account's replies that were being sent when an earlier process died: from now on they count as tried. */
  leftSending(account: string): Promise<number>;
  /** The latest replies given up. */
  failedReplies(limit: number): Promise<FailedReply[]>;
  /** When messages were sent to a conversation after `since`, oldest first. */
  recentSends(conversation: ConversationRef, since: number): Promise<number[]>;

  /** The newest webhook seen for a conversation. */
  webhook(conversation: ConversationRef): Promise<Webhook | undefined>;
  /** DingTalk does not know this webhook any more. */
  forgetWebhook(conversation: ConversationRef, url: string): Promise<void>;
}

/** What others ask to be sent, and what became of it: kept for some days after its end. */
export interface Submissions {
  /**
   * Puts all of it into the outbox, or none. `known`: this account's idempotency key, or the id, was used
   * before; nothing was added and `id` is the first one's. `full`: `limit` messages wait already.
   */
  submit(
    submission: Submission,
    limit: number,
    now: number,
  ): Promise<
    { readonly kind: "accepted" | "known"; readonly id: string } | { readonly kind: "full" }
  >;
  fate(id: string): Promise<Fate | undefined>;
  /** Takes what has not been sent yet out of the outbox; what is being sent stays. */
  cancel(id: string, now: number): Promise<void>;
  recalled(outboxId: number, processQueryKey: string, now: number): Promise<void>;
  /** The direct chat with someone, if they have ever written. */
  directChat(account: string, userId: string): Promise<Chat | undefined>;
}

export interface CardTable {
  /** A card is about to be made. */
  cardOpened(card: OpenCard, now: number): Promise<void>;
  /** It never came about. Whoever settles a turn with the card's last text has it closed by that. */
  cardGone(outTrackId: string): Promise<void>;
  /** An account's cards an earlier process left. */
  openCards(account: string): Promise<OpenCard[]>;
  /** Their last texts go into the outbox. */
  settleCards(replies: readonly Reply[], now: number): Promise<void>;
}

/** Whom the owner has let in, who asks for it, and which agent they have chosen. */
export interface AccessTable {
  /** Changes with every write to these tables, whichever process makes it. */
  accessVersion(): Promise<number>;
  grants(account: string): Promise<Grant[]>;
  /** Gives or changes a role. Resolves with the role there was before. */
  grant(grant: Grant): Promise<Role | undefined>;
  /** False if there was none. */
  revoke(account: string, userId: string): Promise<boolean>;
  /** Pairings asked for after `since`, the oldest first. */
  pairings(account: string, since: number): Promise<Pairing[]>;
  /**
   * Somebody asks to be let in. Who has asked since `since` keeps the code they have; more than `limit`
   * at once: undefined. Older ones are forgotten.
   */
  requestPairing(wish: Pairing, since: number, limit: number): Promise<Pairing | undefined>;
  /**
   * A code asked for after `since` is used: the grant is given, the pairing is gone, and `notice` is in
   * the outbox, together. `roleOf`: given whether the account has an owner by an earlier grant.
   * Undefined: there is no such code.
   */
  approve(approval: Approval): Promise<Grant | undefined>;
  choices(account: string): Promise<Choice[]>;
  /** Without an agent the choice is taken back. */
  choose(choice: Omit<Choice, "agentId">, agentId: string | undefined): Promise<void>;
}

export interface Approval {
  readonly account: string;
  readonly code: string;
  readonly since: number;
  /** Who approves: a user id, or "command line". */
  readonly by: string;
  readonly now: number;
  readonly roleOf: (pairing: Pairing, hasOwner: boolean) => Role;
  readonly notice: (pairing: Pairing, role: Role) => Message;
}

export interface Ledger {
  usage(ref: UsageRef): Promise<Readonly<Record<Quota, number>>>;
  /** One call more. */
  spend(ref: UsageRef, quota: Quota): Promise<void>;
  /** A small text under a name; undefined: none. */
  note(key: string): Promise<string | undefined>;
  setNote(key: string, value: string | undefined): Promise<void>;
}
