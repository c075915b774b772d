import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startGateway, type EchoGateway } from "../../../src/simulator/gateway.ts";
import { until } from "../../support/until.ts";
import { createAsker, createHeld, post } from "./_clients.ts";

const KEY = "agent:main:dingtalk:user:Manager7675";

interface Details {
  readonly messages: Record<string, unknown>[];
  readonly sessions: Record<string, unknown>[];
  readonly [field: string]: unknown;
}

describe("the simulated gateway's sessions", () => {
  let gateway: EchoGateway;
  let asker: ReturnType<typeof createAsker>;

  beforeEach(async () => {
    gateway = await startGateway({
      respond: async function* ({ text }) {
        yield `re: `;
        yield text;
      },
    });
    asker = createAsker(gateway);
  });
  afterEach(() => gateway.stop());

  const details = async (tool: string, args: object = {}) => {
    const { status, body } = await asker.tool(tool, args);
    expect(status).toBe(200);
    const { result } = body as { result: { content: { text: string }[]; details: Details } };
    expect(JSON.parse(result.content[0]?.text ?? "")).toEqual(result.details);
    return result.details;
  };
  const history = async (limit = 100) =>
    (await details("sessions_history", { sessionKey: KEY, limit })).messages;

  test("a turn leaves question and answer under the key in lower case, the answer with its run", async () => {
    const asking = await asker.answerTo(KEY, "hello");
    expect(asking.text()).toBe("re: hello");
    expect(asking.raw()).toEndWith("data: [DONE]\n\n");
    const runId = /"id":"(chatcmpl_[^"]+)"/.exec(asking.raw())?.[1] ?? "";
    const { sessionKey, messages } = await details("sessions_history", { sessionKey: KEY });
    expect(sessionKey).toBe(KEY.toLowerCase());
    expect(messages).toMatchObject([
      {
        role: "user",
        content: "hello",
        timestamp: expect.any(Number),
        __openclaw: { recordTimestampMs: expect.any(Number) },
      },
      {
        role: "assistant",
        content: [{ type: "text", text: "re: hello" }],
        stopReason: "stop",
        timestamp: expect.any(Number),
        __openclaw: { runId, recordTimestampMs: expect.any(Number) },
      },
    ]);
    expect(messages[0]?.["__openclaw"]).not.toHaveProperty("runId");
    const { count, sessions } = await details("sessions_list");
    expect(count).toBe(1);
    expect(sessions).toMatchObject([
      { key: KEY.toLowerCase(), status: "done", abortedLastRun: false },
    ]);
  });

  test("the history's limit keeps the latest, long texts are cut, an unknown session is none", async () => {
    gateway.respond = async function* () {
      yield "x".repeat(5000);
    };
    await asker.answerTo(KEY, "1");
    const [latest, ...others] = await history(1);
    expect(others).toEqual([]);
    expect(latest).toMatchObject({ content: [{ text: `${"x".repeat(4000)}\n…(truncated)…` }] });
    const none = await details("sessions_history", { sessionKey: "agent:main:dingtalk:user:new" });
    expect(none["status"]).toBe("error");
    expect(none["error"]).toBe("No session found: agent:main:dingtalk:user:new");
  });

  test("the list: searched, what is at work only, limited", async () => {
    const { held, release } = createHeld();
    gateway.respond = async function* ({ text }) {
      if (text === "held") await held;
      yield "re";
    };
    const keys = async (args: object) =>
      (await details("sessions_list", args)).sessions.map(({ key }) => key);
    await asker.answerTo("agent:main:dingtalk:user:A1", "1");
    await asker.answerTo("agent:main:dingtalk:user:B1", "1");
    const asking = asker.ask("agent:main:dingtalk:user:A2", "held");
    await until("the turn", async () => (await keys({ activeOnly: true })).length === 1);
    expect(await keys({ search: "USER:a" })).toEqual([
      "agent:main:dingtalk:user:a2",
      "agent:main:dingtalk:user:a1",
    ]);
    expect(await keys({ search: "a1", activeOnly: true })).toEqual([]);
    expect(await keys({ limit: 1 })).toEqual(["agent:main:dingtalk:user:a2"]);
    release();
    await asking.ended;
    expect(await keys({ activeOnly: true })).toEqual([]);
  });

  test("a question is trimmed, and knows when it came and when its turn began", async () => {
    const { held, release } = createHeld();
    gateway.respond = async function* () {
      await held;
      yield "re";
    };
    const first = asker.ask(KEY, "1");
    await until("the first turn", () => gateway.sessionOf(KEY)?.status === "running");
    const second = asker.ask(KEY, "  2\n");
    await until("the second", () => second.raw() !== "");
    await new Promise((resolve) => setTimeout(resolve, 30));
    release();
    await Promise.all([first.ended, second.ended]);
    const [, , question] = await history();
    expect(question?.["content"]).toBe("2");
    const meta = question?.["__openclaw"] as { recordTimestampMs: number } | undefined;
    expect(meta?.recordTimestampMs).toBeGreaterThanOrEqual(Number(question?.["timestamp"]) + 25);
  });

  test("tools: who may, which there are, and a fault instead", async () => {
    const url = `${gateway.url}/tools/invoke`;
    expect((await post(url, { tool: "sessions_list" })).status).toBe(401);
    expect(await asker.tool("exec")).toEqual({
      status: 404,
      body: { ok: false, error: { type: "not_found", message: "Tool not available: exec" } },
    });
    expect(await asker.tool("sessions_history")).toMatchObject({
      status: 400,
      body: { ok: false, error: { type: "tool_error" } },
    });
    const authorization = `Bearer ${gateway.token}`;
    expect((await post(url, "no json", { authorization })).status).toBe(400);
    gateway.faults.tools = { status: 500, body: { ok: false } };
    expect((await asker.tool("sessions_list")).status).toBe(500);
    gateway.faults.tools = null;
    expect((await asker.tool("sessions_list")).status).toBe(200);
  });

  test("one turn at a time in a session: who waits gets headers and the role, then silence", async () => {
    const { held, release } = createHeld();
    gateway.respond = async function* ({ text }) {
      if (text === "1") await held;
      yield `re ${text}`;
    };
    const first = asker.ask(KEY, "1");
    await until("the first turn", () => gateway.sessionOf(KEY)?.status === "running");
    const second = asker.ask(KEY.toLowerCase(), "2");
    expect(await second.status).toBe(200);
    await until("the role", () => second.raw().includes('"delta":{"role":"assistant"}'));
    const other = await asker.answerTo("agent:main:dingtalk:user:other", "3");
    expect(other.text()).toBe("re 3");
    expect(second.text()).toBe("");
    expect(gateway.inFlight).toBe(2);
    expect((await history()).map(({ content }) => content)).toEqual(["1"]);
    release();
    await Promise.all([first.ended, second.ended]);
    expect((await history()).map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(second.text()).toBe("re 2");
    expect(gateway.maxActive).toBe(2);
    expect(gateway.inFlight).toBe(0);
    expect(gateway.asked.map(({ text }) => text)).toEqual(["1", "2", "3"]);
  });

  test("a turn whose client hangs up is killed: its question stays, its responder is told", async () => {
    let returned = false;
    gateway.respond = async function* () {
      try {
        for (;;) {
          yield "more ";
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        returned = true;
      }
    };
    const asking = asker.ask(KEY, "tell me");
    await until("some of it", () => asking.text() !== "");
    asking.hangUp();
    await until("the end", () => gateway.sessionOf(KEY)?.status === "killed");
    await until("the responder's end", () => returned);
    expect((await history()).map(({ role }) => role)).toEqual(["user"]);
    const { sessions } = await details("sessions_list");
    expect(sessions).toMatchObject([{ status: "killed", abortedLastRun: true }]);

    gateway.respond = async function* () {
      yield "fine";
    };
    expect((await asker.answerTo(KEY, "again")).text()).toBe("fine");
    expect((await history()).map(({ role, content }) => [role, content])).toEqual([
      ["user", "again"],
      ["assistant", [{ type: "text", text: "fine" }]],
    ]);
    expect(gateway.sessionOf(KEY)).toMatchObject({ status: "done", abortedLastRun: false });
  });

  test("whoever hangs up in line leaves no trace, and does not let the next one past", async () => {
    const { held, release } = createHeld();
    gateway.respond = async function* ({ text }) {
      if (text === "1") await held;
      yield `re ${text}`;
    };
    const first = asker.ask(KEY, "1");
    await until("the first turn", () => gateway.sessionOf(KEY)?.status === "running");
    const second = asker.ask(KEY, "2");
    await until("the second", () => second.raw() !== "");
    second.hangUp();
    await until("its end", () => gateway.earlyAborts === 1);
    const third = asker.ask(KEY, "3");
    await until("the third", () => third.raw() !== "");
    expect(third.text()).toBe("");
    release();
    await Promise.all([first.ended, third.ended]);
    expect(gateway.sessionOf(KEY)?.entries.map(({ text }) => text)).toEqual([
      "1",
      "re 1",
      "3",
      "re 3",
    ]);
  });

  test("a responder that throws fails the turn, in the stream", async () => {
    gateway.respond = async function* () {
      yield "half";
      throw new Error("upstream provider error");
    };
    const asking = await asker.answerTo(KEY, "1");
    expect(asking.raw()).toEndWith(
      'data: {"error":{"message":"upstream provider error","type":"api_error"}}\n\ndata: [DONE]\n\n',
    );
    expect(gateway.sessionOf(KEY)).toMatchObject({ status: "failed", abortedLastRun: false });
    expect((await history()).map(({ role }) => role)).toEqual(["user"]);
  });
});
