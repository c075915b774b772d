import type { Entry, Session } from "./gateway-sessions.ts";

/** The gateway's JSON, all in one place, as seen with openclaw 2026.9.6. */

export const UNAUTHORIZED = { error: { message: "Unauthorized", type: "unauthorized" } };

export const DRAINING = {
  error: {
    message: "Gateway is temporarily unavailable while suspending or restarting",
    type: "service_unavailable",
    code: "gateway_unavailable",
  },
};

/** What every turn fails with once the agent database is closed for good. */
export const ADMISSION_CLOSED = "Agent database execution admission is closed";

/** What a turn that stands in line fails with when the gateway is told to stop. */
export const DRAINING_TURN = "Gateway is draining; new tasks are not accepted";

/** What a question fails with while the gateway itself goes on with the session's last turn. */
export const INTERNAL = "internal error";

/** What every tool fails with while the gateway starts. */
export const STARTING = {
  ok: false,
  error: { type: "tool_error", message: "tool execution failed" },
};

export const RESUME_PROMPT =
  "[System] Your previous turn was interrupted by a gateway restart while OpenClaw was waiting on " +
  "tool/model work. The restart did not cancel the user's task. Continue from the existing transcript.";

export const LIVE = { ok: true, status: "live" };

export const readiness = (failing: readonly string[], uptimeMs: number) => ({
  ready: failing.length === 0,
  failing,
  uptimeMs,
});

export const chunk = (id: string, delta: object, finish_reason: string | null) =>
  event({
    id,
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1000),
    model: "openclaw",
    choices: [{ index: 0, delta, finish_reason }],
  });

export const streamError = (message: string) => event({ error: { message, type: "api_error" } });

export const DONE = "data: [DONE]\n\n";

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

/** What a tool answers with. */
export const toolResult = (details: object) => ({
  ok: true,
  result: { content: [{ type: "text", text: JSON.stringify(details) }], details },
});

export const toolMissing = (tool: string) => ({
  ok: false,
  error: { type: "not_found", message: `Tool not available: ${tool}` },
});

export const toolError = (message: string) => ({
  ok: false,
  error: { type: "tool_error", message },
});

export function badRequest(message: string) {
  return { error: { message, type: "invalid_request_error" } };
}

export const BAD_IMAGES = badRequest("Invalid image_url content in `messages`.");
export const TOO_LARGE = badRequest("Payload too large");

/** Characters of one text that sessions_history gives back. */
const MAX_TEXT = 4000;

/** Details of sessions_history: the latest `limit` entries, oldest first. Long texts are cut. */
export function history(key: string, entries: readonly Entry[], limit: number) {
  const messages = entries
    .map((entry, at) => historyMessage(key, entry, at + 1))
    .slice(Math.max(0, entries.length - limit));
  const contentTruncated = entries
    .slice(-messages.length)
    .some(({ text }) => text.length > MAX_TEXT);
  return {
    sessionKey: key,
    messages,
    truncated: contentTruncated,
    droppedMessages: false,
    contentTruncated,
    contentRedacted: false,
    bytes: new TextEncoder().encode(JSON.stringify(messages)).length,
  };
}

/** Details of sessions_history for a session that is not there. */
export const noSession = (key: string) => ({
  status: "error",
  error: `No session found: ${key}`,
});

function historyMessage(key: string, entry: Entry, seq: number) {
  const { role, text, time, acceptedAt: timestamp, runId } = entry;
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}\n…(truncated)…` : text;
  const meta = { id: `entry-${seq}`, recordTimestampMs: time, transcriptPosition: seq, seq };
  const provenance = {
    kind: "internal_system",
    sourceSessionKey: key,
    sourceTool: "main_session_restart_recovery",
  };
  return role === "user"
    ? {
        role,
        content: cut,
        timestamp,
        ...(entry.own === true ? { provenance } : {}),
        __openclaw: meta,
      }
    : {
        role,
        content: [{ type: "text", text: cut }],
        timestamp,
        stopReason: "stop",
        __openclaw: { ...meta, runId },
      };
}

/** Details of sessions_list: at most `limit` of the sessions. */
export function sessionsList(sessions: readonly Session[], limit: number) {
  const rows = sessions.slice(0, limit);
  return {
    count: rows.length,
    sessions: rows.map(({ key, id, status, abortedLastRun, updatedAt }) => ({
      key,
      sessionId: id,
      agentId: key.split(":")[1] ?? "main",
      kind: key.includes(":group:") ? "group" : "other",
      channel: "dingtalk",
      archived: false,
      pinned: false,
      updatedAt,
      status,
      abortedLastRun,
    })),
    hasMore: sessions.length > rows.length,
  };
}
