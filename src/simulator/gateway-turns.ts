import { randomUUID } from "node:crypto";
import { reasonOf } from "../core/log.ts";
import type { Content } from "./gateway-content.ts";
import type { Session, Sessions } from "./gateway-sessions.ts";
import { ABORTED, ADMISSION_CLOSED, DRAINING_TURN, RESUME_PROMPT } from "./gateway-shapes.ts";

/** A request as the gateway saw it. */
export interface Asked {
  readonly time: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly session: string;
  readonly body: {
    readonly model: string;
    readonly stream: boolean;
    readonly messages: readonly { readonly role: string; readonly content: Content }[];
  };
  /** The words of the user's message. */
  readonly text: string;
  /** The addresses of its pictures. */
  readonly images: readonly string[];
}

/**
 * Pieces of the answer's text, or a whole response instead of a turn, of which the session then knows
 * nothing. A responder that throws fails its turn.
 */
export type Responder = (asked: Asked) => AsyncIterable<string> | Response;

/** Why a turn is broken off. After a crash it is the restarted gateway's to finish. */
type Interruption = "killed" | "crash" | "drained" | "reset";

export interface Turn {
  readonly asked: Asked;
  readonly session: Session;
  readonly runId: string;
  /** The gateway has taken it up again by itself. */
  readonly resumed: boolean;
  readonly answer: AsyncIterable<string>;
  /** Resolves when it is broken off. */
  readonly interrupted: Promise<Interruption>;
  interrupt(why: Interruption): void;
  /** Why it was broken off. */
  ended: Interruption | undefined;
  /** It is at work. */
  begun: boolean;
  /** Its question is in the history: a crash leaves it to the next start. */
  recorded: boolean;
  /** It has said something. */
  heard: boolean;
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: string };

export interface TurnsOptions {
  readonly sessions: Sessions;
  /** Every turn fails from here on. */
  readonly isFatal: () => boolean;
  /** How long a turn is at work before its question is in the history. */
  readonly recordAfterMs: number;
}

/** Runs turns: one at a time in a session, all sessions side by side. */
export function createTurns({ sessions, isFatal, recordAfterMs }: TurnsOptions) {
  const live = new Set<Turn>();
  let active = 0;
  let maxActive = 0;

  const create = (asked: Asked, answer: AsyncIterable<string>, resumed = false): Turn => {
    let interrupt: (why: Interruption) => void = () => {};
    const turn: Turn = {
      asked,
      session: sessions.open(asked.session),
      runId: resumed ? randomUUID() : `chatcmpl_${randomUUID()}`,
      resumed,
      answer,
      interrupted: new Promise((resolve) => (interrupt = resolve)),
      interrupt(why) {
        turn.ended ??= why;
        interrupt(why);
      },
      ended: undefined,
      begun: false,
      recorded: false,
      heard: false,
    };
    live.add(turn);
    return turn;
  };

  const record = (turn: Turn) => {
    if (turn.recorded) return;
    turn.recorded = true;
    const { resumed, asked, session } = turn;
    sessions.record(
      session,
      resumed
        ? { text: RESUME_PROMPT, acceptedAt: Date.now(), own: true }
        : { text: asked.text, acceptedAt: asked.time },
    );
  };

  const begin = (turn: Turn) => {
    turn.begun = true;
    sessions.begin(turn.session, turn.resumed);
    if (recordAfterMs === 0 || turn.resumed) return record(turn);
    setTimeout(() => {
      if (live.has(turn)) record(turn);
    }, recordAfterMs).unref();
  };

  /** The session knows at once; the turn itself notices when it next waits. What stands in line leaves no trace. */
  const breakOff = (turn: Turn, why: "killed" | "crash") => {
    live.delete(turn);
    if (turn.begun && why === "crash") sessions.crash(turn.session, turn.recorded);
    else if (turn.begun) {
      record(turn);
      sessions.breakOff(turn.session, "killed");
    }
    turn.interrupt(why);
  };

  /** What is left to say of a turn that was broken off: mostly there is nobody to say it to. */
  const endOf = ({ ended }: Turn): Outcome | undefined => {
    if (ended === "reset") return { ok: false, error: ABORTED };
    return ended === "drained" ? { ok: false, error: DRAINING_TURN } : undefined;
  };

  /** The answer's pieces as they come. Undefined once the turn is broken off and nobody listens. */
  const say = async (turn: Turn, hear: Hear): Promise<Outcome | undefined> => {
    const pieces = turn.answer[Symbol.asyncIterator]();
    let said = "";
    for (;;) {
      const step = await Promise.race([turn.interrupted, pieces.next()]);
      if (typeof step === "string" || !live.has(turn)) {
        pieces.return?.()?.catch(() => undefined);
        return endOf(turn);
      }
      if (step.done === true) break;
      said += step.value;
      turn.heard ||= step.value !== "";
      // Who has gone away reads nothing any more.
      await Promise.race([turn.interrupted, hear(step.value)]);
    }
    record(turn);
    sessions.finish(turn.session, turn.runId, said);
    return { ok: true };
  };

  const work = async (turn: Turn, hear: Hear): Promise<Outcome | undefined> => {
    active++;
    maxActive = Math.max(maxActive, active);
    try {
      begin(turn);
      return await say(turn, hear);
    } catch (error) {
      if (!live.has(turn)) return endOf(turn);
      record(turn);
      sessions.breakOff(turn.session, "failed");
      return { ok: false, error: reasonOf(error) };
    } finally {
      active--;
    }
  };

  /** Runs a turn when its place in the session's line has come. Undefined when it was broken off and nobody listens. */
  const run = async (turn: Turn, hear: Hear): Promise<Outcome | undefined> => {
    const { session } = turn;
    const before = session.line;
    let leave = () => {};
    const left = new Promise<void>((resolve) => (leave = resolve));
    session.line = before.then(() => left);
    try {
      const turned = await Promise.race([turn.interrupted, before.then(() => undefined)]);
      if (turned !== undefined || !live.has(turn)) return endOf(turn);
      if (isFatal()) return { ok: false, error: ADMISSION_CLOSED };
      return await work(turn, hear);
    } finally {
      live.delete(turn);
      leave();
    }
  };

  return {
    create,
    run,
    /** Whoever asked has hung up. False when the turn was over anyway. */
    abandon(turn: Turn): boolean {
      if (!live.has(turn)) return false;
      breakOff(turn, "killed");
      return true;
    },
    /** Breaks off every turn. Those that the history knows, resumed ones anyway, are returned, oldest first. */
    interruptAll(why: "killed" | "crash"): readonly Turn[] {
      const interrupted = [...live];
      for (const turn of interrupted) breakOff(turn, why);
      return interrupted.filter(({ recorded, resumed }) => recorded || resumed);
    },
    /** The session is forgotten: what is under way or in line there ends with an error. */
    forget(session: Session) {
      for (const turn of live) {
        if (turn.session !== session) continue;
        live.delete(turn);
        turn.interrupt("reset");
      }
      sessions.reset(session);
    },
    /** Refuses every turn that stands in line. */
    refuseQueued() {
      for (const turn of live) if (!turn.begun) turn.interrupt("drained");
    },
    get maxActive() {
      return maxActive;
    },
  };
}

export type Turns = ReturnType<typeof createTurns>;

/** Told each piece; the next one waits for it. */
type Hear = (piece: string) => unknown;
