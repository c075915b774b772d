import { chatIdOf, type Chat } from "../inbound/session.ts";

/** A turn is ended by the person it is for, by an owner, or because that person may not talk any more. */
export class StopError extends Error {
  override readonly name = "StopError";
  constructor() {
    super("this answer is to end");
  }
}

/** A turn under way. */
export interface RunningTurn {
  readonly session: string;
  /** The messages it answers, as the inbox knows them. */
  readonly ids: readonly number[];
  /** Whom it is for. */
  readonly asker: string;
  /** People see it in a card: that says by itself that it was stopped. */
  readonly inCard: boolean;
  stop(): void;
  /** Resolves when it is over, stopped or not, and its replies are committed. */
  readonly over: Promise<void>;
}

export interface Beginning extends Pick<RunningTurn, "session" | "ids" | "asker"> {
  readonly chat: Chat;
  /** Whoever it is for may still talk to the robot. */
  readonly isWelcome: () => boolean;
  readonly cards: () => readonly string[];
}

/** Turns that may be ended: by a command in their chat, or by the button of a card. */
export interface Stops {
  /** A turn runs; `signal` is aborted with a `StopError` when it is to end. */
  begin(turn: Beginning): { readonly signal: AbortSignal; over(): void };
  running(chat: Chat): readonly RunningTurn[];
  /** These messages are given up: a turn that answers one of them ends, or does so as it begins. */
  withdraw(ids: readonly number[]): void;
  isWithdrawn(id: number): boolean;
  /** Who may talk has changed: what is no longer for anybody ends. */
  review(): void;
  /** The turn that fills this card. */
  ofCard(outTrackId: string): RunningTurn | undefined;
}

interface Running extends Beginning {
  readonly view: RunningTurn;
}

/** Their turns begin within moments, or never: more are not waited for at once. */
const MAX_WITHDRAWN = 1000;

export function createStops(): Stops {
  const running = new Map<string, Running>();
  /** The oldest first. */
  const withdrawn = new Set<number>();

  return {
    begin(turn) {
      const controller = new AbortController();
      const over = Promise.withResolvers<void>();
      const { session, ids, asker, cards } = turn;
      const view: RunningTurn = {
        session,
        ids,
        asker,
        get inCard() {
          return cards().length > 0;
        },
        stop: () => controller.abort(new StopError()),
        over: over.promise,
      };
      const entry = { ...turn, view };
      running.set(session, entry);
      if (ids.some((id) => withdrawn.has(id))) view.stop();
      return {
        signal: controller.signal,
        over() {
          if (running.get(session) === entry) running.delete(session);
          for (const id of ids) withdrawn.delete(id);
          over.resolve();
        },
      };
    },
    running: (chat) =>
      [...running.values()].filter((turn) => sameChat(turn.chat, chat)).map(({ view }) => view),
    withdraw(ids) {
      for (const id of ids) withdrawn.add(id);
      for (const id of [...withdrawn].slice(0, -MAX_WITHDRAWN)) withdrawn.delete(id);
      for (const { view } of running.values()) {
        if (view.ids.some((id) => withdrawn.has(id))) view.stop();
      }
    },
    isWithdrawn: (id) => withdrawn.has(id),
    review() {
      for (const { isWelcome, view } of running.values()) if (!isWelcome()) view.stop();
    },
    ofCard: (outTrackId) =>
      running.values().find(({ cards }) => cards().includes(outTrackId))?.view,
  };
}

function sameChat(one: Chat, other: Chat): boolean {
  return one.kind === other.kind && chatIdOf(one) === chatIdOf(other);
}
