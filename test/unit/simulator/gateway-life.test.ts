import { afterEach, describe, expect, setSystemTime, test } from "bun:test";
import {
  startGateway,
  type EchoGateway,
  type GatewayOptions,
} from "../../../src/simulator/gateway.ts";
import { until } from "../../support/until.ts";
import { createAsker, createHeld } from "./_clients.ts";

const KEY = "agent:main:dingtalk:user:u1";

describe("the simulated gateway's life", () => {
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
  const status = () => gateway.sessionOf(KEY)?.status;
  const texts = () => gateway.sessionOf(KEY)?.entries.map(({ text }) => text);

  test("a stop kills what runs, and nothing is taken up again", async () => {
    const { asker, release } = await start();
    const asking = asker.ask(KEY, "1");
    await until("the turn", () => status() === "running");
    await gateway.stop();
    await asking.ended;
    expect(asking.raw()).not.toContain("[DONE]");
    expect(gateway.running).toBe(false);
    await until("the kill", () => status() === "killed");
    release();
    await gateway.start();
    expect((await asker.answerTo(KEY, "2")).text()).toBe("re 2");
    expect(texts()).toEqual(["2", "re 2"]);
    expect(gateway.earlyAborts).toBe(0);
  });

  test("a drain refuses what is new and lets the rest finish", async () => {
    const { asker, release } = await start();
    const asking = asker.ask(KEY, "1");
    await until("the turn", () => status() === "running");
    const queued = asker.ask(KEY, "in line");
    await until("the line", () => queued.raw() !== "");
    gateway.drain();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.token}` },
      body: "{}",
    });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ error: { code: "gateway_unavailable" } });
    expect(await asker.ready()).toEqual({ status: 503, failing: ["gateway-draining"] });
    expect((await asker.tool("sessions_list")).status).toBe(503);
    await queued.ended;
    expect(queued.raw()).toEndWith(
      'data: {"error":{"message":"Gateway is draining; new tasks are not accepted","type":"api_error"}}\n\ndata: [DONE]\n\n',
    );
    release();
    await asking.ended;
    expect(asking.text()).toBe("re 1");
    await gateway.start();
    expect(await asker.ready()).toEqual({ status: 200, failing: [] });
    expect((await asker.answerTo(KEY, "2")).text()).toBe("re 2");
    expect(texts()).toEqual(["1", "re 1", "2", "re 2"]);
  });

  test("hanging up too early is counted, and fatal where that is asked for", async () => {
    const { asker, release } = await start({ strictAborts: true });
    const asking = asker.ask(KEY, "1");
    await until("the turn", () => status() === "running");
    asking.hangUp();
    await until("the count", () => gateway.earlyAborts === 1);
    expect(gateway.fatal).toBe(true);
    release();

    const failed = await asker.answerTo("agent:main:dingtalk:user:u2", "2");
    expect(await failed.status).toBe(200);
    expect(failed.raw()).toContain('"delta":{"role":"assistant"}');
    expect(failed.raw()).toEndWith(
      'data: {"error":{"message":"Agent database execution admission is closed","type":"api_error"}}\n\ndata: [DONE]\n\n',
    );
    expect((await asker.ready()).status).toBe(200);
    expect((await asker.tool("sessions_list")).status).toBe(200);
    expect(gateway.asked).toHaveLength(2);

    await gateway.start();
    expect(gateway.fatal).toBe(true);
    await gateway.stop();
    await gateway.start();
    expect(gateway.fatal).toBe(false);
    expect((await asker.answerTo(KEY, "3")).text()).toBe("re 3");
  });

  test("the same without strictness is only counted; a test can make it fatal", async () => {
    const { asker, release } = await start();
    release();
    gateway.respond = async function* () {
      yield "a word";
      await new Promise(() => undefined);
    };
    const asking = asker.ask(KEY, "1");
    await until("the word", () => asking.text() !== "");
    asking.hangUp();
    await until("the count", () => gateway.earlyAborts === 1);
    expect(gateway.fatal).toBe(false);
    gateway.fatal = true;
    expect((await asker.answerTo(KEY, "2")).raw()).toContain("admission is closed");
  });

  test.each([
    { says: false, ageMs: 14_000, early: 1 },
    { says: false, ageMs: 15_000, early: 0 },
    { says: true, ageMs: 3000, early: 1 },
    { says: true, ageMs: 4000, early: 0 },
  ])("a run that is silent or not and so old: %o", async ({ says, ageMs, early }) => {
    const { asker } = await start();
    gateway.respond = async function* () {
      if (says) yield "a word";
      await new Promise(() => undefined);
    };
    const asking = asker.ask(KEY, "1");
    await until("the turn", () => (says ? asking.text() !== "" : status() === "running"));
    try {
      setSystemTime(Date.now() + ageMs);
      asking.hangUp();
      await until("the kill", () => status() === "killed");
      expect(gateway.earlyAborts).toBe(early);
    } finally {
      setSystemTime();
    }
  });
});
