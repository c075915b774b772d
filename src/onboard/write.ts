import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  chmodSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { reasonOf } from "../core/log.ts";
import { edit, type Change, type Edited } from "./edit.ts";

export type Written =
  | {
      readonly ok: true;
      /** False: it said all of this already. */
      readonly isChanged: boolean;
      /** What it was before, if there was anything. */
      readonly backup: string | undefined;
    }
  | Extract<Edited, { ok: false }>
  | { readonly ok: false; readonly reason: "unreadable" | "unwritable"; readonly said: string };

export type FileText =
  | { readonly ok: true; readonly text: string | undefined }
  | { readonly ok: false; readonly reason: "unreadable"; readonly said: string };

/** A file's text; undefined where there is none. */
export function readText(path: string): FileText {
  try {
    const bytes = readFileSync(path);
    return {
      ok: true,
      text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    };
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return { ok: true, text: undefined };
    return { ok: false, reason: "unreadable", said: reasonOf(error) };
  }
}

/** Why nothing can be written there, before anybody has been asked anything; undefined if it can. */
export function cannotWrite(path: string): string | undefined {
  try {
    let folder = dirname(destination(path));
    while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * Changes some keys of a configuration file and nothing else of it. The new text takes the file's place
 * in one step, readable by its owner only, and what was there is kept beside it
 * (`dingbridge.json.bak-20261122-200107`). A link stays one: the file behind it is written.
 * @param now for the backup's name.
 */
export function changeFile(path: string, changes: readonly Change[], now: Date): Written {
  const before = readText(path);
  if (!before.ok) return before;
  const edited = edit(before.text, changes);
  if (!edited.ok) return edited;
  if (!edited.isChanged) return { ok: true, isChanged: false, backup: undefined };
  try {
    const file = destination(path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const backup = before.text === undefined ? undefined : keep(file, now);
    replace(file, edited.text);
    return { ok: true, isChanged: true, backup };
  } catch (error) {
    return { ok: false, reason: "unwritable", said: reasonOf(error) };
  }
}

/** A file for its owner's eyes only, there as a whole or not at all. Throws if that fails. */
export function replace(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    // Whatever lies there is left over from a run that died.
    rmSync(temporary, { force: true });
    const handle = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    keepOwner(file, temporary);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Where a link leads, even if there is no file yet. */
function destination(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return isLink ? resolve(dirname(path), readlinkSync(path)) : resolve(path);
  }
}

function keep(file: string, now: Date): string {
  for (let twin = 1; ; twin++) {
    const backup = `${file}.bak-${stamp(now)}${twin === 1 ? "" : `-${twin}`}`;
    if (existsSync(backup)) continue;
    copyFileSync(file, backup, constants.COPYFILE_EXCL);
    chmodSync(backup, 0o600);
    keepOwner(file, backup);
    return backup;
  }
}

/** An administrator's run leaves a user's file the user's. */
function keepOwner(from: string, to: string): void {
  const owner = statSync(from, { throwIfNoEntry: false });
  const mine = statSync(to);
  if (owner === undefined || (owner.uid === mine.uid && owner.gid === mine.gid)) return;
  try {
    chownSync(to, owner.uid, owner.gid);
  } catch {
    // Only administrators may; then it is ours.
  }
}

/** As a wall clock shows it: 20261122-200107. */
function stamp(now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
}
