import { describe, expect, test } from "bun:test";
import { classify, errorIn, isOutage, type FailureKind } from "../../../src/core/gateway/errors.ts";
import { jsonResponse, networkError } from "../../support/fake-fetch.ts";
import { DONE, event, streamOf } from "../../support/fake-stream.ts";
import { asking } from "./_asking.ts";

type Row = readonly [status: number, type: string, message: string, kind: FailureKind];

/** The errors of `/v1/chat/completions`, as the gateway words them. */
const BY_STATUS: readonly Row[] = [
  [401, "unauthorized", "Unauthorized", "unauthorized"],
  [403, "proxy_attribution_required", "Proxy client attribution is required.", "forbidden"],
  [429, "rate_limited", "Too many failed authentication attempts.", "busy"],
  [400, "invalid_request_error", "Expected property name or '}' in JSON at position 1", "rejected"],
  [400, "invalid_request_error", "messages: Invalid input: expected array", "rejected"],
  [400, "invalid_request_error", "Missing user message in `messages`.", "rejected"],
  [400, "invalid_request_error", "Invalid `model`. Use `openclaw`.", "rejected"],
  [400, "invalid_request_error", "Unknown agent 'zed'.", "unknown-agent"],
  [400, "invalid_request_error", "Multiple agents are configured, but …", "unknown-agent"],
  [400, "invalid_request_error", "`x-openclaw-session-key` cannot use reserved", "rejected"],
  [400, "invalid_request_error", "Invalid image_url content in `messages`.", "rejected"],
  [413, "invalid_request_error", "Payload too large", "too-large"],
  [408, "invalid_request_error", "Request body timeout", "busy"],
  [503, "service_unavailable", "Gateway is temporarily unavailable", "busy"],
  [400, "invalid_request_error", "400 mock error 400", "rejected"],
  [401, "authentication_error", "401 mock error 401", "model-auth"],
  [402, "insufficient_quota", "402 mock error 402", "model-quota"],
  [403, "authentication_error", "403 mock error 403", "model-auth"],
  [404, "invalid_request_error", "404 mock error 404", "model-failed"],
  [429, "rate_limit_error", "429 mock error 429", "model-busy"],
  [502, "api_error", "upstream provider error", "model-failed"],
  [408, "api_error", "upstream provider timeout", "model-failed"],
  [529, "api_error", "upstream provider overloaded", "model-busy"],
  [500, "api_error", "internal error", "internal"],
  [403, "forbidden", "missing scope: operator.write", "forbidden"],
];

/** The same as they come inside a stream that began with 200: only type and words are left. */
const IN_STREAM: readonly (readonly [type: string, message: string, kind: FailureKind])[] = [
  ["authentication_error", "401 mock error 401", "model-auth"],
  ["insufficient_quota", "402 mock error 402", "model-quota"],
  ["authentication_error", "403 mock error 403", "model-auth"],
  ["rate_limit_error", "429 mock error 429", "model-busy"],
  ["api_error", "upstream provider error", "model-failed"],
  ["api_error", "upstream provider timeout", "model-failed"],
  ["api_error", "upstream provider overloaded", "model-busy"],
  ["invalid_request_error", "400 mock error 400", "rejected"],
  ["invalid_request_error", "404 mock error 404", "model-failed"],
  ["service_unavailable", "Gateway is temporarily unavailable while suspending", "busy"],
  ["api_error", "internal error", "internal"],
  ["api_error", "agent run aborted", "aborted"],
  ["api_error", "agent run aborted for restart", "aborted"],
  ["api_error", "Agent database execution admission is closed", "needs-restart"],
  ["api_error", "Gateway is draining; new tasks are not accepted", "busy"],
  ["api_error", "Error: Gateway is draining; new tasks are not accepted", "busy"],
  [
    "api_error",
    'Inline API key for provider "mock" is temporarily disabled after a provider auth/billing failure. Retry after about 1 minute',
    "model-auth",
  ],
  [
    "api_error",
    "Assistant output cannot be represented as an append-only response stream.",
    "broken",
  ],
];

