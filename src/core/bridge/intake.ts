import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import { isTrustedWebhook } from "../dingtalk/webhook.ts";
import {
  fingerprintOf,
  parseRobotMessage,
  type RobotMessage,
  type Webhook,
} from "../inbound/robot-message.ts";
import type { Chat } from "../inbound/session.ts";
import { reasonOf, type Log } from "../log.ts";
import type { Meter } from "../meter.ts";
import type { Admission, Arrival, Person, Place, QuarantineEntry, Store } from "../store.ts";
import type { Budget } from "../budget.ts";
import { ROBOT_ACK, ackFrame } from "../stream/frame.ts";
import { logAbout, traceOf } from "../trace.ts";

/** Where an ack can be sent: the link its frame came in by. */
export interface AckPath {
  send(text: string): boolean;
}

export interface IntakeOptions {
  readonly account: string;
  /** Where a message is to wait. */
  readonly placeOf: (message: RobotMessage) => { readonly chat: Chat; readonly place: Place };
  /** Where webhooks may point to, besides https on dingtalk.com. */
  readonly oapiUrl: string;
  readonly store: Pick<Store, "takeIn">;
  /** The month the pushes count against. */
  readonly budget: Pick<Budget, "current">;
  /** The gateway's outage clock. */
  readonly outageMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly meter: Meter;
  /** This message is in the inbox, in the lane `session`. */
  readonly onStored: (arrival: Arrival, session: string) => void;
}

/** Commit, then ack. */
export interface Intake {
  /** Takes a robot frame's `data` in. Acked once it is safe, never before. */
  offer(data: string, messageId: string, path: AckPath): void;
  /** Resolves when all that was offered is committed and acked, or has failed. */
  settled(): Promise<void>;
  /** Why the last commit failed; null if it did not, or if that was long ago. */
  readonly problem: string | null;
}

interface Offer {
  readonly messageId: string;
  readonly path: AckPath;
  readonly entry: Arrival | QuarantineEntry;
}

/** How long a session webhook has been seen to live, for one that does not say. */
const WEBHOOK_MS = 90 * 60_000;

/** Messages named in one line: lines are cut where they get too long. */
const NAMED_AT_ONCE = 100;

/** DingTalk brings an unacked message again within about 3 min: no failure for longer, no problem. */
const PROBLEM_MS = 4 * 60_000;

const isArrival = (entry: Arrival | QuarantineEntry): entry is Arrival => "chat" in entry;

/**
 * Group commit: all frames that one turn of the event loop brings share a transaction, so the cost of
 * a commit is paid once under load and not waited for when idle.
 */
export function createIntake(options: IntakeOptions): Intake {
  const { account, store, clock, log, counters, meter } = options;
  let batch: Offer[] = [];
  /** When the first of the batch came. */
  let batchAt = 0;
  let commit = Promise.resolve();
  let problem: string | null = null;
  let failedAt = 0;

  const read = (data: string, messageId: string): Arrival | QuarantineEntry => {
    const receivedAt = clock.now();
    const parsed = parseRobotMessage(data);
    if (!parsed.ok) return { account, reason: parsed.reason, data, receivedAt };
    const { message } = parsed;
    const { chat, place } = options.placeOf(message);
    return {
      chat,
      place,
      // Without an id of its own a message is only known by its push.
      msgId: message.msgId ?? `push:${messageId}`,
      fingerprint: fingerprintOf(account, message),
      data,
      receivedAt,
      webhook: trusted(message.webhook, receivedAt),
      sender: senderOf(message),
      memberId: message.kind === "group" ? message.senderStaffId : undefined,
      outageMs: Math.round(options.outageMs()),
    };
  };

  /** Only a webhook that answers may be posted to is ever kept. */
  const trusted = (webhook: Webhook | undefined, receivedAt: number): Webhook | undefined => {
    if (webhook === undefined) return undefined;
    if (isTrustedWebhook(webhook.url, options.oapiUrl)) {
      return { url: webhook.url, expiresAt: webhook.expiresAt ?? receivedAt + WEBHOOK_MS };
    }
    counters.count("webhooks_refused");
    log.warn(
      "session webhook not used: it is neither on the configured oapiUrl nor https on dingtalk.com",
    );
    return undefined;
  };

  const flush = async () => {
    const offers = batch;
    const since = batchAt;
    batch = [];
    const arrivals: Arrival[] = [];
    const quarantine: QuarantineEntry[] = [];
    for (const { entry } of offers) {
      if (isArrival(entry)) arrivals.push(entry);
      else quarantine.push(entry);
    }
    let admissions: Admission[];
    try {
      admissions = await store.takeIn(arrivals, quarantine, options.budget.current());
      problem = null;
    } catch (error) {
      problem = reasonOf(error);
      failedAt = clock.now();
      counters.count("messages_not_stored", offers.length);
      log.error("messages could not be stored and are not acked: DingTalk keeps them for now", {
        reason: problem,
        messages: offers.length,
      });
      return;
    }
    for (const { messageId, path } of offers) {
      counters.count(path.send(ackFrame(messageId, ROBOT_ACK)) ? "acks" : "acks_unsent");
    }
    const ms = clock.monotonic() - since;
    meter.stage("ack", ms);
    noteStored(
      arrivals.filter((_, at) => admissions[at]?.kind === "stored"),
      Math.round(ms),
    );
    for (const [at, arrival] of arrivals.entries()) admitted(arrival, admissions[at]);
    for (const entry of quarantine) {
      counters.count("quarantined");
      const { reason } = entry;
      log.error("robot message that cannot be read: acked and kept in quarantine", { reason });
    }
  };

  /** What is committed together is named in one line: a line for each would cost more than the commit. */
  const noteStored = (stored: readonly Arrival[], ms: number) => {
    for (let at = 0; at < stored.length; at += NAMED_AT_ONCE) {
      const [trace, ...more] = stored
        .slice(at, at + NAMED_AT_ONCE)
        .map(({ msgId }) => traceOf(account, msgId));
      const named = more.length === 0 ? { trace } : { traces: [trace, ...more] };
      log.info("message stored and acked", { ...named, ms });
    }
  };

  const admitted = (arrival: Arrival, admission: Admission | undefined) => {
    if (admission?.kind === "stored") {
      counters.count("messages_stored");
      options.onStored(arrival, admission.session);
      return;
    }
    const { msgId } = arrival;
    const about = logAbout(log, { account, msgId });
    if (admission?.kind === "duplicate-id") {
      counters.count("duplicates_by_id");
      about.debug("message known already: acked again, not answered again", { msgId });
    } else {
      counters.count("duplicates_by_content");
      about.info("message known already under another id: acked, not answered again", { msgId });
    }
  };

  return {
    offer(data, messageId, path) {
      batch.push({ messageId, path, entry: read(data, messageId) });
      if (batch.length === 1) {
        batchAt = clock.monotonic();
        clock.defer(() => {
          commit = commit.then(flush).catch((error: unknown) => {
            log.error("intake failed", { reason: reasonOf(error) });
          });
        });
      }
    },
    async settled() {
      while (batch.length > 0) {
        await new Promise<void>((resolve) => clock.defer(resolve));
        await commit;
      }
      await commit;
    },
    get problem() {
      return clock.now() - failedAt < PROBLEM_MS ? problem : null;
    },
  };
}

function senderOf({ senderNick, senderStaffId, senderId }: RobotMessage): Person | undefined {
  const nick = senderNick?.trim();
  if (!nick) return undefined;
  return { nick, ids: [senderStaffId, senderId].filter((id) => id !== undefined) };
}
