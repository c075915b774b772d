import type { UploadType } from "../dingtalk/upload.ts";
import type { Attachment } from "../message.ts";
import type { Kind } from "./model.ts";

const MB = 2 ** 20;

/** The largest file DingTalk takes at all. */
export const MAX_UPLOAD_BYTES = 20 * MB;
/** DingTalk's document says 20 MB, those who send pictures say 10. */
const MAX_IMAGE_BYTES = 10 * MB;
const MAX_VOICE_BYTES = 2 * MB;
/** In no document: what clients record at most. */
const MAX_VOICE_MS = 60_000;

const IMAGES: ReadonlySet<string> = new Set(["image/jpeg", "image/gif", "image/png", "image/bmp"]);
/** Uploads are documented for amr, mp3 and wav, sound messages for ogg and amr. */
const VOICES: ReadonlySet<string> = new Set(["audio/amr", "audio/amr-wb", "audio/ogg"]);

export interface Measured {
  readonly kind: Kind;
  /** Bytes. */
  readonly size: number;
  readonly durationMs: number | undefined;
}

/**
 * As what a file of at most `MAX_UPLOAD_BYTES` can be uploaded so that it shows up in this format, by its
 * bytes; "file" takes anything.
 * @see https://open.dingtalk.com/document/development/upload-media-files
 */
export function uploadTypeOf(
  format: Attachment["format"],
  { kind: { mime }, size, durationMs }: Measured,
): UploadType {
  if (format === "image" && IMAGES.has(mime) && size <= MAX_IMAGE_BYTES) return "image";
  if (durationMs === undefined) return "file";
  if (format === "video" && mime === "video/mp4") return "video";
  const voice = VOICES.has(mime) && size <= MAX_VOICE_BYTES && durationMs <= MAX_VOICE_MS;
  return format === "audio" && voice ? "voice" : "file";
}

const MAX_NAME_CHARS = 100;
/** With a letter in it: "Version 1.5" has none. */
const EXTENSION = /\.(?=[a-z0-9]*[a-z])[a-z0-9]{1,10}$/i;

/**
 * A file's name as people can see and save it: no path, nothing invisible, nothing that turns the direction
 * of writing ("cod.exe" shown as "exe.doc"), at most 100 characters with the extension kept. Empty if
 * nothing is left.
 */
export function fileName(text: string, extension = ""): string {
  const shown = text
    .toWellFormed()
    .replaceAll(/[\s\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, "")
    // Windows takes none of these.
    .replaceAll(/[/\\:*?"<>|]/g, "_")
    .replace(/^[.\s]+/, "")
    .replace(/[.\s]+$/, "");
  if (shown === "") return "";
  const ending = EXTENSION.exec(shown)?.[0] ?? (extension === "" ? "" : `.${extension}`);
  const stem = shown.endsWith(ending) ? shown.slice(0, shown.length - ending.length) : shown;
  const cut = stem.slice(0, MAX_NAME_CHARS - ending.length);
  // Half of a character that takes two.
  return cut.replace(/[\ud800-\udbff]$/, "").trimEnd() + ending;
}

/** What a path or a URL's path ends in, decoded; empty if it names nothing. */
export function lastName(path: string): string {
  const last = path.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
