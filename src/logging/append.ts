import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
  type Stats,
} from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";

/** A place that is not ours to write to. `message` says what is wrong with it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;
const LINE_FEED = 10;

/**
 * Appends whole lines to a file that others append to, rename and delete: it is opened by its name each time.
 * Folder and file are made where they are missing, for the owner's eyes only. The folder may lie in /tmp,
 * where anybody can have made it first: a link, or what belongs to somebody else, is not written to.
 *
 * @param uid of this process; none on Windows, where owners and modes say nothing
 * @throws RefusedError, or what the file system says
 */
export function appendLines(
  folder: string,
  name: string,
  lines: string,
  uid: number | undefined = process.getuid?.(),
): void {
  // Without a slash at its end, behind which a link is followed.
  const place = resolve(folder);
  mustBeOurs(folderOf(place), uid);
  // Not waiting for a reader: there may be a pipe in the file's place. What Windows has not counts as 0.
  const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = open(join(place, name), O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new RefusedError("the file is none");
    if (uid !== undefined && stats.uid !== uid) {
      throw new RefusedError("the file belongs to somebody else");
    }
    if (uid !== undefined && (stats.mode & WRITABLE_BY_ALL) !== 0) {
      throw new RefusedError("anybody may write into the file");
    }
    // A second name leads to the same file from where it may not be meant as a log.
    if (stats.nlink > 1) throw new RefusedError("the file has several names");
    writeAll(file, Buffer.from(isTorn(file, stats.size) ? `\n${lines}` : lines));
  } finally {
    closeSync(file);
  }
}

function folderOf(folder: string): Stats {
  try {
    return lstatSync(folder);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return lstatSync(folder);
  }
}

/** Root's folder will do, like /tmp itself: who is root needs no tricks. */
function mustBeOurs(stats: Stats, uid: number | undefined) {
  if (stats.isSymbolicLink()) throw new RefusedError("the folder is a symbolic link");
  if (!stats.isDirectory()) throw new RefusedError("the folder is none");
  if (uid === undefined) return;
  if (stats.uid !== uid && stats.uid !== 0) {
    throw new RefusedError("the folder belongs to somebody else");
  }
  if ((stats.mode & WRITABLE_BY_ALL) !== 0 && (stats.mode & STICKY) === 0) {
    throw new RefusedError("anybody may write into the folder");
  }
}

function open(path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if (codeOf(error) === "ELOOP") throw new RefusedError("the file is a symbolic link");
    throw error;
  }
}

/** Somebody's last line was broken off, by a crash or a full disk: the next one must not hang on to it. */
function isTorn(file: number, size: number): boolean {
  const last = new Uint8Array(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== LINE_FEED;
}

function writeAll(file: number, bytes: Uint8Array) {
  for (let from = 0; from < bytes.length;) from += writeSync(file, bytes, from);
}

const codeOf = (error: unknown) => (error as { code?: unknown }).code;
