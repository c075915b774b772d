/** Nothing that looks like something else: no 0 and O, no 1, I and L. */
export const CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
export const CODE_CHARS = 8;

/** Bytes nobody can guess: `crypto.getRandomValues`. */
export type RandomBytes = (count: number) => Uint8Array;

/** A pairing code. Each letter is as likely as any other: bytes that would favour some are thrown away. */
export function createCode(randomBytes: RandomBytes): string {
  const fair = 256 - (256 % CODE_ALPHABET.length);
  let code = "";
  while (code.length < CODE_CHARS) {
    for (const byte of randomBytes(CODE_CHARS)) {
      if (byte < fair && code.length < CODE_CHARS) {
        code += CODE_ALPHABET.charAt(byte % CODE_ALPHABET.length);
      }
    }
  }
  return code;
}
