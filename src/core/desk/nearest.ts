import type { CommandName } from "../access/model.ts";
import { editDistance } from "../edit-distance.ts";
import { ALIASES } from "./command.ts";

/** The command somebody most likely meant, as it is written, or undefined if none is close. */
export function nearestCommand(word: string, among: readonly CommandName[]): string | undefined {
  const typed = word.normalize("NFKC").toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const known of among.flatMap((name) => [name, ...ALIASES[name]])) {
    const distance = editDistance(typed, known);
    // Half of it right, or it is a guess.
    if (distance > Math.max(typed.length, known.length) / 2 || distance >= least) continue;
    [best, least] = [known, distance];
  }
  return best;
}
