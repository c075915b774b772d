import type { Chat } from "../inbound/session.ts";
import type { Command } from "./command.ts";
import { record, sessionOf, type Admitted, type DeskOptions } from "./model.ts";
import type { RunningTurn } from "./stops.ts";

export type StoppingOptions = Pick<
  DeskOptions,
  | "account"
  | "texts"
  | "access"
  | "store"
  | "stops"
  | "withdraw"
  | "gateway"
  | "audit"
  | "clock"
  | "log"
  | "signal"
>;

/**
 * `/stop` and `/new`: both end turns, of the person who asks or, for an owner, of anybody. With `/stop`
 * people also take back what they themselves have written and the agent has not been asked yet.
 */
export function createStopping(options: StoppingOptions) {
  const { texts, stops, gateway, log, signal } = options;

  const mayStop = ({ asker, decision }: Admitted, turn: RunningTurn) =>
    decision.role === "owner" || (asker.userId !== "" && turn.asker === asker.userId);

  const stop = (entry: Admitted, turn: RunningTurn, what: "stop" | "new") => {
    turn.stop();
    if (turn.asker === entry.asker.userId) return;
    record(options, entry, { event: "turn-stopped", subject: turn.asker, what });
  };

  /** Where nobody owns the robot everybody in a group is a guest. */
  const mayReset = ({ chat, asker, decision }: Admitted) =>
    decision.role !== "guest" ||
    options.access.unowned ||
    !isShared(chat, options.access.scopeOf(chat, asker, "guest"));

  return {
    /** Whether `fresh` does anything for them here. */
    mayReset,

    /** Undefined where cards say it themselves. Rejects if the store fails. */
    async stop(entry: Admitted): Promise<string | undefined> {
      const running = stops.running(entry.chat);
      const theirs = running.filter((turn) => mayStop(entry, turn));
      const inCards = theirs.every(({ inCard }) => inCard);
      for (const turn of theirs) stop(entry, turn, "stop");
      const withdrawn = await options.withdraw(entry, await sessionOf(options, entry));
      const said = [
        ...(inCards ? [] : [texts.stopped]),
        ...(withdrawn > 0 ? [texts.withdrawn(withdrawn)] : []),
      ];
      if (said.length > 0) return said.join("\n");
      if (theirs.length > 0) return undefined;
      return running.length > 0 ? texts.notYoursToStop : texts.nothingToStop;
    },

    /** Rejects if the store fails or the worker stops. */
    async fresh(entry: Admitted, { rest }: Command): Promise<string> {
      const { chat } = entry;
      if (!mayReset(entry)) {
        const { role } = entry.decision;
        record(options, entry, { event: "command-refused", role, what: "new", reason: "shared" });
        return texts.sharedSession;
      }
      const session = await sessionOf(options, entry);
      const running = stops.running(chat).filter((turn) => turn.session === session);
      if (!running.every((turn) => mayStop(entry, turn))) return texts.notYoursToStop;
      for (const turn of running) stop(entry, turn, "new");
      await Promise.all(running.map(({ over }) => over));
      const outcome = await gateway.reset(session, signal);
      if (!outcome.ok) {
        const { kind, reason } = outcome;
        log.warn("session could not be reset: the person is told", { session, kind, reason });
        return texts.notReset[kind];
      }
      record(options, entry, { event: "session-reset", what: session });
      return rest === "" ? texts.reset : `${texts.reset}\n${texts.restNotPassedOn}`;
    },
  };
}

/** A group's session is everyone's unless each has one of their own. */
function isShared({ kind }: Chat, { member }: { readonly member?: string | undefined }): boolean {
  return kind === "group" && member === undefined;
}
