import type { Attachment, Source } from "../message.ts";

type Place = Exclude<Source, { readonly mediaId: string }>;

/** What stands for a file on a line of its own in OpenClaw's convention. */
const MARK = "MEDIA:";
/** A longer line is none, whatever it begins with. */
const MAX_LINE_CHARS = 4000;

const FORMATS: readonly (readonly [Attachment["format"], ReadonlySet<string>])[] = [
  ["image", new Set(["png", "jpg", "jpeg", "gif", "bmp", "webp"])],
  ["audio", new Set(["amr", "mp3", "wav", "ogg", "opus", "m4a", "aac", "flac"])],
  ["video", new Set(["mp4", "mov", "m4v", "webm", "mkv", "avi"])],
];

/**
 * The file a whole line stands for: `MEDIA:<path or address>`, or a markdown image of a file on this
 * machine, which DingTalk could not show. Pictures at web addresses are left in the text.
 */
export function attachmentIn(line: string): Attachment | undefined {
  if (line.length > MAX_LINE_CHARS) return undefined;
  const said = unwrapped(line);
  if (said.startsWith(MARK)) {
    const source = sourceIn(unwrapped(said.slice(MARK.length)));
    return source && { format: formatOf(source), source };
  }
  const [, target = ""] = /^!\[[^\]]*\]\((.*)\)$/.exec(line.trim()) ?? [];
  const source = sourceIn(withoutTitle(target.trim()).replace(/^<(.*)>$/, "$1"));
  return source !== undefined && "path" in source ? { format: "image", source } : undefined;
}

/** Whether a line with a `MEDIA:` mark has something behind it that was meant as a file but is none. */
export function isUnusableMark(line: string): boolean {
  const said = unwrapped(line.slice(0, MAX_LINE_CHARS));
  return (
    said.startsWith(MARK) && /^(?:\.{0,2}[/~]|[a-z]+:)\S*$/i.test(said.slice(MARK.length).trim())
  );
}

/** Whether a line that is still being written may yet turn out to stand for a file. */
export function mayBecomeAttachment(line: string): boolean {
  const said = line.trimStart().replace(/^["'`]{1,3}/, "");
  if (said === "" || MARK.startsWith(said) || said.startsWith(MARK)) return true;
  const image = /^!(?:$|\[[^\]]*$|\[[^\]]*\](?:$|\((.*)$))/.exec(line.trimStart());
  if (image === null) return false;
  const target = image[1];
  return (
    target === undefined ||
    !target.includes(")") ||
    /^\s*<?(?:\/(?!\/)|file:|[a-z]:[\\/])/i.test(target)
  );
}

/** Without the blanks, quotes or backticks around it. */
function unwrapped(text: string): string {
  const bare = text.trim();
  return /^(["'`]{1,3})(.*)\1$/.exec(bare)?.[2]?.trim() ?? bare;
}

/** A markdown image's address without the title in quotes behind it. */
function withoutTitle(target: string): string {
  const at = target.indexOf(' "');
  return at > 0 && target.endsWith('"') ? target.slice(0, at).trimEnd() : target;
}

function sourceIn(target: string): Place | undefined {
  if (target === "" || /\p{Cc}/u.test(target)) return undefined;
  if (/^https?:\/\/[^/\s]\S*$/i.test(target)) {
    return URL.canParse(target) ? { url: target } : undefined;
  }
  const path = /^file:/i.test(target) ? pathIn(target) : target;
  const isAbsolute = /^\/(?!\/)./.test(path) || /^[a-z]:[\\/]/i.test(path);
  return isAbsolute ? { path } : undefined;
}

/** Empty if the address is none of a file on this machine. */
function pathIn(fileUrl: string): string {
  const url = URL.parse(fileUrl);
  if (url === null || (url.host !== "" && url.host !== "localhost")) return "";
  try {
    const path = decodeURIComponent(url.pathname);
    if (/\p{Cc}/u.test(path)) return "";
    return /^\/[a-z]:\//i.test(path) ? path.slice(1) : path;
  } catch {
    return "";
  }
}

function formatOf(source: Place): Attachment["format"] {
  const where = "url" in source ? (URL.parse(source.url)?.pathname ?? "") : source.path;
  const extension = /\.([a-z0-9]+)$/i.exec(where)?.[1]?.toLowerCase() ?? "";
  return FORMATS.find(([, extensions]) => extensions.has(extension))?.[0] ?? "file";
}
