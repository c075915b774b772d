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
  | "gateway"
  | "audit"
  | "clock"
  | "log"
  | "signal"
>;

/** `/stop` and `/new`: both end turns, of the person who asks or, for an owner, of anybody. */
export function createStopping(options: StoppingOptions) {
  const { texts, stops, gateway, log, signal } = options;

  const mayStop = ({ asker, decision }: Admitted, turn: RunningTurn) =>
    decision.role === "owner" || (asker.userId !== "" && turn.asker === asker.userId);

  const stop = (entry: Admitted, turn: RunningTurn, what: "stop" | "new") => {
    turn.stop();
    if (turn.asker === entry.asker.userId) return;
    record(options, entry, { event: "turn-stopped", subject: turn.asker, what });
  };

  return {
    /** Undefined where cards say it themselves. */
    stop(entry: Admitted): string | undefined {
      const running = stops.running(entry.chat);
      if (running.length === 0) return texts.nothingToStop;
      const theirs = running.filter((turn) => mayStop(entry, turn));
      if (theirs.length === 0) return texts.notYoursToStop;
      const inCards = theirs.every(({ inCard }) => inCard);
      for (const turn of theirs) stop(entry, turn, "stop");
      return inCards ? undefined : texts.stopped;
    },

    /** Rejects if the store fails or the worker stops. */
    async fresh(entry: Admitted, { rest }: Command): Promise<string> {
      const { chat, asker, decision } = entry;
      if (
        decision.role === "guest" &&
        // Where nobody owns the robot everybody in a group is a guest.
        !options.access.unowned &&
        isShared(chat, options.access.scopeOf(chat, asker, "guest"))
      ) {
        const { role } = decision;
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
