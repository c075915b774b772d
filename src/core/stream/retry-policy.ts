import { backoffMs } from "../backoff.ts";
import type { OpenFailure } from "./open.ts";

/** Why there is no link: `open` failed, or a link could not be dialled or was lost. */
export type Failure = OpenFailure | "link";

/** A link that lived this long, in ms, was a good one: it ends a series of failures. */
export const LIVED_MS = 30_000;
/** Errors only a person can mend are tried again this often, in case someone did. */
const SLOW_RETRY_MS = 60_000;
/** A lost link is never waited for longer than this. */
const LINK_CAP_MS = 30_000;
/** Young deaths in a row that are no coincidence any more. */
const YOUNG_DEATHS = 3;

/** Whether waiting helps nothing until someone mends the app or the configuration. */
export function needsPerson(kind: Failure): boolean {
  return kind !== "link" && kind !== "unavailable";
}

export interface RetryPolicy {
  /** Failures in a row. */
  readonly failures: number;
  /** Counts a failure and says how many ms to wait before the next attempt. */
  failed(kind: Failure): number;
  /** Counts a link DingTalk asked to leave and says how many ms to wait before the replacement. */
  sentAway(): number;
  /** Counts a link that was open for less than `LIVED_MS`; true once in a series, when a pattern shows. */
  diedYoung(): boolean;
  /** A link lived: everything starts again. */
  lived(): void;
  /** Circumstances have changed (the machine woke): waits start again, what was noticed stays so. */
  refresh(): void;
}

/** How long to wait before each attempt, without end. Pure: what it knows, it was told. */
export function createRetryPolicy(random: () => number): RetryPolicy {
  let failures = 0;
  let away = 0;
  let young = 0;
  // `open` has worked, so DingTalk is there and messages may be waiting.
  const linkWaitMs = (attempt: number) => backoffMs(attempt, random, LINK_CAP_MS);
  const refresh = () => {
    failures = away = 0;
  };
  return {
    get failures() {
      return failures;
    },
    failed(kind) {
      const attempt = failures++;
      if (needsPerson(kind)) return SLOW_RETRY_MS;
      return kind === "link" ? linkWaitMs(attempt) : backoffMs(attempt, random);
    },
    sentAway() {
      // At once, but a server that sends every new link away at once is not raced.
      const before = away++;
      return before === 0 ? 0 : linkWaitMs(before - 1);
    },
    diedYoung: () => ++young === YOUNG_DEATHS,
    lived() {
      refresh();
      young = 0;
    },
    refresh,
  };
}
