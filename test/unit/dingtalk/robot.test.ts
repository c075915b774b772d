import { describe, expect, test } from "bun:test";
import { createRobotApi, isAddressable } from "../../../src/core/dingtalk/robot.ts";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Message } from "../../../src/core/message.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { words } from "../../support/fake-messages.ts";
import {
  createFakeFetch,
  jsonResponse,
  networkError,
  never,
  type FakeCall,
} from "../../support/fake-fetch.ts";

type Answer = Response | Promise<Response> | Error;

const direct: Chat = { account: "a", kind: "direct", conversationId: "cid1", userId: "staff1" };
const group: Chat = { account: "a", kind: "group", conversationId: "cid2", userId: undefined };
const hello: Message = { format: "text", title: "t", parts: [{ text: "hello" }] };
const key = () => jsonResponse(200, { processQueryKey: "key1" });
const badToken = () =>
  jsonResponse(400, { code: "InvalidAuthentication", message: "不合法的access_token" });

function sending(answer: (call: FakeCall, at: number) => Answer) {
  const clock = createFakeClock();
  const mints: FakeCall[] = [];
  const sends: FakeCall[] = [];
  const { fetch } = createFakeFetch((call) => {
    if (call.url.endsWith("/accessToken")) {
      mints.push(call);
      return jsonResponse(200, { accessToken: `token-${mints.length - 1}`, expireIn: 7200 });
    }
    sends.push(call);
    return answer(call, sends.length - 1);
  });
  const apiUrl = "https://api.dingtalk.com";
  const tokens = createTokenSource({ apiUrl, clientId: "c", clientSecret: "s3cret", fetch, clock });
  const throttle = createThrottle({ perSecond: 20, clock });
  const robot = createRobotApi({ apiUrl, robotCode: "robot1", tokens, throttle, fetch, clock });
  const stop = new AbortController();
  const send = (chat = direct, message: Message = hello, userIds?: readonly string[]) =>
    robot.send(chat, message, stop.signal, userIds);
  return { clock, mints, sends, send, stop };
}

