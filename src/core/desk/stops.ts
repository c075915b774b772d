/** A turn is ended by the person it is for. */
export class StopError extends Error {
  override readonly name = "StopError";
  constructor() {
    super("somebody asked for this answer to end");
  }
}

/** A turn that somebody may end. */
interface Running {
  readonly asker: string;
  readonly cards: () => readonly string[];
  readonly controller: AbortController;
}

/** Who may end which turn: by a word in the chat, or by the button of a card. */
export interface Stops {
  /** The turn of a session now runs for `asker`; `signal` is aborted with a `StopError` when it is to end. */
  begin(
    session: string,
    asker: string,
    cards: () => readonly string[],
  ): { readonly signal: AbortSignal; over(): void };
  /** A message says so. Only who has asked may stop; `msgId` is remembered if it did. */
  byWord(session: string, userId: string, msgId: string): void;
  /** A card's button was pressed. True if that ended a turn. */
  byCard(outTrackId: string, userId: string): boolean;
  /** Whether this message has ended a turn. */
  hasStopped(msgId: string): boolean;
}

/** Messages remembered until their own turn comes. */
const REMEMBERED = 1000;

export function createStops(): Stops {
  const running = new Map<string, Running>();
  const stopped = new Set<string>();

  const stop = (turn: Running | undefined, userId: string): boolean => {
    if (turn === undefined || userId === "" || turn.asker !== userId) return false;
    turn.controller.abort(new StopError());
    return true;
  };

  return {
    begin(session, asker, cards) {
      const controller = new AbortController();
      const turn = { asker, cards, controller };
      running.set(session, turn);
      return {
        signal: controller.signal,
        over() {
          if (running.get(session) === turn) running.delete(session);
        },
      };
    },
    byWord(session, userId, msgId) {
      if (!stop(running.get(session), userId)) return;
      stopped.add(msgId);
      const [oldest] = stopped;
      if (stopped.size > REMEMBERED && oldest !== undefined) stopped.delete(oldest);
    },
    byCard(outTrackId, userId) {
      for (const turn of running.values()) {
        if (turn.cards().includes(outTrackId)) return stop(turn, userId);
      }
      return false;
    },
    hasStopped: (msgId) => stopped.has(msgId),
  };
}
