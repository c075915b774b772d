import type { Clock } from "../clock.ts";
import type { Withdraw } from "../desk/model.ts";
import type { Stops } from "../desk/stops.ts";
import { parseRobotMessage } from "../inbound/robot-message.ts";
import { userIdOf } from "../inbound/session.ts";
import type { Log } from "../log.ts";
import type { InboxEntry, Store } from "../store.ts";
import { logAbout } from "../trace.ts";

export interface WithdrawalOptions {
  readonly store: Pick<Store, "nextTurns" | "settle">;
  readonly stops: Pick<Stops, "running" | "withdraw">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly onFilesDone: (entry: InboxEntry) => Promise<void>;
  /** There is less to do for this session than it sleeps for. */
  readonly onWithdrawn: (session: string) => void;
}

/** Messages of one session that are looked through. */
const MAX_LOOKED_AT = 200;

/**
 * What has never been asked leaves the inbox at once. What has, in a turn that broke off, may be shown in
 * a card: its turn is not looked for again but ends, and the card with it.
 */
export function createWithdrawal(options: WithdrawalOptions): Withdraw {
  const { store, stops, clock, log } = options;

  return async ({ id, asker, chat }, session) => {
    if (asker.userId === "") return 0;
    const running = new Set(stops.running(chat).flatMap(({ ids }) => ids));
    const waiting = (await store.nextTurns(session, MAX_LOOKED_AT)).filter(
      (each) => each.id < id && !running.has(each.id) && writerOf(each) === asker.userId,
    );
    if (waiting.length === 0) return 0;
    const unasked = waiting.filter(({ asked }) => asked === undefined);
    await store.settle(
      unasked.map((each) => each.id),
      [],
      clock.now(),
    );
    // Only now: were it refused by the store, they would still be asked.
    stops.withdraw(waiting.map((each) => each.id));
    for (const each of waiting) logAbout(log, each).info("taken back by its writer", { session });
    for (const each of unasked) await options.onFilesDone(each);
    options.onWithdrawn(session);
    return waiting.length;
  };
}

function writerOf({ data }: InboxEntry): string | undefined {
  const parsed = parseRobotMessage(data);
  return parsed.ok ? userIdOf(parsed.message) : undefined;
}
