import { createParser } from "eventsource-parser";
import * as v from "valibot";
import { DeadlineError, deadline, type Clock } from "../clock.ts";
import { headerValue } from "../header.ts";
import { parseJson } from "../json.ts";
import { reasonOf } from "../log.ts";
import { readText } from "../read-text.ts";
import { REWRITTEN, classify, errorIn, type GatewayFailure } from "./errors.ts";
import { finalTextOf, historyRequest } from "./history.ts";

export interface GatewayOptions {
  /** Without a trailing slash: a slash before the path is a 404 there. */
  readonly url: string;
  readonly token: string | undefined;
  /** A whole turn, from the request to the last byte. */
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export interface Question {
  readonly agentId: string;
  readonly session: string;
  /** Constant from turn to turn, so that the gateway's prompt cache holds. */
  readonly system: string;
  readonly text: string;
}

export type Answer =
  | {
      readonly ok: true;
      /** The gateway's run id, `chatcmpl_…`. */
      readonly runId: string | undefined;
      readonly text: string;
      /** The model ran into its output limit. */
      readonly truncated: boolean;
    }
  | { readonly ok: false; readonly failure: GatewayFailure };

export interface Gateway {
  /**
   * One turn over `POST /v1/chat/completions`, streamed. Never throws for what the gateway or the
   * network does; rejects only if `signal` was aborted, with its reason.
   */
  ask(question: Question, signal: AbortSignal): Promise<Answer>;
}

const Chunk = v.object({
  id: v.optional(v.string()),
  choices: v.optional(
    v.array(
      v.object({
        delta: v.optional(v.object({ content: v.nullish(v.string()) })),
        finish_reason: v.nullish(v.string()),
      }),
    ),
    [],
  ),
});

/** Longest answer taken, in characters: a dozen messages in a chat. The rest is cut off. */
const MAX_ANSWER_CHARS = 200_000;
const READ_BACK_MS = 10_000;
/** Most that is read of what is no answer, and of a stream without an event. */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_HISTORY_BYTES = 1024 * 1024;
const MAX_EVENT_BYTES = 4 * 1024 * 1024;

export function createGateway(options: GatewayOptions): Gateway {
  const { url, token, clock, fetch } = options;
  /** What others say may quote what they were sent. */
  const hide = (text: string) => (token === undefined ? text : text.replaceAll(token, "***"));

  /** The answer is whole in the session's history. Reading it must not cost the turn: `otherwise` then. */
  const readBack = async (
    session: string,
    runId: string,
    otherwise: Answer,
    signal: AbortSignal,
  ): Promise<Answer> => {
    const limit = deadline(clock, READ_BACK_MS, signal);
    try {
      const response = await fetch(`${url}/tools/invoke`, {
        method: "POST",
        headers: { ...authorization(token), "content-type": "application/json" },
        body: historyRequest(headerValue(session), 10),
        redirect: "manual",
        signal: limit.signal,
      });
      const text = finalTextOf(await readText(response, MAX_HISTORY_BYTES), runId);
      return text === undefined ? otherwise : { ok: true, runId, text, truncated: false };
    } catch {
      signal.throwIfAborted();
      return otherwise;
    } finally {
      limit.clear();
    }
  };

  return {
    async ask(question, signal) {
      const limit = deadline(clock, options.timeoutMs, signal);
      try {
        const request = requestFor(question, token, limit.signal);
        const response = await fetch(`${url}/v1/chat/completions`, request);
        if (!isStream(response)) return await refused(response, hide);
        const streamed = await collect(response.body, clock, hide);
        return streamed.rewritten === undefined
          ? streamed.answer
          : await readBack(question.session, streamed.rewritten, streamed.answer, limit.signal);
      } catch (error) {
        signal.throwIfAborted();
        return { ok: false, failure: failureOf(error, limit.signal, options, hide) };
      } finally {
        limit.clear();
      }
    },
  };
}

type EventStream = Response & { readonly body: ReadableStream<Uint8Array> };

function isStream(response: Response): response is EventStream {
  const type = response.headers.get("content-type") ?? "";
  return response.ok && response.body !== null && type.startsWith("text/event-stream");
}

function requestFor(
  question: Question,
  token: string | undefined,
  signal: AbortSignal,
): RequestInit {
  const { agentId, session, system, text } = question;
  return {
    method: "POST",
    headers: {
      ...authorization(token),
      "content-type": "application/json",
      accept: "text/event-stream",
      "x-openclaw-session-key": headerValue(session),
      "x-openclaw-message-channel": "dingtalk",
      // A gateway with several agents refuses a request that names none.
      "x-openclaw-agent-id": headerValue(agentId),
    },
    body: JSON.stringify({
      model: `openclaw/${agentId}`,
      stream: true,
      messages: [
        { role: "system", content: system },
        { role: "user", content: text },
      ],
    }),
    redirect: "manual",
    signal,
  };
}

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function refused(response: Response, hide: (text: string) => string): Promise<Answer> {
  const body = hide(await readText(response, MAX_ERROR_BYTES));
  const seconds = Number(response.headers.get("retry-after"));
  const error = errorIn(parseJson(body));
  return {
    ok: false,
    failure: classify({
      status: response.status,
      type: error?.type ?? "",
      message: error?.message ?? body.slice(0, 200),
      ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
    }),
  };
}

interface Streamed {
  readonly answer: Answer;
  /** The run whose final text differs from what was streamed: only its history has it. */
  readonly rewritten?: string | undefined;
}

/** Reads the stream to its `[DONE]`: without one the connection died and the text may be half an answer. */
async function collect(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
  hide: (text: string) => string,
): Promise<Streamed> {
  let runId: string | undefined;
  let text = "";
  let finish: string | undefined;
  let done = false;
  let error: { message: string; type: string } | undefined;

  let sinceEvent = 0;

  const parser = createParser({
    onEvent({ data }) {
      sinceEvent = 0;
      if (data === "[DONE]") {
        done = true;
        return;
      }
      const json = parseJson(data);
      error ??= errorIn(json);
      const chunk = v.safeParse(Chunk, json);
      if (!chunk.success) return;
      runId ??= chunk.output.id;
      for (const { delta, finish_reason } of chunk.output.choices) {
        const room = MAX_ANSWER_CHARS - text.length;
        text += delta?.content?.slice(0, room) ?? "";
        finish = finish_reason ?? finish;
      }
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { value, done: end } = await reader.read();
    if (end) break;
    sinceEvent += value.byteLength;
    parser.feed(decoder.decode(value, { stream: true }));
    if (done) break;
    if (sinceEvent > MAX_EVENT_BYTES) {
      await reader.cancel().catch(() => undefined);
      break;
    }
  }
  if (done) letItEnd(reader, clock);

  if (error !== undefined) {
    const said = { status: 200, type: error.type, message: hide(error.message) };
    const answer = { ok: false, failure: classify(said) } as const;
    return { answer, rewritten: REWRITTEN.test(error.message) ? runId : undefined };
  }
  if (!done) {
    const failure = {
      kind: "broken",
      reason:
        "the gateway's stream ended without [DONE]: the gateway or the connection died in mid-turn",
    } as const;
    return { answer: { ok: false, failure } };
  }
  return {
    answer: {
      ok: true,
      runId,
      text,
      truncated: finish === "length" || text.length === MAX_ANSWER_CHARS,
    },
  };
}

/**
 * After [DONE] the gateway ends the response itself. Hanging up first would look to it like a client
 * that went away in mid-turn, so it gets a moment; the answer does not wait for that.
 */
function letItEnd(
  reader: { read(): Promise<{ done: boolean }>; cancel(): Promise<void> },
  clock: Clock,
): void {
  const hangUp = () => void reader.cancel().catch(() => undefined);
  const timer = clock.after(5000, hangUp);
  const rest = async () => {
    while (!(await reader.read()).done);
  };
  void rest()
    .catch(() => undefined)
    .then(() => timer.cancel());
}

/** How the runtimes say that no connection came about: the request was never sent. */
const NOT_CONNECTED =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|refused|unable to connect|dns|connect timeout|connect ETIMEDOUT/i;

function failureOf(
  error: unknown,
  signal: AbortSignal,
  { url, timeoutMs }: GatewayOptions,
  hide: (text: string) => string,
): GatewayFailure {
  if (signal.reason instanceof DeadlineError) {
    return {
      kind: "timeout",
      reason: `the turn was not over after ${timeoutMs} ms (gateway.timeoutMs) and was ended`,
    };
  }
  const said = hide(reasonOf(error));
  return NOT_CONNECTED.test(said)
    ? {
        kind: "unreachable",
        reason: `the gateway cannot be reached at ${url}: is it running, and is gateway.url right? (${said})`,
      }
    : { kind: "broken", reason: `the connection to the gateway at ${url} broke (${said})` };
}
