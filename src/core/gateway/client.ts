import { DeadlineError, deadline, type Clock } from "../clock.ts";
import { headerValue } from "../header.ts";
import { foldedKey } from "../inbound/session.ts";
import { parseJson } from "../json.ts";
import { reasonOf } from "../log.ts";
import { NOT_CONNECTED } from "../network.ts";
import { readText } from "../read-text.ts";
import { readAnswer, type Streamed, type StreamEvents } from "./answer-stream.ts";
import { REWRITTEN, classify, errorIn, type GatewayFailure } from "./errors.ts";
import { createHangUp, createTraffic, unlessAborted, type HangUp } from "./hang-up.ts";
import { createHistory, type AskedBefore, type Found } from "./history.ts";
import { createTools } from "./tools.ts";

export interface GatewayOptions {
  /** Without a trailing slash: a slash before the path is a 404 there. */
  readonly url: string;
  readonly token: string | undefined;
  /** A whole turn, from the request to the last byte. */
  readonly timeoutMs: number;
  /** Whether files that an answer names are looked for in the session's history after each turn. */
  readonly readMedia: boolean;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export interface Question {
  readonly agentId: string;
  readonly session: string;
  /** Constant from turn to turn, so that the gateway's prompt cache holds. */
  readonly system: string;
  readonly text: string;
  /** Pictures as data URLs, within the gateway's limits. */
  readonly images: readonly string[];
}

export type Answer =
  | {
      readonly ok: true;
      /** The gateway's run id, `chatcmpl_…`. */
      readonly runId: string | undefined;
      readonly text: string;
      /** The model ran into its output limit. */
      readonly truncated: boolean;
      /** It was read back from the gateway's history, which keeps only the beginning of long ones. */
      readonly shortened: boolean;
      /** Files to send along, by path or address: the gateway takes the lines that name them out of its answer. */
      readonly media: readonly string[];
      /** The records show only the answer's beginning: what its rest names is not in `media`. */
      readonly unseen?: true;
    }
  | { readonly ok: false; readonly failure: GatewayFailure };

export interface Gateway {
  /**
   * One turn over `POST /v1/chat/completions`, streamed, once the session is no longer about to be
   * forgotten. Never throws for what the gateway or the network does; rejects only if `signal` was
   * aborted, with its reason: at once for the caller, while the request itself lives on until it may be
   * broken off (see `createHangUp`).
   */
  ask(question: Question, events: StreamEvents, signal: AbortSignal): Promise<Answer>;
  /** What became of a question asked before. Rejects only if `signal` was aborted. */
  look(asked: AskedBefore, signal: AbortSignal): Promise<Found>;
  /**
   * Forgets a session's history, once no request of ours is under way in it any more; what is asked
   * from now on waits until that is done. A session that never was is forgotten too. Rejects only if
   * `signal` was aborted, with its reason.
   */
  reset(session: string, signal: AbortSignal): Promise<ResetOutcome>;
  /** Whether the gateway says it is ready: undefined, or why not. Never throws. */
  health(): Promise<string | undefined>;
  /** Resolves when no request that nobody waits for is left. */
  quiet(): Promise<void>;
}

export type ResetOutcome =
  | { readonly ok: true }
  /** `reason` is for the log: one line, no secret, nothing anybody has said. */
  | { readonly ok: false; readonly kind: "unreachable" | "refused"; readonly reason: string };

const HEALTH_MS = 5000;
/** The gateway's own words where nothing of the model's is left, which may be because it was all files. */
const NO_RESPONSE = "No response from OpenClaw.";
/** Most that is read of what is no answer. */
const MAX_ERROR_BYTES = 64 * 1024;

export function createGateway(options: GatewayOptions): Gateway {
  const { url, token, clock, fetch } = options;
  /** What others say may quote what they were sent. */
  const hide = (text: string) => (token === undefined ? text : text.replaceAll(token, "***"));
  const tools = createTools({ url, headers: authorization(token), fetch, clock, hide });
  const history = createHistory({ url, tools });
  const traffic = createTraffic();
  /** Requests nobody waits for any more. */
  const lingering = new Set<Promise<unknown>>();

  const request = async (question: Question, events: StreamEvents, hangUp: HangUp) => {
    const init = requestFor(question, token, hangUp.signal);
    const response = await fetch(`${url}/v1/chat/completions`, init);
    if (!isStream(response)) return await refused(response, hide);
    const streamed = await readAnswer(response.body, clock, {
      onRun: events.onRun,
      onContent(soFar) {
        hangUp.answering();
        events.onContent(soFar);
      },
    });
    return await answerOf(streamed, question.session);
  };

  const answerOf = async (streamed: Streamed, session: string): Promise<Answer> => {
    const { runId, text, truncated, error } = streamed;
    if (error !== undefined) {
      const rewritten = REWRITTEN.test(error.message) && runId !== undefined;
      const whole = rewritten ? await history.answerOf(session, runId) : undefined;
      if (whole !== undefined) return { ok: true, ...whole };
      const said = { status: 200, type: error.type, message: hide(error.message) };
      return { ok: false, failure: classify(said) };
    }
    if (streamed.done) {
      const nothing = text.trim() === NO_RESPONSE;
      const raw =
        (options.readMedia || nothing) && runId !== undefined
          ? await history.answerOf(session, runId)
          : undefined;
      const media = raw?.media ?? [];
      return {
        ok: true,
        runId,
        text: nothing ? "" : text,
        truncated,
        shortened: false,
        media,
        ...(raw?.shortened === true ? { unseen: true } : {}),
      };
    }
    return {
      ok: false,
      failure: {
        kind: "broken",
        reason:
          "the gateway's stream ended without [DONE]: the gateway or the connection died in mid-turn",
      },
    };
  };

  return {
    async ask(question, events, signal) {
      signal.throwIfAborted();
      const key = foldedKey(question.session);
      for (let gate = traffic.gate(key); gate !== undefined; gate = traffic.gate(key)) {
        await unlessAborted(gate, signal);
      }
      const hangUp = createHangUp(clock);
      const limit = deadline(clock, options.timeoutMs, signal);
      const answer = request(question, events, hangUp).finally(hangUp.clear);
      traffic.add(key, answer);
      try {
        return await unlessAborted(answer, limit.signal);
      } catch (error) {
        if (limit.signal.aborted) linger(answer, hangUp);
        signal.throwIfAborted();
        return { ok: false, failure: failureOf(error, limit.signal, options, hide) };
      } finally {
        limit.clear();
      }
    },
    look: (asked, signal) => history.look(asked, signal),
    reset: async (session, signal) =>
      await traffic.alone(foldedKey(session), signal, async () => {
        // The session goes into `args`: on top it would be the one the tool runs in.
        const args = { action: "reset", sessionKey: headerValue(session) };
        const done = await tools.invoke("sessions", args, session, signal);
        if (done.ok) return { ok: true };
        const { kind, reason } = done;
        return { ok: false, kind: kind === "refused" ? kind : "unreachable", reason };
      }),
    async health() {
      const limit = deadline(clock, HEALTH_MS);
      try {
        const init = { headers: authorization(token), redirect: "manual", signal: limit.signal };
        const response = await fetch(`${url}/readyz`, init as RequestInit);
        const body = await readText(response, MAX_ERROR_BYTES);
        // Anything else is some older or proxied gateway: a turn will show.
        return response.status >= 500
          ? `its /readyz says HTTP ${response.status} ${hide(body).slice(0, 200)}`
          : undefined;
      } catch (error) {
        return hide(reasonOf(error));
      } finally {
        limit.clear();
      }
    },
    async quiet() {
      await Promise.all(lingering);
    },
  };

  function linger(answer: Promise<unknown>, hangUp: HangUp): void {
    const over: Promise<unknown> = answer
      .catch(() => undefined)
      .finally(() => lingering.delete(over));
    lingering.add(over);
    hangUp.request();
  }
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
  const { agentId, session, system, text, images } = question;
  const pictures = images.map((url) => ({ type: "image_url", image_url: { url } }));
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
        {
          role: "user",
          content: pictures.length === 0 ? text : [{ type: "text", text }, ...pictures],
        },
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
