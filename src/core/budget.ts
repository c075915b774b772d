import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Quota, Store, UsageRef } from "./store.ts";

/** DingTalk's months begin in China, which knows no summer time. */
const CHINA_MS = 8 * 60 * 60 * 1000;
const WARN_AT = 0.8;
/** Over quota every message brings the news: it is told this often. */
const TELL_EVERY_MS = 60 * 60 * 1000;

/** What answers can do without, and the share of the month's API calls from which on they do. */
const EXTRAS = { reaction: 0.7, card: 0.85 } as const;

export type Extra = keyof typeof EXTRAS;

const NAMES: Readonly<Record<Quota, { name: string; key: string }>> = {
  api: { name: "API calls", key: "budget.apiCalls" },
  stream: { name: "Webhook & Stream pushes", key: "budget.stream" },
};

export interface BudgetStatus {
  /** "2026-11", by China's calendar. */
  readonly month: string;
  readonly api: { readonly used: number; readonly limit: number };
  readonly stream: { readonly used: number; readonly limit: number };
  /** Since when DingTalk keeps messages' content back this month because the quota is used up, ms since the epoch. */
  readonly overQuotaSince: number | null;
}

/**
 * The month's quotas of the organisation, as far as this worker uses them up: other apps and workers
 * draw on the same ones, so this is the least that is gone.
 */
export interface Budget {
  /** The month to count a use against. */
  current(): UsageRef;
  /** Warns once a month when a quota comes to its end. */
  check(): Promise<void>;
  /** Whether there are API calls to spare for this. */
  allows(extra: Extra): boolean;
  /** One API call. Never rejects: an estimate is not worth failing for. */
  spend(): Promise<void>;
  /** DingTalk says that a quota is used up, or serves messages again. */
  quota(usedUp: boolean): void;
  status(): Promise<BudgetStatus>;
}

export interface BudgetOptions {
  readonly account: string;
  readonly limits: Readonly<Record<Quota, number>>;
  readonly store: Pick<Store, "usage" | "spend" | "note" | "setNote">;
  readonly clock: Clock;
  readonly log: Log;
}

export function createBudget(options: BudgetOptions): Budget {
  const { account, limits, store, clock, log } = options;
  let exceededAt: number | undefined;
  let toldAt = -Infinity;
  /** API calls of the month, as of the last look; what was spent here since is in it. */
  let apiUsed = 0;

  const current = () => ({ account, month: monthOf(clock.now()) });

  return {
    current,
    async check() {
      const ref = current();
      const used = await store.usage(ref);
      apiUsed = used.api;
      for (const quota of ["api", "stream"] as const) {
        const note = `budget-warned ${account} ${quota}`;
        if (used[quota] < limits[quota] * WARN_AT) continue;
        if ((await store.note(note)) === ref.month) continue;
        await store.setNote(note, ref.month);
        const { name, key } = NAMES[quota];
        log.warn(
          `the month's quota of ${name} comes to its end: DingTalk stops serving the robot when it is used up`,
          { used: used[quota], limit: limits[quota], setting: key, month: ref.month },
        );
      }
    },
    allows: (extra) => apiUsed < limits.api * EXTRAS[extra],
    async spend() {
      apiUsed++;
      await store.spend(current(), "api").catch(() => undefined);
    },
    quota(usedUp) {
      if (!usedUp) {
        exceededAt = undefined;
        return;
      }
      const now = clock.now();
      if (exceededAt === undefined || monthOf(exceededAt) !== monthOf(now)) exceededAt = now;
      if (now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      log.error(
        "DingTalk keeps messages' content back (code 20001): the organisation's monthly quota is used up, so nobody can be answered; buy a larger edition or wait for the next month",
      );
    },
    async status() {
      const ref = current();
      const used = await store.usage(ref);
      const stillSo = exceededAt !== undefined && monthOf(exceededAt) === ref.month;
      return {
        month: ref.month,
        api: { used: used.api, limit: limits.api },
        stream: { used: used.stream, limit: limits.stream },
        overQuotaSince: stillSo ? (exceededAt ?? null) : null,
      };
    },
  };
}

export function monthOf(now: number): string {
  return new Date(now + CHINA_MS).toISOString().slice(0, 7);
}