describe("send()", () => {
  test("reaches one person", async () => {
    const { sends, send } = sending(key);
    expect(await send()).toEqual({ ok: true, processQueryKey: "key1" });
    expect(sends[0]).toMatchObject({
      url: "https://api.dingtalk.com/v1.0/robot/oToMessages/batchSend",
      method: "POST",
      redirect: "manual",
    });
    expect(sends[0]?.headers.get("x-acs-dingtalk-access-token")).toBe("token-0");
    expect(JSON.parse(sends[0]?.body ?? "")).toEqual({
      robotCode: "robot1",
      userIds: ["staff1"],
      msgKey: "sampleText",
      msgParam: '{"content":"hello"}',
    });
  });

  test("reaches a group, naming whom it cannot mention", async () => {
    const { sends, send } = sending(key);
    const mention = { userId: "staff1", nick: "小明" };
    await send(group, { format: "markdown", title: "t", parts: [{ text: "# h", mention }] });
    expect(sends[0]?.url).toBe("https://api.dingtalk.com/v1.0/robot/groupMessages/send");
    expect(JSON.parse(sends[0]?.body ?? "")).toEqual({
      robotCode: "robot1",
      openConversationId: "cid2",
      msgKey: "sampleMarkdown",
      msgParam: '{"title":"t","text":"@小明\\n\\n# h"}',
    });
  });

  test("takes empty lists for a success, with a key or without", async () => {
    const lists = { invalidStaffIdList: [], flowControlledStaffIdList: [] };
    expect(await sending(() => jsonResponse(200, lists)).send()).toEqual({ ok: true });
    const both = { ...lists, processQueryKey: "k" };
    expect(await sending(() => jsonResponse(200, both)).send()).toMatchObject({ ok: true });
  });

  test("looks at who did not get it, whatever else the answer says", async () => {
    const invalid = { processQueryKey: "k", invalidStaffIdList: ["staff1"] };
    const gone = await sending(() => jsonResponse(200, invalid)).send();
    expect(gone).toMatchObject({ ok: false, failure: "final" });
    expect(gone.ok ? "" : gone.reason).toContain("not a member");

    const held = { processQueryKey: "k", flowControlledStaffIdList: ["staff1"] };
    expect(await sending(() => jsonResponse(200, held)).send()).toMatchObject({
      ok: false,
      failure: "retry",
      waitMs: 60_000,
    });
  });

  test.each([
    ["in DingTalk's way", badToken],
    ["by HTTP 401", () => new Response("", { status: 401 })],
  ] as const)("mints once more when the token is refused %s", async (_what, refusal) => {
    const { mints, sends, send } = sending((_call, at) => (at === 0 ? refusal() : key()));
    expect(await send()).toMatchObject({ ok: true });
    expect(mints).toHaveLength(2);
    expect(sends.map(({ headers }) => headers.get("x-acs-dingtalk-access-token"))).toEqual([
      "token-0",
      "token-1",
    ]);
  });

  test.each([
    ["in DingTalk's way", badToken],
    ["by HTTP 401", () => new Response("", { status: 401 })],
  ] as const)("is blocked when that one is refused %s too", async (_what, refusal) => {
    const { mints, sends, send } = sending(refusal);
    const sent = await send();
    expect(sent).toMatchObject({ ok: false, failure: "blocked" });
    expect(sent.ok ? "" : sent.reason).toContain("clientId");
    expect(mints).toHaveLength(2);
    expect(sends).toHaveLength(2);
  });

  test("shares the new token when many are refused at once", async () => {
    const { mints, send } = sending(({ headers }) =>
      headers.get("x-acs-dingtalk-access-token") === "token-0" ? badToken() : key(),
    );
    const results = await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(mints).toHaveLength(2);
  });

  test("passes on why there is no token, and sends nothing", async () => {
    const clock = createFakeClock();
    const { fetch, calls } = createFakeFetch(key);
    const robot = createRobotApi({
      apiUrl: "https://api.dingtalk.com",
      robotCode: "r",
      tokens: {
        get: () => Promise.resolve({ ok: false, failure: "blocked", reason: "no" }),
        drop: () => {},
      },
      throttle: createThrottle({ perSecond: 20, clock }),
      fetch,
      clock,
    });
    expect(await robot.send(group, hello, new AbortController().signal)).toEqual({
      ok: false,
      failure: "blocked",
      reason: "no",
    });
    expect(calls).toHaveLength(0);
  });

  test.each([
    ["a 5xx", () => jsonResponse(500, { code: "system.error" })],
    ["a success that cannot be read", () => new Response("ok")],
    ["a success that says nothing", () => jsonResponse(200, {})],
    ["a connection lost in between", () => networkError("ECONNRESET", "read ECONNRESET")],
  ] as const)("does not know what became of it after %s", async (_what, answer) => {
    expect(await sending(answer).send()).toMatchObject({
      ok: false,
      failure: "retry",
      uncertain: true,
    });
  });

  test.each([
    ["no connection", () => networkError("ECONNREFUSED")],
    ["a limit", () => jsonResponse(403, { code: "Forbidden.AccessDenied.QpsLimitForApi" })],
    ["a ban", () => jsonResponse(200, { status: 1111, wait: 5, punish: "deny" })],
  ] as const)("knows that it did not go out after %s", async (_what, answer) => {
    const sent = await sending(answer).send();
    expect(sent).toMatchObject({ ok: false, failure: "retry" });
    expect(sent).not.toHaveProperty("uncertain");
  });

  test("takes an error for one even when the status says 200", async () => {
    const sent = await sending(() => jsonResponse(200, { code: "group.disbanded" })).send(group);
    expect(sent).toMatchObject({ ok: false, failure: "final" });
  });

  test("waits 10 s for an answer; less when it is stopped", async () => {
    const slow = sending(never);
    const late = slow.send();
    await slow.clock.advance(10_000);
    expect(await late).toMatchObject({ failure: "retry", uncertain: true });

    const stopped = sending(never);
    const sent = stopped.send();
    await stopped.clock.settle();
    stopped.stop.abort();
    expect(await sent).toMatchObject({ failure: "retry", uncertain: true });
    expect(stopped.clock.pending).toBe(0);
    const again = await stopped.send();
    expect(again).toMatchObject({ failure: "retry" });
    expect(again).not.toHaveProperty("uncertain");
  });

  test.each([
    ["DingTalk", (token: string) => jsonResponse(400, { code: "x", message: `bad ${token}` })],
    ["a network error", (token: string) => networkError("ECONNRESET", `bad header ${token}`)],
  ] as const)("never puts the token into a reason, whatever %s says", async (_what, answer) => {
    const { send } = sending(({ headers }) =>
      answer(headers.get("x-acs-dingtalk-access-token") ?? ""),
    );
    const said = JSON.stringify(await send());
    expect(said).toContain("bad");
    expect(said).not.toContain("token-0");
  });

  test("does not try to reach outsiders", async () => {
    const { sends, mints, send } = sending(key);
    const outsider = { ...direct, userId: "$:LWCP_v1:$abc" };
    expect(await send(outsider)).toMatchObject({ ok: false, failure: "final" });
    expect([...sends, ...mints]).toHaveLength(0);
  });
});

