import * as v from "valibot";

/** Why a turn got no answer, by what helps. Each kind has its words for the user in texts.ts. */
export type FailureKind =
  | "unreachable"
  | "unauthorized"
  | "endpoint-off"
  | "forbidden"
  | "unknown-agent"
  | "rejected"
  | "too-large"
  | "busy"
  | "needs-restart"
  | "model-auth"
  | "model-quota"
  | "model-busy"
  | "model-failed"
  | "internal"
  | "aborted"
  | "broken"
  | "held-too-long"
  | "timeout"
  | "empty";

export interface GatewayFailure {
  readonly kind: FailureKind;
  /** What happened and what to do, for the log's reader. */
  readonly reason: string;
  /** The gateway's own wish, from Retry-After. */
  readonly retryAfterMs?: number;
}

/** What the gateway said: an HTTP status with a body, or an error inside a 200 stream (status 200). */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

const Envelope = v.object({
  error: v.union([
    v.object({
      message: v.fallback(v.string(), ""),
      type: v.fallback(v.string(), ""),
    }),
    v.pipe(
      v.string(),
      v.transform((message) => ({ message, type: "" })),
    ),
  ]),
});

/** The gateway's error envelope `{"error":{message,type}}`, or undefined if this is not one. */
export function errorIn(json: unknown): { message: string; type: string } | undefined {
  const parsed = v.safeParse(Envelope, json);
  return parsed.success ? parsed.output.error : undefined;
}

/**
 * Whether the gateway took nothing and may do so later: it is away, restarting, refusing everyone for a
 * while, or shut until someone restarts it.
 */
export function isOutage({ kind }: GatewayFailure): boolean {
  return kind === "unreachable" || kind === "busy" || kind === "needs-restart";
}

interface Row {
  readonly when: (said: Refusal) => boolean;
  readonly kind: FailureKind;
  readonly hint: string;
}

const status =
  (...codes: number[]) =>
  (said: Refusal) =>
    codes.includes(said.status);
const type =
  (...names: string[]) =>
  (said: Refusal) =>
    names.includes(said.type);
const says = (pattern: RegExp) => (said: Refusal) => pattern.test(said.message);

/** The model's answer changed after part of it had been streamed; the turn itself succeeded. */
export const REWRITTEN = /append-only response stream/i;

/**
 * The error catalogue of `/v1/chat/completions`, first match wins. The same errors come as HTTP status
 * or inside a stream, so the words and the type decide before the status does: 401 alone may be the
 * gateway's token or the model provider's key.
 */
