import { describe, expect, test } from "bun:test";
import { createEmotionApi } from "../../../src/core/dingtalk/emotion.ts";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, type FakeCall } from "../../support/fake-fetch.ts";

const TO = { conversationId: "cid1==", msgId: "msg1==" };

function reacting(answer: (call: FakeCall, at: number) => Response) {
  const clock = createFakeClock();
  const calls: FakeCall[] = [];
  let mints = 0;
  const { fetch } = createFakeFetch((call) => {
    if (call.url.endsWith("/accessToken")) {
      return jsonResponse(200, { accessToken: `token${mints++}`, expireIn: 7200 });
    }
    calls.push(call);
    return answer(call, calls.length - 1);
  });
  const apiUrl = "https://api.dingtalk.com";
  const tokens = createTokenSource({ apiUrl, clientId: "c", clientSecret: "s3cret", fetch, clock });
  const throttle = createThrottle({ perSecond: 20, clock });
  const api = createEmotionApi({ apiUrl, robotCode: "robot1", tokens, throttle, fetch, clock });
  return { api, calls, clock };
}

const never = new AbortController().signal;

describe("createEmotionApi()", () => {
  test("puts words on a message, and takes off with the same body", async () => {
    const { api, calls } = reacting(() => jsonResponse(200, { success: true }));
    expect(await api.reply(TO, "🤔思考中", never)).toEqual({ ok: true });
    expect(await api.recall(TO, "🤔思考中", never)).toEqual({ ok: true });
    expect(calls.map(({ url }) => url)).toEqual([
      "https://api.dingtalk.com/v1.0/robot/emotion/reply",
      "https://api.dingtalk.com/v1.0/robot/emotion/recall",
    ]);
    expect(calls[1]?.body).toBe(calls[0]?.body ?? "");
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({
      robotCode: "robot1",
      openMsgId: "msg1==",
      openConversationId: "cid1==",
      emotionType: 2,
      emotionName: "🤔思考中",
      textEmotion: {
        emotionId: "2659900",
        emotionName: "🤔思考中",
        text: "🤔思考中",
        backgroundId: "im_bg_1",
      },
    });
  });

  test.each([
    [200, { success: false }, "retry"],
    [200, "no json", "retry"],
    [400, { code: "system.err", message: "?" }, "retry"],
    [403, { code: "Forbidden.AccessDenied.AccessTokenPermissionDenied" }, "blocked"],
  ])("HTTP %p %j is no success", async (status, body, failure) => {
    const { api } = reacting(() => jsonResponse(status, body));
    expect(await api.reply(TO, "x", never)).toMatchObject({ ok: false, failure });
  });

  test("a refused token is replaced once", async () => {
    const { api, calls } = reacting((_call, at) =>
      at === 0
        ? jsonResponse(400, { code: "InvalidAuthentication" })
        : jsonResponse(200, { success: true }),
    );
    expect(await api.reply(TO, "x", never)).toEqual({ ok: true });
    expect(calls).toHaveLength(2);
  });

  test("a stop while it waits for its slot is a failure like any other", async () => {
    const { api } = reacting(() => jsonResponse(200, { success: true }));
    const halt = new AbortController();
    for (let at = 0; at < 20; at++) await api.reply(TO, "x", never);
    const waiting = api.reply(TO, "x", halt.signal);
    halt.abort(new Error("stopping"));
    expect(await waiting).toMatchObject({ ok: false, failure: "retry" });
  });
});
