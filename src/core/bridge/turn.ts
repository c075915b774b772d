import type { Rights } from "../access/model.ts";
import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Stops } from "../desk/stops.ts";
import type { Answer, Gateway } from "../gateway/client.ts";
import { isOutage } from "../gateway/errors.ts";
import type { Gate, Pass } from "../gateway/gate.ts";
import type { RobotMessage } from "../inbound/robot-message.ts";
import { agentIn, chatOf, mentionOf, userIdOf, type Chat } from "../inbound/session.ts";
import { reasonOf, type Log } from "../log.ts";
import type { Mention, Message } from "../message.ts";
import type { Meter } from "../meter.ts";
import type { InboxEntry, Reply, Store } from "../store.ts";
import type { Texts } from "../texts.ts";
import { logAbout, traceOf } from "../trace.ts";
import { carriesMedia, nextBurst, readEntries, tracesOf, type Waiting } from "./burst.ts";
import type { Hold } from "./hold.ts";
import type { Step } from "./lanes.ts";
import type { LoopGuard } from "./loop-guard.ts";
import { CUT_OFF } from "./prompt.ts";
import type { Asking, Compose } from "./question.ts";
import type { Finding, Recovery } from "./recovery.ts";
import type { Replies } from "./replies.ts";
import type { Showing, Showings } from "./showing.ts";
import { createVerdict } from "./verdict.ts";

export interface TurnOptions {
  /** What the agent is told on every turn in a chat. */
  readonly system: (chat: Chat) => string;
  readonly replies: Replies;
  readonly showings: Showings;
  readonly stops: Stops;
  /** Whether an answer in a group mentions whom it is for. */
  readonly atSender: (chat: Chat) => boolean;
  /** What the person a turn is for may do; undefined: they are not let in any more. */
  readonly rightsOf: (message: RobotMessage, chat: Chat) => Rights | undefined;
  readonly loops: LoopGuard;
  readonly gateway: Pick<Gateway, "ask">;
  readonly gate: Pick<Gate, "enter" | "shut" | "state">;
  readonly hold: Hold;
  readonly recovery: Recovery;
  readonly compose: Compose;
  /** How long a message without words waits for the same person's next one. */
  readonly windowMs: number;
  readonly store: Store;
  readonly texts: Texts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly counters: Counters;
  readonly meter: Meter;
  /** Replies for this chat are in the outbox. */
  readonly onReplies: (chat: Chat) => void;
  /** The turn of a message with files is over. */
  readonly onFilesDone: (entry: InboxEntry) => Promise<void>;
  /** Whether DingTalk kept a message's content back: the month's quota is used up, or is not any more. */
  readonly onQuota: (usedUp: boolean) => void;
}

/**
 * Runs the next turn of a session, given its oldest waiting messages. Each message has one visible end: a reply, a silence the agent asked for, or a notice that
 * says what failed. What cannot end now stays in the inbox, and the step says when to come back.
 * Rejects with the signal's reason if that was aborted: the message then waits for the next start.
 */
export type RunTurn = (waiting: readonly InboxEntry[], signal: AbortSignal) => Promise<Step>;

/** A question that broke off this often is given up. */
const MAX_ASKS = 8;

/** A turn is over with these words, or with none, perhaps only for some of its messages; or it goes on later. */
type Outcome =
  | { readonly said: string | undefined; readonly only?: readonly Waiting[] }
  /** `held`: it waits for the gateway. */
  | { readonly later: Step; readonly held?: true };

/** One turn on its way. */
interface Turn {
  /** The messages it answers together, one person's. */
  readonly burst: readonly Waiting[];
  readonly ids: readonly number[];
  /** The first of them. */
  readonly entry: InboxEntry;
  readonly message: RobotMessage;
  readonly chat: Chat;
  readonly mention: Mention | undefined;
  readonly showing: Showing;
  readonly rights: Rights | undefined;
  readonly signal: AbortSignal;
  /** Each line says which message it is about. */
  readonly log: Log;
}

