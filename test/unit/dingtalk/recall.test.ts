import { describe, expect, test } from "bun:test";
import { createRecall } from "../../../src/core/dingtalk/recall.ts";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
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
const done = ({ body }: FakeCall) =>
  jsonResponse(200, { successResult: keysIn(body), failedResult: {} });
const keysIn = (body: string) =>
  (JSON.parse(body) as { processQueryKeys: string[] }).processQueryKeys;

function recalling(answer: (call: FakeCall, at: number) => Answer) {
  const clock = createFakeClock();
  const mints: FakeCall[] = [];
  const calls: FakeCall[] = [];
  const { fetch } = createFakeFetch((call) => {
    if (call.url.endsWith("/accessToken")) {
      mints.push(call);
      return jsonResponse(200, { accessToken: `token-${mints.length - 1}`, expireIn: 7200 });
    }
    calls.push(call);
    return answer(call, calls.length - 1);
  });
  const apiUrl = "https://api.dingtalk.com";
  const tokens = createTokenSource({ apiUrl, clientId: "c", clientSecret: "s3cret", fetch, clock });
  const throttle = createThrottle({ perSecond: 1, clock });
  const stop = new AbortController();
  const recall = createRecall({ apiUrl, robotCode: "robot1", tokens, throttle, fetch, clock });
  return {
    clock,
    mints,
    calls,
    stop,
    recall: (chat: Chat, ...keys: string[]) => recall(chat, keys, stop.signal),
  };
}

describe("recall()", () => {
  test("takes back what went to people", async () => {
    const { recall, calls } = recalling(done);
    expect(await recall(direct, "k1", "k2")).toEqual({ recalled: ["k1", "k2"], failed: [] });
    expect(calls[0]).toMatchObject({
      url: "https://api.dingtalk.com/v1.0/robot/otoMessages/batchRecall",
      method: "POST",
    });
    expect(calls[0]?.headers.get("x-acs-dingtalk-access-token")).toBe("token-0");
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({
      robotCode: "robot1",
      processQueryKeys: ["k1", "k2"],
    });
  });

  test("takes back what went to a group", async () => {
    const { recall, calls } = recalling(done);
    expect(await recall(group, "k1")).toEqual({ recalled: ["k1"], failed: [] });
    expect(calls[0]?.url).toBe("https://api.dingtalk.com/v1.0/robot/groupMessages/recall");
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({
      robotCode: "robot1",
      openConversationId: "cid2",
      processQueryKeys: ["k1"],
    });
  });

  test("asks for 20 at a time, no faster than allowed, for each key once", async () => {
    const { clock, recall, calls } = recalling(done);
    const keys = Array.from({ length: 45 }, (_, at) => `k${at}`);
    const recalled = recall(direct, ...keys, "k0");
    await clock.settle();
    expect(calls).toHaveLength(1);
    await clock.advance(5000);
    expect((await recalled).recalled).toEqual(keys);
    expect(calls.map(({ body }) => keysIn(body).length)).toEqual([20, 20, 5]);
  });

  test("says of each key why it could not be taken back", async () => {
    const { recall } = recalling(() =>
      jsonResponse(200, { successResult: ["k1"], failedResult: { k2: "超过24小时" } }),
    );
    const { recalled, failed } = await recall(group, "k1", "k2", "k3");
    expect(recalled).toEqual(["k1"]);
    expect(failed.map(({ key }) => key)).toEqual(["k2", "k3"]);
    expect(failed[0]?.reason).toContain("超过24小时");
    expect(failed[1]?.reason).toContain("does not say why");
  });

  test("goes on with the rest when a part fails", async () => {
    const { clock, recall } = recalling((call, at) =>
      at === 0 ? jsonResponse(500, { code: "system.error" }) : done(call),
    );
    const keys = Array.from({ length: 21 }, (_, at) => `k${at}`);
    const outcome = recall(direct, ...keys);
    await clock.advance(5000);
    expect((await outcome).recalled).toEqual(["k20"]);
    expect((await outcome).failed.map(({ key }) => key)).toEqual(keys.slice(0, 20));
  });

  test.each([
    ["an error", () => jsonResponse(400, { code: "invalidParameter.x" }), "invalidParameter.x"],
    ["an error with HTTP 200", () => jsonResponse(200, { code: "send.forbidden" }), "muted"],
    ["nothing readable", () => new Response("ok"), "HTTP 200"],
    ["no connection", () => networkError("ECONNREFUSED"), "cannot reach"],
  ] as const)("tells of %s", async (_what, answer, reason) => {
    const { recalled, failed } = await recalling(answer).recall(direct, "k1");
    expect(recalled).toEqual([]);
    expect(failed).toHaveLength(1);
    expect(failed[0]?.reason).toContain(reason);
  });

  test("tries once more with a new token", async () => {
    const refused = () => jsonResponse(400, { code: "InvalidAuthentication" });
    const { clock, recall, calls, mints } = recalling((call, at) =>
      at === 0 ? refused() : done(call),
    );
    const outcome = recall(direct, "k1");
    await clock.advance(2000);
    expect((await outcome).recalled).toEqual(["k1"]);
    expect(mints).toHaveLength(2);
    expect(calls[1]?.headers.get("x-acs-dingtalk-access-token")).toBe("token-1");
  });

  test("never puts the token into a reason", async () => {
    const { recall } = recalling(({ headers }) =>
      jsonResponse(200, {
        failedResult: { k1: `bad ${headers.get("x-acs-dingtalk-access-token")}` },
      }),
    );
    const said = JSON.stringify(await recall(direct, "k1"));
    expect(said).toContain("bad");
    expect(said).not.toContain("token-0");
  });

  test("ends when it is stopped, and says so", async () => {
    const { clock, recall, stop } = recalling(never);
    const outcome = recall(direct, "k1");
    await clock.settle();
    stop.abort();
    expect((await outcome).failed).toHaveLength(1);
    expect((await recall(direct, "k1")).failed[0]?.reason).toContain("stopped");
    expect(clock.pending).toBe(0);
  });

  test("asks nothing for no keys", async () => {
    const { recall, calls, mints } = recalling(done);
    expect(await recall(direct)).toEqual({ recalled: [], failed: [] });
    expect([...calls, ...mints]).toHaveLength(0);
  });
});
