import { deadline, type Clock } from "../clock.ts";
import { reasonOf } from "../log.ts";
import { NOT_CONNECTED } from "../network.ts";
import { readText } from "../read-text.ts";
import type { Verdict } from "./errors.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export interface Post {
  readonly url: string;
  /** Default: POST. */
  readonly method?: "POST" | "PUT";
  /** JSON text. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Takes what is secret out of what the runtime says. */
  readonly hide: (said: string) => string;
}

export type Posted =
  | { readonly ok: true; readonly status: number; readonly text: string }
  | ({ readonly ok: false } & Verdict);

/**
 * One call to DingTalk, 10 s at most. Never throws: without a whole answer it is to be tried again,
 * and the message may have gone out unless it is known that the request did not leave.
 */
export async function post(request: Post): Promise<Posted> {
  const { clock, signal, hide } = request;
  if (signal.aborted) return { ok: false, failure: "retry", reason: "stopped before it was sent" };
  const limit = deadline(clock, TIMEOUT_MS, signal);
  let answered = false;
  try {
    const response = await request.fetch(request.url, {
      method: request.method ?? "POST",
      // Without Accept an error may come back as XML.
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...request.headers,
      },
      body: request.body,
      // A redirect would carry the message, and the token, elsewhere.
      redirect: "manual",
      signal: limit.signal,
    });
    answered = true;
    return { ok: true, status: response.status, text: await readText(response, MAX_ANSWER_BYTES) };
  } catch (error) {
    const said = hide(reasonOf(error));
    const { host } = new URL(request.url);
    return !answered && NOT_CONNECTED.test(said)
      ? {
          ok: false,
          failure: "retry",
          reason: `cannot reach ${host} (${said}): check the network, DNS and proxy`,
        }
      : {
          ok: false,
          failure: "retry",
          reason: `no answer from ${host} (${said})`,
          uncertain: true,
        };
  } finally {
    limit.clear();
  }
}
