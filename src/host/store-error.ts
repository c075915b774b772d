import { reasonOf } from "../core/log.ts";
import { LayoutError } from "../store/schema.ts";
import { EXIT, UserError } from "./exit.ts";

/** What keeps a database from being used. `other`: nothing that its file has to do with, as far as one can tell. */
interface Trouble {
  readonly kind: "missing" | "layout" | "busy" | "full" | "damaged" | "unusable" | "other";
  /** One line. */
  readonly reason: string;
}

function troubleOf(error: unknown): Trouble {
  const reason = reasonOf(error).split("\n")[0] ?? "";
  const { code } = error as { code?: unknown };
  const kindOf = (): Trouble["kind"] => {
    if (code === "ENOENT" || code === "ENOTDIR") return "missing";
    if (error instanceof LayoutError) return "layout";
    // By the words, which are SQLite's own everywhere: not every runtime hands its result code on.
    if (/database is (locked|busy)/i.test(reason)) return "busy";
    if (/disk is full|ENOSPC/i.test(reason)) return "full";
    if (/not a database|malformed|corrupt/i.test(reason)) return "damaged";
    const isRefused = code === "EACCES" || code === "EPERM";
    return isRefused || /database|disk/i.test(reason) ? "unusable" : "other";
  };
  return { kind: kindOf(), reason };
}

/** For the worker itself, which may make and change what is there. */
export function storeError(error: unknown, dataDir: string, file: string): UserError {
  const { kind, reason } = troubleOf(error);
  if (kind === "busy") {
    return new UserError(`dataDir: ${file} is in use by another process`, EXIT.crash);
  }
  if (kind === "full") {
    return new UserError(`dataDir: the disk of ${dataDir} is full: make room there`, EXIT.crash);
  }
  if (kind === "damaged") {
    return new UserError(
      `dataDir: ${file} is damaged or no database (${reason}): move it away to start with an empty one`,
      EXIT.configuration,
    );
  }
  if (kind === "layout") return new UserError(`dataDir: ${reason}`, EXIT.configuration);
  return new UserError(
    `dataDir: the folder ${dataDir} cannot be used (${reason}): make it writable for this user, or set dataDir (DINGBRIDGE_DATA_DIR) to another folder`,
    EXIT.configuration,
  );
}

/** For who works beside the worker and leaves its files alone. What is no trouble with the file comes back as it is. */
export function foreignStoreError(error: unknown, file: string): unknown {
  const { kind, reason } = troubleOf(error);
  if (error instanceof UserError || kind === "other") return error;
  const said = {
    missing: `nobody has asked to be let in yet: start dingbridge first (there is no ${file})`,
    layout: `${file}: ${reason}`,
    busy: `${file} is busy: try again in a moment`,
    full: `the disk of ${file} is full`,
    damaged: `${file} is damaged or no database (${reason})`,
    unusable: `${file} cannot be used (${reason}): run this as the user that runs the worker`,
  } as const;
  return new UserError(said[kind], EXIT.crash);
}
