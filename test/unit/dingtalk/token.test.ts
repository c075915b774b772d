import { describe, expect, test } from "bun:test";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  createFakeFetch,
  jsonResponse,
  networkError,
  never,
  type FakeCall,
} from "../../support/fake-fetch.ts";

type Answer = Response | Promise<Response> | Error;
const HOURS = 3_600_000;

const minted = (token: string, expireIn: unknown = 7200) =>
  jsonResponse(200, { accessToken: token, expireIn });

function minting(answer: (call: FakeCall, at: number) => Answer) {
  const clock = createFakeClock();
  const { fetch, calls } = createFakeFetch(answer);
  const tokens = createTokenSource({
    apiUrl: "https://api.dingtalk.com",
    clientId: "ding1",
    clientSecret: "s3cret",
    fetch,
    clock,
  });
  const get = () => tokens.get(new AbortController().signal);
  return { clock, calls, tokens, get };
}

describe("createTokenSource()", () => {
  test("asks as DingTalk wants it, once for all", async () => {
    const { calls, get } = minting((_call, at) => minted(`t${at}`));
    const results = await Promise.all([get(), get(), get()]);
    for (const result of results) expect(result).toEqual({ ok: true, token: "t0" });
    expect(await get()).toEqual({ ok: true, token: "t0" });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      url: "https://api.dingtalk.com/v1.0/oauth2/accessToken",
      method: "POST",
      body: JSON.stringify({ appKey: "ding1", appSecret: "s3cret" }),
      redirect: "manual",
    });
    expect(calls[0]?.headers.get("content-type")).toBe("application/json");
  });

  test("renews 5 minutes before the end", async () => {
    const { clock, calls, get } = minting((_call, at) => minted(`t${at}`));
    await get();
    await clock.advance(2 * HOURS - 300_001);
    await get();
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(await get()).toEqual({ ok: true, token: "t1" });
  });

  test("goes on with the old one for as long as it lasts if it cannot be renewed", async () => {
    const { clock, calls, get } = minting((_call, at) =>
      at === 0 ? minted("t0") : networkError("ECONNREFUSED"),
    );
    await get();
    await clock.advance(2 * HOURS - 10_000);
    expect(await get()).toEqual({ ok: true, token: "t0" });
    expect(await get()).toEqual({ ok: true, token: "t0" });
    expect(calls).toHaveLength(2);
    await clock.advance(10_000);
    expect(await get()).toMatchObject({ ok: false, failure: "retry" });
  });

  test("knows after a sleep of the machine that it has run out", async () => {
    const { clock, get } = minting((_call, at) => minted(`t${at}`));
    await get();
    clock.sleep(3 * HOURS);
    expect(await get()).toEqual({ ok: true, token: "t1" });
  });

  test.each([0, -1, null, "7200", undefined])(
    "does not mint for every message when expireIn is %p",
    async (expireIn) => {
      const { calls, get } = minting(() => minted("t", expireIn));
      await get();
      await get();
      expect(calls).toHaveLength(1);
    },
  );

  test("mints again for a token that was dropped, but not for one replaced meanwhile", async () => {
    const { calls, tokens, get } = minting((_call, at) => minted(`t${at}`));
    await get();
    tokens.drop("t0");
    expect(await get()).toEqual({ ok: true, token: "t1" });
    tokens.drop("t0");
    expect(await get()).toEqual({ ok: true, token: "t1" });
    expect(calls).toHaveLength(2);
  });

  test("does not mint without end when DingTalk refuses whatever it mints", async () => {
    const { clock, calls, tokens, get } = minting(() => minted("same"));
    for (let message = 0; message < 50; message++) {
      await get();
      tokens.drop("same");
      await clock.advance(100);
    }
    expect(calls).toHaveLength(2);
  });

  test("remembers for 5 s that it failed, and says how long it is to wait", async () => {
    const { clock, calls, get } = minting((_call, at) =>
      at === 0 ? jsonResponse(400, { code: "invalidClientIdOrSecret" }) : minted("t1"),
    );
    expect(await get()).toMatchObject({ ok: false, failure: "blocked" });
    await clock.advance(4000);
    const second = await get();
    expect(second).toMatchObject({ ok: false, failure: "blocked", waitMs: 1000 });
    expect(second.ok ? "" : second.reason).toContain("clientSecret");
    expect(calls).toHaveLength(1);
    await clock.advance(1000);
    expect(await get()).toEqual({ ok: true, token: "t1" });
  });

  test("waits as long as DingTalk wants", async () => {
    const { clock, calls, get } = minting(() => jsonResponse(403, { status: 1111 }));
    expect(await get()).toMatchObject({ failure: "retry", waitMs: 300_000 });
    await clock.advance(299_999);
    await get();
    expect(calls).toHaveLength(1);
  });

  test.each([
    ["no connection", () => networkError("ECONNREFUSED")],
    ["a connection that broke", () => networkError("ECONNRESET", "read ECONNRESET")],
    ["a 5xx", () => jsonResponse(500, { code: "system.error" })],
    ["an answer without a token", () => jsonResponse(200, {})],
    ["a token no header can hold", () => minted("a\nb")],
    ["a refusal that means something elsewhere", () => jsonResponse(400, { code: "contain.x" })],
    ["a redirect", () => new Response("", { status: 302 })],
  ] as const)("takes %s for nothing sent, to be tried again", async (_what, answer) => {
    const result = await minting(answer).get();
    expect(result).toMatchObject({ ok: false, failure: "retry" });
    expect(result).not.toHaveProperty("uncertain");
  });

  test("gives up after 10 s and tries again later", async () => {
    const { clock, calls, get } = minting((_call, at) => (at === 0 ? never() : minted("t1")));
    const first = get();
    await clock.advance(10_000);
    expect(await first).toMatchObject({ ok: false, failure: "retry" });
    expect(clock.pending).toBe(0);
    await clock.advance(5000);
    expect(await get()).toEqual({ ok: true, token: "t1" });
    expect(calls).toHaveLength(2);
  });

  test("lets one leave without failing the others", async () => {
    let answer = (_response: Response) => {};
    const { clock, calls, tokens, get } = minting(
      () => new Promise<Response>((resolve) => (answer = resolve)),
    );
    const leaving = new AbortController();
    const left = tokens.get(leaving.signal);
    const stays = get();
    leaving.abort();
    expect(await left).toMatchObject({ ok: false, failure: "retry" });
    expect(calls[0]?.signal?.aborted).toBe(false);
    answer(minted("t0"));
    await clock.settle();
    expect(await stays).toEqual({ ok: true, token: "t0" });
  });

  test("breaks off what nobody waits for, and does not hold that against DingTalk", async () => {
    const { clock, calls, tokens, get } = minting((_call, at) =>
      at === 0 ? never() : minted("t1"),
    );
    const leaving = new AbortController();
    const left = tokens.get(leaving.signal);
    await clock.settle();
    leaving.abort();
    expect(await left).toMatchObject({ ok: false });
    await clock.settle();
    expect(calls[0]?.signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
    expect(await tokens.get(leaving.signal)).toMatchObject({ ok: false });
    expect(calls).toHaveLength(1);
    expect(await get()).toEqual({ ok: true, token: "t1" });
  });

  test.each([
    ["a network error", () => networkError("ECONNRESET", "cannot send s3cret")],
    ["DingTalk", () => jsonResponse(400, { code: "x", message: "wrong: s3cret" })],
  ] as const)("never puts the secret into a reason, whatever %s says", async (_what, answer) => {
    expect(JSON.stringify(await minting(answer).get())).not.toContain("s3cret");
  });
});
