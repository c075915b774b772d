const FIRST_MS = 1000;
const CAP_MS = 60_000;

/**
 * How long to wait before try number `attempt` (0 the first): 1 s, 2 s, 4 s … `capMs`, endless, each up
 * to 30 % shorter by chance so that many workers do not come back together.
 */
export function backoffMs(attempt: number, random: () => number, capMs = CAP_MS): number {
  const full = Math.min(capMs, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(full * (1 - 0.3 * random()));
}
