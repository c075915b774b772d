import type { CounterName } from "../core/counters.ts";
import type { StoreCounts } from "../core/store.ts";

/** How the worker is right now, as far as it can be counted. */
export interface Snapshot {
  readonly accounts: readonly AccountSnapshot[];
  /** Undefined: the store does not answer. */
  readonly store: StoreCounts | undefined;
  readonly ready: boolean;
  readonly counters: Readonly<Partial<Record<CounterName, number>>>;
  /** Ms since the epoch. */
  readonly now: number;
}

export interface AccountSnapshot {
  readonly id: string;
  /** Links that are up. */
  readonly connected: number;
  readonly links: number;
  /** Ms since the epoch; null: none yet. */
  readonly lastFrameAt: number | null;
  /** Turns are let through to the gateway. */
  readonly gatewayOpen: boolean;
  readonly turns: { readonly running: number; readonly waiting: number; readonly held: number };
  /** Of the month; undefined: not known right now. */
  readonly budget:
    | Readonly<Record<"api" | "stream", { readonly used: number; readonly limit: number }>>
    | undefined;
}
