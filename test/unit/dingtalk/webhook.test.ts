import { describe, expect, test } from "bun:test";
import { httpVerdict, webhookVerdict } from "../../../src/core/dingtalk/errors.ts";
import { isTrustedWebhook, sendToWebhook } from "../../../src/core/dingtalk/webhook.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, networkError } from "../../support/fake-fetch.ts";
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

describe("webhookVerdict()", () => {
  test.each([
    [-1, "retry"],
    [130101, "retry"],
    [410100, "retry"],
    [90018, "retry"],
    [300001, "expired"],
    [300005, "expired"],
    [400101, "expired"],
    [400013, "final"],
    [400102, "final"],
    [400105, "final"],
    [400106, "final"],
    [310000, "final"],
    [430101, "final"],
    [430104, "final"],
    [460101, "final"],
    [401102, "final"],
    [123456, "retry"],
  ] as const)("takes errcode %i for %s", (code, failure) => {
    const verdict = webhookVerdict(code, "said DingTalk");
    expect(verdict.failure).toBe(failure);
    expect(verdict.reason).toContain(`errcode ${code} said DingTalk`);
  });
});

describe("httpVerdict()", () => {
  test.each([
    [403, "retry"],
    [408, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
    [302, "final"],
    [400, "final"],
    [401, "final"],
    [404, "final"],
  ] as const)("takes HTTP %i for %s", (status, failure) => {
    expect(httpVerdict(status)).toEqual({ failure, reason: `DingTalk answered HTTP ${status}` });
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

  test("never puts the URL into a reason", async () => {
    const failed = await send(() => networkError("ECONNRESET", `socket of ${WEBHOOK} hung up`));
    expect(failed).toMatchObject({ ok: false, failure: "retry" });
    expect(JSON.stringify(failed)).toContain("oapi.dingtalk.com");
    expect(JSON.stringify(failed)).not.toContain("session=");
  });
});
