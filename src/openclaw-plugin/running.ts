import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** The worker that holds a lock. Its pid is unknown as long as it has not written it down. */
export interface Running {
  readonly pid: number | undefined;
}

/**
 * Asks a worker's lock (store/lock.ts) whether anybody holds it: a write transaction on a SQLite file
 * that stays open. Undefined too if the file is damaged: the worker says so itself when it starts.
 *
 * The lock is taken for a moment if it is free. A worker that starts at that moment waits for it.
 */
export function runningWorker(path: string): Running | undefined {
  if (!existsSync(path)) return undefined;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec("PRAGMA busy_timeout = 0");
    db.exec("BEGIN IMMEDIATE");
    db.exec("ROLLBACK");
    return undefined;
  } catch (error) {
    return db !== undefined && /is locked/i.test(String(error)) ? { pid: pidIn(db) } : undefined;
  } finally {
    db?.close();
  }
}

function pidIn(db: DatabaseSync): number | undefined {
  try {
    const { pid } = db.prepare("SELECT pid FROM holder").get() ?? {};
    return typeof pid === "number" ? pid : undefined;
  } catch {
    return undefined;
  }
}