test("isAddressable() knows whom the API reaches", () => {
  expect(isAddressable(direct)).toBe(true);
  expect(isAddressable(group)).toBe(true);
  expect(isAddressable({ ...direct, userId: "$:LWCP_v1:$abc" })).toBe(false);
  expect(isAddressable({ ...direct, userId: "" })).toBe(false);
  expect(isAddressable({ ...direct, userId: undefined })).toBe(false);
});

describe("send() to several people", () => {
  const people = ["one", "two", "three"];
  const batch = { ...direct, userId: undefined };

  test("is one call", async () => {
    const { sends, send } = sending(key);
    expect(await send(batch, hello, people)).toEqual({ ok: true, processQueryKey: "key1" });
    expect(sends).toHaveLength(1);
    expect(JSON.parse(sends[0]?.body ?? "")).toMatchObject({ userIds: people });
  });

  test("tells who will never get it and who gets it later", async () => {
    const { send } = sending(() =>
      jsonResponse(200, {
        processQueryKey: "key1",
        invalidStaffIdList: ["two"],
        flowControlledStaffIdList: ["three", "two"],
      }),
    );
    expect(await send(batch, hello, people)).toMatchObject({
      ok: true,
      processQueryKey: "key1",
      refused: [{ userId: "two" }],
      limited: ["three"],
    });
  });

  test.each([
    ["nobody of them is known", { invalidStaffIdList: people }, "final"],
    ["all have had too many", { flowControlledStaffIdList: people }, "retry"],
  ])("%s", async (_why, lists, failure) => {
    const { send } = sending(() => jsonResponse(200, { processQueryKey: "key1", ...lists }));
    expect(await send(batch, hello, people)).toMatchObject({ ok: false, failure });
  });

  test("some refused, all others limited: none is lost", async () => {
    const { send } = sending(() =>
      jsonResponse(200, {
        invalidStaffIdList: ["one"],
        flowControlledStaffIdList: ["two", "three"],
      }),
    );
    expect(await send(batch, hello, people)).toMatchObject({
      ok: true,
      refused: [{ userId: "one" }],
      limited: ["two", "three"],
    });
  });
});

test("send() tells what the OpenAPI cannot carry", async () => {
  const { send } = sending(key);
  const calling: Message = { ...words("hello"), at: { userIds: ["staff2"] } };
  expect(await send(group, calling)).toEqual({
    ok: true,
    processQueryKey: "key1",
    leftOut: ["at"],
  });
});
