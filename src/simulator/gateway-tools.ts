import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import type { Roster } from "./gateway-agents.ts";
import type { Session, Sessions } from "./gateway-sessions.ts";
import {
  TOOL_FAILED,
  badRequest,
  history,
  noSession,
  resetDone,
  sessionsList,
  toolError,
  toolMissing,
  toolResult,
} from "./gateway-shapes.ts";

const Invocation = v.object({
  tool: v.string(),
  args: v.optional(v.unknown()),
  /** The session the tool runs in, or the agent whose main session that is. */
  sessionKey: v.optional(v.string()),
  agentId: v.optional(v.string()),
});
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const ListArgs = v.object({
  search: v.optional(v.string(), ""),
  activeOnly: v.optional(v.boolean(), false),
  limit: v.optional(positive, 200),
});
const HistoryArgs = v.object({
  sessionKey: v.string(),
  limit: v.optional(positive, 200),
});
const words = v.optional(v.string(), "");
const ChangeArgs = v.object({ action: words, sessionKey: words });

export interface ToolsOptions {
  readonly sessions: Sessions;
  readonly roster: Roster;
  /** Forgets a session; given the key as it was asked for. */
  readonly reset: (sessionKey: string) => Session;
}

/** The tools that look at sessions, and the one that resets them. */
export function createTools({ sessions, roster, reset }: ToolsOptions) {
  const list = (args: unknown): Response => {
    const asked = v.safeParse(ListArgs, args);
    if (!asked.success) return bad("invalid arguments");
    const { search, activeOnly, limit } = asked.output;
    const found = sessions
      .list()
      .filter(({ key, active }) => key.includes(search.toLowerCase()) && (active || !activeOnly));
    return Response.json(toolResult(sessionsList(found, limit)));
  };

  const read = (args: unknown): Response => {
    const wanted = v.safeParse(HistoryArgs, args);
    if (!wanted.success) return bad("sessionKey required");
    const { sessionKey, limit } = wanted.output;
    const session = sessions.find(sessionKey);
    const details =
      session === undefined ? noSession(sessionKey) : history(session.key, session.entries, limit);
    return Response.json(toolResult(details));
  };

  /** Agents that are not there have sessions to be forgotten too. */
  const change = (args: unknown, caller: string): Response => {
    const wanted = v.safeParse(ChangeArgs, args);
    const { action, sessionKey } = wanted.success ? wanted.output : { action: "", sessionKey: "" };
    if (action === "") return bad("action required");
    if (action !== "reset") return bad(`Unknown action: ${action}`);
    if (sessionKey === "") return bad("sessionKey required");
    if (sessionKey.startsWith("agent::")) return Response.json(TOOL_FAILED, { status: 500 });
    if (!sessionKey.startsWith("agent:")) {
      return bad(`Session not found: ${sessionKey} (use the full sessionKey from sessions_list)`);
    }
    // Letter by letter, although keys that differ in case only are the same session.
    if (sessionKey === caller) return bad("Cannot reset the session running this tool");
    return Response.json(toolResult(resetDone(reset(sessionKey))));
  };

  return {
    /** Answers a request to /tools/invoke. */
    invoke(body: string): Response {
      const invocation = v.safeParse(Invocation, parseJson(body));
      if (!invocation.success) {
        return Response.json(badRequest("tools.invoke requires body.tool"), { status: 400 });
      }
      const { tool, args = {}, agentId, sessionKey } = invocation.output;
      const caller = roster.callerOf(agentId, sessionKey);
      if ("refusal" in caller) return Response.json(caller.refusal, { status: 400 });
      switch (tool) {
        case "sessions_list":
          return list(args);
        case "sessions_history":
          return read(args);
        case "sessions":
          return change(args, caller.session);
        default:
          return Response.json(toolMissing(tool), { status: 404 });
      }
    },
  };
}

const bad = (message: string) => Response.json(toolError(message), { status: 400 });
