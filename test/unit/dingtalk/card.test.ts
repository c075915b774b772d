import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  CARD_CALLS,
  createCardApi,
  isStopButton,
  readCardCallback,
} from "../../../src/core/dingtalk/card.ts";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, never, type FakeCall } from "../../support/fake-fetch.ts";

type Answer = Response | Promise<Response> | Error;

const direct: Chat = { account: "a", kind: "direct", conversationId: "cid1", userId: "staff1" };
const group: Chat = { account: "a", kind: "group", conversationId: "cid2==", userId: undefined };
const SDK_TEMPLATE = "382e4302-551d-4880-bf29-a30acfab2e71.schema";

const done = () => jsonResponse(200, { success: true, result: true });
const delivered = (one: object = {}) =>
  jsonResponse(200, {
    success: true,
    result: {
      outTrackId: "card1",
      deliverResults: [{ success: true, carrierId: "carrier1", errorMsg: "SYSTEM_ERROR", ...one }],
    },
  });
const refusal = (status: number, code: string, more: object = {}) =>
  jsonResponse(status, { code, message: "…", requestid: "r1", ...more });

function calling(answer: (call: FakeCall, at: number) => Answer, perSecond = 15) {
  const clock = createFakeClock();
  const calls: FakeCall[] = [];
  const { fetch } = createFakeFetch((call) => {
    if (call.url.endsWith("/accessToken"))
      return jsonResponse(200, { accessToken: `token-${calls.length}`, expireIn: 7200 });
    calls.push(call);
    return answer(call, calls.length - 1);
  });
  const apiUrl = "https://api.dingtalk.com";
  const tokens = createTokenSource({ apiUrl, clientId: "c", clientSecret: "s3cret", fetch, clock });
  const throttle = createThrottle({ perSecond, clock });
  const stop = new AbortController();
  const { signal } = stop;
  const api = (templateId = SDK_TEMPLATE, contentKey = "msgContent") => {
    const options = { apiUrl, robotCode: "robot1", tokens, throttle, fetch, clock };
    return createCardApi({ ...options, templateId, contentKey });
  };
  const cards = api();
  const bodies = () => calls.map(({ body }) => JSON.parse(body));
  return {
    clock,
    calls,
    bodies,
    throttle,
    stop,
    api,
    create: (chat: Chat, text = "hello", more: object = {}) =>
      cards.create({ outTrackId: "card1", chat, text, ...more }, signal),
    stream: (text: string, final = false) =>
      cards.stream({ outTrackId: "card1", text, final }, "guid1", signal),
    finish: (text: string) => cards.finish("card1", text, signal),
    signal,
  };
}

