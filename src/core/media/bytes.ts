/** Whether `ascii` (one character a byte) stands at `at`. */
export function standsAt(bytes: Uint8Array, at: number, ascii: string): boolean {
  if (at < 0 || at + ascii.length > bytes.length) return false;
  for (let index = 0; index < ascii.length; index++) {
    if (bytes[at + index] !== ascii.charCodeAt(index)) return false;
  }
  return true;
}

/** The bytes from `at`, `length` at most, one character each. */
export function asciiAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** Where `ascii` first stands at or after `from` and before `to`, or -1. */
export function find(bytes: Uint8Array, ascii: string, from = 0, to = bytes.length): number {
  const first = ascii.charCodeAt(0);
  for (
    let at = bytes.indexOf(first, from);
    at !== -1 && at < to;
    at = bytes.indexOf(first, at + 1)
  ) {
    if (standsAt(bytes, at, ascii)) return at;
  }
  return -1;
}

/** In pieces a call can take as arguments, of a length that base64 pads nowhere. */
const PIECE = 3 * 8192;

export function base64Of(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))));
  }
  return pieces.join("");
}
