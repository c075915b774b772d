import { reasonOf } from "../core/log.ts";
import { LayoutError } from "../store/schema.ts";
import { EXIT, UserError } from "./_exit.ts";

/** By the words, which are SQLite's own everywhere: not every runtime hands its result code on. */
export function storeError(error: unknown, dataDir: string, file: string): UserError {
  const reason = reasonOf(error).split("\n")[0] ?? "";
  if (/database is (locked|busy)/i.test(reason)) {
    return new UserError(`dataDir: ${file} is in use by another process`, EXIT.crash);
  }
  if (/disk is full|ENOSPC/i.test(reason)) {
    return new UserError(`dataDir: the disk of ${dataDir} is full: make room there`, EXIT.crash);
  }
  if (/not a database|malformed|corrupt/i.test(reason)) {
    return new UserError(
      `dataDir: ${file} is damaged or no database (${reason}): move it away to start with an empty one`,
      EXIT.configuration,
    );
  }
  if (error instanceof LayoutError) return new UserError(`dataDir: ${reason}`, EXIT.configuration);
  return new UserError(
    `dataDir: the folder ${dataDir} cannot be used (${reason}): make it writable for this user, or set dataDir (DINGBRIDGE_DATA_DIR) to another folder`,
    EXIT.configuration,
  );
}
