import { createHash, randomUUID } from "node:crypto";
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, utimesSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { setInterval } from "node:timers";
import { reasonOf } from "../core/log.ts";

export interface Lock {
  release(): void;
}

/** Who holds a lock. Unknown as long as the holder has not written it down yet. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export class LockHeldError extends Error {
  override readonly name = "LockHeldError";
  readonly holder: Holder | undefined;
  constructor(path: string, holder: Holder | undefined) {
    super(`${path} is held by another process`);
    this.holder = holder;
  }
}

/** The file is no database. Whether someone holds it cannot be told, so it is left alone. */
export class LockDamagedError extends Error {
  override readonly name = "LockDamagedError";
  readonly path: string;
  constructor(path: string, cause: unknown) {
    super(`${path} is damaged`, { cause });
    this.path = path;
  }
}

/** Cleaners of /tmp take what nobody has touched for some days, and a new file would be a new lock. */
const TOUCH_EVERY_MS = 6 * 3_600_000;

/** A connection that is garbage collected is closed, and its lock gone, in all three runtimes. */
const connections = new Set<DatabaseSync>();

/**
 * Takes a lock that the operating system frees when this process ends, however it ends: a write
 * transaction on a SQLite file that stays open. Nothing depends on a pid being alive, which tells
 * nothing in containers.
 *
 * Rollback journal, not WAL: a transaction that has not written yet lets others read who holds it, has
 * no file beside it, and needs no shared memory, which some mounted folders do not have.
 *
 * Nobody may open the file by other means in this process: closing any descriptor of it drops the lock
 * (POSIX). It is never removed either: whoever had it open would hold a lock on a file that is gone.
 */
export function acquireLock(path: string): Lock {
  createFile(path);
  const db = new DatabaseSync(path);
  try {
    hold(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
  connections.add(db);
  const touching = setInterval(() => touch(path), TOUCH_EVERY_MS);
  touching.unref();
  return {
    release() {
      if (!connections.delete(db)) return;
      clearInterval(touching);
      db.close();
    },
  };
}

function hold(db: DatabaseSync, path: string): void {
  const id = randomUUID();
  try {
    // Long enough for one who is about to write its name down on a slow disk.
    db.exec("PRAGMA busy_timeout = 500");
    for (;;) {
      db.exec("BEGIN IMMEDIATE");
      db.exec("CREATE TABLE IF NOT EXISTS holder (id TEXT, pid INTEGER, host TEXT, since INTEGER)");
      // Between our COMMIT and the next BEGIN another may have put its name there and lost after all.
      if (db.prepare("SELECT id FROM holder").get()?.["id"] === id) return;
      db.exec("DELETE FROM holder");
      db.prepare("INSERT INTO holder VALUES (?, ?, ?, ?)").run(
        id,
        process.pid,
        hostname(),
        Date.now(),
      );
      db.exec("COMMIT");
    }
  } catch (error) {
    // By the words: not every runtime hands SQLite's result code on.
    const reason = reasonOf(error);
    if (/is locked/i.test(reason)) throw new LockHeldError(path, holderIn(db));
    if (/not a database|malformed/i.test(reason)) throw new LockDamagedError(path, error);
    throw error;
  }
}

function holderIn(db: DatabaseSync): Holder | undefined {
  try {
    const { pid, host, since } = db.prepare("SELECT pid, host, since FROM holder").get() ?? {};
    const known = typeof pid === "number" && typeof host === "string" && typeof since === "number";
    return known ? { pid, host, since } : undefined;
  } catch {
    return undefined;
  }
}

/** Only ever closes a descriptor of a file that it has made itself, and that nobody can hold yet. */
function createFile(path: string): void {
  unlessThere(() => closeSync(openSync(path, "wx", 0o600)));
}

function unlessThere(make: () => void): void {
  try {
    make();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
  }
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Someone has removed the file: the lock still keeps those out who had opened it.
  }
}

/**
 * Where this user's workers of one robot meet, whatever data folder they use. Makes the folder; throws
 * if that fails or if it is not this user's own.
 */
export function robotLockPath(apiUrl: string, clientId: string, parent = tmpdir()): string {
  // No user ids on Windows, where the temporary folder is each user's own.
  const uid = process.getuid?.();
  const folder = join(parent, `dingbridge-${uid ?? "user"}`);
  unlessThere(() => mkdirSync(folder, { mode: 0o700 }));
  if (uid !== undefined) {
    const found = lstatSync(folder);
    if (!found.isDirectory()) throw new Error(`${folder} is not a folder`);
    if (found.uid !== uid) throw new Error(`${folder} belongs to another user`);
    chmodSync(folder, 0o700);
  }
  const key = createHash("sha256").update(`${apiUrl}\n${clientId}`).digest("hex").slice(0, 32);
  return join(folder, `${key}.lock`);
}