describe("the error catalogue", () => {
  test.each(BY_STATUS)("HTTP %i %s “%s” is %s", async (status, type, message, kind) => {
    const { asked } = asking(() => jsonResponse(status, { error: { message, type } }));
    const answer = await asked;
    expect(answer).toMatchObject({ ok: false, failure: { kind } });
    const reason = answer.ok ? "" : answer.failure.reason;
    expect(reason).toContain(`HTTP ${status}, ${type}, ${message}`);
  });

  test.each(IN_STREAM)("%s “%s” inside a stream is %s", async (type, message, kind) => {
    const role = event({ id: "chatcmpl_1", choices: [{ delta: { role: "assistant" } }] });
    const error = event({ error: { message, type } });
    const { asked } = asking(() => streamOf(role, error, DONE).response());
    const answer = await asked;
    expect(answer).toMatchObject({ ok: false, failure: { kind } });
    expect(answer.ok ? "" : answer.failure.reason).toContain("in the stream");
  });

  const pages: [number, string, FailureKind][] = [
    [404, "Not Found", "endpoint-off"],
    [405, "Method Not Allowed", "endpoint-off"],
    [401, "<html>login</html>", "unauthorized"],
    [403, "<html>forbidden</html>", "forbidden"],
    [413, "<html>Request Entity Too Large</html>", "too-large"],
    [429, "slow down", "model-busy"],
    [502, "<html>Bad Gateway</html>", "unreachable"],
    [503, "<html>Service Unavailable</html>", "busy"],
    [500, "", "internal"],
    [504, "<html>Gateway Timeout</html>", "unreachable"],
    [200, "<html>Welcome to nginx</html>", "endpoint-off"],
    [302, "", "endpoint-off"],
  ];
  test.each(pages)("HTTP %i with the text “%s” is %s", async (status, body, kind) => {
    const { asked } = asking(() => new Response(body, { status }));
    expect(await asked).toMatchObject({ ok: false, failure: { kind } });
  });

  test.each([
    [503, "service_unavailable", "1", 1000],
    [429, "rate_limited", "5", 5000],
  ])("keeps the gateway's Retry-After: HTTP %i %s", async (status, type, seconds, ms) => {
    const error = { error: { message: "later", type } };
    const { asked } = asking(() => jsonResponse(status, error, { "retry-after": seconds }));
    expect(await asked).toMatchObject({ failure: { kind: "busy", retryAfterMs: ms } });
  });

  test.each(["soon", "-1", "0", "Wed, 21 Oct 2026 07:28:00 GMT"])(
    "ignores a Retry-After that is no number of seconds: %s",
    async (seconds) => {
      const error = { error: { message: "later", type: "service_unavailable" } };
      const { asked } = asking(() => jsonResponse(503, error, { "retry-after": seconds }));
      const answer = await asked;
      expect(answer.ok ? {} : answer.failure).not.toHaveProperty("retryAfterMs");
    },
  );

  const networks: [string, Error, FailureKind][] = [
    ["a gateway that is down", networkError("ECONNREFUSED"), "unreachable"],
    ["an unknown host", networkError("ENOTFOUND", "getaddrinfo ENOTFOUND gw"), "unreachable"],
    ["no route", networkError("EHOSTUNREACH"), "unreachable"],
    ["no network", networkError("ENETUNREACH"), "unreachable"],
    ["DNS that is away", networkError("EAI_AGAIN", "getaddrinfo EAI_AGAIN gw"), "unreachable"],
    [
      "a host that does not answer the connect",
      networkError("UND_ERR_CONNECT_TIMEOUT", "Connect Timeout Error (timeout: 10000ms)"),
      "unreachable",
    ],
    ["a connect that times out", networkError("ETIMEDOUT", "connect ETIMEDOUT"), "unreachable"],
    [
      "both addresses refused",
      new TypeError("fetch failed", {
        cause: new AggregateError([Object.assign(new Error(""), { code: "ECONNREFUSED" })], ""),
      }),
      "unreachable",
    ],
    ["a connection that broke", networkError("ECONNRESET", "read ECONNRESET"), "broken"],
    ["a peer that hung up", networkError("UND_ERR_SOCKET", "other side closed"), "broken"],
  ];
  test.each(networks)("%s", async (_what, error, kind) => {
    const answer = await asking(() => error).asked;
    expect(answer).toMatchObject({ ok: false, failure: { kind } });
    expect(answer.ok ? "" : answer.failure.reason).toContain("http://127.0.0.1:18789");
  });
});

describe("errorIn()", () => {
  test.each([
    [{ error: { message: "m", type: "t" } }, { message: "m", type: "t" }],
    [{ error: { message: "m" } }, { message: "m", type: "" }],
    [{ error: { type: 5 } }, { message: "", type: "" }],
    [
      { ok: false, error: { type: "not_found", message: "m" } },
      { message: "m", type: "not_found" },
    ],
    [{ error: "internal error" }, { message: "internal error", type: "" }],
  ])("reads %j", (json, error) => {
    expect(errorIn(json)).toEqual(error);
  });

  test.each(["null", "7", '"x"', "[]", "{}", '{"error":null}', '{"choices":[]}'])(
    "sees no error in %s",
    (text) => {
      expect(errorIn(JSON.parse(text))).toBeUndefined();
    },
  );
});

describe("isOutage()", () => {
  const kinds = new Map(
    [...BY_STATUS.map(([, , , kind]) => kind), ...IN_STREAM.map(([, , kind]) => kind)].map(
      (kind) => [kind, isOutage({ kind, reason: "" })],
    ),
  );

  test("is what a turn may be held for: the gateway took nothing and may do so later", () => {
    const held = [...kinds].filter(([, is]) => is).map(([kind]) => kind);
    expect(held.toSorted()).toEqual(["busy", "needs-restart"]);
    expect(isOutage({ kind: "unreachable", reason: "" })).toBe(true);
  });

  test.each(["broken", "timeout", "aborted", "model-busy", "internal"] as const)(
    "is never what a turn may have been begun by: %s",
    (kind) => {
      expect(isOutage({ kind, reason: "" })).toBe(false);
    },
  );
});

describe("classify()", () => {
  test("quotes what the gateway said, but not without end", () => {
    const { reason } = classify({ status: 500, type: "t", message: "x".repeat(10_000) });
    expect(reason).toContain("HTTP 500, t, xxx");
    expect(reason.length).toBeLessThan(1000);
  });

  test("does not know everything: internal", () => {
    expect(classify({ status: 418, type: "", message: "teapot" }).kind).toBe("internal");
  });
});
