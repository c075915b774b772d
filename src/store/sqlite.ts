import { DatabaseSync } from "node:sqlite";
import type { Store } from "../core/store.ts";
import { createDatabase } from "./database.ts";
import { openInbox } from "./inbox.ts";
import { openLedger } from "./ledger.ts";
import { openOutbox } from "./outbox.ts";
import { MIGRATIONS, migrate } from "./schema.ts";

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
  const outbox = openOutbox(database, ledger);
  const inbox = openInbox(database, { outbox, ledger, checkRoom });

  const countAll = db.prepare(
    `SELECT (SELECT count(*) FROM inbox WHERE done = 0) AS inbox,
            (SELECT count(*) FROM outbox WHERE failed_at IS NULL) AS outbox,
            (SELECT count(*) FROM quarantine) AS quarantine`,
  );

  return {
    ...outbox,
    ...ledger,
    ...inbox,
    prune: async (now) =>
      database.transaction(() => {
        inbox.prune(now);
        outbox.prune(now);
        ledger.prune();
      }),
    counts: async () => {
      const { inbox, outbox, quarantine } = countAll.get() ?? {};
      return { inbox: Number(inbox), outbox: Number(outbox), quarantine: Number(quarantine) };
    },
    async probe() {
      checkRoom();
      // Writing the version it already has is the smallest real commit.
      database.transaction(() => db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`));
    },
    close: () => db.close(),
  };
}
