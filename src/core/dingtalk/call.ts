import type { Clock } from "../clock.ts";
import { refusesToken } from "./errors.ts";
import { post, type Posted } from "./post.ts";
import type { Throttle } from "./throttle.ts";
import type { TokenSource } from "./token.ts";

export interface CallOptions {
  /** `https://api.dingtalk.com`, without a trailing slash. */
  readonly apiUrl: string;
  readonly tokens: TokenSource;
  /** For the second try with a new token; the first one's slot is the caller's business. */
  readonly throttle: Pick<Throttle, "take">;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export interface Call {
  readonly method?: "POST" | "PUT";
  readonly path: string;
  /** What the throttle knows it by. */
  readonly api: string;
  /** JSON text. */
  readonly body: string;
}

/**
 * One call of the OpenAPI with the app's access token; where DingTalk does not take that, once more with
 * a new one. Never throws. The token is in nothing it returns.
 */
export type Caller = (call: Call, signal: AbortSignal) => Promise<Posted>;

export function createCaller({ apiUrl, tokens, throttle, fetch, clock }: CallOptions): Caller {
  const attempt = async (call: Call, token: string, signal: AbortSignal): Promise<Posted> => {
    const { method = "POST", path, body } = call;
    const hide = (said: string) => said.replaceAll(token, "***");
    const headers = { "x-acs-dingtalk-access-token": token };
    const url = apiUrl + path;
    const posted = await post({ url, method, body, headers, fetch, clock, signal, hide });
    // What DingTalk says may quote what it was sent.
    return posted.ok ? { ...posted, text: hide(posted.text) } : posted;
  };

  return async (call, signal) => {
    const first = await tokens.get(signal);
    if (!first.ok) return first;
    const posted = await attempt(call, first.token, signal);
    if (!posted.ok || !refusesToken(posted.status, posted.text)) return posted;

    tokens.drop(first.token);
    const second = await tokens.get(signal);
    if (!second.ok) return second;
    try {
      await throttle.take(call.api, signal);
    } catch {
      return STOPPED;
    }
    return await attempt(call, second.token, signal);
  };
}

const STOPPED: Posted = {
  ok: false,
  failure: "retry",
  reason: "stopped before it was sent again",
};
