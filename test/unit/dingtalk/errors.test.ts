import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  apiVerdict,
  refusesToken,
  webhookStatusVerdict,
  webhookVerdict,
  type SendFailure,
} from "../../../src/core/dingtalk/errors.ts";

const DENIED = "Forbidden.AccessDenied";
const BAN = '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}';

const api = (status: number, code: unknown, more: object = {}) =>
  apiVerdict(status, JSON.stringify({ code, message: "said DingTalk", requestid: "R1", ...more }));

describe("webhookVerdict()", () => {
  test.each([
    [-1, "retry", undefined],
    [130101, "retry", 60_000],
    [410100, "retry", 60_000],
    [90018, "retry", 1000],
    [90002, "retry", 1000],
    [90020, "blocked", undefined],
    [60020, "blocked", undefined],
    [60121, "final", undefined],
    [300001, "expired", undefined],
    [300005, "expired", undefined],
    [400101, "expired", undefined],
    [400013, "final", undefined],
    [400102, "final", undefined],
    [400105, "final", undefined],
    [400106, "final", undefined],
    [310000, "final", undefined],
    [430101, "final", undefined],
    [430102, "final", undefined],
    [430103, "final", undefined],
    [430104, "final", undefined],
    [460101, "final", undefined],
    [401102, "final", undefined],
    [123456, "retry", undefined],
  ] as const)("takes errcode %i for %s", (code, failure, waitMs) => {
    const verdict = webhookVerdict(code, "said DingTalk");
    expect(verdict.failure).toBe(failure);
    expect(verdict.waitMs).toBe(waitMs as never);
    expect(verdict.uncertain).toBeUndefined();
    expect(verdict.reason).toContain(`errcode ${code} said DingTalk`);
  });
});

describe("webhookStatusVerdict()", () => {
  test.each([
    [403, "retry", undefined],
    [408, "retry", undefined],
    [429, "retry", undefined],
    [200, "retry", true],
    [500, "retry", true],
    [503, "retry", true],
    [302, "expired", undefined],
    [400, "expired", undefined],
    [401, "expired", undefined],
    [404, "expired", undefined],
    [413, "final", undefined],
  ] as const)("takes HTTP %i for %s", (status, failure, uncertain) => {
    const verdict = webhookStatusVerdict(status, "");
    expect(verdict.failure).toBe(failure);
    expect(verdict.uncertain).toBe(uncertain as never);
    expect(verdict.reason).toContain(`HTTP ${status}`);
  });
});

