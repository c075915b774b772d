import { describe, expect, test } from "bun:test";
import { isTrustedWebhook, sendToWebhook } from "../../../src/core/dingtalk/webhook.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { WEBHOOK } from "../../support/fake-messages.ts";

const OAPI = "https://oapi.dingtalk.com";

describe("isTrustedWebhook()", () => {
  test.each([
    WEBHOOK,
    "https://oapi.dingtalk.com:443/robot/sendBySession?session=1",
    "https://oapi-pre.dingtalk.com/robot/sendBySession?session=1",
    "https://a.b.dingtalk.com/x",
    "HTTPS://OAPI.DINGTALK.COM/x",
  ])("trusts %s", (url) => {
    expect(isTrustedWebhook(url, OAPI)).toBe(true);
  });

  test.each([
    "https://evil-dingtalk.com/robot/sendBySession?session=1",
    "https://evildingtalk.com/",
    "https://dingtalk.com.evil.test/",
    "https://evil.test/?x=.dingtalk.com",
    "https://evil.test/.dingtalk.com",
    "https://evil.test#.dingtalk.com",
    "https://evil.test\\.dingtalk.com/",
    "http://oapi.dingtalk.com/robot/sendBySession?session=1",
    "http://x.dingtalk.com/",
    "https://user@oapi.dingtalk.com/",
    "https://user:password@oapi.dingtalk.com/",
    "https://oapi.dingtalk.com@evil.test/",
    "https://x.dingtalk.com:8443/",
    "https://oapi.dingtalk.com:80/",
    "ftp://oapi.dingtalk.com/",
    "javascript:alert(1)//.dingtalk.com",
    "file:///etc/passwd",
    "oapi.dingtalk.com/robot",
    "//oapi.dingtalk.com/robot",
    "",
    "https://",
  ])("does not trust %s", (url) => {
    expect(isTrustedWebhook(url, OAPI)).toBe(false);
  });

  test("trusts the configured origin, whatever it is, and exactly that", () => {
    const oapi = "http://127.0.0.1:4000";
    expect(isTrustedWebhook("http://127.0.0.1:4000/robot/sendBySession?session=1", oapi)).toBe(
      true,
    );
    expect(isTrustedWebhook("http://127.0.0.1:4001/robot/sendBySession", oapi)).toBe(false);
    expect(isTrustedWebhook("https://127.0.0.1:4000/robot/sendBySession", oapi)).toBe(false);
    expect(isTrustedWebhook("http://user@127.0.0.1:4000/robot", oapi)).toBe(false);
    expect(isTrustedWebhook(WEBHOOK, oapi)).toBe(true);
  });
});

describe("sendToWebhook()", () => {
  const send = (answer: () => Response | Error) =>
    sendToWebhook(
      WEBHOOK,
      "{}",
      createFakeFetch(answer).fetch,
      createFakeClock(),
      new AbortController().signal,
    );

  test.each([0, "0"])("takes errcode %p for sent", async (errcode) => {
    expect(await send(() => jsonResponse(200, { errcode, errmsg: "ok" }))).toEqual({ ok: true });
  });

  test("lets the errcode decide, not the HTTP status", async () => {
    const sent = await send(() => jsonResponse(500, { errcode: 460101, errmsg: "too long" }));
    expect(sent).toMatchObject({ ok: false, failure: "final" });
  });

  test.each([undefined, null, "", " ", "x", true, {}])(
    "does not take errcode %p for sent",
    async (errcode) => {
      expect(await send(() => jsonResponse(200, { errcode }))).toMatchObject({ ok: false });
    },
  );

  test.each([
    ["a 5xx", () => new Response("", { status: 502 })],
    ["an answer that cannot be read", () => jsonResponse(200, {})],
    ["a connection lost in between", () => networkError("ECONNRESET", "read ECONNRESET")],
  ] as const)("does not know what became of it after %s", async (_what, answer) => {
    expect(await send(answer)).toMatchObject({ ok: false, failure: "retry", uncertain: true });
  });

  test.each([
    ["a clear refusal", () => jsonResponse(200, { errcode: 130101 })],
    ["no connection", () => networkError("ECONNREFUSED")],
    ["no such host", () => networkError("ENOTFOUND", "getaddrinfo ENOTFOUND oapi.dingtalk.com")],
    ["a ban", () => new Response("<html>")],
  ] as const)("knows that it did not go out after %s", async (_what, answer) => {
    const sent = await send(answer);
    expect(sent).toMatchObject({ ok: false, failure: "retry" });
    expect(sent).not.toHaveProperty("uncertain");
  });

  test("waits 10 s for an answer, and then does not know", async () => {
    const clock = createFakeClock();
    const { fetch } = createFakeFetch(never);
    const sending = sendToWebhook(WEBHOOK, "{}", fetch, clock, new AbortController().signal);
    await clock.advance(10_000);
    expect(await sending).toMatchObject({ ok: false, failure: "retry", uncertain: true });
    expect(clock.pending).toBe(0);
  });

  test("does not know either when a connection is lost within the answer", async () => {
    const broken = new ReadableStream({
      start: (controller) => controller.error(networkError("ECONNREFUSED")),
    });
    expect(await send(() => new Response(broken))).toMatchObject({ uncertain: true });
  });

  test("sends nothing once stopped", async () => {
    const { fetch, calls } = createFakeFetch(() => jsonResponse(200, { errcode: 0 }));
    const sent = await sendToWebhook(WEBHOOK, "{}", fetch, createFakeClock(), AbortSignal.abort());
    expect(sent).toEqual({ ok: false, failure: "retry", reason: "stopped before it was sent" });
    expect(calls).toHaveLength(0);
  });

  test("never puts the URL into a reason", async () => {
    const failed = await send(() => networkError("ECONNRESET", `socket of ${WEBHOOK} hung up`));
    expect(failed).toMatchObject({ ok: false, failure: "retry" });
    expect(JSON.stringify(failed)).toContain("oapi.dingtalk.com");
    expect(JSON.stringify(failed)).not.toContain(new URL(WEBHOOK).search);
  });

  test("nor what DingTalk says of it", async () => {
    const failed = await send(() => jsonResponse(200, { errcode: 1, errmsg: `bad ${WEBHOOK}` }));
    expect(JSON.stringify(failed)).not.toContain(new URL(WEBHOOK).search);
  });
});
