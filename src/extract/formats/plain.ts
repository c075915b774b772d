import { decodeText } from "../decode.ts";
import { cutText, tidy } from "../tidy.ts";
import type { Extracted } from "../types.ts";

/** Bytes read per character wanted: four are the longest character, twice that leaves room for blanks. */
const BYTES_PER_CHAR = 8;

/**
 * Text files. Only their beginning is looked at, so this takes a few milliseconds however large the
 * file is, and needs no process of its own.
 */
export function readPlain(bytes: Uint8Array, chars: number): Extracted {
  const head = bytes.subarray(0, chars * BYTES_PER_CHAR);
  const cut = head.length < bytes.length;
  const decoded = decodeText(head, { cut });
  if (decoded === undefined) return { ok: false, reason: "no text" };
  const { text, truncated } = cutText(tidy(decoded), chars);
  if (text === "") return { ok: false, reason: "no text" };
  return { ok: true, text, truncated: truncated || cut };
}
