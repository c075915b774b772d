import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { openConnection, type OpenFailure } from "../../../src/core/stream/open.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  createFakeFetch,
  jsonResponse,
  networkError,
  never,
  type FakeCall,
} from "../../support/fake-fetch.ts";

const SECRET = "s3cr3t-of-the-app";

function opening(
  answer: (call: FakeCall) => Response | Promise<Response> | Error,
  given: { readonly apiUrl?: string; readonly signal?: AbortSignal } = {},
) {
  const clock = createFakeClock();
  const { fetch, calls } = createFakeFetch(answer);
  const result = openConnection({
    apiUrl: "https://api.dingtalk.com",
    clientId: "dingclient",
    clientSecret: SECRET,
    fetch,
    clock,
    timeoutMs: 10_000,
    userAgent: "dingbridge/1.2.3",
    ...given,
  });
  return { result, calls, clock };
}

const endpoint = (endpoint: string, ticket = "98d1ea6f-c580-11ee") =>
  jsonResponse(200, { endpoint, ticket });

describe("openConnection()", () => {
  test("posts credentials and subscriptions as DingTalk documents them", async () => {
    const { result, calls } = opening(() => endpoint("wss://stream.dingtalk.com:443/connect"));
    await result;
    const call = calls[0] as FakeCall;
    expect(call.url).toBe("https://api.dingtalk.com/v1.0/gateway/connections/open");
    expect(call.method).toBe("POST");
    expect(call.headers.get("content-type")).toBe("application/json");
    expect(call.headers.get("accept")).toBe("application/json");
    expect(call.redirect).toBe("error");
    expect(JSON.parse(call.body)).toEqual({
      clientId: "dingclient",
      clientSecret: SECRET,
      subscriptions: [
        { type: "CALLBACK", topic: "/v1.0/im/bot/messages/get" },
        { type: "CALLBACK", topic: "/v1.0/card/instances/callback" },
      ],
      ua: "dingbridge/1.2.3",
    });
  });

  test("joins endpoint and ticket, host and path as answered", async () => {
    const { result } = opening(() => endpoint("wss://any-host.dingtalk.com:443/connect/v2"));
    expect(await result).toEqual({
      ok: true,
      url: "wss://any-host.dingtalk.com/connect/v2?ticket=98d1ea6f-c580-11ee",
    });
  });

  test("keeps a query the endpoint already has", async () => {
    const { result } = opening(() => endpoint("wss://h.dingtalk.com/connect?zone=a", "t"));
    expect(await result).toEqual({ ok: true, url: "wss://h.dingtalk.com/connect?zone=a&ticket=t" });
  });

  test("encodes any ticket so that it arrives as it was given", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (ticket) => {
        const { result } = opening(() => endpoint("wss://h.dingtalk.com/connect", ticket));
        const opened = await result;
        expect(opened.ok && new URL(opened.url).searchParams.get("ticket")).toBe(ticket);
      }),
    );
  });

  test("refuses an endpoint that is not encrypted", async () => {
    const { result } = opening(() => endpoint("ws://evil.test/connect"));
    expect(await result).toMatchObject({ ok: false, failure: "refused" });
  });

  test("takes ws: where the API address itself is plain http", async () => {
    const { result } = opening(() => endpoint("ws://127.0.0.1:9/connect", "t"), {
      apiUrl: "http://127.0.0.1:9",
    });
    expect(await result).toEqual({ ok: true, url: "ws://127.0.0.1:9/connect?ticket=t" });
  });

  test.each(["http://h.test/connect", "https://h.test/connect", "javascript:alert(1)"])(
    "refuses %s as an endpoint even then",
    async (url) => {
      const { result } = opening(() => endpoint(url), { apiUrl: "http://127.0.0.1:9" });
      expect(await result).toMatchObject({ ok: false, failure: "refused" });
    },
  );

  const html = "<html><body>400 The plain HTTP request was sent to HTTPS port</body></html>";
  const said = (code: string, message: string) => ({ code, message, requestid: "ED203550" });
  const refusals: [string, () => Response, OpenFailure, RegExp][] = [
    [
      "wrong credentials",
      () => jsonResponse(401, said("authFailed", "鉴权失败")),
      "credentials",
      /clientSecret/,
    ],
    ["a 401 without a body", () => new Response("", { status: 401 }), "credentials", /HTTP 401/],
    [
      "an app without Stream",
      () => jsonResponse(400, said("systemError", "系统错误")),
      "configuration",
      /Stream/,
    ],
    [
      "a bad parameter",
      () => jsonResponse(400, said("invalidParameter", "ua invalid")),
      "refused",
      /ua invalid/,
    ],
    [
      "a forbidden address",
      () => jsonResponse(403, said("Forbidden.AccessDenied.IpNotInWhiteList", "ip")),
      "refused",
      /IpNotInWhiteList/,
    ],
    ["a mangled request", () => new Response(html, { status: 400 }), "refused", /proxy/],
    [
      "too many requests",
      () => jsonResponse(429, said("Throttling", "slow")),
      "unavailable",
      /busy/,
    ],
    ["a 500", () => new Response("oops", { status: 500 }), "unavailable", /HTTP 500/],
    ["a 503", () => new Response(html, { status: 503 }), "unavailable", /HTTP 503/],
    ["an HTML page with 200", () => new Response(html), "unavailable", /proxy/],
    [
      "an answer without ticket",
      () => jsonResponse(200, { endpoint: "wss://h.test/" }),
      "unavailable",
      /ticket/,
    ],
    ["an empty ticket", () => endpoint("wss://h.test/", ""), "unavailable", /ticket/],
    ["an endpoint that is no URL", () => endpoint("nonsense"), "unavailable", /endpoint/],
    ["null", () => jsonResponse(200, null), "unavailable", /endpoint/],
  ];
  test.each(refusals)("reports %s by what helps", async (_what, answer, failure, reason) => {
    const opened = await opening(answer).result;
    expect(opened).toMatchObject({ ok: false, failure });
    expect(opened.ok ? "" : opened.reason).toMatch(reason);
  });

  test("quotes DingTalk's code and request id, never a page's HTML", async () => {
    const named = await opening(() => jsonResponse(401, said("authFailed", "鉴权失败"))).result;
    expect(named.ok ? "" : named.reason).toContain("authFailed, 鉴权失败, requestid ED203550");
    const page = await opening(() => new Response(html, { status: 400 })).result;
    expect(page.ok ? "" : page.reason).not.toContain("<html>");
  });

  test("reports a network error as unavailable, with the cause", async () => {
    const { result } = opening(() =>
      networkError("ENOTFOUND", "getaddrinfo ENOTFOUND api.dingtalk.com"),
    );
    const opened = await result;
    expect(opened).toMatchObject({ ok: false, failure: "unavailable" });
    expect(opened.ok ? "" : opened.reason).toContain("cannot reach api.dingtalk.com");
    expect(opened.ok ? "" : opened.reason).toContain("ENOTFOUND");
  });

  test("gives up after the timeout, and not before", async () => {
    const { result, clock } = opening(never);
    let over = false;
    void result.then(() => (over = true));
    await clock.advance(9999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(await result).toMatchObject({ ok: false, failure: "unavailable" });
    expect(JSON.stringify(await result)).toContain("10000 ms");
  });

  test("is over at once when nobody waits for it any more", async () => {
    const attempt = new AbortController();
    const { result, clock } = opening(never, { signal: attempt.signal });
    attempt.abort();
    expect(await result).toMatchObject({ ok: false, failure: "unavailable" });
    expect(clock.pending).toBe(0);
  });

  test("leaves no timer behind", async () => {
    const { result, clock } = opening(() => endpoint("wss://h.dingtalk.com/connect"));
    await result;
    expect(clock.pending).toBe(0);
  });

  test("never puts the secret or a ticket into a reason", async () => {
    const answers = [
      ...refusals.map(([, answer]) => answer),
      () => endpoint("ws://h.test/", "t1cket"),
      () => networkError("ECONNRESET"),
    ];
    for (const answer of answers) {
      const text = JSON.stringify(await opening(answer).result);
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain("t1cket");
    }
  });
});
