import type { DatabaseSync } from "node:sqlite";
import type { Chat } from "../core/inbound/session.ts";

/** The connection the store's parts share. */
export interface Database {
  readonly db: DatabaseSync;
  /** All of `work`, or nothing. */
  transaction<T>(work: () => T): T;
}

export function createDatabase(db: DatabaseSync): Database {
  return {
    db,
    transaction(work) {
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
    },
  };
}

/** A row under the names its statement gave it: the SELECT list is the type's one witness. */
export function row<T>(found: Record<string, unknown> | undefined): T | undefined {
  return found as T | undefined;
}

/** A chat as every table that has one spells it. */
export interface ChatColumns {
  readonly account: string;
  readonly conversationId: string;
  readonly kind: Chat["kind"];
  readonly userId: string | null;
}

export function chatIn({ account, conversationId, kind, userId }: ChatColumns): Chat {
  return { account, conversationId, kind, userId: userId ?? undefined };
}
