import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { envelopeOf } from "../dingtalk/envelope.ts";
import { apiVerdict, refusesToken, type Verdict } from "../dingtalk/errors.ts";
import { post, type Posted } from "../dingtalk/post.ts";
import type { Throttle } from "../dingtalk/throttle.ts";
import type { TokenSource } from "../dingtalk/token.ts";
import { parseJson } from "../json.ts";

export interface LocateOptions {
  /** `https://api.dingtalk.com`, without a trailing slash. */
  readonly apiUrl: string;
  /** Of the robot that received the message: no other robot's gets the file. */
  readonly robotCode: string;
  readonly tokens: TokenSource;
  readonly fetch: typeof fetch;
  readonly throttle?: Pick<Throttle, "take">;
  readonly clock: Clock;
}

export interface Failure {
  readonly ok: false;
  /** Short, for the agent and the log. Holds no URL, code or token. */
  readonly reason: string;
  /** Another try, later, may do better. */
  readonly retry: boolean;
  /** Another code of the same file may do better. */
  readonly next: boolean;
}

/** `url` is as good as the file: whoever has it may fetch it for a while. */
export type Located = { readonly ok: true; readonly url: string } | Failure;

/** DingTalk's rate limits are per app and API: what `throttle.take` is to be told. */
export const DOWNLOAD_API = "/v1.0/robot/messageFiles/download";

const Answer = v.object({ downloadUrl: v.pipe(v.string(), v.minLength(1)) });

/**
 * Asks DingTalk where the file behind a `downloadCode` is. The answer works for some minutes only. The
 * function rejects only with `signal`'s reason, while it waits for the throttle.
 * @see https://open.dingtalk.com/document/development/download-the-file-content-of-the-robot-receiving-message
 */
export function createLocate(options: LocateOptions) {
  const { apiUrl, robotCode, tokens, fetch, throttle, clock } = options;

  const call = async (code: string, token: string, signal: AbortSignal): Promise<Posted> => {
    await throttle?.take(DOWNLOAD_API, signal);
    const hide = (said: string) => without([token, code], said);
    const posted = await post({
      url: apiUrl + DOWNLOAD_API,
      body: JSON.stringify({ downloadCode: code, robotCode }),
      headers: { "x-acs-dingtalk-access-token": token },
      fetch,
      clock,
      signal,
      hide,
    });
    return posted;
  };

  return async (code: string, signal: AbortSignal): Promise<Located> => {
    const first = await tokens.get(signal);
    if (!first.ok) return failed(first);
    const posted = await call(code, first.token, signal);
    if (!posted.ok || !refusesToken(posted.status, posted.text)) {
      return located(posted, [first.token, code]);
    }
    tokens.drop(first.token);
    const second = await tokens.get(signal);
    if (!second.ok) return failed(second);
    return located(await call(code, second.token, signal), [second.token, code]);
  };
}

function located(posted: Posted, secrets: readonly string[]): Located {
  if (!posted.ok) return failed(posted);
  const { status, text } = posted;
  const answer = v.safeParse(Answer, parseJson(text));
  if (status < 300 && answer.success) return { ok: true, url: answer.output.downloadUrl };
  // What DingTalk says may quote what it was sent.
  const said = without(secrets, text);
  // As a message's recipient this code would mean a wrong robot; here it is nearly always time that passed.
  if (/\.downloadCode$/i.test(envelopeOf(said).code)) {
    return {
      ok: false,
      reason: "DingTalk no longer gives the file out: its code has expired or is another robot's",
      retry: false,
      next: true,
    };
  }
  const verdict = apiVerdict(status, said);
  const doubtful = verdict.failure === "final" || verdict.unlisted === true;
  return { ...failed(verdict), next: doubtful && status < 500 };
}

function failed({ failure, reason }: Verdict): Failure {
  return { ok: false, reason, retry: failure === "retry", next: false };
}

function without(secrets: readonly string[], said: string): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, "***"), said);
}
