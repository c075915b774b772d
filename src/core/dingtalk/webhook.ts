import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { webhookStatusVerdict, webhookVerdict, type SendResult } from "./errors.ts";
import { post } from "./post.ts";

const Result = v.object({
  errcode: v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/), v.transform(Number))]),
  errmsg: v.fallback(v.string(), ""),
});

/**
 * Sends one body to a session webhook. The errcode decides, never the HTTP status alone. The URL is a
 * secret: no reason ever holds it. Never throws; if `signal` breaks it off, it is to be tried again.
 */
export async function sendToWebhook(
  url: string,
  body: string,
  fetch: typeof globalThis.fetch,
  clock: Clock,
  signal: AbortSignal,
): Promise<SendResult> {
  // Runtimes quote the URL, as it came or normalised, and the session in it is a secret.
  const hide = (said: string) =>
    said.replaceAll(url, "the webhook").replaceAll(/session=[^\s)&"']+/g, "session=***");
  const posted = await post({ url, body, fetch, clock, signal, hide });
  if (!posted.ok) return posted;
  const parsed = v.safeParse(Result, parseJson(posted.text));
  if (!parsed.success) return { ok: false, ...webhookStatusVerdict(posted.status, posted.text) };
  const { errcode, errmsg } = parsed.output;
  return errcode === 0 ? { ok: true } : { ok: false, ...webhookVerdict(errcode, hide(errmsg)) };
}

/**
 * Whether a webhook URL that came in with a message may be posted to: only the configured OAPI host,
 * or https on dingtalk.com. Anything else would send answers wherever a forged message says.
 */
export function isTrustedWebhook(url: string, oapiUrl: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.username !== "" || parsed.password !== "") return false;
  if (parsed.origin === new URL(oapiUrl).origin) return true;
  return (
    parsed.protocol === "https:" && parsed.port === "" && parsed.hostname.endsWith(".dingtalk.com")
  );
}
