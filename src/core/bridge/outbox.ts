import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import { MAX_MESSAGE_BYTES, bytesOf } from "../dingtalk/render.ts";
import type { Sent } from "../dingtalk/errors.ts";
import { reasonOf, type Log } from "../log.ts";
import { lastName } from "../media/limits.ts";
import type { Outgoing } from "../media/outgoing.ts";
import { isAttachment, isWords, plainWords, type Message, type Words } from "../message.ts";
import type { Meter } from "../meter.ts";
import { mergeMessages } from "../reply/merge.ts";
import type { ConversationRef, Delivered, OutboxEntry, Store } from "../store.ts";
import type { FileProblem } from "../texts.ts";
import type { Budget } from "../budget.ts";
import { createLanes, type Step } from "./lanes.ts";
import { PACE_WINDOW_MS, paceOf } from "./pace.ts";
import type { Route, Sender } from "./sender.ts";

/** Conversations answered at the same time. */
const PARALLEL = 64;
const CRASH_RETRY_MS = 5000;
/** Replies that may share one message. */
const MERGE_AT_MOST = 50;
/** What only a person can mend is tried again this often. */
const BLOCKED_RETRY_MS = 60_000;
/** A reply this old that has failed often enough is of no use to anybody any more. */
const STALE_MS = 24 * 60 * 60 * 1000;
const STALE_ATTEMPTS = 10;
/** A refusal nobody has heard of is believed after this many tries: others wait behind it. */
const UNLISTED_ATTEMPTS = 8;
/** Whatever stands for a card, or for a file, is better than waiting longer. */
const DISPLAY_ATTEMPTS = 5;
/** DingTalk holds a person's messages back when they have had too many. */
const LIMITED_MS = 60_000;

export interface OutboxOptions {
  readonly account: string;
  readonly store: Store;
  readonly sender: Sender;
  readonly outgoing: Outgoing;
  /** Stands for a file that cannot be sent. */
  readonly fileNotSent: Readonly<Record<FileProblem, (name: string) => string>>;
  readonly budget: Pick<Budget, "current" | "spend">;
  /** Messages to one conversation in any 60 s. */
  readonly perMinute: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly counters: Counters;
  readonly meter: Meter;
  /** Breaks off what is being sent: it stays in the outbox. */
  readonly signal: AbortSignal;
}

