import * as v from "valibot";
import { deadline, type Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { reasonOf } from "../log.ts";
import { readText } from "../read-text.ts";
import { CARD_TOPIC, ROBOT_TOPIC } from "./frame.ts";

/**
 * Why `open` failed, by what helps:
 * `credentials` wrong Client ID or Secret · `configuration` the app is not set up for Stream ·
 * `refused` any other no that needs a person · `unavailable` try again, it is not our doing.
 */
export type OpenFailure = "credentials" | "configuration" | "refused" | "unavailable";

export type OpenResult =
  | { readonly ok: true; readonly url: string }
  | {
      readonly ok: false;
      readonly failure: OpenFailure;
      /** What happened and what to do, for the robot's owner. */
      readonly reason: string;
    };

export interface OpenOptions {
  readonly apiUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** Ends an attempt nobody waits for any more. */
  readonly signal?: AbortSignal;
}

const MAX_ANSWER_BYTES = 64 * 1024;

const Endpoint = v.object({ endpoint: v.string(), ticket: v.pipe(v.string(), v.minLength(1)) });
const Refusal = v.object({
  code: v.optional(v.string(), ""),
  message: v.optional(v.string(), ""),
  requestid: v.optional(v.string(), ""),
});

/**
 * Asks for an endpoint and a ticket (valid 90 s, good for one connection) and joins them to the URL
 * to dial. The host varies between answers and is never pinned. The URL holds the ticket: it is a
 * secret and must not be logged.
 */
export async function openConnection(options: OpenOptions): Promise<OpenResult> {
  const limit = deadline(options.clock, options.timeoutMs, options.signal);
  try {
    const response = await options.fetch(`${options.apiUrl}/v1.0/gateway/connections/open`, {
      method: "POST",
      // Without Accept the answer may come back as XML.
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({
        clientId: options.clientId,
        clientSecret: options.clientSecret,
        subscriptions: [
          { type: "CALLBACK", topic: ROBOT_TOPIC },
          { type: "CALLBACK", topic: CARD_TOPIC },
        ],
        ua: options.userAgent,
      }),
      redirect: "error",
      signal: limit.signal,
    });
    const body = await readText(response, MAX_ANSWER_BYTES);
    return response.ok ? endpointUrl(body, options.apiUrl) : refusal(response.status, body);
  } catch (error) {
    const host = new URL(options.apiUrl).host;
    return {
      ok: false,
      failure: "unavailable",
      reason: `cannot reach ${host}: ${reasonOf(error)}. Check the network, DNS and proxy`,
    };
  } finally {
    limit.clear();
  }
}

function endpointUrl(body: string, apiUrl: string): OpenResult {
  const parsed = v.safeParse(Endpoint, parseJson(body));
  const url = parsed.success ? URL.parse(parsed.output.endpoint) : null;
  if (!parsed.success || url === null) {
    return {
      ok: false,
      failure: "unavailable",
      reason:
        "DingTalk's answer held no endpoint and ticket: is a proxy or captive portal in between?",
    };
  }
  const plainAllowed = apiUrl.startsWith("http:");
  if (url.protocol !== "wss:" && !(plainAllowed && url.protocol === "ws:")) {
    return {
      ok: false,
      failure: "refused",
      reason: `DingTalk named an endpoint that is not encrypted (${url.protocol}//${url.host}): not used`,
    };
  }
  url.searchParams.set("ticket", parsed.output.ticket);
  // WebSocket clients refuse a URL with a fragment.
  url.hash = "";
  return { ok: true, url: url.href };
}

/** The error table of this endpoint; bodies as seen in the wild, since no document lists them. */
function refusal(status: number, body: string): OpenResult {
  const parsed = v.safeParse(Refusal, parseJson(body));
  const { code, message, requestid } = parsed.success
    ? parsed.output
    : { code: "", message: "", requestid: "" };
  const said = [`HTTP ${status}`, code, message, requestid && `requestid ${requestid}`]
    .filter(Boolean)
    .join(", ");
  if (status === 401) {
    return {
      ok: false,
      failure: "credentials",
      reason:
        `DingTalk refused the credentials (${said}): check clientId and clientSecret (Client ID and Client Secret ` +
        "of the app in the developer console; a reset secret must be copied again) and the app's IP allow-list",
    };
  }
  if (status === 400 && code === "systemError") {
    return {
      ok: false,
      failure: "configuration",
      reason:
        `DingTalk cannot open a Stream for this app (${said}): check that the robot's message receiving mode is ` +
        "Stream, that the app version with the robot is published, and that clientId is the app's Client ID",
    };
  }
  if (status === 429 || status >= 500) {
    return { ok: false, failure: "unavailable", reason: `DingTalk is busy (${said})` };
  }
  return {
    ok: false,
    failure: "refused",
    reason: `DingTalk refused to open a Stream (${said}): check the app in the developer console and any proxy in between`,
  };
}
