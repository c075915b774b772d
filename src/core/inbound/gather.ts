import type { Part } from "./model.ts";
import { cutText } from "./cut.ts";

const MAX_PARTS = 200;

/** Parts in the making, within bounds: neighbouring texts become one, what is too much is left out. */
export interface Gathering {
  /** Words as they stand in the message, joined to the words before them. */
  say(words: string): void;
  add(part: Exclude<Part, { kind: "text" }>): void;
  /** Takes from the characters that are left, for texts inside other parts. */
  take(words: string): string;
  parts(): readonly Part[];
}

export function gatherParts(maxChars: number): Gathering {
  const parts: Part[] = [];
  let left = maxChars;

  const take = (words: string) => {
    const taken = cutText(words, left);
    left -= taken.length;
    return taken;
  };

  return {
    take,
    say(words) {
      const last = parts.at(-1);
      if (last?.kind === "text") {
        parts[parts.length - 1] = { kind: "text", text: last.text + take(words) };
      } else if (parts.length < MAX_PARTS) {
        parts.push({ kind: "text", text: take(words) });
      }
    },
    add(part) {
      if (parts.length < MAX_PARTS) parts.push(part);
    },
    parts: () => parts.map(tidied).filter((part) => part.kind !== "text" || part.text !== ""),
  };
}

/** Done last: the halves of a surrogate pair may come in different runs, as may a word and its blank. */
function tidied(part: Part): Part {
  return part.kind === "text" ? { kind: "text", text: part.text.toWellFormed().trim() } : part;
}
