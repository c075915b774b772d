import * as v from "valibot";
import { deadline, type Clock } from "../clock.ts";
import { headerValue } from "../header.ts";
import { foldedKey } from "../inbound/session.ts";
import { parseJson } from "../json.ts";
import { reasonOf } from "../log.ts";
import { errorIn } from "./errors.ts";
import { NOT_CONNECTED, isLoopback } from "../network.ts";
import { readText } from "../read-text.ts";
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
 * Reads a session's records over `POST /tools/invoke`, which the gateway always serves. Seen with
 * OpenClaw 2026.9.6.
 */
export interface History {
  /** Rejects only if `signal` was aborted. */
  look(asked: AskedBefore, signal: AbortSignal): Promise<Found>;
  /** The text with which a run ended, or undefined if it cannot be had. */
  answerOf(session: string, runId: string): Promise<Final | undefined>;
}

export interface HistoryOptions {
  readonly url: string;
  /** Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Takes secrets out of what others say. */
  readonly hide: (text: string) => string;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** Far enough back for one turn with its tool calls. */
const ENTRIES = 50;
/** The most the gateway gives. `search` finds longer keys too, and the row looked for must be among them. */
const ROWS = 200;
/** How exactly another machine's clock is known: its `Date` header has only whole seconds. */
const SLACK_MS = 2000;
/** Behind a loopback address may be a container's clock, or one behind a tunnel. */
const LOCAL_SLACK_MS = 300;

const Invoked = v.object({ result: v.object({ details: v.unknown() }) });
const Rows = v.object({
  sessions: v.array(v.object({ key: v.string(), status: v.nullish(v.string()) })),
});

type Invocation =
  | { readonly ok: true; readonly details: unknown; readonly skewMs: number }
  | {
      readonly ok: false;
      readonly found: Found & { readonly kind: "unreachable" | "unreadable" };
    };

export function createHistory(options: HistoryOptions): History {
  const { url, clock, fetch, hide } = options;
  const sameClock = isLoopback(new URL(url).hostname);

  const invoke = async (tool: string, args: object, signal?: AbortSignal): Promise<Invocation> => {
    const limit = deadline(clock, TIMEOUT_MS, signal);
    try {
      const response = await fetch(`${url}/tools/invoke`, {
        method: "POST",
        headers: { ...options.headers, "content-type": "application/json" },
        body: JSON.stringify({ tool, args }),
        redirect: "manual",
        signal: limit.signal,
      });
      const body = await readText(response, MAX_BYTES);
      const parsed = v.safeParse(Invoked, parseJson(body));
      if (response.ok && parsed.success) {
        const date = Date.parse(response.headers.get("date") ?? "");
        const skewMs = Number.isNaN(date) ? 0 : date - clock.now();
        return { ok: true, details: parsed.output.result.details, skewMs };
      }
      const kind = response.status === 503 ? "unreachable" : "unreadable";
      // Never the body: it may hold what people have said.
      const reason = `${tool}: HTTP ${response.status} ${errorIn(parseJson(body))?.type ?? ""}`;
      return { ok: false, found: { kind, reason } };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = hide(reasonOf(error));
      const kind = NOT_CONNECTED.test(reason) ? "unreachable" : "unreadable";
      return { ok: false, found: { kind, reason } };
    } finally {
      limit.clear();
    }
  };

  /** Whether the gateway is at work in the session, or will be. */
  const isBusy = async (key: string, signal: AbortSignal) => {
    // What is active first: an answer that comes meanwhile is then found in the history.
    for (const activeOnly of [true, false]) {
      const args = { search: key, limit: ROWS, ...(activeOnly ? { activeOnly } : {}) };
      const listed = await invoke("sessions_list", args, signal);
      if (!listed.ok) return listed.found;
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

  const read = async (session: string, signal?: AbortSignal) =>
    await invoke("sessions_history", { sessionKey: headerValue(session), limit: ENTRIES }, signal);

  return {
    async look(asked, signal) {
      const busy = await isBusy(foldedKey(asked.session), signal);
      if (typeof busy === "object") return busy;
      const history = await read(asked.session, signal);
      if (!history.ok) return history.found;
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
