/** More than this share of characters that cannot be: it is no text. */
const MAX_BROKEN = 0.02;

interface Decoding {
  /** The bytes end anywhere, perhaps inside a character. */
  readonly cut?: boolean;
  /** What the file says of itself, for files that are not UTF-8. */
  readonly charset?: string | undefined;
}

/**
 * Bytes as text: by byte order mark, else as UTF-8, else by the charset named, else as GB18030, which
 * holds GBK and GB 2312 and is what Chinese Windows writes. A few broken characters are let pass, as
 * U+FFFD. `undefined` if it is no text.
 */
export function decodeText(
  bytes: Uint8Array,
  { cut = false, charset }: Decoding = {},
): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return readable(lossy(bytes, "utf-16le", cut));
  if (first === 0xfe && second === 0xff) return readable(lossy(bytes, "utf-16be", cut));
  for (const label of ["utf-8", ...(charset === undefined ? [] : [charset]), "gb18030"]) {
    const text = strict(bytes, label, cut);
    if (text !== undefined) return readable(text);
  }
  const asUtf8 = lossy(bytes, "utf-8", cut);
  const asGb18030 = lossy(bytes, "gb18030", cut);
  return readable(broken(asGb18030) < broken(asUtf8) ? asGb18030 : asUtf8);
}

function strict(bytes: Uint8Array, label: string, cut: boolean): string | undefined {
  try {
    return decoderFor(label, true).decode(bytes, { stream: cut });
  } catch {
    // Not in this encoding, or no runtime knows it by this name.
    return undefined;
  }
}

function lossy(bytes: Uint8Array, label: string, cut: boolean): string {
  return decoderFor(label, false).decode(bytes, { stream: cut });
}

/** Bun's types know fewer names than Bun. */
function decoderFor(label: string, fatal: boolean): TextDecoder {
  return new TextDecoder(label as "utf-8", { fatal });
}

function readable(text: string): string | undefined {
  return broken(text) <= text.length * MAX_BROKEN ? text : undefined;
}

/** Characters that no text has: U+FFFD and control characters other than white space and escape. */
function broken(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0xff_fd || (code < 32 && (code < 9 || code > 13) && code !== 27)) count++;
  }
  return count;
}
