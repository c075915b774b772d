import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import { sendToWebhook } from "../dingtalk/webhook.ts";
import type { Webhook } from "../inbound/robot-message.ts";
import { reasonOf, type Log } from "../log.ts";
import type { ConversationRef, OutboxEntry, Store } from "../store.ts";
import { createLanes, type Step } from "./lanes.ts";

/** Conversations answered at the same time. */
const PARALLEL = 64;
const CRASH_RETRY_MS = 5000;

export interface OutboxOptions {
  readonly store: Store;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly counters: Counters;
  /** Breaks off what is being sent: it stays in the outbox. */
  readonly signal: AbortSignal;
}

/** Sends what lies in the outbox, in order within a conversation, until DingTalk confirms it. */
export interface Outbox {
  wake(conversation: ConversationRef): void;
  /** Wakes every conversation with something to send: what an earlier process left behind. */
  resume(): Promise<void>;
  /** Resolves when nothing is left that could be sent right now. */
  quiet(): Promise<void>;
  drain(): Promise<void>;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, log, counters } = options;

  /** Confirmed by DingTalk, but not yet by the store: must not be sent again. */
  const confirmed = new Set<number>();

  const step = async (key: string): Promise<Step> => {
    const entry = await store.nextReply(conversationOf(key));
    if (entry === undefined) return "idle";
    if (confirmed.has(entry.id)) return await letGo(entry);
    const early = entry.notBefore - clock.now();
    return early > 0 ? { laterMs: early } : await deliver(entry);
  };

  const deliver = async (entry: OutboxEntry): Promise<Step> => {
    const webhook = await store.webhook(entry);
    if (webhook === undefined) return await giveUp(entry, "no session webhook is known");
    const { fetch, signal } = options;
    const result = await sendToWebhook(webhook.url, entry.body, fetch, clock, signal);
    if (result.ok) {
      confirmed.add(entry.id);
      counters.count("replies_sent");
      return await letGo(entry);
    }
    const past = webhook.expiresAt !== undefined && webhook.expiresAt < clock.now();
    if (result.failure === "retry" && !past) return await postpone(entry, result.reason);
    // A message that came in meanwhile may have brought a webhook that works.
    if (result.failure !== "final" && (await isNewer(entry, webhook))) return "again";
    return await giveUp(entry, result.reason);
  };

  const letGo = async ({ id }: OutboxEntry): Promise<Step> => {
    await store.sent(id);
    confirmed.delete(id);
    return "again";
  };

  const isNewer = async (entry: OutboxEntry, used: Webhook) => {
    const now = await store.webhook(entry);
    return now?.url !== used.url || now.expiresAt !== used.expiresAt;
  };

  const postpone = async (entry: OutboxEntry, reason: string): Promise<Step> => {
    const wait = backoffMs(entry.attempts, options.random);
    await store.postpone(entry.id, entry.attempts + 1, clock.now() + wait);
    counters.count("replies_retried");
    log.warn("reply not sent yet: trying again", {
      reason,
      attempts: entry.attempts + 1,
      retryInMs: wait,
    });
    return { laterMs: wait };
  };

  const giveUp = async (entry: OutboxEntry, reason: string): Promise<Step> => {
    await store.giveUp(entry.id, reason, clock.now());
    counters.count("replies_failed");
    log.error("reply cannot be sent", { reason, conversationId: entry.conversationId });
    return "again";
  };

  const lanes = createLanes({
    limit: PARALLEL,
    clock,
    step,
    retryMs: CRASH_RETRY_MS,
    onCrash: (key, error) =>
      log.error("sending failed unexpectedly: trying again", {
        conversationId: conversationOf(key).conversationId,
        reason: reasonOf(error),
      }),
  });

  return {
    wake: (conversation) => lanes.wake(keyOf(conversation)),
    async resume() {
      for (const conversation of await store.conversationsWaiting())
        lanes.wake(keyOf(conversation));
    },
    quiet: lanes.quiet,
    drain: lanes.drain,
  };
}

const keyOf = ({ account, conversationId }: ConversationRef) =>
  JSON.stringify([account, conversationId]);

function conversationOf(key: string): ConversationRef {
  const [account, conversationId] = JSON.parse(key) as [string, string];
  return { account, conversationId };
}
