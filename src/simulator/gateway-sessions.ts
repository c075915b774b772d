import { randomUUID } from "node:crypto";

/** A line of a session's history. */
export interface Entry {
  /** `system`: the gateway notes that it has forgotten what was before. */
  readonly role: "user" | "assistant" | "system";
  readonly text: string;
  /** When it was written down: of a user's line, when its turn began. */
  readonly time: number;
  /** When the request came: earlier than `time` if its turn had to wait. */
  readonly acceptedAt: number;
  /** Only what the agent says carries one. */
  readonly runId?: string;
  /** The gateway's own words for a turn it takes up again. */
  readonly own?: boolean;
}

export type SessionStatus = "running" | "done" | "failed" | "killed";

export interface Session {
  /** Lower-cased, as the gateway keeps it. */
  readonly key: string;
  readonly id: string;
  readonly entries: Entry[];
  /** A turn has begun in it, or had: before that, and after a crash forgot it, there is no such session. */
  known: boolean;
  /** A run is at work in it now. */
  active: boolean;
  /** Undefined before the first turn is written down. */
  status: SessionStatus | undefined;
  abortedLastRun: boolean;
  updatedAt: number;
  /** Settles when the last turn in line is over. */
  line: Promise<void>;
}

/** The sessions of a gateway. They outlive it: a crash loses none. */
export function createSessions() {
  const sessions = new Map<string, Session>();
  const write = (session: Session, entry: Omit<Entry, "time">) => {
    session.updatedAt = Date.now();
    session.entries.push({ ...entry, time: session.updatedAt });
  };
  return {
    /** Whatever has had a turn, the latest first. */
    list: () =>
      [...sessions.values()]
        .filter(({ known }) => known)
        .toSorted((a, b) => b.updatedAt - a.updatedAt),
    find(key: string): Session | undefined {
      const session = sessions.get(key.toLowerCase());
      return session?.known === true ? session : undefined;
    },
    /** The session with this key, a new one if there is none. */
    open(key: string): Session {
      const lower = key.toLowerCase();
      const held = sessions.get(lower);
      if (held !== undefined) return held;
      const session: Session = {
        key: lower,
        id: randomUUID(),
        entries: [],
        known: false,
        active: false,
        status: undefined,
        abortedLastRun: false,
        updatedAt: Date.now(),
        line: Promise.resolve(),
      };
      sessions.set(lower, session);
      return session;
    },
    /** A turn starts. A question that a turn before it has left without an answer vanishes. */
    begin(session: Session, resumed: boolean) {
      session.known = true;
      session.active = true;
      if (!resumed && session.entries.at(-1)?.role === "user") session.entries.pop();
    },
    /** What the user says is written down. */
    record(session: Session, line: Pick<Entry, "text" | "acceptedAt" | "own">) {
      session.status = "running";
      write(session, { role: "user", ...line, text: line.text.trim() });
    },
    /** Only a whole answer is stored. */
    finish(session: Session, runId: string, text: string) {
      write(session, { role: "assistant", text, acceptedAt: Date.now(), runId });
      session.active = false;
      session.status = "done";
      session.abortedLastRun = false;
    },
    breakOff(session: Session, status: "failed" | "killed") {
      session.updatedAt = Date.now();
      session.active = false;
      session.status = status;
      session.abortedLastRun = status === "killed";
    },
    /** All that was said is forgotten, of a session that never was too. */
    reset(session: Session) {
      session.known = true;
      session.active = false;
      session.status = undefined;
      session.abortedLastRun = false;
      session.entries.length = 0;
      write(session, { role: "system", text: "Reset", acceptedAt: Date.now() });
    },
    /** The gateway died over a turn. Of one that was not written down it knows nothing. */
    crash(session: Session, recorded: boolean) {
      session.active = false;
      if (recorded) session.abortedLastRun = true;
      else session.known = session.status !== undefined;
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;