describe("create()", () => {
  test("puts a card with its text into a direct chat, as this robot", async () => {
    const { create, calls, bodies } = calling(() => delivered());
    expect(await create(direct, "**hello**\n")).toEqual({ ok: true, processQueryKey: "carrier1" });
    expect(calls[0]).toMatchObject({
      url: "https://api.dingtalk.com/v1.0/card/instances/createAndDeliver",
      method: "POST",
    });
    expect(calls[0]?.headers.get("x-acs-dingtalk-access-token")).toBe("token-0");
    expect(bodies()[0]).toMatchObject({
      cardTemplateId: SDK_TEMPLATE,
      outTrackId: "card1",
      callbackType: "STREAM",
      userIdType: 1,
      cardData: { cardParamMap: { msgContent: "**hello**", flowStatus: "2" } },
      openSpaceId: "dtv1.card//IM_ROBOT.staff1",
      imRobotOpenSpaceModel: { lastMessageI18n: { ZH_CN: "hello" } },
      imRobotOpenDeliverModel: {
        spaceType: "IM_ROBOT",
        robotCode: "robot1",
        extension: { dynamicSummary: "true" },
      },
    });
  });

  test("mentions in a group whom it is for, if they can be", async () => {
    const { create, bodies } = calling(() => delivered());
    await create(group, "hello", { asker: { userId: "staff1", nick: "小明" } });
    await create(group, "hello", { asker: { userId: undefined, nick: "outsider" } });
    const [first, second] = bodies();
    expect(first.openSpaceId).toBe("dtv1.card//IM_GROUP.cid2==");
    expect(first.imGroupOpenDeliverModel).toMatchObject({
      robotCode: "robot1",
      atUserIds: { staff1: "小明" },
    });
    expect(second.imGroupOpenDeliverModel).not.toHaveProperty("atUserIds");
  });

  test("gives a template only variables that are its own", async () => {
    const { api, bodies, create, signal } = calling(() => delivered());
    await create(direct);
    const own = api("mine.schema", "answer");
    await own.create({ outTrackId: "x", chat: direct, text: "" }, signal);
    const [sdk, mine] = bodies().map(({ cardData }) => cardData.cardParamMap);
    expect(JSON.parse(sdk.sys_full_json_obj).order).toContain("msgContent");
    // DingTalk takes no empty text.
    expect(mine).toEqual({ answer: "…", flowStatus: "2" });
  });

  test("does not believe a success whose delivery failed", async () => {
    const { create } = calling(() => delivered({ success: false, errorMsg: "robot not in group" }));
    const created = await create(group);
    expect(created).toMatchObject({ ok: false, failure: "final" });
    expect(created.ok ? "" : created.reason).toContain("robot not in group");
    expect(created).not.toHaveProperty("uncertain");
  });

  test("is unsure about a success that does not tell of a delivery", async () => {
    const { create } = calling(() => jsonResponse(200, { success: true, result: {} }));
    expect(await create(group)).toMatchObject({ ok: false, failure: "retry", uncertain: true });
  });

  test("finds the card an earlier try has made", async () => {
    const { create } = calling(() => refusal(400, "param.cardAlreadyExist"));
    expect(await create(group)).toEqual({ ok: true });
  });

  test("asks nobody about outsiders", async () => {
    const { create, calls } = calling(() => delivered());
    const outsider = { ...direct, userId: "$:LWCP_v1:$x" };
    expect(await create(outsider)).toMatchObject({ ok: false, failure: "final" });
    expect(calls).toHaveLength(0);
  });

  test.each([
    ["param.templateNotExist", "card.templateId"],
    ["param.templateUnpublished", "card.templateId"],
    ["Forbidden.AccessDenied.AccessTokenPermissionDenied", "Card.Instance.Write"],
  ])("names what to mend: %s", async (code, named) => {
    const created = await calling(() => refusal(400, code)).create(group);
    expect(created).toMatchObject({ ok: false, failure: "blocked", setting: true });
    expect(created.ok ? "" : created.reason).toContain(named);
  });

  test("names the permission DingTalk names", async () => {
    const more = { accessdenieddetail: { requiredScopes: ["Card.Other.Write"] } };
    const code = "Forbidden.AccessDenied.AccessTokenPermissionDenied";
    const created = await calling(() => refusal(403, code, more)).create(group);
    expect(created.ok ? "" : created.reason).toContain("Card.Other.Write");
  });

  test("takes throttling for no missing permission", async () => {
    const code = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi";
    const created = await calling(() => refusal(403, code)).create(group);
    expect(created).toMatchObject({ ok: false, failure: "retry", waitMs: 1000 });
    expect(created).not.toHaveProperty("setting");
  });

  test("may have made a card when no answer comes", async () => {
    const { create, clock } = calling(() => never());
    const creating = create(group);
    await clock.advance(10_000);
    expect(await creating).toMatchObject({ ok: false, failure: "retry", uncertain: true });
  });

  test("tells nobody the token", async () => {
    const { create } = calling((call) =>
      refusal(400, "param.odd", { message: call.headers.get("x-acs-dingtalk-access-token") }),
    );
    const created = await create(group);
    expect(created).toMatchObject({ ok: false, failure: "final" });
    expect(JSON.stringify(created)).not.toContain("token-");
  });
});

describe("stream()", () => {
  test("sends the whole text, without line ends that would jump", async () => {
    const { stream, calls, bodies } = calling(done);
    expect(await stream("a\n\nb\n\n")).toEqual({ ok: true });
    expect(calls[0]).toMatchObject({
      url: "https://api.dingtalk.com/v1.0/card/streaming",
      method: "PUT",
    });
    expect(bodies()[0]).toEqual({
      outTrackId: "card1",
      guid: "guid1",
      key: "msgContent",
      content: "a\n\nb",
      isFull: true,
      isFinalize: false,
      isError: false,
    });
    await stream("  \n");
    expect(bodies()[1].content).toBe("…");
  });

  test.each([{ success: false }, { success: true, result: false }, {}])(
    "does not take %j for a success",
    async (answer) => {
      const { stream } = calling(() => jsonResponse(200, answer));
      expect(await stream("a")).toMatchObject({ ok: false, failure: "retry" });
    },
  );

  test("names what may be wrong when DingTalk only says it knows no reason", async () => {
    const streamed = await calling(() => refusal(500, "unknownError")).stream("a");
    expect(streamed).toMatchObject({ ok: false, failure: "blocked", setting: true });
    const reason = streamed.ok ? "" : streamed.reason;
    expect(reason).toContain("Card.Streaming.Write");
    expect(reason).toContain("card.contentKey");
  });

  test("blames no setting that has worked before", async () => {
    const { stream } = calling((_call, at) => (at === 0 ? done() : refusal(500, "unknownError")));
    await stream("a");
    const streamed = await stream("ab");
    expect(streamed).toMatchObject({ ok: false, failure: "retry" });
    expect(streamed).not.toHaveProperty("setting");
  });

  test("knows a text no card can hold", async () => {
    const streamed = await calling(() => refusal(400, "param.stream.content")).stream("a");
    expect(streamed).toMatchObject({ ok: false, failure: "final" });
  });
});

