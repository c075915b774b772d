import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { apiVerdict, type Verdict } from "./errors.ts";
import { post } from "./post.ts";

export interface TokenOptions {
  /** `https://api.dingtalk.com`, without a trailing slash. */
  readonly apiUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** `token` is a secret. A failure never says "final", "expired" or `uncertain`: nothing was sent. */
export type TokenResult =
  | { readonly ok: true; readonly token: string }
  | ({ readonly ok: false } & Verdict);

/** The app's access token, minted when needed and kept for all who send. */
export interface TokenSource {
  /** Never throws; `signal` breaks off the waiting of this one caller only. */
  get(signal: AbortSignal): Promise<TokenResult>;
  /** DingTalk did not take this token: the next `get` mints, unless the last drop was just now. */
  drop(token: string): void;
}

interface Held {
  readonly token: string;
  readonly refreshAt: number;
  readonly expiresAt: number;
}

interface Failed {
  readonly verdict: Verdict;
  readonly at: number;
  readonly holdMs: number;
}

interface Flight {
  readonly result: Promise<TokenResult>;
  readonly controller: AbortController;
  waiting: number;
}

const REFRESH_EARLY_MS = 5 * 60_000;
/** Between mints that do not help: DingTalk throttles those that are too frequent. */
const PAUSE_MS = 5000;
const USUAL_SECONDS = 7200;

const STOPPED = { ok: false, failure: "retry", reason: "stopped before it was sent" } as const;

const Minted = v.object({
  accessToken: v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/)),
  /** Seconds. */
  expireIn: v.fallback(v.pipe(v.number(), v.minValue(60)), USUAL_SECONDS),
});

/** @see https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app */
export function createTokenSource(options: TokenOptions): TokenSource {
  const { apiUrl, clientId, clientSecret, fetch, clock } = options;
  let held: Held | undefined;
  let failed: Failed | undefined;
  let flight: Flight | undefined;
  let droppedAt = -Infinity;

  const hide = (said: string) =>
    clientSecret === "" ? said : said.replaceAll(clientSecret, "***");

  const mint = async (signal: AbortSignal): Promise<TokenResult> => {
    const posted = await post({
      url: `${apiUrl}/v1.0/oauth2/accessToken`,
      body: JSON.stringify({ appKey: clientId, appSecret: clientSecret }),
      fetch,
      clock,
      signal,
      hide,
    });
    if (!posted.ok) return refused(posted);
    const { status, text } = posted;
    const minted = v.safeParse(Minted, parseJson(text));
    if (status >= 300 || !minted.success) return refused(apiVerdict(status, text));
    const { accessToken: token, expireIn } = minted.output;
    const now = clock.now();
    const validMs = expireIn * 1000;
    const refreshAt = now + validMs - Math.min(REFRESH_EARLY_MS, validMs / 2);
    held = { token, refreshAt, expiresAt: now + validMs };
    failed = undefined;
    return { ok: true, token };
  };

  const refused = ({ failure, reason, waitMs }: Verdict): TokenResult => {
    const verdict: Verdict = {
      failure: failure === "blocked" ? "blocked" : "retry",
      reason: `no access token: ${hide(reason)}`,
      ...(waitMs === undefined ? {} : { waitMs }),
    };
    return { ok: false, ...verdict };
  };

  /** One mint for all who wait. It is broken off only when nobody does any more. */
  const join = async (signal: AbortSignal): Promise<TokenResult> => {
    const mine = (flight ??= takeOff());
    mine.waiting++;
    let stop = () => {};
    const stopped = new Promise<TokenResult>((resolve) => {
      stop = () => resolve(STOPPED);
      signal.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([mine.result, stopped]);
    } finally {
      signal.removeEventListener("abort", stop);
      mine.waiting--;
      if (mine.waiting === 0) {
        mine.controller.abort();
        if (flight === mine) flight = undefined;
      }
    }
  };

  const takeOff = (): Flight => {
    const controller = new AbortController();
    const result = mint(controller.signal).then((minted) => {
      // Broken off by those who waited: says nothing about DingTalk.
      if (!minted.ok && !controller.signal.aborted) remember(minted);
      return minted;
    });
    return { result, controller, waiting: 0 };
  };

  const remember = ({ failure, reason, waitMs }: Verdict) => {
    const holdMs = Math.max(PAUSE_MS, waitMs ?? 0);
    failed = { verdict: { failure, reason }, at: clock.monotonic(), holdMs };
  };

  return {
    async get(signal) {
      const now = clock.now();
      if (held !== undefined && now < held.refreshAt) return { ok: true, token: held.token };
      if (signal.aborted) return STOPPED;
      const old = held !== undefined && now < held.expiresAt ? held.token : undefined;
      const heldMs = failed === undefined ? 0 : failed.at + failed.holdMs - clock.monotonic();
      const result =
        failed !== undefined && heldMs > 0
          ? { ok: false as const, ...failed.verdict, waitMs: Math.ceil(heldMs) }
          : await join(signal);
      return result.ok || old === undefined ? result : { ok: true, token: old };
    },
    drop(token) {
      // The replacement is refused as well: a third would be no better.
      if (held?.token !== token || clock.monotonic() - droppedAt < PAUSE_MS) return;
      held = undefined;
      droppedAt = clock.monotonic();
    },
  };
}
