import type { Charset, Kind } from "./model.ts";

/** Texts that are more than lines, by the file's extension. */
const MIMES: ReadonlyMap<string, string> = new Map([
  ["md", "text/markdown"],
  ["markdown", "text/markdown"],
  ["csv", "text/csv"],
  ["tsv", "text/tab-separated-values"],
  ["json", "application/json"],
  ["html", "text/html"],
  ["htm", "text/html"],
  ["xml", "application/xml"],
  ["svg", "image/svg+xml"],
  ["yaml", "application/yaml"],
  ["yml", "application/yaml"],
]);

/** Names under which nobody expects text: with such a name it would be opened by the wrong program. */
const NOT_TEXT =
  /^(jpe?g|png|gif|webp|hei[cf]|avif|bmp|tiff?|amr|og[gav]|mp[34]|wav|m4a|aac|flac|mov|avi|mkv|webm|pdf|docx?|xlsx?|pptx?|od[tsp]|zip|gz|rar|7z|tar|bin|exe|file)$/;

/** Read to find out; the rest of a long file is taken to be like its beginning. */
const SAMPLE_BYTES = 64 * 1024;

/** Text has none of these, whatever its charset: C0 without tab, line ends, form feed and escape; DEL; C1. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;
/** What GB18030 makes of bytes that are something else. */
const UNUSUAL = /[\ue000-\uf8ff\ufffd]|[\u{f0000}-\u{10ffff}]/u;

/** Text in UTF-8, in UTF-16 with a byte order mark, or in the charset of Chinese Windows. */
export function textKindOf(bytes: Uint8Array, extension: string): Kind | undefined {
  const charset = charsetOf(bytes);
  if (charset === undefined) return undefined;
  const mime = MIMES.get(extension) ?? "text/plain";
  const known = extension !== "" && !NOT_TEXT.test(extension);
  return { mime, family: "text", extension: known ? extension : "txt", charset };
}

function charsetOf(bytes: Uint8Array): Charset | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodes(bytes, "utf-16le") ? "utf-16le" : undefined;
  if (first === 0xfe && second === 0xff) return decodes(bytes, "utf-16be") ? "utf-16be" : undefined;
  if (decodes(bytes, "utf-8")) return "utf-8";
  return decodes(bytes, "gb18030", UNUSUAL) ? "gb18030" : undefined;
}

function decodes(bytes: Uint8Array, charset: Charset, never?: RegExp): boolean {
  const whole = bytes.length <= SAMPLE_BYTES;
  try {
    // In the middle of a file the sample may end within a character.
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes.subarray(0, SAMPLE_BYTES), {
      stream: !whole,
    });
    return !CONTROL.test(text) && never?.test(text) !== true;
  } catch {
    return false;
  }
}
