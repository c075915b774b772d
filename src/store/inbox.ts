import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { foldedKey } from "../core/inbound/session.ts";
import type { Admission, Arrival, Inbox, InboxEntry, QuarantineEntry } from "../core/store.ts";
import type { Chats, Visits } from "./chats.ts";
import type { Database } from "./database.ts";
import type { LedgerTable } from "./ledger.ts";
import type { Members } from "./members.ts";
import type { OutboxTable } from "./outbox.ts";
import { createRecent } from "./recent.ts";

/** Ids and fingerprints are kept this long after arrival; DingTalk is known to repeat itself for minutes. */
const SEEN_MS = 24 * 60 * 60 * 1000;
/** The quarantine is for looking at, not for storing: the oldest go first. */
const QUARANTINE_ROWS = 200;
const QUARANTINE_CHARS = 16 * 1024;
const QUARANTINE_MS = 7 * 24 * 60 * 60 * 1000;
/**
 * Message ids known by heart: half an hour of 28 messages a second, far above what DingTalk delivers to
 * a robot. They are read from disk at the start.
 */
const RECENT_IDS = 50_000;

export interface InboxOptions {
  readonly outbox: OutboxTable;
  readonly ledger: LedgerTable;
  readonly chats: Chats;
  readonly members: Members;
  /** Throws if nothing more is to be taken in. */
  readonly checkRoom: () => void;
}

