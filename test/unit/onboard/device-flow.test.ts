import { expect, test } from "bun:test";
import { createDeviceFlow, type DeviceCode } from "../../../src/core/dingtalk/device-flow.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  createFakeFetch,
  jsonResponse,
  networkError,
  type FakeCall,
} from "../../support/fake-fetch.ts";

const OK = { errcode: 0, errmsg: "ok" };
const PAGE = "https://page.example/app?user_code=MUEU-DEKR";
const BEGUN = {
  ...OK,
  device_code: "device-secret",
  user_code: "MUEU-DEKR",
  verification_uri_complete: PAGE,
  expires_in: 7200,
  interval: 5,
};
const CREATED = { client_id: "dingnew", client_secret: "new-secret" };

/** A flow whose calls are answered one after the other; the last answer stays. */
function flowOf(...answers: readonly (object | Error | Response)[]) {
  const clock = createFakeClock();
  const steps: FakeCall[] = [];
  const { fetch } = createFakeFetch((call, at) => {
    steps.push(call);
    const answer = answers[Math.min(at, answers.length - 1)] ?? OK;
    return answer instanceof Error || answer instanceof Response
      ? answer
      : jsonResponse(200, answer);
  });
  const flow = createDeviceFlow({ oapiUrl: "https://oapi.example", fetch, clock });
  return { flow, clock, steps };
}

const NEVER = new AbortController().signal;

function codeOf(clock: { monotonic(): number }, lifeMs = 600_000): DeviceCode {
  const expiresAt = clock.monotonic() + lifeMs;
  return { deviceCode: "device-secret", userCode: "", url: PAGE, intervalMs: 5000, expiresAt };
}

/** Polls with these answers until it is over. */
async function polled(...answers: readonly (object | Error | Response)[]) {
  const { flow, clock, steps } = flowOf(...answers);
  const statuses: string[] = [];
  const over = flow.wait(codeOf(clock), (status) => statuses.push(status), NEVER);
  await clock.advance(700_000);
  return { ended: await over, statuses, polls: steps.length };
}

test("a code is had by a nonce, and nothing but its page is shown", async () => {
  const { flow, clock, steps } = flowOf({ ...OK, nonce: "nr_1", expires_in: 300 }, BEGUN);
  const begun = await flow.begin(NEVER);
  expect(begun).toEqual({
    ok: true,
    code: {
      deviceCode: "device-secret",
      userCode: "MUEU-DEKR",
      url: PAGE,
      intervalMs: 5000,
      // Its own figure of two hours is not believed.
      expiresAt: clock.monotonic() + 15 * 60_000,
    },
  });
  expect(steps.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
    ["https://oapi.example/app/registration/init", {}],
    ["https://oapi.example/app/registration/begin", { nonce: "nr_1" }],
  ]);
});

test.each([
  [
    "an error of DingTalk's",
    { errcode: 88, errmsg: "nonce nr_1 不存在" },
    "errcode 88: nonce *** 不存在",
  ],
  ["a page that is not encrypted", { ...BEGUN, verification_uri_complete: "http://x/" }, "https"],
  ["a page that is no address", { ...BEGUN, verification_uri_complete: "javascript:1" }, "https"],
  ["no network", networkError("ECONNREFUSED"), "cannot reach oapi.example"],
  ["a proxy's page", new Response("<html>", { status: 502 }), "HTTP 502"],
])("there is no code with %s", async (_what, answer, reason) => {
  const { flow } = flowOf({ ...OK, nonce: "nr_1" }, answer);
  const begun = await flow.begin(NEVER);
  expect(begun).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  expect(JSON.stringify(begun)).not.toContain("nr_1");
});

test("without approval: each status is told once, then the credentials come", async () => {
  const { ended, statuses, polls } = await polled(
    { ...OK, status: "WAITING" },
    { ...OK, status: "WAITING" },
    { ...OK, status: "CREATING" },
    { ...OK, status: "PUBLISHING" },
    { ...OK, status: "SUCCESS", ...CREATED },
  );
  expect(ended).toEqual({
    kind: "created",
    clientId: "dingnew",
    clientSecret: "new-secret",
    status: "SUCCESS",
  });
  expect(statuses).toEqual(["WAITING", "CREATING", "PUBLISHING"]);
  expect(polls).toBe(5);
});

test("credentials decide, also while an approval is awaited", async () => {
  const { ended } = await polled({ ...OK, status: "APPROVING", ...CREATED });
  expect(ended).toMatchObject({ kind: "created", clientId: "dingnew", status: "APPROVING" });
});

test("half of the credentials are none", async () => {
  const { ended } = await polled({ ...OK, status: "SUCCESS", client_id: "dingnew" });
  expect(ended).toEqual({ kind: "expired" });
});

test("a status no document names is pending", async () => {
  const { ended, statuses } = await polled(
    { ...OK, status: "DANCING\u001B[2J" },
    { ...OK, status: "SUCCESS", ...CREATED },
  );
  expect(ended.kind).toBe("created");
  expect(statuses).toEqual(["DANCING [2J"]);
});

test.each([
  [
    { ...OK, status: "FAIL", fail_reason: "用户拒绝授权" },
    { kind: "failed", reason: "用户拒绝授权" },
  ],
  [
    { ...OK, status: "FAIL" },
    { kind: "failed", reason: "" },
  ],
  [{ ...OK, status: "EXPIRED" }, { kind: "expired" }],
  [
    { errcode: 400, errmsg: "bad device-secret" },
    { kind: "refused", reason: "DingTalk says no (errcode 400: bad ***)" },
  ],
])("%j ends it", async (answer, ended) => {
  expect(await polled({ ...OK, status: "WAITING" }, answer)).toMatchObject({ ended, polls: 2 });
});

test("what does not get through is tried again", async () => {
  const { ended, statuses } = await polled(
    networkError("ECONNRESET"),
    new Response("<html>busy", { status: 503 }),
    { ...OK, status: "SUCCESS", ...CREATED },
  );
  expect(ended.kind).toBe("created");
  expect(statuses).toEqual([]);
});

test("it is polled as often as asked, and once more when the code has expired", async () => {
  const { flow, clock, steps } = flowOf({ ...OK, status: "WAITING" });
  const over = flow.wait(codeOf(clock, 12_000), () => undefined, NEVER);
  await clock.advance(4999);
  expect(steps).toHaveLength(0);
  await clock.advance(1);
  expect(steps).toHaveLength(1);
  await clock.advance(10_000);
  expect(await over).toEqual({ kind: "expired" });
  expect(steps).toHaveLength(3);
  expect(clock.pending).toBe(0);
});

test("it ends when somebody wants it to, with their reason and no timer left", async () => {
  const { flow, clock } = flowOf({ ...OK, status: "WAITING" });
  const stop = new AbortController();
  const over = flow.wait(codeOf(clock), () => undefined, stop.signal);
  const caught = over.catch((error: unknown) => error);
  await clock.advance(7000);
  const reason = new Error("enough");
  stop.abort(reason);
  expect(await caught).toBe(reason);
  expect(clock.pending).toBe(0);
});
