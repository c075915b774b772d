import type { MediaPart } from "../inbound/model.ts";
import { reasonOf, type Log } from "../log.ts";
import { logAbout } from "../trace.ts";
import type { Downloader } from "./download.ts";
import type { Kind } from "./model.ts";
import { kindOf } from "./kind.ts";

/** Where bytes lie until their turn is over. Names are ours, never a sender's. */
export interface MediaFiles {
  /** Resolves with the file's path, if it has one. */
  write(name: string, bytes: Uint8Array): Promise<string | undefined>;
  /** Undefined if there is no such file. */
  read(
    name: string,
  ): Promise<{ readonly bytes: Uint8Array; readonly path: string | undefined } | undefined>;
  list(): Promise<readonly string[]>;
  remove(name: string): Promise<void>;
}

/** Something a person sent, fetched. */
export type Fetched =
  | {
      readonly ok: true;
      readonly kind: Kind;
      readonly size: number;
      readonly path: string | undefined;
      readonly bytes: () => Promise<Uint8Array>;
    }
  /** `reason` is short and holds no secret: the agent is told it. */
  | { readonly ok: false; readonly reason: string };

/** A message in the inbox, as far as its files are concerned. */
export interface Carrier {
  readonly account: string;
  readonly msgId: string;
}

/**
 * Fetches what messages carry, at once: download codes live for a short time only, and a turn may have
 * to wait for an hour.
 */
export interface Shelf {
  /** Starts fetching. */
  begin(carrier: Carrier, parts: readonly MediaPart[]): void;
  /** What became of the part at this place; fetched now if it was not before. */
  take(carrier: Carrier, parts: readonly MediaPart[], at: number): Promise<Fetched>;
  /** The turn is over. */
  drop(carrier: Carrier): Promise<void>;
  /** Removes what earlier processes left behind, except for these. */
  sweep(waiting: () => Promise<readonly Carrier[]>): Promise<void>;
}

export interface ShelfOptions {
  readonly downloader: Downloader;
  readonly files: MediaFiles;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const encoder = new TextEncoder();

export function createShelf({ downloader, files, log, signal }: ShelfOptions): Shelf {
  /** Under way or done in this process, by file name. */
  const known = new Map<string, Promise<Fetched>>();

  const fetchInto = async (carrier: Carrier, name: string, part: MediaPart): Promise<Fetched> => {
    try {
      const found = await files.read(name);
      if (found !== undefined) return fetched(name, found.path, found.bytes, part);
      const download = await downloader.fetch(part.codes, signal);
      if (!download.ok) {
        logAbout(log, carrier).warn("what a message carries could not be fetched", {
          media: part.media,
          reason: download.reason,
        });
        // What may work the next time is tried again when its turn comes.
        if (download.retry) known.delete(name);
        return download;
      }
      const path = await files.write(name, download.bytes);
      return fetched(name, path, download.bytes, part);
    } catch (error) {
      known.delete(name);
      logAbout(log, carrier).error("what a message carries could not be kept", {
        reason: reasonOf(error),
      });
      return { ok: false, reason: "it could not be stored here" };
    }
  };

  const fetched = (
    name: string,
    path: string | undefined,
    bytes: Uint8Array,
    part: MediaPart,
  ): Fetched => ({
    ok: true,
    kind: kindOf(bytes, part.name),
    size: bytes.length,
    path,
    // Read again when they are needed: a thousand turns that wait must not hold their pictures in memory.
    bytes: async () => (await files.read(name))?.bytes ?? new Uint8Array(),
  });

  const start = (carrier: Carrier, name: string, part: MediaPart): Promise<Fetched> => {
    const running = known.get(name);
    if (running !== undefined) return running;
    const fetching = fetchInto(carrier, name, part);
    known.set(name, fetching);
    return fetching;
  };

  const remove = async (name: string) => {
    try {
      await files.remove(name);
    } catch (error) {
      log.warn("a file that is not needed any more could not be removed", {
        reason: reasonOf(error),
      });
    }
  };

  return {
    begin(carrier, parts) {
      void prefixOf(carrier).then((prefix) => {
        for (const [at, part] of parts.entries()) {
          if (isFetched(part)) void start(carrier, `${prefix}-${at}`, part);
        }
      });
    },
    async take(carrier, parts, at) {
      const part = parts[at];
      if (part === undefined) return { ok: false, reason: "there is no such part" };
      return await start(carrier, `${await prefixOf(carrier)}-${at}`, part);
    },
    async drop(carrier) {
      const prefix = await prefixOf(carrier);
      for (const [name, fetching] of known) {
        if (!name.startsWith(prefix)) continue;
        known.delete(name);
        // What is still being fetched is not waited for: the chat's next turn would wait too.
        void fetching.then(() => remove(name));
      }
      // An earlier process may have fetched some.
      for (const name of await files.list()) if (name.startsWith(prefix)) await remove(name);
    },
    async sweep(waiting) {
      const names = await files.list();
      if (names.length === 0) return;
      const kept = new Set(await Promise.all((await waiting()).map(prefixOf)));
      for (const name of names) {
        if (!kept.has(name.slice(0, name.indexOf("-")))) await remove(name);
      }
    },
  };
}

/** Voice messages come with their words: the sound is of no use then. */
export function isFetched(part: MediaPart): boolean {
  return part.codes.length > 0 && part.recognition === undefined;
}

/** A message's id comes from outside, so it is no file name. */
async function prefixOf({ account, msgId }: Carrier): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    encoder.encode(JSON.stringify([account, msgId])),
  );
  return [...new Uint8Array(digest, 0, 16)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