/** Sends what lies in the outbox, in order within a conversation, until DingTalk confirms it. */
export interface Outbox {
  wake(conversation: ConversationRef): void;
  /** Wakes every conversation with something to send: what an earlier process left behind. */
  resume(): Promise<void>;
  /** Somebody else may have put replies into it. */
  wakeAll(): Promise<void>;
  /** Resolves when nothing is left that could be sent right now. */
  quiet(): Promise<void>;
  drain(): Promise<void>;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, sender, clock, log, counters } = options;

  /** Confirmed by DingTalk under these keys, but not yet by the store: must not be sent again. */
  const confirmed = new Map<number, Delivered>();
  /** Files that are uploaded already, or need not be. */
  const prepared = new Set<number>();
  /** How often DingTalk has refused a reply for reasons no document names. */
  const refusals = new Map<number, number>();

  const step = async (key: string): Promise<Step> => {
    const conversation = conversationOf(key);
    const waiting = await store.nextReplies(conversation, MERGE_AT_MOST);
    const [head] = waiting;
    if (head === undefined) return "idle";
    if (confirmed.has(head.id)) return await letGo(head);
    const now = clock.now();
    if (head.notBefore > now) return { laterMs: head.notBefore - now };
    // It is no new message, so no limit on those counts it.
    if (head.message.format === "card") return await deliver(head);
    if (isAttachment(head.message) && !prepared.has(head.id)) return await prepare(head);
    const sends = await store.recentSends(conversation, now - PACE_WINDOW_MS);
    const { waitMs, scarce } = paceOf(sends, now, options.perMinute);
    if (waitMs > 0) return { laterMs: waitMs };
    // What is left of the minute belongs to answers.
    if (head.notice && scarce) return { laterMs: PACE_WINDOW_MS / 4 };
    return await deliver(scarce ? await merged(waiting) : head);
  };

  /** What waits shares one message; committed as one before it is sent, so that a crash repeats it as one. */
  const merged = async ([head, ...others]: readonly OutboxEntry[]): Promise<OutboxEntry> => {
    if (head === undefined) throw new RangeError("nothing to send");
    if (!isMergeable(head)) return head;
    const end = others.findIndex((entry) => !isMergeable(entry));
    const mergeable = [head, ...(end < 0 ? others : others.slice(0, end))];
    const messages = mergeable.map(({ message }) => message);
    const { message, count } = mergeMessages(messages, bytesOf, MAX_MESSAGE_BYTES);
    if (count === 1) return head;
    const ids = mergeable.slice(0, count).map(({ id }) => id);
    await store.merge(ids, message);
    counters.count("replies_merged", count - 1);
    return { ...head, message };
  };

  /** Files are uploaded first; what cannot be sent is replaced by a line that says so. */
  const prepare = async (entry: OutboxEntry): Promise<Step> => {
    if (!isAttachment(entry.message)) return "again";
    const result = await options.outgoing.prepare(entry.message, options.signal);
    options.signal.throwIfAborted();
    if (result.ok) {
      await replace(entry, result.message);
      prepared.add(entry.id);
      return "again";
    }
    if (result.failure === "final") {
      return await withoutFile(entry, result.why, result.name, result.reason);
    }
    if (entry.attempts < DISPLAY_ATTEMPTS) {
      const waitMs = result.failure === "blocked" ? BLOCKED_RETRY_MS : 0;
      return await postpone(entry, result.reason, Math.max(waitMs, result.waitMs ?? 0));
    }
    return await withoutFile(entry, "unreachable", nameOf(entry.message), result.reason);
  };

  const withoutFile = async (
    entry: OutboxEntry,
    why: FileProblem,
    name: string,
    reason: string,
  ): Promise<Step> => {
    counters.count("attachments_refused");
    // Whoever asked for it to be sent asks what became of it.
    if (entry.submission !== undefined) return await giveUp(entry, reason);
    about(entry).warn("file of an answer not sent: a line says so", { reason });
    return await replace(entry, plainWords(options.fileNotSent[why](name)));
  };

  /** Each line says which message it is about, where it is an answer. */
  const about = ({ trace, submission }: OutboxEntry) => {
    const of = trace ?? submission;
    return of === undefined ? log : log.with({ trace: of });
  };

  const replace = async ({ id }: OutboxEntry, message: Message): Promise<Step> => {
    await store.merge([id], message);
    return "again";
  };

  const deliver = async (entry: OutboxEntry): Promise<Step> => {
    const route = await sender.route(entry);
    if (route === undefined) {
      if (isAttachment(entry.message)) {
        const reason = "outsiders can only be sent what the session webhook carries";
        return await withoutFile(entry, "no-way", nameOf(entry.message), reason);
      }
      return await giveUp(
        entry,
        "the session webhook has expired, and this person can only be answered by it (no user id of the organisation: an outsider, or the app is not published)",
      );
    }
    await sender.slot(route, options.signal);
    const usage = options.budget.current();
    // A notice may have been dropped by its answer meanwhile.
    if (!(await store.sending(entry, route.quota, usage, clock.now()))) return "again";
    const result = await sender.send(route, entry, options.signal);
    options.meter.send(result.ok ? "sent" : result.failure);
    // A card's last state takes a second call.
    if (route.kind === "card") await options.budget.spend();
    if (result.ok) {
      const { limited = [] } = result;
      if (limited.length > 0) return await sentToSome(entry, result, limited);
      confirmed.set(entry.id, deliveredBy(result));
      counters.count("replies_sent");
      const ms = clock.now() - entry.createdAt;
      options.meter.stage("delivery", ms);
      about(entry).info("delivered", { by: route.kind, ms });
      if (isAttachment(entry.message)) counters.count("attachments_sent");
      if (route.kind === "api") counters.count("replies_by_api");
      return await letGo(entry);
    }
    if (result.uncertain === true) counters.count("replies_uncertain");
    if (entry.message.format === "card") {
      const { failure } = result;
      return failure === "retry" && entry.attempts < DISPLAY_ATTEMPTS
        ? await postpone(entry, result.reason, result.waitMs ?? 0)
        : await withoutCard(entry, entry.message.instead, result.reason);
    }
    if (result.failure === "final" && isAttachment(entry.message)) {
      return await withoutFile(entry, "refused", nameOf(entry.message), result.reason);
    }
    switch (result.failure) {
      case "expired":
        return await reroute(entry, route, result.reason);
      case "retry":
        return isHopeless(entry) || (result.unlisted === true && isBelieved(entry))
          ? await giveUp(entry, result.reason)
          : await postpone(entry, result.reason, result.waitMs ?? 0);
      case "blocked":
        return isHopeless(entry)
          ? await giveUp(entry, result.reason)
          : await postpone(entry, result.reason, BLOCKED_RETRY_MS);
      case "final":
        return await giveUp(entry, result.reason);
    }
  };

  const letGo = async (entry: OutboxEntry): Promise<Step> => {
    await store.sent(entry, confirmed.get(entry.id) ?? {}, clock.now());
    confirmed.delete(entry.id);
    forget(entry);
    return "again";
  };

  const forget = ({ id }: OutboxEntry) => {
    refusals.delete(id);
    prepared.delete(id);
  };

  const sentToSome = async (
    entry: OutboxEntry,
    result: Sent,
    left: readonly string[],
  ): Promise<Step> => {
    const now = clock.now();
    await store.sentToSome(entry, deliveredBy(result), left, now + LIMITED_MS, now);
    log.info("some of several people have had too many messages: they get theirs later", {
      people: left.length,
    });
    return { laterMs: LIMITED_MS };
  };

  /** A card that cannot be changed any more costs nobody the answer. */
  const withoutCard = async (
    entry: OutboxEntry,
    instead: Words | undefined,
    reason: string,
  ): Promise<Step> => {
    counters.count("cards_failed");
    if (instead === undefined) {
      log.debug("card could not be closed: it is left as it is", { reason });
      return await letGo(entry);
    }
    about(entry).warn("card could not be finished: its text is sent as a message", { reason });
    return await replace(entry, instead);
  };

  /** The webhook is no good any more: the next try finds a newer one, or goes by the OpenAPI. */
  const reroute = async (entry: OutboxEntry, route: Route, reason: string): Promise<Step> => {
    if (route.kind !== "webhook") return await giveUp(entry, reason);
    log.debug("session webhook expired: trying another way", { reason });
    await store.forgetWebhook(entry.chat, route.url);
    await store.postpone(entry.id, entry.attempts, 0);
    return "again";
  };

  const isHopeless = ({ attempts, createdAt }: OutboxEntry) =>
    attempts >= STALE_ATTEMPTS && clock.now() - createdAt > STALE_MS;

  const isBelieved = ({ id }: OutboxEntry) => {
    const count = (refusals.get(id) ?? 0) + 1;
    refusals.set(id, count);
    return count >= UNLISTED_ATTEMPTS;
  };

  const postpone = async (entry: OutboxEntry, reason: string, atLeastMs: number): Promise<Step> => {
    const wait = Math.max(atLeastMs, backoffMs(entry.attempts, options.random));
    const attempts = entry.attempts + 1;
    await store.postpone(entry.id, attempts, clock.now() + wait);
    counters.count("replies_retried");
    about(entry).warn("reply not sent yet: trying again", { reason, attempts, retryInMs: wait });
    return { laterMs: wait };
  };

  const giveUp = async (entry: OutboxEntry, reason: string): Promise<Step> => {
    await store.giveUp(entry.id, reason, clock.now());
    forget(entry);
    counters.count("replies_failed");
    about(entry).error("reply cannot be sent", {
      reason,
      conversationId: entry.chat.conversationId,
    });
    return "again";
  };

  const lanes = createLanes({
    limit: () => PARALLEL,
    clock,
    step,
    retryMs: CRASH_RETRY_MS,
    onCrash(key, error) {
      if (options.signal.aborted) return;
      log.error("sending failed unexpectedly: trying again", {
        conversationId: conversationOf(key).conversationId,
        reason: reasonOf(error),
      });
    },
  });

  const wakeAll = async () => {
    for (const conversation of await store.conversationsWaiting(options.account)) {
      lanes.wake(keyOf(conversation));
    }
  };

  return {
    wake(conversation) {
      const key = keyOf(conversation);
      // A notice that waits must not keep an answer waiting. What is not due goes back to sleep.
      lanes.rouse(key);
      lanes.wake(key);
    },
    async resume() {
      const left = await store.leftSending(options.account);
      if (left > 0) {
        counters.count("replies_uncertain", left);
        log.warn("replies were being sent when dingbridge last died: they are sent again", {
          replies: left,
        });
      }
      await wakeAll();
    },
    wakeAll,
    quiet: lanes.quiet,
    drain: lanes.drain,
  };
}

/** What may share a message with others: what may have gone out already must come again as it was. */
const isMergeable = ({ attempts, notice, submission, message }: OutboxEntry) =>
  attempts === 0 && !notice && submission === undefined && isWords(message);

const deliveredBy = ({ processQueryKey, leftOut, refused }: Sent): Delivered => ({
  key: processQueryKey,
  leftOut,
  refused,
});

/** For people, when nothing better is known. */
function nameOf(message: Message): string {
  if (!isAttachment(message)) return message.format;
  const { name, source, format } = message;
  if (name !== undefined) return name;
  // Of an address without what may be a secret in its query.
  const place =
    "path" in source ? source.path : "url" in source ? URL.parse(source.url)?.pathname : "";
  return (place && lastName(place)) || format;
}

const keyOf = ({ account, conversationId }: ConversationRef) =>
  JSON.stringify([account, conversationId]);

function conversationOf(key: string): ConversationRef {
  const [account, conversationId] = JSON.parse(key) as [string, string];
  return { account, conversationId };
}
