import { foldedKey } from "../core/inbound/session.ts";
import { saidIn } from "../core/message.ts";
import type { Arrival, Delivered, FailedReply, Outbox, OutboxEntry, Reply } from "../core/store.ts";
import type { ConversationRef } from "../core/store.ts";
import type { Cards } from "./cards.ts";
import { chatIn, row, type ChatColumns, type Database } from "./database.ts";
import type { Deliveries } from "./deliveries.ts";
import type { LedgerTable } from "./ledger.ts";

/** Replies that could never be sent are kept this long, with the reason. */
const FAILED_MS = 7 * 24 * 60 * 60 * 1000;
/** What was sent is remembered this long, for those who quote it. */
const SENT_MS = 7 * 24 * 60 * 60 * 1000;
/** As much of it as a quote shows. */
const SENT_CHARS = 2000;
/** Tries older than this count against no limit. */
const SENDS_MS = 10 * 60 * 1000;

export type OutboxTable = ReturnType<typeof openOutbox>;

export interface OutboxOptions {
  readonly ledger: LedgerTable;
  readonly cards: Cards;
  readonly deliveries: Deliveries;
}

/** Replies that wait to be sent, and where to. */
export function openOutbox({ db, transaction }: Database, options: OutboxOptions) {
  const { ledger, cards, deliveries } = options;
  const insertReply = db.prepare(
    `INSERT INTO outbox
       (account, conversation_id, kind, user_id, user_ids, message, notice, submission, trace, created_at, not_before)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const deleteNotices = db.prepare(
    `DELETE FROM outbox
     WHERE account = ? AND conversation_id = ? AND failed_at IS NULL AND notice = 1 AND sending = 0`,
  );
  const waitingConversations = db.prepare(
    `SELECT account, conversation_id AS conversationId FROM outbox
     WHERE account = ? AND failed_at IS NULL GROUP BY conversation_id ORDER BY min(id)`,
  );
  const oldestReplies = db.prepare(
    `SELECT id, account, conversation_id AS conversationId, kind, user_id AS userId, user_ids AS userIds,
       message, notice, submission, trace, created_at AS createdAt, attempts, not_before AS notBefore
     FROM outbox WHERE account = ? AND conversation_id = ? AND failed_at IS NULL ORDER BY id LIMIT ?`,
  );
  const setNoticed = db.prepare(
    `UPDATE chats SET noticed_at = ?
     WHERE folded_key = ? AND (noticed_at IS NULL OR noticed_at < ?)`,
  );
  // Only the message before can have been on its way.
  const setMessage = db.prepare("UPDATE outbox SET message = ?, sending = 0 WHERE id = ?");
  const rememberSent = db.prepare("INSERT INTO sent VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
  const sentOf = db.prepare("SELECT text FROM sent WHERE account = ? AND key = ?");
  const forgetSent = db.prepare("DELETE FROM sent WHERE at < ?");
  const deleteReply = db.prepare("DELETE FROM outbox WHERE id = ?");
  const setSending = db.prepare("UPDATE outbox SET sending = 1 WHERE id = ? AND failed_at IS NULL");
  const postponeReply = db.prepare(
    "UPDATE outbox SET attempts = ?, not_before = ?, sending = 0 WHERE id = ?",
  );
  const leaveToSome = db.prepare(
    `UPDATE outbox SET user_ids = ?, attempts = attempts + 1, not_before = ?, sending = 0 WHERE id = ?`,
  );
  const failReply = db.prepare("UPDATE outbox SET failed_at = ?, failure = ? WHERE id = ?");
  const forgetSending = db.prepare(
    "UPDATE outbox SET sending = 0, attempts = attempts + 1 WHERE account = ? AND sending = 1 AND failed_at IS NULL",
  );
  const latestFailed = db.prepare(
    `SELECT conversation_id AS conversationId, failure AS reason, failed_at AS at
     FROM outbox WHERE failed_at IS NOT NULL ORDER BY failed_at DESC LIMIT ?`,
  );
  const insertSend = db.prepare("INSERT INTO sends VALUES (?, ?, ?)");
  const sendsSince = db.prepare(
    "SELECT at FROM sends WHERE account = ? AND conversation_id = ? AND at > ? ORDER BY at",
  );
  const rememberWebhook = db.prepare(
    `INSERT INTO webhooks VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET url = excluded.url, expires_at = excluded.expires_at
     WHERE excluded.expires_at >= webhooks.expires_at OR excluded.expires_at IS NULL OR webhooks.expires_at IS NULL`,
  );
  const webhookOf = db.prepare(
    "SELECT url, expires_at AS expiresAt FROM webhooks WHERE account = ? AND conversation_id = ?",
  );
  const deleteWebhook = db.prepare(
    "DELETE FROM webhooks WHERE account = ? AND conversation_id = ? AND url = ?",
  );
  const forgetFailed = db.prepare("DELETE FROM outbox WHERE failed_at < ?");
  const forgetSends = db.prepare("DELETE FROM sends WHERE at < ?");

  /** Returns its id. Inside a transaction of the caller's. */
  const insert = (
    { chat, message, userIds, trace }: Reply,
    now: number,
    { notice = false, submission }: { notice?: boolean; submission?: string } = {},
  ): number => {
    const { account, conversationId, kind, userId } = chat;
    const { lastInsertRowid } = insertReply.run(
      account,
      conversationId,
      kind,
      userId ?? null,
      userIds === undefined ? null : JSON.stringify(userIds),
      JSON.stringify(message),
      notice ? 1 : 0,
      submission ?? null,
      trace ?? null,
      now,
      now,
    );
    if (message.format === "card") cards.cardClosed(message.outTrackId);
    return Number(lastInsertRowid);
  };

  /** What has gone out, to all but those who are `left`. */
  const noteSent = (
    { id, chat, message, submission }: OutboxEntry,
    delivered: Delivered,
    left: readonly string[],
    now: number,
  ) => {
    if (submission !== undefined) deliveries.sent(id, delivered, left, now);
    if (delivered.key === undefined) return;
    rememberSent.run(chat.account, delivered.key, saidIn(message).slice(0, SENT_CHARS), now);
  };

  const outbox: Outbox = {
    conversationsWaiting: async (account) =>
      waitingConversations.all(account) as unknown as ConversationRef[],
    nextReplies: async ({ account, conversationId }, limit) =>
      (oldestReplies.all(account, conversationId, limit) as unknown as Row[]).map(entryOf),
    notify: async (session, notice, since, now) =>
      transaction(() => {
        if (setNoticed.run(now, foldedKey(session), since).changes === 0) return false;
        insert(notice, now, { notice: true });
        return true;
      }),
    merge: async ([first = 0, ...others], message) =>
      transaction(() => {
        setMessage.run(JSON.stringify(message), first);
        for (const id of others) deleteReply.run(id);
      }),
    sending: async ({ id, chat, message }, quota, usage, now) =>
      transaction(() => {
        if (setSending.run(id).changes === 0) return false;
        // The last state of a card is no new message.
        if (message.format !== "card") insertSend.run(chat.account, chat.conversationId, now);
        ledger.use(usage, quota, 1);
        return true;
      }),
    sent: async (entry, delivered, now) =>
      transaction(() => {
        deleteReply.run(entry.id);
        noteSent(entry, delivered, [], now);
      }),
    sentToSome: async (entry, delivered, left, notBefore, now) =>
      transaction(() => {
        leaveToSome.run(JSON.stringify(left), notBefore, entry.id);
        noteSent(entry, delivered, left, now);
      }),
    async sentText(account, key) {
      const text = sentOf.get(account, key)?.["text"];
      return text === undefined ? undefined : String(text);
    },
    postpone: async (id, attempts, notBefore) => void postponeReply.run(attempts, notBefore, id),
    giveUp: async (id, reason, now) =>
      transaction(() => {
        failReply.run(now, reason, id);
        deliveries.failed(id, reason, now);
      }),
    leftSending: async (account) => Number(forgetSending.run(account).changes),
    failedReplies: async (limit) => latestFailed.all(limit) as unknown as FailedReply[],
    recentSends: async ({ account, conversationId }, since) =>
      sendsSince.all(account, conversationId, since).map(({ at }) => Number(at)),
    async webhook({ account, conversationId }) {
      const found = row<{ url: string; expiresAt: number | null }>(
        webhookOf.get(account, conversationId),
      );
      return found === undefined
        ? undefined
        : { url: found.url, expiresAt: found.expiresAt ?? undefined };
    },
    forgetWebhook: async ({ account, conversationId }, url) =>
      void deleteWebhook.run(account, conversationId, url),
  };

  return {
    ...outbox,
    insert,
    /** Inside a transaction of the caller's. */
    add(replies: readonly Reply[], now: number) {
      for (const reply of replies) insert(reply, now);
    },
    /** What has not been sent yet of them. Inside a transaction of the caller's. */
    dropNotices({ account, conversationId }: ConversationRef) {
      deleteNotices.run(account, conversationId);
    },
    /** The newest of each conversation. Inside a transaction of the caller's. */
    rememberWebhooks(arrivals: readonly Arrival[]) {
      const newest = new Map<string, Arrival>();
      for (const arrival of arrivals) {
        const { account, conversationId } = arrival.chat;
        if (arrival.webhook !== undefined) newest.set(`${account} ${conversationId}`, arrival);
      }
      for (const { chat, webhook } of newest.values()) {
        if (webhook === undefined) continue;
        const { account, conversationId } = chat;
        rememberWebhook.run(account, conversationId, webhook.url, webhook.expiresAt ?? null);
      }
    },
    prune(now: number) {
      forgetFailed.run(now - FAILED_MS);
      forgetSends.run(now - SENDS_MS);
      forgetSent.run(now - SENT_MS);
    },
  };
}

type Row = ChatColumns &
  Pick<OutboxEntry, "id" | "createdAt" | "attempts" | "notBefore"> & {
    readonly userIds: string | null;
    readonly message: string;
    readonly notice: number;
    readonly submission: string | null;
    readonly trace: string | null;
  };

function entryOf({ account, conversationId, kind, userId, ...rest }: Row): OutboxEntry {
  return {
    ...rest,
    chat: chatIn({ account, conversationId, kind, userId }),
    userIds: rest.userIds === null ? undefined : (JSON.parse(rest.userIds) as string[]),
    message: JSON.parse(rest.message) as OutboxEntry["message"],
    notice: rest.notice === 1,
    submission: rest.submission ?? undefined,
    trace: rest.trace ?? undefined,
  };
}
