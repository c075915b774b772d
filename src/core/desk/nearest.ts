import type { CommandName } from "../access/model.ts";
import { editDistance } from "../edit-distance.ts";
import { ALIASES } from "./command.ts";

/** The command somebody most likely meant, as it is written, or undefined if none is close. */
export function nearestCommand(word: string, among: readonly CommandName[]): string | undefined {
  const typed = word.normalize("NFKC").toLowerCase();
  const words = among.flatMap((name) => [name, ...ALIASES[name]]);
  // Whoever has begun a word means one that begins so, however much of it is missing.
  const begun = words.filter((known) => known.startsWith(typed));
  const near = (distance: number, known: string) =>
    begun.length > 0 || distance <= Math.max(typed.length, known.length) / 2;
  let best: string | undefined;
  let least = Infinity;
  for (const known of begun.length > 0 ? begun : words) {
    const distance = editDistance(typed, known);
    // Half of it right, or it is a guess.
    if (distance < least && near(distance, known)) [best, least] = [known, distance];
  }
  return best;
}
