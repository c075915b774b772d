import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Desk } from "../desk/desk.ts";
import { parseRobotMessage, type RobotMessage } from "../inbound/robot-message.ts";
import { chatOf, mentionOf, type Chat } from "../inbound/session.ts";
import type { Log } from "../log.ts";
import type { Mention, Words } from "../message.ts";
import type { InboxEntry, Store } from "../store.ts";
import type { Step } from "./lanes.ts";
import { logAbout, traceOf } from "../trace.ts";
import type { LoopGuard } from "./loop-guard.ts";
import type { Sort, Sorted } from "./sorting.ts";

export interface ReceptionOptions {
  readonly sort: Sort;
  /** Looks in the store whether who may talk has changed; true if so. */
  readonly lookAgain: () => Promise<boolean>;
  readonly desk: Desk;
  readonly loops: LoopGuard;
  /** Said once where robots answer each other. */
  readonly loopNotice: string;
  readonly words: (said: string, chat: Chat, mention: Mention | undefined) => readonly Words[];
  readonly atSender: (chat: Chat) => boolean;
  readonly store: Pick<Store, "nextTurns" | "settle" | "refile" | "asking">;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** Replies for this chat are in the outbox. */
  readonly onReplies: (chat: Chat) => void;
  /** A message waits in this lane now. */
  readonly onRefiled: (session: string) => void;
}

/** What happens to messages that the bridge itself answers, and to those whose place has changed. */
export interface Reception {
  /** The next message of a desk's lane. */
  step(session: string): Promise<Step>;
  /** Those of a session's waiting messages that still belong there; the others wait elsewhere from now on. */
  recheck(waiting: readonly InboxEntry[]): Promise<readonly InboxEntry[]>;
}

export function createReception(options: ReceptionOptions): Reception {
  const { sort, desk, store, clock, log, counters } = options;

  const refile = async (entry: InboxEntry, { chat, place }: Sorted) => {
    const session = await store.refile(entry.id, chat, place, clock.now());
    if (session === entry.session) return false;
    // What it was asked before is somebody else's now, and its answer not for this person to have.
    if (entry.asked !== undefined) await store.asking([entry.id], undefined);
    logAbout(log, entry).info(
      "message waits elsewhere: who may talk, or to which agent, has changed",
      { session },
    );
    options.onRefiled(session);
    return true;
  };

  /** Whether a message in this lane is where `sort` wants it; a suffix is the store's. */
  const isThere = (session: string, { place }: Sorted) => {
    if ("desk" in place) return session === place.desk;
    return (
      session === place.wanted ||
      (session.startsWith(`${place.wanted}~`) &&
        /^\d+$/.test(session.slice(place.wanted.length + 1)))
    );
  };

  /** Whoever was let in a moment ago, on the command line, is not turned away any more. */
  const sortNow = async (message: RobotMessage): Promise<Sorted> => {
    const sorted = sort(message);
    const isDenied = sorted.to === "desk" && !sorted.decision.allowed;
    return isDenied && (await options.lookAgain()) ? sort(message) : sorted;
  };

  const answer = async (entry: InboxEntry, message: RobotMessage, said: string | undefined) => {
    const chat = chatOf(entry.account, message);
    const mention = options.atSender(chat) ? mentionOf(message, chat) : undefined;
    const trace = traceOf(entry.account, entry.msgId);
    const messages = said === undefined ? [] : options.words(said, chat, mention);
    logAbout(log, entry).info("answered by dingbridge itself", { replies: messages.length });
    await store.settle(
      [entry.id],
      messages.map((each) => ({ chat, message: each, trace })),
      clock.now(),
    );
    if (messages.length > 0) options.onReplies(chat);
  };

  return {
    async step(session) {
      const [entry] = await store.nextTurns(session, 1);
      if (entry === undefined) return "idle";
      const parsed = parseRobotMessage(entry.data);
      if (!parsed.ok) {
        logAbout(log, entry).error("stored message cannot be read", { session });
        await store.settle([entry.id], [], clock.now());
        return "again";
      }
      const { message } = parsed;
      const sorted = await sortNow(message);
      if (sorted.to === "nobody") {
        counters.count("messages_ignored");
        logAbout(log, entry).info(
          "message of a robot, or one that does not @ this robot: not answered",
          {
            conversationId: sorted.chat.conversationId,
          },
        );
        await answer(entry, message, undefined);
        return "again";
      }
      const verdict = options.loops.admit(sorted.chat, message);
      if (verdict !== "ok") {
        logAbout(log, entry).warn("a robot seems to answer this one without end: not answered", {
          conversationId: sorted.chat.conversationId,
        });
        await answer(entry, message, verdict === "stop" ? options.loopNotice : undefined);
      } else if (sorted.to === "desk" || !(await refile(entry, sorted))) {
        counters.count("desk_answers");
        const said = await desk.handle({ message, msgId: entry.msgId, id: entry.id, ...sorted });
        await answer(entry, message, said);
      }
      return "again";
    },
    async recheck(waiting) {
      const kept: InboxEntry[] = [];
      for (const entry of waiting) {
        const parsed = parseRobotMessage(entry.data);
        const sorted = parsed.ok ? sort(parsed.message) : undefined;
        const stays = sorted === undefined || isThere(entry.session, sorted);
        if (stays || !(await refile(entry, sorted))) kept.push(entry);
      }
      return kept;
    },
  };
}
