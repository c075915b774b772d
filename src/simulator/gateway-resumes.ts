import type { Session, Sessions } from "./gateway-sessions.ts";
import type { Responder, Turn, Turns } from "./gateway-turns.ts";

export interface ResumesOptions {
  readonly sessions: Sessions;
  readonly turns: Turns;
  readonly respond: Responder;
}

/** What crashes have interrupted: taken up again one after the other, and nobody is told the answers. */
export function createResumes({ sessions, turns, respond }: ResumesOptions) {
  /** By session, first come first served. */
  const waiting = new Map<Session, Turn>();
  let running: Session | undefined;
  /** Counts starts: what an earlier one was at is no business of the next. */
  let round = 0;

  const takeUp = async ({ session, asked }: Turn) => {
    const answer = respond(asked);
    if (answer instanceof Response) return sessions.breakOff(session, "failed");
    await turns.run(turns.create(asked, answer, true), () => undefined);
  };

  const runNext = async (mine: number): Promise<void> => {
    const next = mine === round ? waiting.values().next().value : undefined;
    if (next === undefined) return;
    waiting.delete(next.session);
    running = next.session;
    await takeUp(next);
    if (mine === round) running = undefined;
    await runNext(mine);
  };

  return {
    /** Interrupted turns, for the next start. */
    add(interrupted: readonly Turn[]) {
      for (const turn of interrupted) waiting.set(turn.session, turn);
    },
    start() {
      void runNext(++round);
    },
    /** The gateway has gone: what runs has been broken off, what waits goes on waiting. */
    stop() {
      round++;
      running = undefined;
    },
    isRunning: (session: Session) => running === session,
    /** The session has gone on without it. */
    drop: (session: Session) => void waiting.delete(session),
  };
}
