import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { foldedKey, type Chat } from "../core/inbound/session.ts";
import type { Admission, Arrival, ConversationRef, Store } from "../core/store.ts";
import { MIGRATIONS } from "./schema.ts";

/** Ids and fingerprints are kept this long after arrival; DingTalk is known to repeat itself for minutes. */
const SEEN_MS = 24 * 60 * 60 * 1000;
/** Replies that could never be sent are kept this long, with the reason. */
const FAILED_MS = 7 * 24 * 60 * 60 * 1000;
/** The quarantine is for looking at, not for storing: the oldest go first. */
const QUARANTINE_ROWS = 200;
const QUARANTINE_CHARS = 64 * 1024;
/**
 * Message ids known by heart: half an hour of 28 messages a second, far above what DingTalk delivers to
 * a robot. They are read from disk at the start.
 */
const RECENT_IDS = 50_000;

/**
 * The boxes in one SQLite file, by `node:sqlite`, the same in all three runtimes. `":memory:"` keeps
 * nothing. WAL with `synchronous = NORMAL`: a commit survives the process's death at any moment.
 * Throws if the file cannot be opened or is not a database of ours.
 */
export function openSqliteStore(path: string): Store {
  const db = new DatabaseSync(path);
  // The time-out first: setting the journal mode needs the lock too.
  db.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  migrate(db);

  const insertArrival = db.prepare(
    `INSERT INTO inbox (account, msg_id, fingerprint, session, data, received_at)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const sameContent = db.prepare("SELECT msg_id AS msgId FROM inbox WHERE fingerprint = ?");
  const newestIds = db.prepare(
    "SELECT account, msg_id AS msgId FROM inbox ORDER BY id DESC LIMIT ?",
  );
  const rememberChat = db.prepare(
    "INSERT INTO chats VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET conversation_id = excluded.conversation_id",
  );
  const rememberWebhook = db.prepare(
    `INSERT INTO webhooks VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET url = excluded.url, expires_at = excluded.expires_at
     WHERE excluded.expires_at >= webhooks.expires_at OR excluded.expires_at IS NULL OR webhooks.expires_at IS NULL`,
  );
  const insertQuarantine = db.prepare(
    "INSERT INTO quarantine (account, reason, data, received_at) VALUES (?, ?, ?, ?)",
  );
  const trimQuarantine = db.prepare(
    `DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ${QUARANTINE_ROWS}`,
  );
  const waitingSessions = db.prepare(
    "SELECT session FROM inbox WHERE done = 0 GROUP BY session ORDER BY min(id)",
  );
  const oldestWaiting = db.prepare(
    `SELECT id, account, session, data, received_at AS receivedAt FROM inbox
     WHERE session = ? AND done = 0 ORDER BY id LIMIT 1`,
  );
  const endTurn = db.prepare("UPDATE inbox SET done = 1, data = NULL WHERE id = ? AND done = 0");
  const insertReply = db.prepare(
    "INSERT INTO outbox (account, conversation_id, body, not_before) VALUES (?, ?, ?, ?)",
  );
  const waitingConversations = db.prepare(
    `SELECT account, conversation_id AS conversationId FROM outbox WHERE failed_at IS NULL
     GROUP BY account, conversation_id ORDER BY min(id)`,
  );
  const oldestReply = db.prepare(
    `SELECT id, account, conversation_id AS conversationId, body, attempts, not_before AS notBefore FROM outbox
     WHERE account = ? AND conversation_id = ? AND failed_at IS NULL ORDER BY id LIMIT 1`,
  );
  const deleteReply = db.prepare("DELETE FROM outbox WHERE id = ?");
  const postponeReply = db.prepare("UPDATE outbox SET attempts = ?, not_before = ? WHERE id = ?");
  const failReply = db.prepare("UPDATE outbox SET failed_at = ?, failure = ? WHERE id = ?");
  const webhookOf = db.prepare(
    "SELECT url, expires_at AS expiresAt FROM webhooks WHERE account = ? AND conversation_id = ?",
  );
  const chatOfKey = db.prepare(
    `SELECT session, account, kind, conversation_id AS conversationId, user_id AS userId
     FROM chats WHERE folded_key = ?`,
  );
  const forgetSeen = db.prepare("DELETE FROM inbox WHERE done = 1 AND received_at < ?");
  const forgetFailed = db.prepare("DELETE FROM outbox WHERE failed_at < ?");
  const countAll = db.prepare(
    `SELECT (SELECT count(*) FROM inbox WHERE done = 0) AS inbox,
            (SELECT count(*) FROM outbox WHERE failed_at IS NULL) AS outbox,
            (SELECT count(*) FROM quarantine) AS quarantine`,
  );

  const transaction = <T>(work: () => T): T => {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      // A commit that failed for want of disk has rolled back by itself already.
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  };

  /** Ids lately stored: they are known even if a message comes again with other content. */
  const readRecent = () => {
    const recent = createRecent(RECENT_IDS);
    for (const { account, msgId } of newestIds.all(RECENT_IDS).toReversed()) {
      recent.add(`${String(account)} ${String(msgId)}`);
    }
    return recent;
  };
  let recent = readRecent();

  const admit = (arrival: Arrival, batch: Set<string>): Admission => {
    const { chat, session, msgId, data, receivedAt } = arrival;
    const id = `${chat.account} ${msgId}`;
    if (recent.has(id) || batch.has(id)) return "duplicate-id";
    const fingerprint = arrival.fingerprint === undefined ? null : keyOf(arrival.fingerprint);
    const { changes } = insertArrival.run(
      chat.account,
      msgId,
      fingerprint,
      session,
      data,
      receivedAt,
    );
    if (changes > 0) {
      batch.add(id);
      return "stored";
    }
    const known = fingerprint === null ? msgId : sameContent.get(fingerprint)?.["msgId"];
    return known === msgId ? "duplicate-id" : "duplicate-content";
  };

  /** One write per chat and batch, however many messages it brings. */
  const remember = (arrivals: readonly Arrival[]) => {
    const chats = new Map(arrivals.map(({ session, chat }) => [session, chat]));
    for (const [session, { account, kind, conversationId, userId }] of chats) {
      rememberChat.run(foldedKey(session), session, account, kind, conversationId, userId ?? null);
    }
    const webhooks = new Map<string, Arrival>();
    for (const arrival of arrivals) {
      const { account, conversationId } = arrival.chat;
      if (arrival.webhook !== undefined) webhooks.set(`${account} ${conversationId}`, arrival);
    }
    for (const { chat, webhook } of webhooks.values()) {
      if (webhook === undefined) continue;
      rememberWebhook.run(
        chat.account,
        chat.conversationId,
        webhook.url,
        webhook.expiresAt ?? null,
      );
    }
  };

  return {
    takeIn: async (arrivals, quarantine) => {
      const batch = new Set<string>();
      const admissions = transaction(() => {
        const admissions = arrivals.map((arrival) => admit(arrival, batch));
        remember(arrivals.filter((_, at) => admissions[at] === "stored"));
        for (const { account, reason, data, receivedAt } of quarantine) {
          insertQuarantine.run(account, reason, data.slice(0, QUARANTINE_CHARS), receivedAt);
        }
        if (quarantine.length > 0) trimQuarantine.run();
        return admissions;
      });
      // Only now: what was rolled back must be taken in when it comes again.
      for (const id of batch) recent.add(id);
      return admissions;
    },
    sessionsWaiting: async () => waitingSessions.all().map((row) => String(row["session"])),
    nextTurn: async (session) => row(oldestWaiting.get(session)),
    settle: async (inboxId, replies, now) =>
      transaction(() => {
        // Settled twice would mean answered twice: the second time nothing happens.
        if (endTurn.run(inboxId).changes === 0) return;
        for (const { chat, body } of replies) {
          insertReply.run(chat.account, chat.conversationId, body, now);
        }
      }),

    conversationsWaiting: async () => waitingConversations.all() as unknown as ConversationRef[],
    nextReply: async ({ account, conversationId }) => row(oldestReply.get(account, conversationId)),
    sent: async (outboxId) => void deleteReply.run(outboxId),
    postpone: async (outboxId, attempts, notBefore) =>
      void postponeReply.run(attempts, notBefore, outboxId),
    giveUp: async (outboxId, reason, now) => void failReply.run(now, reason, outboxId),

    webhook: async ({ account, conversationId }) => {
      const found = webhookOf.get(account, conversationId);
      if (found === undefined) return undefined;
      const expiresAt = found["expiresAt"];
      return {
        url: String(found["url"]),
        expiresAt: typeof expiresAt === "number" ? expiresAt : undefined,
      };
    },
    chatByFoldedKey: async (key) => {
      const found = row<Chat & { session: string; userId: string | null }>(chatOfKey.get(key));
      return found === undefined ? undefined : { ...found, userId: found.userId ?? undefined };
    },

    prune: async (now) =>
      transaction(() => {
        if (forgetSeen.run(now - SEEN_MS).changes > 0) recent = readRecent();
        forgetFailed.run(now - FAILED_MS);
      }),
    counts: async () => {
      const { inbox, outbox, quarantine } = countAll.get() ?? {};
      return { inbox: Number(inbox), outbox: Number(outbox), quarantine: Number(quarantine) };
    },
    // Writing the version it already has is the smallest real commit.
    probe: async () => transaction(() => db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)),
    close: () => db.close(),
  };
}

/** The database belongs to a newer version. */
export class LayoutError extends Error {
  override readonly name = "LayoutError";
}

function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > MIGRATIONS.length) {
    throw new LayoutError(
      `the database was written by a newer dingbridge (layout ${version}, this one knows ${MIGRATIONS.length}): ` +
        "run that version, or set dataDir to another folder",
    );
  }
  for (let step = version; step < MIGRATIONS.length; step++) {
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[step]}; PRAGMA user_version = ${step + 1}; COMMIT;`);
  }
}

/** A row under the names its statement gave it: the SELECT list is the type's one witness. */
function row<T>(found: Record<string, unknown> | undefined): T | undefined {
  return found as T | undefined;
}

/** Starts with the time, as the fingerprint does, so that new keys go to the end of their index. */
function keyOf(fingerprint: string): Uint8Array {
  return Buffer.concat([
    Buffer.from(fingerprint.slice(0, 14)),
    createHash("sha256").update(fingerprint).digest(),
  ]);
}

/** The last `size` texts or up to twice as many: two sets, of which the older is dropped whole. */
function createRecent(size: number) {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has: (text: string) => young.has(text) || old.has(text),
    add(text: string) {
      if (young.size >= size) [young, old] = [new Set(), young];
      young.add(text);
    },
  };
}
