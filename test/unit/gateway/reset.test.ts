import { describe, expect, test } from "bun:test";
import { reasonOf } from "../../../src/core/log.ts";
import { jsonResponse, networkError, never, type FakeCall } from "../../support/fake-fetch.ts";
import { DONE, createFakeStream, delta, finish } from "../../support/fake-stream.ts";
import { QUESTION, TOKEN, URL_, asking, client, watch } from "./_asking.ts";
import { invoked } from "./_history.ts";

const KEY = QUESTION.session;
const signal = new AbortController().signal;
const events = { onRun: () => undefined, onContent: () => undefined };
const isReset = ({ url }: FakeCall) => url.endsWith("/tools/invoke");
const forgotten = () => invoked({ ok: true });
const toolError = (status: number, type: string, message = "private words") =>
  jsonResponse(status, { ok: false, error: { type, message } });

/** A question under way whose answer the test writes, and a gateway that forgets whatever it is told to. */
function busy(session = KEY) {
  const stream = createFakeStream();
  const under = asking((call) => (isReset(call) ? forgotten() : stream.response(call.signal)), {
    question: { session },
  });
  const resets = () => under.calls.filter(isReset);
  const answer = () => {
    stream.write(`${delta("late")}${finish()}${DONE}`);
    stream.end();
  };
  return { ...under, stream, resets, answer };
}

