import * as v from "valibot";
import { parseJson } from "../json.ts";

const History = v.object({
  result: v.object({
    details: v.object({
      messages: v.array(
        v.object({
          role: v.string(),
          content: v.optional(v.unknown()),
          __openclaw: v.optional(v.object({ runId: v.optional(v.string()) })),
        }),
      ),
    }),
  }),
});

const TextPart = v.object({ type: v.literal("text"), text: v.string() });

/** The request that reads a session's latest messages, for `POST /tools/invoke`. */
export function historyRequest(session: string, limit: number): string {
  return JSON.stringify({ tool: "sessions_history", args: { sessionKey: session, limit } });
}

/**
 * The text with which a run ended, from the answer to `historyRequest`; undefined if it is not there.
 * The gateway shortens texts in its history to 4 000 characters and marks the cut itself.
 */
export function finalTextOf(body: string, runId: string): string | undefined {
  const parsed = v.safeParse(History, parseJson(body));
  if (!parsed.success) return undefined;
  const message = parsed.output.result.details.messages.findLast(
    ({ role, __openclaw }) => role === "assistant" && __openclaw?.runId === runId,
  );
  if (!Array.isArray(message?.content)) return undefined;
  const texts = message.content.flatMap((part) => {
    const text = v.safeParse(TextPart, part);
    return text.success ? [text.output.text] : [];
  });
  return texts.join("") || undefined;
}
