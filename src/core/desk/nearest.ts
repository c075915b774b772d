import type { CommandName } from "../access/model.ts";
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

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
