/** Header values are Latin-1 at best: what is not visible ASCII is percent-encoded, so is `%` itself. */
export function headerValue(text: string): string {
  return text.replace(/[^\x21-\x24\x26-\x7e]+/gu, (part) =>
    encodeURIComponent(part.toWellFormed()),
  );
}
