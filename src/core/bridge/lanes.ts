import type { Clock, Timer } from "../clock.ts";

/**
 * What a step found: more to do for its key, nothing left, or nothing before some ms have passed, or
 * with `orNews` before it is woken.
 */
export type Step = "again" | "idle" | { readonly laterMs: number; readonly orNews?: true };

export interface LanesOptions {
  /** How many keys may be at work at once; asked each time, `fill` when it has grown. */
  readonly limit: () => number;
  readonly clock: Clock;
  /** Does the next piece of work of one key. Called for a key only when its last step is through. */
  readonly step: (key: string) => Promise<Step>;
  /** A step threw: its key is tried again after `retryMs`. */
  readonly onCrash: (key: string, error: unknown) => void;
  readonly retryMs: number;
}

/**
 * Order per key, parallel across keys. The work itself lies in the store; a lane is only the key's
 * name, held while there is something to do, so memory is bounded by the keys and not by the queue.
 */
export interface Lanes {
  /** There may be work for this key. One that sleeps, and not for news, sleeps on: what it waits for comes first. */
  wake(key: string): void;
  /** What this key waits for may be there; without a key, all of them. */
  rouse(key?: string): void;
  /** The limit has grown. */
  fill(): void;
  /** Resolves when no key is at work or waiting for a place; keys asleep do not count. */
  quiet(): Promise<void>;
  /** Starts nothing more. Resolves when the steps under way are through. */
  drain(): Promise<void>;
  readonly running: number;
  readonly waiting: number;
}

export function createLanes(options: LanesOptions): Lanes {
  const { limit, clock, step, onCrash, retryMs } = options;
  /** Keys at work; true: woken since the step began, so "idle" may be out of date. */
  const running = new Map<string, boolean>();
  /** Keys with work but no place, first come first served. */
  const waiting = new Set<string>();
  /** Keys whose next piece of work is not due yet: they take no place. */
  const asleep = new Map<string, { readonly timer: Timer; readonly orNews: boolean }>();
  /** Keys roused while their step was under way: it must not go to sleep on old news. */
  const roused = new Set<string>();
  let draining = false;
  let whenQuiet: (() => void)[] = [];

  const wake = (key: string) => {
    if (draining) return;
    const sleeper = asleep.get(key);
    if (sleeper?.orNews === true) return rouse(key);
    if (sleeper !== undefined) return;
    if (running.has(key)) running.set(key, true);
    else if (running.size < limit()) void work(key);
    else waiting.add(key);
  };

  const work = async (key: string) => {
    running.set(key, false);
    let next: Step;
    try {
      next = await step(key);
    } catch (error) {
      onCrash(key, error);
      next = { laterMs: retryMs };
    }
    const woken = running.get(key) === true;
    running.delete(key);
    const onOldNews = roused.delete(key);
    const isNews = typeof next === "object" && next.orNews === true && woken;
    if (typeof next === "object" && !onOldNews && !isNews) sleep(key, next);
    // Back in line behind the others: a busy key must not hold its place for ever.
    else if (!draining && (next !== "idle" || woken)) waiting.add(key);
    fill();
  };

  const rouse = (key?: string) => {
    const keys = key === undefined ? [...asleep.keys(), ...running.keys()] : [key];
    for (const each of keys) {
      if (running.has(each)) roused.add(each);
      asleep.get(each)?.timer.cancel();
      if (asleep.delete(each)) wake(each);
    }
  };

  const sleep = (key: string, { laterMs, orNews }: Step & object) => {
    if (draining) return;
    const timer = clock.after(laterMs, () => {
      asleep.delete(key);
      wake(key);
    });
    asleep.set(key, { timer, orNews: orNews === true });
  };

  const fill = () => {
    for (const key of waiting) {
      if (running.size >= limit()) break;
      waiting.delete(key);
      void work(key);
    }
    if (running.size > 0) return;
    for (const resolve of whenQuiet) resolve();
    whenQuiet = [];
  };

  const quiet = () =>
    new Promise<void>((resolve) => {
      whenQuiet.push(resolve);
      fill();
    });

  return {
    wake,
    rouse,
    fill,
    quiet,
    drain() {
      draining = true;
      waiting.clear();
      for (const { timer } of asleep.values()) timer.cancel();
      asleep.clear();
      return quiet();
    },
    get running() {
      return running.size;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
