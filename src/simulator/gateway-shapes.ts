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

/** What the turns of a session fail with when it is reset. */
export const ABORTED = "agent run aborted for restart";

/** What a question fails with while the gateway itself goes on with the session's last turn. */
export const INTERNAL = "internal error";

/** What every tool fails with while the gateway starts, and one that trips over its arguments. */
export const TOOL_FAILED = {
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

export const invalidRequest = (message: string) => ({
  ok: false,
  error: { type: "invalid_request", message },
});

export const unknownAgent = (id: string) => badRequest(`Unknown agent '${id}'.`);

/** What a turn fails with whose session belongs to an agent that is not there. */
export const notInRoster = (id: string) => `Agent ${id} is not present in the configured roster.`;

export const NO_AGENT = badRequest(
  "Multiple agents are configured, but this operation has no explicit owner. Select an agent " +
    "explicitly; CLI callers can pass --agent <id>, channels can add a binding, and ambient services " +
    "can set their agentId target.",
);

export const unknownToolAgent = (id: string) => invalidRequest(`Unknown agent id "${id}"`);

export const otherToolAgent = (id: string, session: string) =>
  invalidRequest(`agent id "${id}" does not match session agent "${session}"`);

export const NO_TOOL_AGENT = invalidRequest(
  'Multiple agents are configured, but session key "main" has no explicit owner. Pass agentId or use ' +
    "an agent-prefixed session key.",
);

/** `GET /v1/models`. */
export const models = (agents: readonly string[]) => ({
  object: "list",
  data: ["openclaw", ...["default", ...agents].map((id) => `openclaw/${id}`)].map((id) => ({
    id,
    object: "model",
    created: 0,
    owned_by: "openclaw",
    permission: [],
  })),
});

/** Details of a reset. */
export const resetDone = ({ key, id, updatedAt }: Session) => ({
  ok: true,
  key,
  entry: {
    sessionId: id,
    updatedAt,
    systemSent: false,
    abortedLastRun: false,
    inputTokens: 0,
    outputTokens: 0,
    totalTokens: 0,
  },
});

export const BAD_IMAGES = badRequest("Invalid image_url content in `messages`.");
export const BAD_JSON = badRequest(
  "Expected property name or '}' in JSON at position 1 (line 1 column 2)",
);
export const NO_MESSAGE = badRequest("Missing user message in `messages`.");
/** Sessions of the gateway's own. */
export const RESERVED = /^(?:agent:[^:]*:)?(?:subagent|cron|acp):/i;
export const RESERVED_KEY = badRequest(
  "`x-openclaw-session-key` cannot use reserved internal session namespaces.",
);
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
  if (role === "system") {
    const content = [{ type: "text", text }];
    return { role, content, timestamp, __openclaw: { kind: "reset", ...meta } };
  }
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
