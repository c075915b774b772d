import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Gate } from "../gateway/gate.ts";
import type { Chat } from "../inbound/session.ts";
import type { Log } from "../log.ts";
import type { Message } from "../message.ts";
import type { InboxEntry, Store } from "../store.ts";
import { logAbout } from "../trace.ts";
import type { Step } from "./lanes.ts";

/** People are told that they have to wait when they have waited this long. */
const NOTICE_MS = 15_000;
const SOON_MS = 5000;

export interface HoldOptions {
  readonly gate: Pick<Gate, "since" | "outageMs" | "state">;
  readonly store: Pick<Store, "notify">;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** How long a message is held, in outage time. */
  readonly holdMs: number;
  readonly notice: Message;
  /** A notice for this chat is in the outbox. */
  readonly onNotice: (chat: Chat) => void;
}

/** Turns that wait for the gateway: nothing but their sessions' names, the messages stay in the inbox. */
export interface Hold {
  /** When to look at this turn again, or `expired`: it has been held long enough. */
  wait(entry: InboxEntry, chat: Chat): Promise<Step | "expired">;
  /** The session is at work again. */
  release(session: string): void;
  /** The session that has been held longest. */
  first(): string | undefined;
  readonly size: number;
}

export function createHold(options: HoldOptions): Hold {
  const { gate, store, clock, log, counters } = options;
  const sessions = new Set<string>();

  const tell = async (entry: InboxEntry, chat: Chat) => {
    const { session } = entry;
    const notice = { chat, message: options.notice };
    if (!(await store.notify(session, notice, gate.since, clock.now()))) return;
    counters.count("notices");
    logAbout(log, entry).info("message held for the gateway: the user is told", { session });
    options.onNotice(chat);
  };

  return {
    async wait(entry, chat) {
      const heldMs = gate.outageMs() - entry.outageMs;
      if (heldMs >= options.holdMs) return "expired";
      if (!sessions.has(entry.session)) {
        logAbout(log, entry).info("message waits for the gateway", { session: entry.session });
      }
      sessions.add(entry.session);
      const noticeIn = Math.max(entry.receivedAt, gate.since) + NOTICE_MS - clock.now();
      const rest = options.holdMs - heldMs;
      if (noticeIn > 0) return { laterMs: Math.min(noticeIn, rest) };
      // Another turn tries already: the answer may be there sooner than the notice.
      if (gate.state !== "shut") return { laterMs: Math.min(SOON_MS, rest) };
      await tell(entry, chat);
      return { laterMs: rest };
    },
    release: (session) => void sessions.delete(session),
    first: () => sessions.values().next().value,
    get size() {
      return sessions.size;
    },
  };
}
