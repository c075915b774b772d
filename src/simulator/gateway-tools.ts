import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import type { Sessions } from "./gateway-sessions.ts";
import {
  badRequest,
  history,
  noSession,
  sessionsList,
  toolError,
  toolMissing,
  toolResult,
} from "./gateway-shapes.ts";

const Invocation = v.object({ tool: v.string(), args: v.optional(v.unknown()) });
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

/** Answers a request to /tools/invoke, for the tools that look at sessions. */
export function invokeTool(sessions: Sessions, body: string): Response {
  const invocation = v.safeParse(Invocation, parseJson(body));
  if (!invocation.success) {
    return Response.json(badRequest("tools.invoke requires body.tool"), { status: 400 });
  }
  const { tool, args = {} } = invocation.output;
  if (tool === "sessions_list") {
    const asked = v.safeParse(ListArgs, args);
    if (!asked.success) return Response.json(toolError("invalid arguments"), { status: 400 });
    const { search, activeOnly, limit } = asked.output;
    const found = sessions
      .list()
      .filter(({ key, active }) => key.includes(search.toLowerCase()) && (active || !activeOnly));
    return Response.json(toolResult(sessionsList(found, limit)));
  }
  if (tool !== "sessions_history") return Response.json(toolMissing(tool), { status: 404 });
  const wanted = v.safeParse(HistoryArgs, args);
  if (!wanted.success) return Response.json(toolError("sessionKey required"), { status: 400 });
  const { sessionKey, limit } = wanted.output;
  const session = sessions.find(sessionKey);
  return Response.json(
    toolResult(
      session === undefined ? noSession(sessionKey) : history(session.key, session.entries, limit),
    ),
  );
}
