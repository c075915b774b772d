import { afterEach, describe, expect, test } from "bun:test";
import {
  startGateway,
  type EchoGateway,
  type GatewayOptions,
} from "../../../src/simulator/gateway.ts";
import { until } from "../../support/until.ts";
import { createAsker, createHeld } from "./_clients.ts";

const KEY = "agent:main:dingtalk:user:u1";
const OTHER = "agent:main:dingtalk:user:u2";

describe("the simulated gateway's crash", () => {
  let gateway: EchoGateway;
  afterEach(() => gateway.stop());

  /** A gateway whose answers wait until they are released. */
  const start = async (options: GatewayOptions = {}) => {
    const { held, release } = createHeld();
    gateway = await startGateway({
      respond: async function* ({ text }) {
        await held;
        yield `re ${text}`;
      },
      ...options,
    });
    return { asker: createAsker(gateway), release };
  };
  const texts = (key = KEY) => gateway.sessionOf(key)?.entries.map(({ text }) => text);
  const isRunning = (key = KEY) =>
    until("the turn", () => gateway.sessionOf(key)?.status === "running");
  const details = async (asker: ReturnType<typeof createAsker>, tool: string, args: object) => {
    const { body } = await asker.tool(tool, args);
    return (body as { result: { details: { sessions: object[]; messages: object[] } } }).result
      .details;
  };

  test("the next start finishes what ran, under a new run and for nobody", async () => {
    const { asker, release } = await start({ startupMs: 150 });
    const asking = asker.ask(KEY, "1");
    await isRunning();
    const waiting = asker.ask(KEY, "in line");
    await until("the line", () => waiting.raw() !== "");
    const { url } = gateway;
    await gateway.crash();
    await Promise.all([asking.ended, waiting.ended]);
    expect(asking.raw()).not.toContain("[DONE]");
    expect(await fetch(`${url}/healthz`).catch(() => "refused")).toBe("refused");
    expect(gateway.sessionOf(KEY)).toMatchObject({
      status: "running",
      abortedLastRun: true,
      active: false,
    });

    await gateway.start();
    expect(await asker.ready()).toEqual({ status: 503, failing: ["startup-sidecars"] });
    expect(await asker.tool("sessions_list")).toEqual({
      status: 500,
      body: { ok: false, error: { type: "tool_error", message: "tool execution failed" } },
    });
    await until("readiness", async () => (await asker.ready()).status === 200);
    await until("the resumption", () => texts()?.length === 2);
    const { sessions } = await details(asker, "sessions_list", { activeOnly: true });
    expect(sessions).toMatchObject([{ key: KEY, status: "running", abortedLastRun: true }]);
    const { messages } = await details(asker, "sessions_history", { sessionKey: KEY });
    expect(messages[0]).not.toHaveProperty("provenance");
    expect(messages[1]).toMatchObject({
      role: "user",
      content: expect.stringMatching(/^\[System\] Your previous turn was interrupted/),
      provenance: {
        kind: "internal_system",
        sourceSessionKey: KEY,
        sourceTool: "main_session_restart_recovery",
      },
    });
    release();
    await until("the answer", () => texts()?.length === 3);
    expect(gateway.sessionOf(KEY)?.entries[2]?.runId).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
    expect(gateway.sessionOf(KEY)).toMatchObject({ status: "done", abortedLastRun: false });
    expect(gateway.asked.map(({ text }) => text)).toEqual(["1", "in line"]);
    expect(gateway.earlyAborts).toBe(0);
  });

  test("what a second crash interrupts is taken up once more", async () => {
    const { asker, release } = await start();
    const asking = asker.ask(KEY, "1");
    await isRunning();
    await gateway.crash();
    await gateway.start();
    await gateway.crash();
    await gateway.start();
    release();
    await until("its end", () => gateway.sessionOf(KEY)?.status === "done");
    expect(texts()?.at(0)).toBe("1");
    expect(texts()?.at(-1)).toBe("re 1");
    await asking.ended;
  });

  test("resumes run one at a time; a question drops one that waits, and fails over one that runs", async () => {
    const { asker, release } = await start();
    const lost = [asker.ask(KEY, "1")];
    await isRunning();
    lost.push(asker.ask(OTHER, "2"));
    await isRunning(OTHER);
    await gateway.crash();
    await gateway.start();
    await until("the first resumption", () => texts()?.length === 2);
    expect(gateway.sessionOf(OTHER)).toMatchObject({ status: "running", active: false });
    expect(texts(OTHER)).toEqual(["2"]);

    const refused = await asker.answerTo(KEY, "3");
    expect(refused.raw()).toEndWith(
      'data: {"error":{"message":"internal error","type":"api_error"}}\n\ndata: [DONE]\n\n',
    );
    const instead = asker.ask(OTHER, "4");
    await until("its turn", () => texts(OTHER)?.[0] === "4");
    release();
    await instead.ended;
    await until("the resumption's end", () => gateway.sessionOf(KEY)?.status === "done");
    expect(texts(OTHER)).toEqual(["4", "re 4"]);
    expect(texts()?.at(-1)).toBe("re 1");
    await Promise.all(lost.map(({ ended }) => ended));
  });

  test("a turn that was not written down yet is lost without a trace", async () => {
    const { asker, release } = await start({ recordAfterMs: 60 });
    const first = asker.ask(KEY, "1");
    await until("the turn", () => gateway.sessionOf(KEY)?.active);
    expect(texts()).toEqual([]);
    const { sessions } = await details(asker, "sessions_list", { activeOnly: true });
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).not.toHaveProperty("status");
    await gateway.crash();
    expect(gateway.sessionOf(KEY)).toBeUndefined();
    await gateway.start();
    await first.ended;
    const second = asker.ask(KEY, "2");
    await until("the record", () => texts()?.length === 1);
    release();
    await second.ended;
    expect(texts()).toEqual(["2", "re 2"]);
  });
});
