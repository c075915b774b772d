import { deadline, type Clock } from "../core/clock.ts";
import { reasonOf } from "../core/log.ts";

/** The time of one examination. */
export interface Time {
  readonly clock: Clock;
  /** Ends it as a whole. */
  readonly signal: AbortSignal;
}

export type Stepped<T> =
  | { readonly ok: true; readonly value: T; readonly ms: number }
  /** One line. */
  | { readonly ok: false; readonly said: string; readonly ms: number };

/** What one step may take, in ms. */
export const STEP_MS = 5000;
/** What all of them together may. */
export const WHOLE_MS = 14_000;

/**
 * Waits for `run` as long as it may take, and no longer, whether it minds its signal or not. Never rejects:
 * a doctor who falls over a symptom is no help.
 */
export async function step<T>(
  { clock, signal }: Time,
  run: (signal: AbortSignal) => Promise<T>,
  limitMs = STEP_MS,
): Promise<Stepped<T>> {
  const since = clock.monotonic();
  const limit = deadline(clock, limitMs, signal);
  let stop = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    stop = () => reject(limit.signal.reason as Error);
    if (limit.signal.aborted) stop();
    else limit.signal.addEventListener("abort", stop, { once: true });
  });
  const taken = () => Math.round(clock.monotonic() - since);
  try {
    // Those who lose the race have had their say.
    const value = await Promise.race([
      Promise.resolve().then(async () => await run(limit.signal)),
      late,
    ]);
    return { ok: true, value, ms: taken() };
  } catch (error) {
    return { ok: false, said: plain(reasonOf(error)), ms: taken() };
  } finally {
    limit.signal.removeEventListener("abort", stop);
    limit.clear();
  }
}

/** Without what only programmers say, and without advice: a finding has its own. */
export const plain = (said: string): string =>
  said.replaceAll("fetch failed: ", "").replace(/[.:;]? check the network, DNS and proxy$/i, "");

/** What DingTalk said, without the core's advice; or the whole where it said nothing. */
export const brief = (said: string): string => /\((HTTP \d[^)]*)\)/.exec(said)?.[1] ?? plain(said);
