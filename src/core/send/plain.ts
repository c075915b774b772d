import { fitting, type Room } from "../reply/markdown/measure.ts";

/**
 * A text in parts that fit, nothing of it changed but the blanks where it is cut: behind a paragraph,
 * else a line, else a word, else between two characters.
 */
export function splitPlain(text: string, room: Room): string[] {
  const parts: string[] = [];
  let rest = text.toWellFormed();
  for (;;) {
    // One character always fits, or this would not end.
    const most = Math.max(fitting(rest, room), (rest.codePointAt(0) ?? 0) > 0xff_ff ? 2 : 1);
    if (most >= rest.length) break;
    const cut = goodCut(rest.slice(0, most));
    parts.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).replace(/^\n+/, "");
  }
  return [...parts, rest].filter((part) => part.trim() !== "");
}

/** Late, but at a place a reader would choose. */
function goodCut(head: string): number {
  for (const separator of ["\n\n", "\n", " "]) {
    const at = head.lastIndexOf(separator);
    if (at > head.length / 2) return at + separator.length;
  }
  return head.length;
}
