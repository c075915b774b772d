import { DatabaseSync } from "node:sqlite";
import type { Store } from "../core/store.ts";
import { openAccess } from "./access.ts";
import { openCardTable } from "./cards.ts";
import { openChats } from "./chats.ts";
import { createDatabase } from "./database.ts";
import { openDeliveries } from "./deliveries.ts";
import { openInbox } from "./inbox.ts";
import { openLedger } from "./ledger.ts";
import { openMembers } from "./members.ts";
import { openOutbox } from "./outbox.ts";
import { MIGRATIONS, migrate } from "./schema.ts";
import { openSubmissions } from "./submissions.ts";

export interface SqliteOptions {
  /** Syncs every commit to the disk. Without it a commit survives the process's death, not the machine's. */
  readonly fsync?: boolean;
  /** Megabytes in use from which on no message is taken in; what is in the boxes is still worked off. */
  readonly maxMb?: number;
}

/**
 * The boxes in one SQLite file, by `node:sqlite`, the same in all three runtimes. `":memory:"` keeps
 * nothing. In WAL mode a commit survives the process's death at any moment.
 * Throws if the file cannot be opened or is not a database of ours.
 */
export function openSqliteStore(path: string, options: SqliteOptions = {}): Store {
  const { fsync = false, maxMb = Infinity } = options;
  const db = new DatabaseSync(path);
  try {
    // The time-out first: setting the journal mode needs the lock too.
    db.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL;");
    db.exec(`PRAGMA synchronous = ${fsync ? "FULL" : "NORMAL"}`);
    migrate(db);
  } catch (error) {
    db.close();
    throw error;
  }

  const pagesInUse = db.prepare(
    "SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
  );
  const checkRoom = () => {
    const bytes = Number(pagesInUse.get()?.["bytes"]);
    if (bytes <= maxMb * 1024 * 1024) return;
    throw new Error(
      `the inbox is full: the database holds ${Math.round(bytes / 1024 / 1024)} MB (store.maxMb ${maxMb})`,
    );
  };

  const database = createDatabase(db);
  const ledger = openLedger(database);
  const chats = openChats(database);
  const cards = openCardTable(database);
  const deliveries = openDeliveries(database);
  const outbox = openOutbox(database, { ledger, cards, deliveries });
  const access = openAccess(database, { outbox });
  const submissions = openSubmissions(database, { outbox, deliveries });
  const members = openMembers(database);
  const inbox = openInbox(database, { outbox, ledger, chats, members, checkRoom });

  const countAll = db.prepare(
    `SELECT (SELECT count(*) FROM inbox WHERE done = 0) AS inbox,
            (SELECT min(received_at) FROM inbox WHERE done = 0) AS inboxSince,
            (SELECT count(*) FROM outbox WHERE failed_at IS NULL) AS outbox,
            (SELECT min(created_at) FROM outbox WHERE failed_at IS NULL) AS outboxSince,
            (SELECT count(*) FROM quarantine) AS quarantine`,
  );

  return {
    ...outbox,
    ...submissions,
    ...cards,
    ...access,
    ...ledger,
    ...inbox,
    directChat: chats.directChat,
    settleCards: async (replies, now) => database.transaction(() => outbox.add(replies, now)),
    prune: async (now) =>
      database.transaction(() => {
        inbox.prune(now);
        outbox.prune(now);
        submissions.prune(now);
        ledger.prune();
      }),
    counts: async () => {
      const counted = countAll.get() ?? {};
      const timeOf = (value: unknown) => (typeof value === "number" ? value : null);
      return {
        inbox: Number(counted["inbox"]),
        outbox: Number(counted["outbox"]),
        inboxSince: timeOf(counted["inboxSince"]),
        outboxSince: timeOf(counted["outboxSince"]),
        quarantine: Number(counted["quarantine"]),
      };
    },
    async probe() {
      checkRoom();
      // Writing the version it already has is the smallest real commit.
      database.transaction(() => db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`));
    },
    close: () => db.close(),
  };
}