describe("Gateway.reset()", () => {
  test("has the gateway forget the session, and no other", async () => {
    const { gateway, calls } = client(forgotten);
    expect(await gateway.reset(KEY, signal)).toEqual({ ok: true });
    expect(calls).toMatchObject([
      { url: `${URL_}/tools/invoke`, method: "POST", redirect: "manual" },
    ]);
    expect(calls[0]?.headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
    const body: unknown = JSON.parse(calls[0]?.body ?? "");
    expect(body).toEqual({
      tool: "sessions",
      args: { action: "reset", sessionKey: KEY },
      agentId: "main",
    });
  });

  test.each([
    ["agent:main:dingtalk:group:cidA+b/C==", "agent:main:dingtalk:group:cidA+b/C=="],
    ["agent:main:dingtalk:user:小明 %", "agent:main:dingtalk:user:%E5%B0%8F%E6%98%8E%20%25"],
    ["agent:main:dingtalk:user:staff1~2", "agent:main:dingtalk:user:staff1~2"],
  ])("names %s as the header of its turns does", async (session, sessionKey) => {
    const { asked, gateway, calls, answer, resets } = busy(session);
    answer();
    await asked;
    await gateway.reset(session, signal);
    expect(JSON.parse(resets()[0]?.body ?? "")).toMatchObject({ args: { sessionKey } });
    expect(calls[0]?.headers.get("x-openclaw-session-key")).toBe(sessionKey);
  });

  test("of an agent's main session is not called from there: nothing may reset the session it runs in", async () => {
    const { gateway, calls } = client(forgotten);
    await gateway.reset("agent:main:main", signal);
    const body = JSON.parse(calls[0]?.body ?? "") as { sessionKey: string; args: object };
    expect(body.args).toEqual({ action: "reset", sessionKey: "agent:main:main" });
    expect(body.sessionKey).toMatch(/^agent:main:(?!main$)/);
  });

  test("names the agent as the gateway spells it", async () => {
    const { gateway, calls } = client(forgotten);
    await gateway.reset("agent:Main:dingtalk:user:Staff1", signal);
    expect(JSON.parse(calls[0]?.body ?? "")).toMatchObject({
      agentId: "main",
      args: { sessionKey: "agent:Main:dingtalk:user:Staff1" },
    });
  });
});

describe("Gateway.reset(), what comes of it", () => {
  test.each([
    ["no connection", () => networkError("ECONNREFUSED")],
    ["a gateway that goes away", () => toolError(503, "service_unavailable")],
  ])("%s: unreachable", async (_name, answer) => {
    const { gateway } = client(answer);
    expect(await gateway.reset(KEY, signal)).toMatchObject({ ok: false, kind: "unreachable" });
  });

  test("no answer in 10 s: unreachable", async () => {
    const { gateway, clock, calls } = client(never);
    const reset = gateway.reset(KEY, signal);
    const state = watch(reset);
    await clock.advance(9999);
    expect(state.over).toBe(false);
    await clock.advance(1);
    expect(await reset).toMatchObject({ ok: false, kind: "unreachable" });
    expect(calls[0]?.signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ["a wrong token", 401, "unauthorized"],
    ["a session that cannot be reset", 400, "tool_error"],
    ["a tool that trips", 500, "tool_error"],
    ["a tool that is switched off", 404, "not_found"],
  ])("%s: refused, with tool, status and type, and nobody's words", async (_name, status, type) => {
    const { gateway } = client(() => toolError(status, type, `private words, Bearer ${TOKEN}`));
    const outcome = await gateway.reset(KEY, signal);
    expect(outcome).toEqual({
      ok: false,
      kind: "refused",
      reason: `sessions: HTTP ${status} ${type}`,
    });
  });

  test.each([
    ["a page of something else", () => new Response("<html>private words</html>")],
    ["a connection that breaks", () => networkError("ECONNRESET", `socket of Bearer ${TOKEN}`)],
  ])("%s: refused, and the token stays secret", async (_name, answer) => {
    const { gateway } = client(answer);
    const outcome = await gateway.reset(KEY, signal);
    expect(outcome).toMatchObject({ ok: false, kind: "refused" });
    expect(JSON.stringify(outcome)).not.toMatch(new RegExp(`private|${TOKEN}`));
  });
});

describe("Gateway.reset() and questions", () => {
  test("waits for the answer that is under way", async () => {
    const { gateway, asked, clock, resets, answer } = busy();
    await clock.settle();
    const reset = gateway.reset(KEY, signal);
    await clock.advance(60_000);
    expect(resets()).toEqual([]);
    answer();
    expect(await asked).toMatchObject({ ok: true, text: "late" });
    expect(await reset).toEqual({ ok: true });
    expect(resets()).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("waits for a request that nobody waits for any more, until it may be broken off", async () => {
    const { gateway, clock, halt, calls, resets } = busy();
    await clock.advance(1000);
    halt.abort(new Error("stopped"));
    const state = watch(gateway.reset(KEY, signal));
    await clock.advance(14_499);
    expect([state.over, resets()]).toEqual([false, []]);
    await clock.advance(1);
    expect(calls[0]?.signal?.aborted).toBe(true);
    expect([state.over, resets().length]).toEqual([true, 1]);
  });

  test("waits for neither in another session", async () => {
    const { gateway, clock } = busy("agent:main:dingtalk:user:somebody");
    await clock.settle();
    expect(await gateway.reset(KEY, signal)).toEqual({ ok: true });
  });

  test("knows that keys which differ in case are one session", async () => {
    const { gateway, clock, resets, answer } = busy(KEY.toUpperCase());
    await clock.settle();
    const reset = gateway.reset(KEY, signal);
    await clock.settle();
    expect(resets()).toEqual([]);
    answer();
    expect(await reset).toEqual({ ok: true });
  });

  test("a question asked after it is put only when it is done", async () => {
    let forget = (_response: Response) => {};
    const reset = new Promise<Response>((resolve) => (forget = resolve));
    const { gateway, calls, clock } = client((call) => (isReset(call) ? reset : never()));
    const done = gateway.reset(KEY, signal);
    void gateway.ask(QUESTION, events, signal);
    void gateway.ask({ ...QUESTION, session: "agent:main:dingtalk:user:2" }, events, signal);
    await clock.settle();
    const sessions = () => calls.map(({ headers }) => headers.get("x-openclaw-session-key"));
    // The reset names no session in a header.
    expect(new Set(sessions())).toEqual(new Set([null, "agent:main:dingtalk:user:2"]));
    forget(forgotten());
    await done;
    await clock.settle();
    expect(sessions()).toContain(KEY);
  });

  test("a question does not overtake two of them, nor do they run into it", async () => {
    const order: string[] = [];
    const stream = createFakeStream();
    const { gateway, clock } = client((call) => {
      order.push(isReset(call) ? "reset" : "question");
      return isReset(call) ? forgotten() : stream.response(call.signal);
    });
    const first = [gateway.reset(KEY, signal), gateway.reset(KEY, signal)];
    const asked = gateway.ask(QUESTION, events, signal);
    await Promise.all(first);
    await clock.settle();
    const last = gateway.reset(KEY, signal);
    await clock.settle();
    expect(order).toEqual(["reset", "reset", "question"]);
    stream.write(`${delta("a")}${finish()}${DONE}`);
    stream.end();
    expect(await asked).toMatchObject({ ok: true });
    expect(await last).toEqual({ ok: true });
    expect(order).toEqual(["reset", "reset", "question", "reset"]);
  });

  test("one that fails holds no question up", async () => {
    const { gateway, calls, clock } = client((call) =>
      isReset(call) ? networkError("ECONNREFUSED") : never(),
    );
    const reset = gateway.reset(KEY, signal);
    void gateway.ask(QUESTION, events, signal);
    expect(await reset).toMatchObject({ kind: "unreachable" });
    await clock.settle();
    expect(calls.at(-1)?.headers.get("x-openclaw-session-key")).toBe(KEY);
  });

  test("a question given up while it waits is never put", async () => {
    const { gateway, asked, clock, answer, resets, calls } = busy();
    const reset = gateway.reset(KEY, signal);
    const halt = new AbortController();
    const given = gateway.ask({ ...QUESTION, text: "second" }, events, halt.signal).catch(reasonOf);
    await clock.settle();
    halt.abort(new Error("stopped"));
    expect(await given).toBe("stopped");
    answer();
    await Promise.all([asked, reset]);
    await clock.settle();
    expect(resets()).toHaveLength(1);
    expect(calls).toHaveLength(2);
  });
});

describe("Gateway.reset(), given up", () => {
  test("before: nothing is asked", async () => {
    const { gateway, calls } = client(never);
    const halted = AbortSignal.abort(new Error("stopping"));
    expect(await gateway.reset(KEY, halted).catch(reasonOf)).toBe("stopping");
    expect(calls).toEqual([]);
  });

  test("while it waits: at once, and the session is left as it is", async () => {
    const { gateway, asked, clock, answer, resets } = busy();
    const halt = new AbortController();
    const reset = gateway.reset(KEY, halt.signal).catch(reasonOf);
    await clock.settle();
    halt.abort(new Error("stopping"));
    expect(await reset).toBe("stopping");
    answer();
    await asked;
    await clock.settle();
    expect(resets()).toEqual([]);
    expect(await gateway.reset(KEY, signal)).toEqual({ ok: true });
  });

  test("while the gateway is at it: at once, and no timer is left", async () => {
    const { gateway, clock } = client(never);
    const halt = new AbortController();
    const reset = gateway.reset(KEY, halt.signal).catch(reasonOf);
    await clock.settle();
    halt.abort(new Error("stopping"));
    expect(await reset).toBe("stopping");
    expect(clock.pending).toBe(0);
  });
});