const CATALOGUE: readonly Row[] = [
  {
    when: says(/execution admission is closed/i),
    kind: "needs-restart",
    hint: "the gateway's agent database is shut until it restarts: run `openclaw gateway restart`",
  },
  {
    // A turn that stood in line when the gateway was told to stop: it was not begun.
    when: says(/gateway is draining/i),
    kind: "busy",
    hint: "the gateway is shutting down",
  },
  {
    when: says(/agent run aborted/i),
    kind: "aborted",
    hint: "the run was ended at the gateway (session reset or abort)",
  },
  {
    when: says(REWRITTEN),
    kind: "broken",
    hint: "the model's answer changed after part of it had been streamed; the whole answer is in the gateway's session history",
  },
  {
    when: says(/api key .*(disabled|invalid)|provider auth/i),
    kind: "model-auth",
    hint: "the model provider refused the gateway's API key: check the key in OpenClaw's models.providers",
  },
  {
    when: type("unauthorized"),
    kind: "unauthorized",
    hint: "the gateway token is wrong or missing: set gateway.token (or OPENCLAW_GATEWAY_TOKEN) to the gateway's gateway.auth.token",
  },
  {
    when: type("proxy_attribution_required"),
    kind: "forbidden",
    hint: "a proxy between dingbridge and the gateway adds forwarding headers: point gateway.url at the gateway itself, or list the proxy in OpenClaw's gateway.trustedProxies",
  },
  {
    when: type("rate_limited"),
    kind: "busy",
    hint: "too many wrong tokens were tried at the gateway, which now refuses everyone for a while: check gateway.token",
  },
  {
    when: type("insufficient_quota"),
    kind: "model-quota",
    hint: "the model provider's credit or quota is used up",
  },
  {
    when: type("authentication_error"),
    kind: "model-auth",
    hint: "the model provider refused the gateway's API key: check the key in OpenClaw's models.providers",
  },
  {
    when: (said) =>
      type("rate_limit_error")(said) || status(429, 529)(said) || says(/overloaded/i)(said),
    kind: "model-busy",
    hint: "the model provider is rate limiting or overloaded; the gateway has already retried for minutes",
  },
  {
    when: (said) => said.type === "" && said.status >= 200 && said.status < 400,
    kind: "endpoint-off",
    hint: "something else than the gateway's chat endpoint answers there: check gateway.url",
  },
  {
    when: (said) => said.type === "" && status(502, 504)(said),
    kind: "unreachable",
    hint: "a proxy before the gateway cannot reach it: is the gateway running, and is gateway.url right?",
  },
  {
    when: (said) => says(/upstream provider/i)(said) || status(502)(said),
    kind: "model-failed",
    hint: "the model provider failed; the gateway has already retried for minutes",
  },
  {
    when: (said) => type("service_unavailable")(said) || status(503)(said),
    kind: "busy",
    hint: "the gateway is restarting or shutting down",
  },
  {
    when: (said) => status(413)(said) || says(/payload too large/i)(said),
    kind: "too-large",
    hint: "the request is larger than the gateway takes (20 MiB)",
  },
  {
    when: says(/unknown agent|multiple agents/i),
    kind: "unknown-agent",
    hint: "set agentId to an agent the gateway has (`openclaw agents list`)",
  },
  {
    when: (said) => status(404)(said) && said.type === "",
    kind: "endpoint-off",
    hint: "the chat endpoint is switched off: set gateway.http.endpoints.chatCompletions.enabled to true in OpenClaw's configuration (`openclaw config set gateway.http.endpoints.chatCompletions.enabled true`) and check gateway.url",
  },
  {
    when: status(401),
    kind: "unauthorized",
    hint: "the gateway (or a proxy before it) wants other credentials: check gateway.url and gateway.token",
  },
  {
    when: (said) => status(403)(said) || type("forbidden")(said),
    kind: "forbidden",
    hint: "the gateway (or a proxy before it) does not allow this: check gateway.url and the gateway's auth settings",
  },
  {
    when: status(404),
    kind: "model-failed",
    hint: "the model provider does not know the model: check the agent's model in OpenClaw's configuration",
  },
  {
    // Inside a stream the status only stands in the message.
    when: (said) => type("invalid_request_error")(said) && says(/^404\b/)(said),
    kind: "model-failed",
    hint: "the model provider does not know the model: check the agent's model in OpenClaw's configuration",
  },
  {
    when: status(405),
    kind: "endpoint-off",
    hint: "this is not the gateway's chat endpoint: check gateway.url",
  },
  {
    when: status(408),
    kind: "busy",
    hint: "the gateway waited too long for the request to arrive",
  },
  {
    when: (said) => status(400, 422)(said) || type("invalid_request_error")(said),
    kind: "rejected",
    hint: "the gateway did not accept the request",
  },
];

/** Finds the row for what the gateway said. */
export function classify(said: Refusal): GatewayFailure {
  const row = CATALOGUE.find(({ when }) => when(said));
  const quote = [
    said.status === 200 ? "in the stream" : `HTTP ${said.status}`,
    said.type,
    said.message.slice(0, 300),
  ]
    .filter(Boolean)
    .join(", ");
  const { kind, hint } = row ?? {
    kind: "internal" as const,
    hint: "the gateway's own log has the reason; known causes are an agent it does not have (check agentId) and a turn in which the agent said nothing",
  };
  const { retryAfterMs } = said;
  return {
    kind,
    reason: `${hint} (gateway: ${quote})`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
