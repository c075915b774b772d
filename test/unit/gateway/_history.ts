import { jsonResponse, type FakeCall } from "../../support/fake-fetch.ts";

/** `details` of the gateway's session tools, in the shapes of openclaw 2026.9.6. */

export type HistoryEntry = Readonly<Record<string, unknown>>;

/** What the gateway puts where it cuts a text after 4 000 characters. */
export const CUT = "\n…(truncated)…";

/** A person's message: no run id. */
export const user = (content: string, timestamp: number, fields: object = {}): HistoryEntry => ({
  role: "user",
  content,
  timestamp,
  __openclaw: { id: "entry-1", recordTimestampMs: timestamp + 1800, seq: 1 },
  ...fields,
});

/** The gateway's prompt to itself after a crash of its own. */
export const resumePrompt = (timestamp: number): HistoryEntry =>
  user("[System] Your previous turn was interrupted by a gateway restart …", timestamp, {
    provenance: { kind: "internal_system", sourceTool: "main_session_restart_recovery" },
  });

interface Said {
  readonly runId?: string;
  readonly stopReason?: string;
  readonly timestamp?: number;
  readonly model?: string;
}

export const assistant = (text: string, said: Said = {}): HistoryEntry => {
  const { runId, stopReason, timestamp = 0, model = "mock-model" } = said;
  return {
    role: "assistant",
    content: [{ type: "text", text }],
    ...(stopReason === undefined ? {} : { stopReason }),
    timestamp,
    model,
    __openclaw: { id: "entry-2", seq: 2, ...(runId === undefined ? {} : { runId }) },
  };
};

/** An answer as most are. */
export const answer = (text: string, runId = "chatcmpl_1"): HistoryEntry =>
  assistant(text, { runId, stopReason: "stop" });

/** The gateway's notice that it gave a session up. */
export const delivered = (text = "I was interrupted and could not finish."): HistoryEntry =>
  assistant(text, { model: "delivery-mirror", stopReason: "stop" });

export const toolResult = (text: string): HistoryEntry => ({
  role: "toolResult",
  content: [{ type: "text", text }],
  timestamp: 0,
});

export const invoked = (details: unknown, headers: Readonly<Record<string, string>> = {}) =>
  jsonResponse(200, { ok: true, result: { content: [], details } }, headers);

/** The answer for a session the gateway does not know: HTTP 200 all the same. */
export const noSession = (key: string) =>
  invoked({ status: "error", error: `No session found: ${key}` });

interface Row {
  readonly key: string;
  readonly status?: string;
  readonly abortedLastRun?: boolean;
}

export interface Records {
  readonly entries?: readonly HistoryEntry[] | undefined;
  /** sessions_list with `activeOnly`. */
  readonly active?: readonly Row[];
  /** sessions_list without. */
  readonly rows?: readonly Row[];
  readonly date?: Date;
}

/** Answers `/tools/invoke` out of these records. */
export function recordsOf(records: Records) {
  return (call: FakeCall): Response => {
    const { tool, args } = JSON.parse(call.body) as {
      tool: string;
      args: { sessionKey?: string; search?: string; activeOnly?: boolean };
    };
    const { entries, active = [], rows = [], date } = records;
    const headers = date === undefined ? {} : { date: date.toUTCString() };
    if (tool === "sessions_list") {
      const found = (args.activeOnly === true ? active : rows).filter(({ key }) =>
        key.includes(args.search ?? ""),
      );
      return invoked({ count: found.length, sessions: found }, headers);
    }
    return entries === undefined
      ? noSession(args.sessionKey ?? "")
      : invoked({ sessionKey: args.sessionKey, messages: entries }, headers);
  };
}
