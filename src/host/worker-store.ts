import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createAccess } from "../core/access/access.ts";
import type { Role } from "../core/access/model.ts";
import { createRoster } from "../core/access/roster.ts";
import type { Clock } from "../core/clock.ts";
import type { AccountConfig, Config } from "../core/config/schema.ts";
import type { Log } from "../core/log.ts";
import type { AccessTable, Store } from "../core/store.ts";
import { createAuditFile, type AuditFile } from "../store/audit-file.ts";
import { MIGRATIONS } from "../store/schema.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { EXIT, UserError } from "./exit.ts";
import { foreignStoreError } from "./store-error.ts";

/**
 * Opens the worker's own store, which it may be using at this moment: its lock is not asked for, nothing
 * is made that is not there, and no layout is changed. Rejects with `UserError` for what somebody can mend.
 */
export async function withWorkerStore<T>(
  { dataDir, store: { fsync } }: Config,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const file = join(dataDir, "dingbridge.sqlite");
  try {
    checkLayout(file);
    const store = openSqliteStore(file, { fsync });
    try {
      return await work(store);
    } finally {
      store.close();
    }
  } catch (error) {
    throw foreignStoreError(error, file);
  }
}

/** Where the worker writes its own down. */
export function openWorkerAudit({ dataDir, audit }: Config, clock: Clock): AuditFile {
  return createAuditFile({ ...audit, folder: join(dataDir, "audit"), clock, log: WARNINGS });
}

const WARNINGS: Pick<Log, "warn"> = {
  warn: (message, { reason } = {}) =>
    console.error(`warning: ${message}${typeof reason === "string" ? ` (${reason})` : ""}`),
};

export interface Changed {
  readonly account: AccountConfig;
  readonly store: AccessTable;
  readonly userId: string;
  /** Undefined: it was taken away. */
  readonly given: Role | undefined;
}

/** What somebody who has changed a role may not expect. */
export type ChangeNote =
  | { readonly kind: "unowned" }
  /** By the configuration alone, although the approval was taken away. */
  | { readonly kind: "still-in"; readonly role: Role }
  | { readonly kind: "overruled"; readonly role: Role }
  | { readonly kind: "no-agent" }
  | { readonly kind: "closed"; readonly dmPolicy: AccountConfig["dmPolicy"] };

/** Decided as the worker does. */
export async function notesAfter(changed: Changed): Promise<readonly ChangeNote[]> {
  const { account, store, userId, given } = changed;
  const roster = createRoster({ account: account.id, store });
  await roster.refresh();
  const access = createAccess({ config: account, roster });
  const chat = { account: account.id, kind: "direct", conversationId: userId, userId } as const;
  const decision = access.decide(chat, { userId, ids: [userId], nick: undefined });
  const notes: ChangeNote[] = [];
  if (access.unowned) {
    notes.push({ kind: "unowned" });
  } else if (given === undefined) {
    if (decision.allowed) notes.push({ kind: "still-in", role: decision.role });
  } else if (decision.role !== given) {
    notes.push({ kind: "overruled", role: decision.role });
  }
  if (given !== undefined && !decision.allowed) {
    notes.push(
      decision.denial === "no-agent-for-guests"
        ? { kind: "no-agent" }
        : { kind: "closed", dmPolicy: account.dmPolicy },
    );
  }
  return notes;
}

/** Without a write, and so without a migration: a worker of another version may be running. */
function checkLayout(file: string): void {
  // SQLite's own words for a file that is not there do not say so.
  statSync(file);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    db.exec("PRAGMA busy_timeout = 2000");
    const layout = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (layout < MIGRATIONS.length) {
      throw failed(
        `${file} is of an older version: start the worker once with this version first (dingbridge start)`,
      );
    }
  } finally {
    db.close();
  }
}

const failed = (reason: string) => new UserError(reason, EXIT.crash);
