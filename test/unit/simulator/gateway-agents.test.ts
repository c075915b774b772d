import { afterEach, describe, expect, test } from "bun:test";
import { startGateway, type EchoGateway } from "../../../src/simulator/gateway.ts";
import { post } from "./_clients.ts";

const KEY = "agent:main:dingtalk:user:u1";

describe("the simulated gateway's agents", () => {
  let gateway: EchoGateway;
  afterEach(() => gateway.stop());

  const start = async (...agents: string[]) => {
    gateway = await startGateway({
      agents,
      respond: async function* () {
        yield "fine";
      },
    });
  };
  const headers = () => ({ authorization: `Bearer ${gateway.token}` });
  /** Status and all that came. */
  const ask = async (model: string, more: Record<string, string> = {}) => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers(), ...more },
      body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "hi" }] }),
    });
    return [response.status, await response.text()] as const;
  };
  const invoke = async (top: object, tool = "sessions_list") =>
    await post(`${gateway.url}/tools/invoke`, { tool, args: {}, ...top }, headers());

  test("whoever is not there is refused, by header, by model and in the session's key", async () => {
    await start("main", "guest");
    const error = { message: "Unknown agent 'zed'.", type: "invalid_request_error" };
    const unknown = [400, JSON.stringify({ error })] as const;
    expect(await ask("openclaw/zed")).toEqual(unknown);
    expect(await ask("openclaw/main", { "x-openclaw-agent-id": "zed" })).toEqual(unknown);
    const key = { "x-openclaw-session-key": "agent:zed:dingtalk:user:u1" };
    const [status, stream] = await ask("openclaw/main", key);
    expect(status).toBe(200);
    expect(stream).toEndWith(
      'data: {"error":{"message":"Agent zed is not present in the configured roster.","type":"api_error"}}\n\ndata: [DONE]\n\n',
    );
    expect(gateway.sessionOf(key["x-openclaw-session-key"])).toBeUndefined();
  });

  test("whoever is there answers, in another one's session too", async () => {
    await start("main", "guest");
    const own = { "x-openclaw-session-key": KEY };
    for (const [model, more] of [
      ["openclaw/main", own],
      ["openclaw:Guest", own],
      ["agent:guest", own],
      ["openclaw", { ...own, "x-openclaw-agent-id": "guest" }],
      ["openclaw/zed", { ...own, "x-openclaw-agent": "main" }],
    ] as const) {
      const [status, stream] = await ask(model, more);
      expect([status, stream]).toEqual([200, expect.stringContaining('"content":"fine"')]);
    }
  });

  test("where there are several, one has to be named; a session's key does not do", async () => {
    await start("main", "guest");
    for (const model of ["openclaw", "openclaw/default"]) {
      const [status, text] = await ask(model, { "x-openclaw-session-key": KEY });
      expect([status, text]).toEqual([
        400,
        expect.stringContaining("Multiple agents are configured"),
      ]);
    }
    await gateway.stop();
    await start("main");
    expect((await ask("openclaw", { "x-openclaw-session-key": KEY }))[0]).toBe(200);
  });

  test("so it is with tools, only that a session's key does", async () => {
    await start("main", "guest");
    const refused = (words: string) => ({
      status: 400,
      body: { error: { type: "invalid_request", message: expect.stringContaining(words) } },
    });
    expect(await invoke({})).toMatchObject(refused("Multiple agents are configured"));
    expect(await invoke({ sessionKey: "main" })).toMatchObject(refused("Multiple agents"));
    expect(await invoke({ agentId: "zed" })).toMatchObject(refused('Unknown agent id "zed"'));
    const other = { agentId: "main", sessionKey: "agent:guest:x" };
    expect(await invoke(other)).toMatchObject(refused('does not match session agent "guest"'));
    for (const top of [{ agentId: "guest" }, { sessionKey: "agent:main:x" }]) {
      expect((await invoke(top)).status).toBe(200);
    }
  });

  test("are listed as models", async () => {
    await start("main", "guest");
    const response = await fetch(`${gateway.url}/v1/models`, { headers: headers() });
    const { data } = (await response.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual([
      "openclaw",
      "openclaw/default",
      "openclaw/main",
      "openclaw/guest",
    ]);
  });
});
