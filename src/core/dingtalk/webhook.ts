import * as v from "valibot";
import { deadline, type Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { reasonOf } from "../log.ts";
import { readText } from "../read-text.ts";
import { httpVerdict, webhookVerdict, type Verdict } from "./errors.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

const Result = v.object({
  errcode: v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/), v.transform(Number))]),
  errmsg: v.fallback(v.string(), ""),
});

export type SendResult = { readonly ok: true } | ({ readonly ok: false } & Verdict);

/**
 * Sends one body to a session webhook. The errcode decides, never the HTTP status alone. The URL is a
 * secret: no reason ever holds it. Never throws; if `signal` breaks it off, the outcome is unknown and
 * it is to be tried again.
 */
export async function sendToWebhook(
  url: string,
  body: string,
  fetch: typeof globalThis.fetch,
  clock: Clock,
  signal: AbortSignal,
): Promise<SendResult> {
  const limit = deadline(clock, TIMEOUT_MS, signal);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      redirect: "manual",
      signal: limit.signal,
    });
    const text = await readText(response, MAX_ANSWER_BYTES);
    const parsed = v.safeParse(Result, parseJson(text));
    if (!parsed.success) return { ok: false, ...httpVerdict(response.ok ? 500 : response.status) };
    const { errcode, errmsg } = parsed.output;
    return errcode === 0 ? { ok: true } : { ok: false, ...webhookVerdict(errcode, errmsg) };
  } catch (error) {
    // Runtimes quote the URL, as it came or normalised, and the session in it is a secret.
    const said = reasonOf(error)
      .replaceAll(url, "the webhook")
      .replaceAll(/session=[^\s)&"']+/g, "session=***");
    return {
      ok: false,
      failure: "retry",
      reason: `cannot reach ${new URL(url).host} (${said})`,
    };
  } finally {
    limit.clear();
  }
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
