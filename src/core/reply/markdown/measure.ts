/** How much text there may be, or is. */
export interface Room {
  /** In JSON and UTF-8, escapes counted. */
  readonly bytes: number;
  readonly chars: number;
}

export const NOTHING: Room = { bytes: 0, chars: 0 };

/** What a well-formed text takes inside a JSON string. */
export function costOf(text: string): Room {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) bytes += bytesAt(text.charCodeAt(at));
  return { bytes, chars: text.length };
}

/** Each half of a pair takes half of the pair's four bytes. */
function bytesAt(code: number): number {
  if (code < 0x20) return code >= 8 && code <= 13 && code !== 11 ? 2 : 6;
  if (code < 0x80) return code === 0x22 || code === 0x5c ? 2 : 1;
  if (code < 0x8_00) return 2;
  return code >= 0xd8_00 && code <= 0xdf_ff ? 2 : 3;
}

/** The longest beginning of a text that fits: its length, never between the halves of a pair. */
export function fitting(text: string, room: Room): number {
  const end = Math.min(text.length, Math.max(0, room.chars));
  let bytes = 0;
  let at = 0;
  while (at < end) {
    bytes += bytesAt(text.charCodeAt(at));
    if (bytes > room.bytes) break;
    at++;
  }
  return (text.codePointAt(at - 1) ?? 0) > 0xff_ff ? at - 1 : at;
}

export const plus = (one: Room, other: Room): Room => ({
  bytes: one.bytes + other.bytes,
  chars: one.chars + other.chars,
});

export const minus = (one: Room, other: Room): Room => ({
  bytes: one.bytes - other.bytes,
  chars: one.chars - other.chars,
});

export const fits = (one: Room, room: Room): boolean =>
  one.bytes <= room.bytes && one.chars <= room.chars;

/** How full a room is, 0 to 1. */
export const fullness = (used: Room, room: Room): number =>
  Math.max(used.bytes / room.bytes, used.chars / room.chars);
