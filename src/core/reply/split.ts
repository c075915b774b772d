const encoder = new TextEncoder();

/** Bytes of a string inside a JSON body, in UTF-8, escapes counted. */
export function jsonBytes(text: string): number {
  return encoder.encode(JSON.stringify(text)).length;
}

/**
 * Cuts a text into parts of at most `maxBytes` (as `jsonBytes` counts), at the end of a paragraph,
 * else of a line, else of a word, else between two characters; never inside a surrogate pair.
 */
export function splitText(text: string, maxBytes: number): string[] {
  const parts: string[] = [];
  let rest = text.toWellFormed();
  // One character always fits, or this would not end.
  const limit = Math.max(maxBytes, 8);
  while (jsonBytes(rest) > limit) {
    const head = longestHead(rest, limit);
    const cut = goodCut(head);
    parts.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).replace(/^\n+/, "");
  }
  if (rest.trim() !== "") parts.push(rest);
  return parts.filter((part) => part !== "");
}

/** The longest beginning that fits, found by halving. */
function longestHead(text: string, maxBytes: number): string {
  let fits = 1;
  let tooLong = text.length;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (jsonBytes(text.slice(0, middle)) <= maxBytes) fits = middle;
    else tooLong = middle;
  }
  const splitsPair = (text.codePointAt(fits - 1) ?? 0) > 0xff_ff && fits > 1;
  return text.slice(0, splitsPair ? fits - 1 : fits);
}

/** Where to cut a head that is long enough: late, but at a place a reader would choose. */
function goodCut(head: string): number {
  for (const separator of ["\n\n", "\n", " "]) {
    const at = head.lastIndexOf(separator);
    if (at > head.length / 2) return at + separator.length;
  }
  return head.length;
}