/** Messages that wait for their turn, and the ids of those that came lately. */
export function openInbox({ db, transaction }: Database, options: InboxOptions) {
  const { outbox, ledger, chats, members } = options;
  const insertArrival = db.prepare(
    `INSERT INTO inbox (account, msg_id, fingerprint, session, data, received_at, outage_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const sameContent = db.prepare("SELECT msg_id AS msgId FROM inbox WHERE fingerprint = ?");
  const newestIds = db.prepare(
    "SELECT account, msg_id AS msgId FROM inbox ORDER BY id DESC LIMIT ?",
  );
  const insertQuarantine = db.prepare(
    "INSERT INTO quarantine (account, reason, data, received_at) VALUES (?, ?, ?, ?)",
  );
  const trimQuarantine = db.prepare(
    `DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ${QUARANTINE_ROWS}`,
  );
  const waitingSessions = db.prepare(
    "SELECT session FROM inbox WHERE account = ? AND done = 0 GROUP BY session ORDER BY min(id)",
  );
  const waitingAccounts = db.prepare(
    `SELECT account, sum(messages) AS messages FROM (
       SELECT account, count(*) AS messages FROM inbox WHERE done = 0 GROUP BY account
       UNION ALL
       SELECT account, count(*) FROM outbox WHERE failed_at IS NULL GROUP BY account
     ) GROUP BY account ORDER BY account`,
  );
  const moveMessage = db.prepare("UPDATE inbox SET session = ? WHERE id = ? AND done = 0");
  const allWaiting = db.prepare("SELECT account, msg_id AS msgId FROM inbox WHERE done = 0");
  const oldestWaiting = db.prepare(
    `SELECT id, account, session, msg_id AS msgId, data, received_at AS receivedAt, outage_ms AS outageMs,
       asked_at AS askedAt, asked_text AS askedText, run_id AS runId, broken, asks
     FROM inbox WHERE session = ? AND done = 0 ORDER BY id LIMIT ?`,
  );
  const setAsked = db.prepare(
    "UPDATE inbox SET asked_at = ?, asked_text = ?, run_id = NULL, broken = 0, asks = asks + ? WHERE id = ?",
  );
  const setRun = db.prepare("UPDATE inbox SET run_id = ? WHERE id = ?");
  const setBroken = db.prepare("UPDATE inbox SET broken = 1 WHERE id = ?");
  const endTurn = db.prepare(
    "UPDATE inbox SET done = 1, data = NULL, asked_text = NULL WHERE id = ? AND done = 0 RETURNING session",
  );
  const forgetQuarantine = db.prepare("DELETE FROM quarantine WHERE received_at < ?");
  const forgetSeen = db.prepare("DELETE FROM inbox WHERE done = 1 AND received_at < ?");

  /** Ids lately stored: they are known even if a message comes again with other content. */
  const readRecent = () => {
    const recent = createRecent(RECENT_IDS);
    for (const { account, msgId } of newestIds.all(RECENT_IDS).toReversed()) {
      recent.add(`${String(account)} ${String(msgId)}`);
    }
    return recent;
  };
  let recent = readRecent();

  const admit = (arrival: Arrival, batch: Set<string>, visits: Visits): Admission => {
    const { chat, msgId, data, receivedAt, outageMs } = arrival;
    const lane = visits.laneOf(arrival);
    const { session } = lane;
    const id = `${chat.account} ${msgId}`;
    if (recent.has(id) || batch.has(id)) return { kind: "duplicate-id", session };
    const fingerprint = arrival.fingerprint === undefined ? null : keyOf(arrival.fingerprint);
    const { changes } = insertArrival.run(
      chat.account,
      msgId,
      fingerprint,
      session,
      data,
      receivedAt,
      outageMs,
    );
    if (changes > 0) {
      batch.add(id);
      visits.add(lane, arrival);
      return { kind: "stored", session };
    }
    const known = fingerprint === null ? msgId : sameContent.get(fingerprint)?.["msgId"];
    return { kind: known === msgId ? "duplicate-id" : "duplicate-content", session };
  };

  const quarantineAll = (entries: readonly QuarantineEntry[]) => {
    for (const { account, reason, data, receivedAt } of entries) {
      insertQuarantine.run(account, reason, data.slice(0, QUARANTINE_CHARS), receivedAt);
    }
    if (entries.length > 0) trimQuarantine.run();
  };

  const inbox: Inbox = {
    async takeIn(arrivals, quarantine, usage) {
      options.checkRoom();
      const batch = new Set<string>();
      const visits = chats.visits();
      const { admissions, keepNames } = transaction(() => {
        const admissions = arrivals.map((arrival) => admit(arrival, batch, visits));
        const stored = arrivals.filter((_, at) => admissions[at]?.kind === "stored");
        visits.write();
        const keepNames = members.remember(stored);
        outbox.rememberWebhooks(stored);
        quarantineAll(quarantine);
        ledger.use(usage, "stream", arrivals.length + quarantine.length);
        return { admissions, keepNames };
      });
      // Only now: what was rolled back must be taken in when it comes again.
      for (const id of batch) recent.add(id);
      visits.committed();
      keepNames();
      return admissions;
    },
    sessionsWaiting: async (account) =>
      waitingSessions.all(account).map(({ session }) => String(session)),
    accountsWaiting: async () =>
      waitingAccounts.all() as unknown as { readonly account: string; readonly messages: number }[],
    async refile(id, chat, place, now) {
      const visit = { chat, place, receivedAt: now };
      const visits = chats.visits();
      const { session } = transaction(() => {
        const lane = visits.laneOf(visit);
        if (moveMessage.run(lane.session, id).changes > 0) visits.add(lane, visit);
        visits.write();
        return lane;
      });
      visits.committed();
      return session;
    },
    claim: async (chat, claim, now) => chats.claim(chat, claim, now),
    nextTurns: async (session, limit) =>
      (oldestWaiting.all(session, limit) as unknown as Row[]).map(entryOf),
    waitingIds: async () =>
      allWaiting.all() as unknown as { readonly account: string; readonly msgId: string }[],
    asking: async (ids, question) =>
      transaction(() => {
        for (const id of ids) {
          if (question === undefined) setAsked.run(null, null, -1, id);
          else setAsked.run(question.at, question.text, 1, id);
        }
      }),
    answering: async (id, runId) => void setRun.run(runId, id),
    broken: async (id) => void setBroken.run(id),
    settle: async (ids, replies, now) =>
      transaction(() => {
        const [ended] = ids.map((id) => endTurn.get(id));
        // Settled twice would mean answered twice: the second time nothing happens.
        if (ended === undefined) return;
        const chat = chats.byFoldedKey(foldedKey(String(ended["session"])));
        if (chat !== undefined) outbox.dropNotices(chat);
        outbox.add(replies, now);
      }),
    chatByFoldedKey: async (key) => chats.byFoldedKey(key),
    membersNamed: members.membersNamed,
    nickOf: members.nickOf,
  };

  return {
    ...inbox,
    prune(now: number) {
      if (forgetSeen.run(now - SEEN_MS).changes > 0) recent = readRecent();
      forgetQuarantine.run(now - QUARANTINE_MS);
    },
  };
}

type Row = Omit<InboxEntry, "asked"> & {
  readonly askedAt: number | null;
  readonly askedText: string | null;
  readonly runId: string | null;
  readonly broken: number;
};

function entryOf(found: Row): InboxEntry {
  const { askedAt, askedText, runId, broken, ...entry } = found;
  const asked =
    askedAt === null
      ? undefined
      : { at: askedAt, text: askedText ?? "", runId: runId ?? undefined, broken: broken === 1 };
  return { ...entry, asked };
}

/** Starts with the time, as the fingerprint does, so that new keys go to the end of their index. */
function keyOf(fingerprint: string): Uint8Array {
  return Buffer.concat([
    Buffer.from(fingerprint.slice(0, 14)),
    createHash("sha256").update(fingerprint).digest(),
  ]);
}
