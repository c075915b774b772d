import type { Ledger, Quota, UsageRef } from "../core/store.ts";
import type { Database } from "./database.ts";

/** Whole years of months are kept: a few rows. */
const MONTHS_KEPT = 24;

export type LedgerTable = ReturnType<typeof openLedger>;

/** What is counted against quotas, and small notes. */
export function openLedger({ db }: Database) {
  const addUse = db.prepare(
    `INSERT INTO usage VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET used = used + excluded.used`,
  );
  const used = db.prepare("SELECT quota, used FROM usage WHERE account = ? AND month = ?");
  const forgetUse = db.prepare(
    `DELETE FROM usage WHERE month NOT IN (SELECT DISTINCT month FROM usage ORDER BY month DESC LIMIT ${MONTHS_KEPT})`,
  );
  const readNote = db.prepare("SELECT value FROM notes WHERE key = ?");
  const writeNote = db.prepare(
    "INSERT INTO notes VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  const deleteNote = db.prepare("DELETE FROM notes WHERE key = ?");

  const ledger: Ledger = {
    async usage({ account, month }) {
      const found = { api: 0, stream: 0 };
      for (const { quota, used: count } of used.all(account, month)) {
        found[String(quota) as Quota] = Number(count);
      }
      return found;
    },
    spend: async ({ account, month }, quota) => void addUse.run(account, month, quota, 1),
    async note(key) {
      const value = readNote.get(key)?.["value"];
      return value === undefined ? undefined : String(value);
    },
    setNote: async (key, value) =>
      void (value === undefined ? deleteNote.run(key) : writeNote.run(key, value)),
  };

  return {
    ...ledger,
    /** Inside a transaction of the caller's. */
    use({ account, month }: UsageRef, quota: Quota, by: number) {
      addUse.run(account, month, quota, by);
    },
    prune() {
      forgetUse.run();
    },
  };
}
