import { constants } from "node:fs";
import { lstat, open, readlink, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { FileRead, OutgoingFiles } from "../core/media/outgoing.ts";

/** `O_NONBLOCK`: opening a pipe nobody writes to would never end. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Linux takes no longer ones. */
const MAX_PATH_CHARS = 4096;

type Place = "inside" | "outside" | "hidden";
type Refusal = Extract<FileRead, { readonly ok: false }>["reason"];

const refused = (reason: Refusal): FileRead => ({ ok: false, reason });

/**
 * Files of this machine that may be sent: those that, links followed, are under `roots`. Whoever can make an
 * agent name a path, or put a link into a root, gets nothing from elsewhere, nor learns what is there.
 * @param roots absolute folders; those that do not exist are left out, each time anew.
 */
export function createOutgoingFiles(roots: readonly string[]): OutgoingFiles {
  const absolute = roots.filter((root) => isAbsolute(root));

  const placeOf = async (path: string) =>
    placeIn(await Promise.all(absolute.map((root) => orNothing(realpath(root)))), path);

  /** What is not there, or closed to us, is only told about where we may look. */
  const unavailable = async (path: string, error: unknown): Promise<FileRead> => {
    const place = await placeOf(await nearest(path));
    if (place !== "inside") return refused(place);
    const { code } = error as { code?: unknown };
    if (code === "ENOENT" || code === "ENOTDIR") return refused("missing");
    // A link where a moment ago there was a file.
    return refused(code === "ELOOP" ? "outside" : "unreadable");
  };

  const readOpen = async (
    handle: FileHandle,
    real: string,
    seen: Identity,
    maxBytes: number,
  ): Promise<Uint8Array | Refusal> => {
    const opened = await handle.stat({ bigint: true });
    if (!opened.isFile()) return "not-a-file";
    // Between the check and the opening a folder on the way may have become a link.
    if (opened.dev !== seen.dev || opened.ino !== seen.ino) return "outside";
    const place = await placeOf(await whereIs(handle, real));
    if (place !== "inside") return place;
    return opened.size > maxBytes ? "too-large" : await readUpTo(handle, Number(opened.size));
  };

  return {
    async read(path, maxBytes) {
      if (!isAbsolute(path) || path.includes("\0") || path.length > MAX_PATH_CHARS) {
        return refused("outside");
      }
      try {
        const real = await realpath(path);
        const place = await placeOf(real);
        if (place !== "inside") return refused(place);
        const seen = await lstat(real, { bigint: true });
        if (!seen.isFile()) return refused("not-a-file");
        if (seen.size > maxBytes) return refused("too-large");
        const handle = await open(real, FLAGS);
        try {
          const read = await readOpen(handle, real, seen, maxBytes);
          if (typeof read === "string") return refused(read);
          return { ok: true, bytes: read, name: basename(path) };
        } finally {
          await handle.close();
        }
      } catch (error) {
        return await unavailable(resolve(path), error);
      }
    },
  };
}

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Inside one root is enough, even where for another, above it, the path is hidden. */
function placeIn(roots: readonly (string | undefined)[], path: string): Place {
  let place: Place = "outside";
  for (const root of roots) {
    const below = root === undefined ? ".." : relative(root, path);
    if (below === ".." || below.startsWith(`..${sep}`)) continue;
    if (!below.split(sep).some((name) => name.startsWith("."))) return "inside";
    place = "hidden";
  }
  return place;
}

/** Linux says where an open file really is; elsewhere its path is followed once more. */
async function whereIs({ fd }: FileHandle, path: string): Promise<string> {
  return (await orNothing(readlink(`/proc/self/fd/${fd}`))) ?? (await realpath(path));
}

/** What is appended meanwhile is left out. */
async function readUpTo(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Where a path that cannot be followed to its end would be: links on the way count as far as they lead. */
async function nearest(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  return join((await orNothing(realpath(parent))) ?? (await nearest(parent)), basename(path));
}

const orNothing = async (path: Promise<string>) => await path.catch(() => undefined);