describe("apiVerdict()", () => {
  const table: [number, string, SendFailure, number | undefined][] = [
    [403, `${DENIED}.QpsLimitForAppkeyAndApi`, "retry", 1000],
    [403, `${DENIED}.QpsLimitForApi`, "retry", 1000],
    [403, `${DENIED}.QpsLimitForSuitekeyAndOrgAndApi`, "retry", 1000],
    [403, `${DENIED}.QpmLimitForAppkeyAndApi`, "retry", 60_000],
    [403, `${DENIED}.QpmLimitForSuitekeyAndOrgAndApi`, "retry", 60_000],
    [400, "send.too.fast", "retry", 60_000],
    [400, "send.byToken.tooFast", "retry", 60_000],
    [400, "too.many.group", "retry", 60_000],
    [400, "too.many.people", "retry", 60_000],
    [429, "system.busy", "retry", undefined],
    [429, "systemBusy", "retry", undefined],
    [400, "serviceBusy", "retry", undefined],
    [400, "never.heard.of", "retry", undefined],
    [403, `${DENIED}.SomethingNew`, "retry", undefined],
    [403, `${DENIED}.ApiCountLimitForOrg`, "blocked", undefined],
    [403, `${DENIED}.IpNotInWhiteList`, "blocked", undefined],
    [403, `${DENIED}.AccessTokenPermissionDenied`, "blocked", undefined],
    [400, "invalidClientIdOrSecret", "blocked", undefined],
    [400, "InvalidAuthentication", "blocked", undefined],
    [401, "who.knows", "blocked", undefined],
    [400, "invalidParameter.robotCode.auth", "blocked", undefined],
    [400, "invalidParameter.robotCode.notExsit", "blocked", undefined],
    [400, "invalidParameter.token.invalid", "blocked", undefined],
    [400, "chatbotId.notAllow.sendOTO", "blocked", undefined],
    [400, "bot.forbidden.sendMessage", "blocked", undefined],
    [400, "send.forbidden", "blocked", undefined],
    [400, "contain.notAllowed.text", "final", undefined],
    [400, "contain.unsafe.url", "final", undefined],
    [400, "group.disbanded", "final", undefined],
    [400, "bot.stopped", "final", undefined],
    [400, "template.not.existed", "final", undefined],
    [400, "template.stopped", "final", undefined],
    [400, "resource.not.found", "final", undefined],
    [400, "robot.oto.notExist", "final", undefined],
    [400, "conversation.org.notMatch", "final", undefined],
    [400, "invalid.openConversationId", "final", undefined],
    [400, "staffId.notExisted", "final", undefined],
    [400, "session.expired", "final", undefined],
    [400, "invalidParameter.msgParam.tooLong", "final", undefined],
    [400, "invalidParameter.msgParam.invalid", "final", undefined],
    [400, "invalidParameter.userIds.overMax", "final", undefined],
    [400, "miss.param.contentOfText", "final", undefined],
    [400, "keywords.not.match", "final", undefined],
    [400, "sendMessage.model.notMatch", "final", undefined],
  ];
  test.each(table)("takes HTTP %i %s for %s", (status, code, failure, waitMs) => {
    const verdict = api(status, code);
    expect(verdict.failure).toBe(failure);
    expect(verdict.waitMs).toBe(waitMs as never);
    expect(verdict.uncertain).toBeUndefined();
    expect(verdict.reason).toContain(`HTTP ${status}, ${code}, said DingTalk, requestid R1`);
  });

  test.each([
    [400, "unknown.send.result"],
    [500, "system.error"],
    [500, "system.busy"],
    [503, "never.heard.of"],
  ])("does not know what became of it after HTTP %i %s", (status, code) => {
    expect(api(status, code)).toMatchObject({ failure: "retry", uncertain: true });
  });

  test("knows it did not go out, whatever the status, when DingTalk names a limit", () => {
    expect(api(500, `${DENIED}.QpsLimitForApi`)).not.toHaveProperty("uncertain");
  });

  test.each(["accessdenieddetail", "AccessDeniedDetail"])("names what %s lacks", (key) => {
    const detail = { [key]: { requiredScopes: ["qyapi_robot_sendmsg", "Contact.User.Read"] } };
    const { failure, reason } = api(403, `${DENIED}.AccessTokenPermissionDenied`, detail);
    expect(failure).toBe("blocked");
    expect(reason).toContain("qyapi_robot_sendmsg, Contact.User.Read");
    expect(reason).toContain("权限管理");
  });

  test("takes keys in capitals as in small letters", () => {
    const body = JSON.stringify({ Code: `${DENIED}.IpNotInWhiteList`, Message: "m" });
    expect(apiVerdict(403, body)).toMatchObject({ failure: "blocked" });
  });

  test("knows codes of the OAPI host too", () => {
    expect(api(400, 90020)).toMatchObject({ failure: "blocked" });
    expect(api(400, "60121")).toMatchObject({ failure: "final" });
  });

  test.each([
    [200, BAN],
    [403, BAN],
    [503, BAN],
    [200, `<!DOCTYPE html><html><script>${BAN}</script></html>`],
    [403, "\n<html><body>denied</body></html>"],
    [429, "<HTML>"],
  ])("takes HTTP %i %s for a ban of 5 minutes", (status, body) => {
    const verdict = apiVerdict(status, body);
    expect(verdict).toMatchObject({ failure: "retry", waitMs: 300_000 });
    expect(verdict.uncertain).toBeUndefined();
    expect(webhookStatusVerdict(status, body)).toEqual(verdict);
  });

  test.each([
    [401, "", "blocked"],
    [404, "<html>404 Not Found</html>", "blocked"],
    [413, "", "final"],
    [403, "", "retry"],
    [302, "", "retry"],
    [400, "[]", "retry"],
  ] as const)("takes HTTP %i without a code for what it says", (status, body, failure) => {
    const verdict = apiVerdict(status, body);
    expect(verdict.failure).toBe(failure);
    expect(verdict.uncertain).toBeUndefined();
  });

  test.each([
    [200, "not json"],
    [502, "<html>502 Bad Gateway</html>"],
    [504, ""],
  ])("does not know what became of it after HTTP %i %s", (status, body) => {
    expect(apiVerdict(status, body)).toMatchObject({ failure: "retry", uncertain: true });
  });

  test("makes something of every answer", () => {
    const status = fc.integer({ min: 200, max: 599 });
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ code: fc.anything() }).map((json) => JSON.stringify(json)),
    );
    fc.assert(
      fc.property(status, body, (status, body) => {
        expect(apiVerdict(status, body).reason).toContain(`HTTP ${status}`);
        expect(webhookStatusVerdict(status, body).reason).toContain(`HTTP ${status}`);
      }),
    );
  });
});

test("refusesToken() knows what DingTalk says and what its SDKs know", () => {
  expect(refusesToken(400, '{"code":"InvalidAuthentication"}')).toBe(true);
  expect(refusesToken(401, "")).toBe(true);
  expect(refusesToken(400, '{"code":"invalidClientIdOrSecret"}')).toBe(false);
  expect(refusesToken(200, '{"processQueryKey":"k"}')).toBe(false);
});
