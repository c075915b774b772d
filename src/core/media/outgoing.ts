import { deadline, type Clock } from "../clock.ts";
import type { Verdict } from "../dingtalk/errors.ts";
import type { Upload, Uploaded, UploadType } from "../dingtalk/upload.ts";
import type { Log } from "../log.ts";
import type { Attachment, Source } from "../message.ts";
import { isPublic, literalOf } from "./address.ts";
import { createAllowList, type AllowList } from "./allow-list.ts";
import { durationMs } from "./duration.ts";
import { kindOf } from "./kind.ts";
import { fileName, lastName, MAX_UPLOAD_BYTES, uploadTypeOf } from "./limits.ts";
import type { Kind } from "./model.ts";
import { createPermits } from "./permits.ts";
import type { Received } from "./receive.ts";

/** A file of this machine, read. `name` is its own, without folders. */
export type FileRead =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly name: string }
  | {
      readonly ok: false;
      /** `outside`: under none of the folders files may be sent from; `hidden`: by a name with a dot before it. */
      readonly reason: "outside" | "hidden" | "missing" | "not-a-file" | "too-large" | "unreadable";
    };

/** Files of this machine that may be sent. */
export interface OutgoingFiles {
  /** Never rejects. Reads `maxBytes` at most. */
  read(path: string, maxBytes: number): Promise<FileRead>;
}

/** Makes a picture or file fit for sending: what DingTalk does not have yet is read, checked and uploaded. */
export interface Outgoing {
  /** Never throws; if `signal` breaks it off, it is to be tried again. */
  prepare(attachment: Attachment, signal: AbortSignal): Promise<Prepared>;
}

/** Reasons hold no URL, no path and no secret. */
export type Prepared =
  /**
   * Source and cover are media ids, or for a picture an https address that DingTalk fetches from. What
   * DingTalk does not show in its format has become a "file".
   */
  | { readonly ok: true; readonly message: Attachment }
  | {
      readonly ok: false;
      /** As in `SendFailure`. */
      readonly failure: "retry" | "blocked";
      readonly reason: string;
      readonly waitMs?: number;
    }
  | {
      readonly ok: false;
      readonly failure: "final";
      readonly why: "too-large" | "not-allowed" | "missing" | "refused" | "empty";
      /** For people. */
      readonly name: string;
      readonly reason: string;
    };