export function createTurn(options: TurnOptions): RunTurn {
  const { gateway, gate, hold, recovery, store, texts, clock, log, counters, meter } = options;

  const { failed, wordsOf } = createVerdict({ texts, counters, meter });

  const wait = async (turn: Turn): Promise<Outcome> => {
    const step = await hold.wait(turn.entry, turn.chat);
    if (step !== "expired") return { later: step, held: true };
    const reason = "the gateway could not be reached for as long as gateway.holdMs allows";
    // The others came later, and may still be answered.
    return {
      ...failed({ kind: "held-too-long", reason }, turn),
      only: turn.burst.slice(0, 1),
    };
  };

  /** Of all its messages: the first may be given up while the others are still looked for. */
  const ofEach = async ({ burst }: Turn, act: (id: number) => Promise<void>) => {
    for (const { entry } of burst) await act(entry.id);
  };

  const noteRun = (turn: Turn, runId: string) => {
    ofEach(turn, (id) => store.answering(id, runId)).catch((error: unknown) => {
      log.debug("run id could not be stored", { reason: reasonOf(error) });
    });
  };

  /** Asks the gateway; a fault of ours on the way counts as one of its own, or it would be asked for ever. */
  const answerTo = async (asking: Asking, turn: Turn, pass: Pass): Promise<Answer> => {
    const { session } = turn.entry;
    const asked = clock.monotonic();
    let heard = false;
    const events = {
      onRun(runId: string) {
        pass.taken();
        noteRun(turn, runId);
      },
      onContent(soFar: string) {
        pass.works();
        if (!heard) meter.stage("first_word", clock.monotonic() - asked);
        heard = true;
        turn.showing.text(soFar);
      },
    };
    const system = options.system(turn.chat);
    const question = { agentId: agentIn(session), session, system, ...asking };
    try {
      const answer = await gateway.ask(question, events, turn.signal);
      const ms = clock.monotonic() - asked;
      if (answer.ok) meter.stage("answer", ms);
      turn.log.info("the gateway has answered", { session, ok: answer.ok, ms: Math.round(ms) });
      return answer;
    } catch (error) {
      turn.signal.throwIfAborted();
      counters.count("turns_crashed");
      return { ok: false, failure: { kind: "internal", reason: reasonOf(error) } };
    }
  };

  /** What the question is, or a fault of ours that would come again every time. */
  const composed = async (turn: Turn): Promise<Asking | undefined> => {
    const { burst, signal, entry } = turn;
    for (const { said } of burst) {
      for (const part of said.parts) {
        if (part.kind !== "unknown") continue;
        turn.log.info("message of a kind nobody here can read", { msgtype: part.msgtype });
      }
    }
    try {
      return await options.compose(burst, turn.rights?.media ?? false);
    } catch (error) {
      signal.throwIfAborted();
      counters.count("turns_crashed");
      turn.log.error("message could not be made into a question", {
        reason: reasonOf(error),
        session: entry.session,
      });
      return undefined;
    }
  };

  const ask = async (turn: Turn, again?: Finding & { kind: "ask" }): Promise<Outcome> => {
    const { entry, burst, ids } = turn;
    const { session } = entry;
    if (gate.state === "shut") return await wait(turn);
    const made = await composed(turn);
    if (made === undefined) return { said: texts.failures.internal };
    const asking = again?.begun === true ? { ...made, text: `${CUT_OFF}\n${made.text}` } : made;
    turn.signal.throwIfAborted();
    const pass = gate.enter();
    if (pass === undefined) return await wait(turn);
    const asks = entry.asks + 1;
    try {
      // Committed first: whoever comes after a crash must know that there may be a turn to look for.
      await store.asking(ids, { text: asking.text, at: clock.now() });
      counters.count("turns");
      const waited = clock.now() - entry.receivedAt;
      if (entry.asked === undefined) meter.stage("wait", waited);
      turn.log.info("asking the gateway", { session, waited, ...tracesOf(burst) });
      turn.showing.asked();
      if (again !== undefined) {
        counters.count("turns_asked_again");
        turn.log.info("turn is asked again", { session, reason: again.reason });
      }
      const answer = await answerTo(asking, turn, pass);
      if (!answer.ok && answer.failure.kind === "broken") {
        counters.count("turns_broken");
        const { reason } = answer.failure;
        turn.log.warn("turn broke off: looking what became of it", { reason, session });
        await ofEach(turn, store.broken);
        return { later: asks <= 1 ? "again" : { laterMs: backoffMs(asks, options.random) } };
      }
      if (!answer.ok && isOutage(answer.failure)) {
        gate.shut(answer.failure);
        // The gateway did not take it, so there is nothing to look for.
        await store.asking(ids, undefined);
        return await wait(turn);
      }
      pass.works();
      return wordsOf(answer, turn);
    } finally {
      pass.over();
    }
  };

  /** What was asked before is looked for before it is asked again. */
  const resume = async (turn: Turn): Promise<Outcome> => {
    const { session, asked } = turn.entry;
    if (asked === undefined) return await ask(turn);
    const found = await recovery.find(session, asked, turn.signal);
    switch (found.kind) {
      case "answered":
        counters.count("turns_recovered");
        turn.log.info("the answer to a turn that broke off was found", { session });
        if (found.runId !== undefined) noteRun(turn, found.runId);
        return wordsOf({ ok: true, ...found }, turn);
      case "running":
        return { later: { laterMs: found.lookAgainMs } };
      case "held":
        return await wait(turn);
      case "failed":
        return failed(found.failure, turn);
      case "ask":
        // A question that breaks off every time must not be asked without end: each try costs.
        if (turn.entry.asks >= MAX_ASKS) {
          const reason = `it was asked ${MAX_ASKS} times and broke off each time; ${found.reason}`;
          return failed({ kind: "broken", reason }, turn);
        }
        return await ask(turn, found);
    }
  };

  /** Robots that answer each other would never end. */
  const guarded = async (turn: Turn): Promise<Outcome> => {
    const { message, chat, entry } = turn;
    const verdict = options.loops.admit(chat, message);
    if (verdict === "ok") return await ask(turn);
    turn.log.warn("a robot seems to answer this one without end: not answered", {
      session: entry.session,
    });
    return { said: verdict === "stop" ? texts.loop : undefined };
  };

  const outcomeOf = async (kind: Waiting["kind"], turn: Turn): Promise<Outcome> => {
    switch (kind) {
      case "empty":
        return { said: texts.help };
      case "over-quota":
        options.onQuota(true);
        return { said: undefined };
      case "words":
      case "wordless":
        options.onQuota(false);
        return turn.entry.asked === undefined ? await guarded(turn) : await resume(turn);
    }
  };

  /** The outcome of a turn that may be ended by a word. */
  const stoppable = async (
    kind: Waiting["kind"],
    turn: Turn,
    ended: AbortSignal,
  ): Promise<Outcome> => {
    try {
      ended.throwIfAborted();
      return await outcomeOf(kind, { ...turn, signal: AbortSignal.any([turn.signal, ended]) });
    } catch (error) {
      turn.signal.throwIfAborted();
      if (!ended.aborted) throw error;
      counters.count("turns_stopped");
      meter.turn("stopped");
      turn.log.info("turn ended before its answer was complete", { session: turn.entry.session });
      const { shown } = turn.showing;
      return { said: shown === "" ? undefined : `${shown}\n\n${texts.stopped}` };
    }
  };

  const messagesOf = async (said: string | undefined, turn: Turn): Promise<readonly Message[]> => {
    const { chat, message, mention, showing, signal } = turn;
    // As of now: a turn may take an hour, and a role may be taken back in it.
    const rights = options.rightsOf(message, chat);
    if (said === undefined || rights === undefined)
      return (await showing.end(texts.emptyCard, signal)) ?? [];
    const { words, messages, others } = options.replies.compose(said, chat, {
      mention,
      files: rights.files,
      log: turn.log,
    });
    const carded = await showing.end(words === "" ? texts.emptyCard : words, signal);
    return carded === undefined ? await messages() : [...carded, ...others];
  };

  /** Replies that could not be committed yet: the gateway must not be asked a second time for that. */
  const ready = new Map<number, { readonly turn: Turn; readonly replies: readonly Reply[] }>();

  const settle = async (turn: Turn, replies: readonly Reply[]): Promise<Step> => {
    const { burst, entry, chat } = turn;
    turn.log.info("turn over", {
      replies: replies.length,
      messages: burst.length,
      ms: clock.now() - entry.receivedAt,
    });
    ready.set(entry.id, { turn, replies });
    await store.settle(
      burst.map((each) => each.entry.id),
      replies,
      clock.now(),
    );
    ready.delete(entry.id);
    if (replies.length > 0) options.onReplies(chat);
    for (const each of burst.filter(carriesMedia)) {
      await options.onFilesDone(each.entry).catch((error: unknown) => {
        log.warn("a turn's files could not be removed", { reason: reasonOf(error) });
      });
    }
    return "again";
  };

  return async (entries, signal) => {
    const [first] = entries;
    if (first === undefined) return "idle";
    const unsettled = ready.get(first.id);
    if (unsettled !== undefined) return await settle(unsettled.turn, unsettled.replies);
    const { burst, waitMs } = nextBurst(readEntries(entries), clock.now(), options.windowMs);
    const [head] = burst;
    if (head === undefined) {
      // Only what could be read was ever stored; a newer version may read more strictly.
      logAbout(log, first).error("stored message cannot be read", { session: first.session });
      await store.settle([first.id], [], clock.now());
      return "again";
    }
    if (waitMs > 0) {
      // It waits for a person now: among those held it would be tried again and again.
      hold.release(first.session);
      return { laterMs: waitMs, orNews: true };
    }
    const { entry, message } = head;
    const chat = chatOf(entry.account, message);
    const mention = options.atSender(chat) ? mentionOf(message, chat) : undefined;
    const newest = burst.at(-1)?.message ?? message;
    const rights = options.rightsOf(message, chat);
    const about = logAbout(log, entry);
    const showing = options.showings.of({ entry, message: newest, chat, mention, log: about });
    const ids = burst.map((each) => each.entry.id);
    const seen = { burst, ids, entry, message, chat, mention };
    const turn: Turn = { ...seen, showing, rights, signal, log: about };
    const running = options.stops.begin({
      session: entry.session,
      ids,
      chat,
      asker: userIdOf(message),
      isWelcome: () => options.rightsOf(message, chat) !== undefined,
      cards: () => showing.cards,
    });
    try {
      const outcome = await stoppable(head.kind, turn, running.signal);
      // Whoever still waits keeps its place among those held.
      if (!("held" in outcome)) hold.release(first.session);
      if ("later" in outcome) {
        showing.pause();
        return outcome.later;
      }
      const messages = await messagesOf(outcome.said, turn);
      return await settle(
        { ...turn, burst: outcome.only ?? burst },
        messages.map((each) => ({
          chat,
          message: each,
          trace: traceOf(entry.account, entry.msgId),
        })),
      );
    } catch (error) {
      if (signal.aborted) showing.leave();
      throw error;
    } finally {
      running.over();
    }
  };
}
