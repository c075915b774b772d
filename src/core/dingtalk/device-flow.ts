import * as v from "valibot";
import { deadline, type Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { post } from "./post.ts";

export interface DeviceFlowOptions {
  /** `https://oapi.dingtalk.com`, without a trailing slash. */
  readonly oapiUrl: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** A code to be scanned. */
export interface DeviceCode {
  /** A secret: whoever knows it gets the new app's credentials. */
  readonly deviceCode: string;
  /** What the page shows, for people to compare. */
  readonly userCode: string;
  /** What the QR code holds: a page of DingTalk's that creates app and robot in one tap. */
  readonly url: string;
  /** Between polls, in ms. */
  readonly intervalMs: number;
  /** On the clock's monotonic time. */
  readonly expiresAt: number;
}

export type Begun =
  | { readonly ok: true; readonly code: DeviceCode }
  /** One line, no secret. */
  | { readonly ok: false; readonly reason: string };

/** How it ended. `reason` is one line without a secret, in DingTalk's own words where it has some. */
export type Registration =
  | {
      readonly kind: "created";
      readonly clientId: string;
      readonly clientSecret: string;
      /** "SUCCESS", or how far it is: an app may still be published, or wait for an admin's approval. */
      readonly status: string;
    }
  /** Whoever scanned said no, or DingTalk did: mostly because the name is taken in that organisation. */
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "expired" }
  /** DingTalk does not go on with this code. */
  | { readonly kind: "refused"; readonly reason: string };

export interface DeviceFlow {
  /** Never throws but for `signal`, with its reason. */
  begin(signal: AbortSignal): Promise<Begun>;
  /**
   * Polls until it is over. What does not get through is tried again until the code expires. Rejects
   * only if `signal` was aborted, with its reason.
   * @param onStatus each status that differs from the one before, as DingTalk calls it.
   */
  wait(
    code: DeviceCode,
    onStatus: (status: string) => void,
    signal: AbortSignal,
  ): Promise<Registration>;
}

const DEFAULT_INTERVAL_S = 5;
/** Never asked more often, whatever the answer says. */
const MIN_INTERVAL_MS = 1000;
/** The documents say 7200 s in one place and "usually 10 minutes" in another. */
const MAX_LIFE_MS = 15 * 60_000;

const seconds = (usual: number) => v.fallback(v.pipe(v.number(), v.finite(), v.minValue(0)), usual);
const nonEmpty = v.pipe(v.string(), v.trim(), v.minLength(1));
const optional = v.fallback(v.optional(nonEmpty, ""), "");

const Refusal = v.object({
  errcode: v.pipe(
    v.number(),
    v.check((code) => code !== 0),
  ),
  errmsg: v.fallback(v.string(), ""),
});
const Init = v.object({ nonce: nonEmpty });
const Begin = v.object({
  device_code: nonEmpty,
  user_code: optional,
  verification_uri_complete: nonEmpty,
  expires_in: seconds(MAX_LIFE_MS / 1000),
  interval: seconds(DEFAULT_INTERVAL_S),
});
const Poll = v.object({
  status: optional,
  client_id: optional,
  client_secret: optional,
  fail_reason: optional,
});

type Called<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly transient: boolean; readonly reason: string };

/**
 * Creates an app with a robot by a QR code: init → begin → poll. No token is needed. Statuses that no
 * document names (CREATING, PUBLISHING, APPROVING have been seen) count as pending, and credentials
 * decide: while an admin's approval is awaited they are there already. DingTalk's document: 一键创建钉钉应用扫码接入流程.
 */
export function createDeviceFlow({ oapiUrl, fetch, clock }: DeviceFlowOptions): DeviceFlow {
  const call = async <T>(
    step: "init" | "begin" | "poll",
    body: Readonly<Record<string, string>>,
    schema: v.GenericSchema<unknown, T>,
    signal: AbortSignal,
  ): Promise<Called<T>> => {
    const secrets = Object.values(body);
    const hide = (said: string) =>
      secrets.reduce((text, secret) => text.replaceAll(secret, "***"), said);
    const posted = await post({
      url: `${oapiUrl}/app/registration/${step}`,
      body: JSON.stringify(body),
      fetch,
      clock,
      signal,
      hide,
    });
    signal.throwIfAborted();
    if (!posted.ok) return { ok: false, transient: true, reason: posted.reason };
    const json = parseJson(posted.text);
    const refusal = v.safeParse(Refusal, json);
    if (refusal.success) {
      const { errcode, errmsg } = refusal.output;
      const reason = `DingTalk says no (errcode ${errcode}${errmsg && `: ${hide(oneLine(errmsg))}`})`;
      return { ok: false, transient: false, reason };
    }
    const parsed = v.safeParse(schema, json);
    if (parsed.success && posted.status < 400) return { ok: true, value: parsed.output };
    const reason = `DingTalk's answer cannot be read (HTTP ${posted.status}): is a proxy or captive portal in between?`;
    return { ok: false, transient: true, reason };
  };

  return {
    async begin(signal) {
      signal.throwIfAborted();
      const init = await call("init", {}, Init, signal);
      if (!init.ok) return { ok: false, reason: init.reason };
      const begun = await call("begin", { nonce: init.value.nonce }, Begin, signal);
      if (!begun.ok) return { ok: false, reason: begun.reason };
      const { device_code, user_code, verification_uri_complete, expires_in, interval } =
        begun.value;
      const url = URL.parse(verification_uri_complete);
      const plainAllowed = oapiUrl.startsWith("http:");
      if (url?.protocol !== "https:" && !(plainAllowed && url?.protocol === "http:")) {
        return { ok: false, reason: "DingTalk named a page that is not an https address" };
      }
      const code: DeviceCode = {
        deviceCode: device_code,
        userCode: oneLine(user_code),
        url: url.href,
        intervalMs: Math.max(MIN_INTERVAL_MS, interval * 1000),
        expiresAt: clock.monotonic() + Math.min(MAX_LIFE_MS, expires_in * 1000),
      };
      return { ok: true, code };
    },
    async wait(code, onStatus, signal) {
      let last = "";
      for (;;) {
        await pause(clock, code.intervalMs, signal);
        // The last poll comes after the code's end: what was scanned just before is not lost.
        const isOver = clock.monotonic() >= code.expiresAt;
        const polled = await call("poll", { device_code: code.deviceCode }, Poll, signal);
        if (!polled.ok && !polled.transient) return { kind: "refused", reason: polled.reason };
        if (polled.ok) {
          const { client_id, client_secret, fail_reason } = polled.value;
          const status = oneLine(polled.value.status).toUpperCase();
          if (client_id !== "" && client_secret !== "") {
            return { kind: "created", clientId: client_id, clientSecret: client_secret, status };
          }
          if (status === "FAIL") return { kind: "failed", reason: oneLine(fail_reason) };
          if (status === "EXPIRED") return { kind: "expired" };
          if (status !== "" && status !== last) onStatus(status);
          last = status;
        }
        if (isOver) return { kind: "expired" };
      }
    },
  };
}

/** What goes to a terminal is DingTalk's text, not its control characters. */
const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\s]+/gu, " ").slice(0, 200);

/** Waits. Rejects only if `signal` was aborted, with its reason. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  // Aborts after `ms`, or when the caller's signal does: told apart by the latter.
  const limit = deadline(clock, ms, signal);
  await new Promise<void>((resolve) => {
    limit.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  limit.clear();
  signal.throwIfAborted();
}