export interface OutgoingOptions {
  /** Of one app: what one has uploaded is of no use to another. */
  readonly upload: Upload;
  readonly files: OutgoingFiles;
  /** Guarded; takes files up to `MAX_UPLOAD_BYTES`. */
  readonly receive: (url: string, signal: AbortSignal) => Promise<Received>;
  /** `media.allowHosts`: hosts DingTalk cannot reach although they look public. */
  readonly allowHosts: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** A file's bytes are held up to three times over: read, as a form, and in the runtime's hands. */
const PARALLEL = 4;
/** For fetching one file, from the first request to the last byte. */
const RECEIVE_MS = 60_000;

type Failed = Extract<Prepared, { readonly ok: false }>;
type Remote = Exclude<Source, { readonly mediaId: string }>;

interface Loaded {
  readonly ok: true;
  readonly bytes: Uint8Array;
  readonly kind: Kind;
  readonly name: string;
}

export function createOutgoing(options: OutgoingOptions): Outgoing {
  const { files, receive, clock, log } = options;
  const permits = createPermits(PARALLEL);
  const allowed = createAllowList(options.allowHosts, []);
  const upload = uploadOnce(options.upload, clock);

  const fromDisk = async (path: string, shown: string) => {
    const read = await files.read(path, MAX_UPLOAD_BYTES);
    if (read.ok) return read;
    const [why, reason] = UNREAD[read.reason];
    return final(why, shown, reason);
  };

  const fromUrl = async (url: string, shown: string, signal: AbortSignal) => {
    const limit = deadline(clock, RECEIVE_MS, signal);
    const got = await receive(url, limit.signal);
    limit.clear();
    if (got.ok) return { ...got, name: lastName(URL.parse(url)?.pathname ?? "") };
    if (signal.aborted) return STOPPED;
    if (got.retry) return { ok: false, failure: "retry", reason: got.reason } as const;
    return final(got.why ?? "missing", shown, got.reason);
  };

  const load = async (
    source: Remote,
    { format, name = "" }: Pick<Attachment, "format" | "name">,
    signal: AbortSignal,
  ): Promise<Loaded | Failed> => {
    const shown = fileName(name) || fileName(nameIn(source)) || format;
    const got =
      "path" in source
        ? await fromDisk(source.path, shown)
        : await fromUrl(source.url, shown, signal);
    if (!got.ok) return got;
    const { bytes } = got;
    if (bytes.length === 0) return final("empty", shown, "the file is empty");
    if (bytes.length > MAX_UPLOAD_BYTES) return final("too-large", shown, TOO_LARGE);
    const given = fileName(name) || fileName(got.name);
    const kind = kindOf(bytes, given);
    return { ok: true, bytes, kind, name: fileName(given || plainName(kind), kind.extension) };
  };

  /** Undefined: DingTalk does not take it as this. */
  const uploadAs = async (
    type: UploadType,
    { bytes, kind }: Loaded,
    signal: AbortSignal,
  ): Promise<{ readonly ok: true; readonly mediaId: string } | Failed | undefined> => {
    // By its extension DingTalk tells the format, and nobody sees the rest.
    const extension = kind.extension === "awb" ? "amr" : kind.extension;
    const name = `${type}.${extension}`;
    const uploaded = await upload({ type, name, mime: kind.mime, bytes }, signal);
    if (uploaded.ok) return uploaded;
    const { failure, reason, unlisted } = uploaded;
    if (failure !== "final" && unlisted !== true) return passing(uploaded);
    log.warn("DingTalk does not take a file in the format it is in: it goes as a file", {
      type,
      mime: kind.mime,
      reason,
    });
    return undefined;
  };

  const asFile = async (loaded: Loaded, signal: AbortSignal): Promise<Prepared> => {
    const { bytes, kind, name } = loaded;
    const uploaded = await upload({ type: "file", name, mime: kind.mime, bytes }, signal);
    if (uploaded.ok) return { ok: true, message: fileOf(uploaded.mediaId, name) };
    return uploaded.failure === "final"
      ? final("refused", name, uploaded.reason)
      : passing(uploaded);
  };

  /** Undefined: there is none to be had, so the video cannot be shown as one. */
  const coverOf = async (cover: Source | undefined, signal: AbortSignal) => {
    if (cover === undefined) return undefined;
    if ("mediaId" in cover) return { ok: true, mediaId: cover.mediaId } as const;
    const loaded = await load(cover, { format: "image" }, signal);
    if (!loaded.ok) return loaded.failure === "final" ? undefined : loaded;
    const type = uploadTypeOf("image", measure(loaded));
    return type === "image" ? await uploadAs(type, loaded, signal) : undefined;
  };

  const convert = async (
    attachment: Attachment,
    source: Remote,
    signal: AbortSignal,
  ): Promise<Prepared> => {
    const { format } = attachment;
    const loaded = await load(source, attachment, signal);
    if (!loaded.ok) return loaded;
    const measured = measure(loaded, attachment.durationMs);
    const type = uploadTypeOf(format, measured);
    if (type === "file") return await asFile(loaded, signal);
    const cover = type === "video" ? await coverOf(attachment.cover, signal) : undefined;
    if (type === "video" && cover === undefined) return await asFile(loaded, signal);
    if (cover?.ok === false) return cover;
    const uploaded = await uploadAs(type, loaded, signal);
    if (uploaded === undefined) return await asFile(loaded, signal);
    if (!uploaded.ok) return uploaded;
    const message: Attachment = {
      format,
      source: { mediaId: uploaded.mediaId },
      name: loaded.name,
      ...(type === "image" ? {} : { durationMs: measured.durationMs }),
      ...(cover === undefined ? {} : { cover: { mediaId: cover.mediaId } }),
    };
    return { ok: true, message };
  };

  const work = async (attachment: Attachment, signal: AbortSignal): Promise<Prepared> => {
    const { source, format, name } = attachment;
    if (!("mediaId" in source)) return await convert(attachment, source, signal);
    // Of what is uploaded already only a video's cover can be left to do.
    const cover = await coverOf(attachment.cover, signal);
    if (cover?.ok === false) return cover;
    const message = cover
      ? { ...attachment, cover: { mediaId: cover.mediaId } }
      : fileOf(source.mediaId, fileName(name ?? "") || USUAL_NAMES[format]);
    return { ok: true, message };
  };

  return {
    async prepare(attachment, signal) {
      const ready = asItIs(attachment, allowed);
      if (ready !== undefined) return { ok: true, message: ready };
      const done = await permits.take(signal).catch(() => undefined);
      if (done === undefined) return STOPPED;
      try {
        return await work(attachment, signal);
      } catch (error) {
        // What the error says may hold a path.
        const what = error instanceof Error ? error.name : "error";
        return { ok: false, failure: "retry", reason: `the file could not be prepared (${what})` };
      } finally {
        done();
      }
    },
  };
}

const STOPPED = { ok: false, failure: "retry", reason: "stopped before it was sent" } as const;
const TOO_LARGE = `the file is larger than ${MAX_UPLOAD_BYTES / 2 ** 20} MB`;

type Why = Extract<Prepared, { readonly failure: "final" }>["why"];
type Unread = Extract<FileRead, { readonly ok: false }>["reason"];

const UNREAD: Readonly<Record<Unread, readonly [Why, string]>> = {
  outside: ["not-allowed", "the file is in none of the folders media.roots names"],
  hidden: ["not-allowed", "files with a dot before their name, or their folder's, are not sent"],
  missing: ["missing", "there is no such file"],
  "not-a-file": ["missing", "what is there is not a file"],
  "too-large": ["too-large", TOO_LARGE],
  unreadable: ["missing", "the file cannot be read"],
};

/** Of what is uploaded already nobody knows more than this. */
const USUAL_NAMES = { image: "image.png", file: "file", audio: "audio.amr", video: "video.mp4" };

const final = (why: Why, name: string, reason: string): Failed => ({
  ok: false,
  failure: "final",
  why,
  name,
  reason,
});

/** Another try may do better. */
const passing = ({ failure, reason, waitMs }: Verdict): Failed => ({
  ok: false,
  failure: failure === "blocked" ? "blocked" : "retry",
  reason,
  ...(waitMs === undefined ? {} : { waitMs }),
});

const fileOf = (mediaId: string, name: string): Attachment => ({
  format: "file",
  source: { mediaId },
  name,
});

const nameIn = (source: Remote) =>
  lastName("path" in source ? source.path : (URL.parse(source.url)?.pathname ?? ""));

const plainName = ({ family }: Kind) =>
  family === "image" || family === "audio" || family === "video" ? family : "file";

/** What the bytes say goes before what somebody says about them. */
const measure = ({ bytes, kind }: Loaded, saidMs?: number) => ({
  kind,
  size: bytes.length,
  durationMs: durationMs(bytes) ?? known(saidMs),
});

const known = (ms: number | undefined) => (ms !== undefined && ms > 0 ? ms : undefined);

/** The message, if it needs no work. */
function asItIs(attachment: Attachment, allowed: AllowList): Attachment | undefined {
  const { format, source, name, cover } = attachment;
  if ("path" in source) return undefined;
  if ("url" in source) {
    const url = format === "image" ? publicUrl(source.url, allowed) : undefined;
    return url === undefined ? undefined : { ...attachment, source: { url } };
  }
  if (format === "image" || format === "file") return attachment;
  const timed = known(attachment.durationMs) !== undefined;
  if (timed && (format === "audio" || (cover && "mediaId" in cover))) return attachment;
  if (timed && cover !== undefined) return undefined;
  return fileOf(source.mediaId, fileName(name ?? "") || USUAL_NAMES[format]);
}

/** Names that mean something in one network only. */
const LOCAL = /^[^.]*$|\.(localhost|local|internal|lan|home\.arpa)$/;

/** An https address that DingTalk and its clients can fetch from, as far as it tells. */
function publicUrl(text: string, allowed: AllowList): string | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return undefined;
  const literal = literalOf(url.hostname);
  const local =
    literal === undefined ? LOCAL.test(url.hostname.replace(/\.$/, "")) : !isPublic(literal);
  return local || allowed.has(url) ? undefined : url.href;
}

const REMEMBERED = 200;
const REMEMBERED_MS = 60 * 60_000;

/** Media ids can be used again: the same bytes are not uploaded twice within an hour. */
function uploadOnce(upload: Upload, clock: Clock): Upload {
  /** The one used longest ago first. */
  const uploads = new Map<string, { readonly uploaded: Uploaded; readonly at: number }>();

  return async (file, signal) => {
    // Never shared with another thread: such bytes could change under the digest.
    const bytes = file.bytes as Uint8Array<ArrayBuffer>;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const key = `${file.type} ${digest.join(" ")}`;
    const before = uploads.get(key);
    uploads.delete(key);
    if (before !== undefined && clock.monotonic() - before.at < REMEMBERED_MS) {
      uploads.set(key, before);
      return before.uploaded;
    }
    const uploaded = await upload(file, signal);
    if (!uploaded.ok) return uploaded;
    uploads.set(key, { uploaded, at: clock.monotonic() });
    for (const [oldest] of uploads) {
      if (uploads.size <= REMEMBERED) break;
      uploads.delete(oldest);
    }
    return uploaded;
  };
}