describe("finish()", () => {
  test("sends the last frame first, then the state, and keeps the other variables", async () => {
    const { finish, calls, bodies } = calling(done);
    expect(await finish("the end\n")).toEqual({ ok: true });
    expect(calls.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
      "PUT /v1.0/card/streaming",
      "PUT /v1.0/card/instances",
    ]);
    expect(bodies()[0]).toMatchObject({ content: "the end\n", isFull: true, isFinalize: true });
    expect(bodies()[1]).toMatchObject({
      outTrackId: "card1",
      cardData: { cardParamMap: { flowStatus: "3", msgContent: "the end\n" } },
      cardUpdateOptions: { updateCardDataByKey: true },
    });
  });

  test("uses a new guid each time: DingTalk drops one it knows", async () => {
    const { finish, bodies, clock } = calling(done);
    await finish("a");
    await clock.advance(1000);
    await finish("a");
    const guids = bodies().flatMap(({ guid }) => guid ?? []);
    expect(new Set(guids).size).toBe(2);
  });

  test("is tried again while the state is not set", async () => {
    const { finish } = calling((_call, at) => (at === 0 ? done() : refusal(500, "system.busy")));
    expect(await finish("a")).toMatchObject({ ok: false, failure: "retry" });
  });

  test("has the text shown when the state can never be set", async () => {
    const { finish } = calling((_call, at) => (at === 0 ? done() : refusal(400, "param.odd")));
    expect(await finish("a")).toEqual({ ok: true });
  });

  test("sets no state without the text", async () => {
    const { finish, calls } = calling(() => refusal(400, "param.stream.outTrackId"));
    expect(await finish("a")).toMatchObject({ ok: false, failure: "final" });
    expect(calls).toHaveLength(1);
  });

  test("waits for a slot for its second call", async () => {
    const { finish, calls, clock, throttle, signal } = calling(done, 1);
    await throttle.take(CARD_CALLS, signal);
    const finishing = finish("a");
    await clock.advance(1099);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(await finishing).toEqual({ ok: true });
  });
});

describe("readCardCallback()", () => {
  const press = { cardPrivateData: { actionIds: ["stop"], params: { action: "accept", n: 1 } } };
  const read = { outTrackId: "card1", userId: "u1", actionIds: ["stop"] };

  test.each([
    ["content as text", { content: JSON.stringify(press) }],
    ["content as an object", { content: press }],
    ["value", { value: JSON.stringify(press) }],
    [
      "texts in texts",
      {
        content: JSON.stringify({
          cardPrivateData: JSON.stringify({
            actionIds: '["stop"]',
            params: '{"action":"accept","n":1}',
          }),
        }),
      },
    ],
  ])("reads who pressed what: %s", (_name, content) => {
    const data = { type: "actionCallback", outTrackId: "card1", userId: "u1", ...content };
    expect(readCardCallback(JSON.stringify(data))).toEqual({
      ...read,
      params: { action: "accept", n: "1" },
    });
  });

  test("needs to know the card and the person", () => {
    for (const data of [{ outTrackId: "card1" }, { userId: "u1" }, { outTrackId: 1, userId: "u" }])
      expect(readCardCallback(JSON.stringify(data))).toBeUndefined();
    for (const data of ["", "null", "[]", "{", '"x"'])
      expect(readCardCallback(data)).toBeUndefined();
  });

  test("is not led astray by names of JavaScript's own", () => {
    const params = '{"__proto__":{"polluted":"yes"},"constructor":"x"}';
    const data = `{"outTrackId":"card1","userId":"u1","content":{"cardPrivateData":{"params":${params}}}}`;
    const pressed = readCardCallback(data);
    expect(pressed?.params["polluted"]).toBeUndefined();
    expect(pressed?.params["constructor"]).toBe("x");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("gives strings or nothing, whatever comes", () => {
    const jsonOrText = fc.oneof(fc.jsonValue(), fc.json());
    fc.assert(
      fc.property(jsonOrText, jsonOrText, jsonOrText, (content, pressed, params) => {
        const inner = { cardPrivateData: { actionIds: pressed, params } };
        for (const each of [content, inner, { cardPrivateData: pressed }]) {
          const data = JSON.stringify({ outTrackId: "c", userId: "u", content: each });
          const action = readCardCallback(data);
          expect(action).toMatchObject({ outTrackId: "c", userId: "u" });
          for (const id of action?.actionIds ?? []) expect(typeof id).toBe("string");
          for (const value of Object.values(action?.params ?? {}))
            expect(typeof value).toBe("string");
        }
      }),
    );
  });

  test("knows the stop button only by the configured name", () => {
    const pressed = { ...read, params: { action: "end" } };
    expect(isStopButton(pressed, "stop")).toBe(true);
    expect(isStopButton(pressed, "end")).toBe(true);
    expect(isStopButton(pressed, "other")).toBe(false);
    expect(isStopButton(pressed, undefined)).toBe(false);
  });
});
