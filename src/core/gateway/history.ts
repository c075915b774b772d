import * as v from "valibot";
import { headerValue } from "../header.ts";
import { foldedKey } from "../inbound/session.ts";
import { isLoopback } from "../network.ts";
import type { Invocation, Tools } from "./tools.ts";
import { entriesOf, finalAnswerOf, isOurs, isUser, type Entry, type Final } from "./transcript.ts";

/** A question this worker has asked, or was about to ask. */
export interface AskedBefore {
  readonly session: string;
  readonly text: string;
  /** When, ms since the epoch on our clock. */
  readonly at: number;
  readonly runId: string | undefined;
}

/** What became of it, by the gateway's own records. */
export type Found =
  | ({ readonly kind: "answered" } & Final)
  /** The run ended in an error of the model's. */
  | { readonly kind: "failed" }
  /** The gateway is at it, or will be: it resumes interrupted turns one by one. */
  | { readonly kind: "running" }
  /** It was begun and ended without an answer. */
  | { readonly kind: "cut-off" }
  /** The gateway has no record of it. */
  | { readonly kind: "absent" }
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The gateway answers, but not this. */
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Reads a session's records with the gateway's own tools. Seen with OpenClaw 2026.9.6.
 */
export interface History {
  /** Rejects only if `signal` was aborted. */
  look(asked: AskedBefore, signal: AbortSignal): Promise<Found>;
  /** The text with which a run ended, or undefined if it cannot be had. */
  answerOf(session: string, runId: string): Promise<Final | undefined>;
}

export interface HistoryOptions {
  /** The gateway's: whether it has the same clock. */
  readonly url: string;
  readonly tools: Tools;
}

/** Far enough back for one turn with its tool calls. */
const ENTRIES = 50;
/** The most the gateway gives. `search` finds longer keys too, and the row looked for must be among them. */
const ROWS = 200;
/** How exactly another machine's clock is known: its `Date` header has only whole seconds. */
const SLACK_MS = 2000;
/** Behind a loopback address may be a container's clock, or one behind a tunnel. */
const LOCAL_SLACK_MS = 300;

const Rows = v.object({
  sessions: v.array(v.object({ key: v.string(), status: v.nullish(v.string()) })),
});

export function createHistory({ url, tools }: HistoryOptions): History {
  const sameClock = isLoopback(new URL(url).hostname);

  /** Whether the gateway is at work in the session, or will be. */
  const isBusy = async (session: string, signal: AbortSignal) => {
    const key = foldedKey(session);
    // What is active first: an answer that comes meanwhile is then found in the history.
    for (const activeOnly of [true, false]) {
      const args = { search: key, limit: ROWS, ...(activeOnly ? { activeOnly } : {}) };
      const listed = await tools.invoke("sessions_list", args, session, signal);
      if (!listed.ok) return failed(listed);
      const rows = v.safeParse(Rows, listed.details);
      if (!rows.success) {
        return { kind: "unreadable", reason: "sessions_list: no sessions in the answer" } as const;
      }
      const row = rows.output.sessions.find((each) => each.key === key);
      if (row === undefined && rows.output.sessions.length >= ROWS) {
        return {
          kind: "unreadable",
          reason: "sessions_list: too many sessions to find this one",
        } as const;
      }
      if (row === undefined) continue;
      if (activeOnly || row.status === "running" || row.status === "queued") return true;
    }
    return false;
  };

  const read = async (session: string, signal?: AbortSignal) => {
    const args = { sessionKey: headerValue(session), limit: ENTRIES };
    return await tools.invoke("sessions_history", args, session, signal);
  };

  return {
    async look(asked, signal) {
      const busy = await isBusy(asked.session, signal);
      if (typeof busy === "object") return busy;
      const history = await read(asked.session, signal);
      if (!history.ok) return failed(history);
      const entries = entriesOf(history.details);
      if (entries === undefined) {
        return { kind: "unreadable", reason: "sessions_history: no messages in the answer" };
      }
      const since = sameClock ? asked.at - LOCAL_SLACK_MS : asked.at + history.skewMs - SLACK_MS;
      return judge(entries, asked, since, busy);
    },
    async answerOf(session, runId) {
      const history = await read(session);
      const entries = history.ok ? entriesOf(history.details) : undefined;
      const final = finalAnswerOf(entries?.filter((entry) => entry.runId === runId) ?? []);
      return final?.kind === "answered" ? final : undefined;
    },
  };
}

function failed({ kind, reason }: Extract<Invocation, { ok: false }>) {
  return { kind: kind === "unreachable" ? kind : "unreadable", reason } as const;
}

function judge(
  entries: readonly Entry[],
  { text, runId }: AskedBefore,
  since: number,
  busy: boolean,
): Found {
  const byRun = entries.filter((entry) => runId !== undefined && entry.runId === runId);
  const surest = verdictOn(byRun, busy);
  if (surest !== undefined) return surest;
  const at = entries.findLastIndex((entry) => isOurs(entry, text, since));
  // A run that left something was begun, however far back its question is.
  if (at < 0) return { kind: busy ? "running" : byRun.length > 0 ? "cut-off" : "absent" };
  const later = entries.slice(at + 1);
  const end = later.findIndex(isUser);
  const final = verdictOn(end < 0 ? later : later.slice(0, end), busy);
  return final ?? { kind: busy ? "running" : "cut-off" };
}

/** A failed try at the model is no end while the gateway is still at it. */
function verdictOn(entries: readonly Entry[], busy: boolean): Found | undefined {
  const final = finalAnswerOf(entries);
  return final?.kind === "failed" && busy ? { kind: "running" } : final;
}
