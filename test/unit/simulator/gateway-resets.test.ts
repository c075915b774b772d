import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createGateway } from "../../../src/core/gateway/client.ts";
import { createSystemClock } from "../../../src/core/clock.ts";
import { startGateway, type EchoGateway } from "../../../src/simulator/gateway.ts";
import { until } from "../../support/until.ts";
import { createAsker, createHeld, post } from "./_clients.ts";

const KEY = "agent:main:dingtalk:user:Staff1";
const ABORTED = 'data: {"error":{"message":"agent run aborted for restart","type":"api_error"}}';

describe("the simulated gateway's reset", () => {
  let gateway: EchoGateway;
  let asker: ReturnType<typeof createAsker>;

  beforeEach(async () => {
    gateway = await startGateway({
      respond: async function* ({ text }) {
        yield `re ${text}`;
      },
    });
    asker = createAsker(gateway);
  });
  afterEach(() => gateway.stop());

  const reset = async (sessionKey: unknown, top: object = {}) =>
    await post(
      `${gateway.url}/tools/invoke`,
      { tool: "sessions", args: { action: "reset", sessionKey }, ...top },
      { authorization: `Bearer ${gateway.token}` },
    );
  const roles = (key = KEY) => gateway.sessionOf(key)?.entries.map(({ role }) => role);

  test("forgets what was said, in this session only", async () => {
    await asker.answerTo(KEY, "1");
    await asker.answerTo("agent:main:dingtalk:user:other", "1");
    const { status, body } = await reset(KEY);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ok: true,
      result: { details: { ok: true, key: KEY.toLowerCase() } },
    });
    expect(roles()).toEqual(["system"]);
    expect(roles("agent:main:dingtalk:user:other")).toEqual(["user", "assistant"]);
    expect(gateway.resets).toEqual([{ time: expect.any(Number), session: KEY }]);
    expect(gateway.sessionOf(KEY)).toMatchObject({ status: undefined, active: false });
    await asker.answerTo(KEY, "2");
    expect(roles()).toEqual(["system", "user", "assistant"]);
  });

  test("a session that never was is forgotten too", async () => {
    expect((await reset(KEY)).status).toBe(200);
    expect((await reset("agent:nobody:dingtalk:user:x")).status).toBe(200);
    expect(gateway.resets).toHaveLength(2);
  });

  test("ends the turn under way and those in line, with an error in their streams", async () => {
    const { held, release } = createHeld();
    gateway.respond = async function* ({ text }) {
      yield "half ";
      if (text !== "3") await held;
      yield "whole";
    };
    const first = asker.ask(KEY, "1");
    await until("the first turn", () => first.text() === "half ");
    const second = asker.ask(KEY, "2");
    await until("the second", () => second.raw() !== "");
    await reset(KEY);
    await Promise.all([first.ended, second.ended]);
    expect(first.text()).toBe("half ");
    expect(second.text()).toBe("");
    for (const { raw } of [first, second])
      expect(raw()).toEndWith(`${ABORTED}\n\ndata: [DONE]\n\n`);
    expect(roles()).toEqual(["system"]);
    expect(gateway.earlyAborts).toBe(0);
    release();
    expect((await asker.answerTo(KEY, "3")).text()).toBe("half whole");
  });

  test("a session does not reset itself, and an agent's main session is where calls come from", async () => {
    const own = {
      status: 400,
      body: {
        error: { type: "tool_error", message: "Cannot reset the session running this tool" },
      },
    };
    expect(await reset(KEY, { sessionKey: KEY })).toMatchObject(own);
    expect(await reset("agent:main:main")).toMatchObject(own);
    expect(await reset("agent:main:main", { agentId: "main" })).toMatchObject(own);
    expect((await reset("agent:main:main", { sessionKey: "agent:main:x" })).status).toBe(200);
    expect((await reset(KEY, { sessionKey: KEY.toLowerCase() })).status).toBe(200);
    expect(gateway.resets).toHaveLength(2);
  });

  test("what is no session or no reset is refused", async () => {
    const said = async (args: object) => {
      const { status, body } = await asker.tool("sessions", args);
      return [status, (body["error"] as { message?: string } | undefined)?.message];
    };
    expect(await said({ action: "reset" })).toEqual([400, "sessionKey required"]);
    expect(await said({ sessionKey: KEY })).toEqual([400, "action required"]);
    expect(await said({ action: "x", sessionKey: KEY })).toEqual([400, "Unknown action: x"]);
    expect(await said({ action: "reset", sessionKey: "dingtalk:user:x" })).toEqual([
      400,
      "Session not found: dingtalk:user:x (use the full sessionKey from sessions_list)",
    ]);
    expect((await said({ action: "reset", sessionKey: "agent::x" }))[0]).toBe(500);
    expect(gateway.resets).toEqual([]);
  });

  test("is what the worker's client does, in any session", async () => {
    const client = createGateway({
      url: gateway.url,
      token: gateway.token,
      timeoutMs: 60_000,
      readMedia: false,
      fetch,
      clock: createSystemClock((run) => setImmediate(run)),
    });
    const { signal } = new AbortController();
    const events = { onRun: () => undefined, onContent: () => undefined };
    const ask = async (session: string, text: string) =>
      await client.ask({ agentId: "main", session, system: "x", text, images: [] }, events, signal);
    const keys = ["user:小明", "group:cid+/==", "user:Staff1~2"].map(
      (own) => `agent:main:dingtalk:${own}`,
    );
    for (const key of [...keys, "agent:main:main"]) {
      expect(await ask(key, "remember 42")).toMatchObject({ ok: true });
      expect(await client.reset(key, signal)).toEqual({ ok: true });
      const { session = "" } = gateway.resets.at(-1) ?? {};
      expect(session).toBe(gateway.asked.at(-1)?.session ?? "");
      expect(roles(session)).toEqual(["system"]);
      const at = Date.now();
      await ask(key, "again");
      const asked = { session: key, text: "again", at, runId: undefined };
      expect(await client.look(asked, signal)).toMatchObject({
        kind: "answered",
        text: "re again",
      });
    }
  });
});
