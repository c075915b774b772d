import { describe, expect, test } from "bun:test";
import { CUT_OFF } from "../../../src/core/bridge/prompt.ts";
import type { Answer } from "../../../src/core/gateway/client.ts";
import type { Found } from "../../../src/core/gateway/history.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { robotData } from "../../support/fake-messages.ts";
import { fails, says, text, turning, type Options, SESSION } from "./_turning.ts";

describe("createTurn(), a turn that broke off", () => {
  /** The first try breaks, then the gateway's records say `found`; a second try is answered. */
  async function broken(found: Found, options: Options = {}) {
    const answers: Answer[] = [fails("broken"), says("second")];
    const turn = turning(
      (_question, events) => {
        events.onRun(`chatcmpl_${3 - answers.length}`);
        return answers.shift() ?? fails("internal");
      },
      { look: () => found, ...options },
    );
    await turn.takeIn(robotData());
    const first = await turn.step();
    return { ...turn, first, answers };
  }
  const answered: Found = {
    kind: "answered",
    text: "found",
    truncated: false,
    shortened: false,
    media: [],
    runId: "chatcmpl_9",
  };

  test("is looked for without delay, and never asked again before", async () => {
    const turn = await broken(answered);
    expect(turn.first).toBe("again");
    expect(turn.order).toEqual(["asking", "ask", "answering", "broken"]);
    expect((await turn.nextTurn())?.asked).toMatchObject({
      text: "你好",
      runId: "chatcmpl_1",
      broken: true,
    });
    expect(await turn.bodies()).toEqual([]);
    await turn.step();
    expect(turn.looked).toMatchObject([
      { session: SESSION, text: "你好", at: turn.clock.now(), runId: "chatcmpl_1" },
    ]);
    expect(turn.asked).toHaveLength(1);
  });

  test("is answered with what is found", async () => {
    const turn = await broken(answered);
    expect(await turn.step()).toBe("again");
    expect(await turn.bodies()).toEqual([text("found")]);
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(turn.counters.read()).toMatchObject({
      turns: 1,
      turns_broken: 1,
      turns_recovered: 1,
      turns_answered: 1,
    });
  });

  test("says where only the beginning of the answer is left", async () => {
    const turn = await broken({ ...answered, shortened: true, truncated: true });
    await turn.step();
    const { truncated, shortened } = TEXTS.zh;
    expect(await turn.bodies()).toEqual([text(`found\n\n${truncated}\n\n${shortened}`)]);
  });

  test("keeps its silence if that is what is found", async () => {
    const turn = await broken({ ...answered, text: "DINGTALK_SILENT" });
    await turn.step();
    expect(await turn.bodies()).toEqual([]);
    expect((await turn.store.counts()).inbox).toBe(0);
  });

  test("waits while the gateway is at it", async () => {
    const turn = await broken({ kind: "running" });
    expect(await turn.step()).toEqual({ laterMs: 2000 });
    await turn.clock.advance(60_000);
    expect(await turn.step()).toEqual({ laterMs: 6000 });
    expect(turn.asked).toHaveLength(1);
    expect((await turn.store.counts()).inbox).toBe(1);
  });

  test("is asked again if it was cut off, and the agent is told", async () => {
    const turn = await broken({ kind: "cut-off" });
    await turn.clock.advance(3000);
    expect(await turn.step()).toBe("again");
    expect(turn.asked[1]?.text).toBe(`${CUT_OFF}\n你好`);
    expect(turn.order.slice(-5)).toEqual(["look", "asking", "ask", "answering", "settle"]);
    expect(await turn.bodies()).toEqual([text("second")]);
    expect(turn.counters.read()).toMatchObject({ turns: 2, turns_asked_again: 1 });
  });

  test("is looked for as it was last asked if that broke off too, and the line stands there once", async () => {
    const turn = turning(fails("broken"), { look: () => ({ kind: "cut-off" }) });
    await turn.takeIn(robotData());
    await turn.step();
    await turn.clock.advance(10_000);
    await turn.step();
    const at = turn.clock.now();
    await turn.clock.advance(10_000);
    await turn.step();
    expect(turn.looked[1]).toMatchObject({ text: `${CUT_OFF}\n你好`, at, runId: undefined });
    expect(turn.asked[2]?.text).toBe(`${CUT_OFF}\n你好`);
  });

  test("is asked again as if for the first time if the gateway never had it", async () => {
    const turn = await broken({ kind: "absent" });
    expect(await turn.step()).toEqual({ laterMs: 2000 });
    await turn.clock.advance(5000);
    expect(await turn.step()).toBe("again");
    expect(turn.asked[1]?.text).toBe("你好");
  });

  test("ends in words if the model failed", async () => {
    const turn = await broken({ kind: "failed" });
    expect(await turn.step()).toBe("again");
    expect(await turn.bodies()).toEqual([text(TEXTS.zh.failures["model-failed"])]);
  });

  test("is held, still to be looked for, if the gateway went away with it", async () => {
    const turn = await broken({ kind: "unreachable", reason: "ECONNREFUSED" });
    expect(await turn.step()).toEqual({ laterMs: 15_000 });
    expect(turn.gate.state).toBe("shut");
    expect(turn.hold.size).toBe(1);
    expect((await turn.nextTurn())?.asked).toMatchObject({ broken: true });
  });

  test("ends in words if it can never be known what became of it", async () => {
    const turn = await broken({ kind: "unreadable", reason: "HTTP 404" });
    expect(await turn.step()).toEqual({ laterMs: 2000 });
    await turn.clock.advance(3_600_000);
    expect(await turn.step()).toBe("again");
    expect(await turn.bodies()).toEqual([text(TEXTS.zh.failures.broken)]);
    expect(turn.asked).toHaveLength(1);
  });

  test("is looked for as well if it could not be noted that it broke", async () => {
    const store = () => ({ broken: () => Promise.reject(new Error("disk full")) });
    const turn = await broken(answered, { store });
    expect(turn.first).toEqual(new Error("disk full"));
    expect(await turn.step()).toBe("again");
    expect(turn.asked).toHaveLength(1);
    expect(await turn.bodies()).toEqual([text("found")]);
  });

  test("keeps what it was about out of the log above debug", async () => {
    const data = robotData({ text: { content: "TOPSECRET question" } });
    const found: Found[] = [
      { ...answered, text: "TOPSECRET answer" },
      { kind: "cut-off" },
      { kind: "running" },
    ];
    for (const each of found) {
      const turn = turning(fails("broken"), { look: () => each });
      await turn.takeIn(data);
      await turn.step();
      await turn.step();
      expect(turn.log.text()).not.toContain("TOPSECRET");
    }
  });

  test("comes to an end if each try breaks off and is cut off", async () => {
    const turn = turning(fails("broken"), { look: () => ({ kind: "cut-off" }) });
    await turn.takeIn(robotData());
    const waits: number[] = [];
    for (let steps = 0; steps < 500 && (await turn.nextTurn()) !== undefined; steps++) {
      const step = await turn.step();
      if (typeof step !== "object" || !("laterMs" in step)) continue;
      waits.push(step.laterMs);
      await turn.clock.advance(step.laterMs);
    }
    expect(await turn.bodies()).toEqual([text(TEXTS.zh.failures.broken)]);
    expect(turn.asked).toHaveLength(8);
    expect(turn.counters.read()).toMatchObject({ turns_failed: 1, turns_broken: 8 });
    // Without a pause the first time only.
    expect(waits).toHaveLength(7);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits[0]).toBeGreaterThanOrEqual(1000);
  });

  test("is given up after as many tries by one process after the other", async () => {
    const turn = turning(fails("broken"), { look: () => ({ kind: "cut-off" }) });
    await turn.takeIn(robotData());
    const id = (await turn.nextTurn())?.id ?? 0;
    // Eight processes have died over it.
    for (let tries = 0; tries < 8; tries++) await turn.store.asking([id], { text: "你好", at: 0 });
    await turn.step();
    expect(turn.asked).toEqual([]);
    expect(await turn.bodies()).toEqual([text(TEXTS.zh.failures.broken)]);
  });

  test("is still answered with what is found after its last try", async () => {
    const turn = turning(fails("broken"), { look: () => answered });
    await turn.takeIn(robotData());
    const id = (await turn.nextTurn())?.id ?? 0;
    for (let tries = 0; tries < 8; tries++) await turn.store.asking([id], { text: "你好", at: 0 });
    await turn.step();
    expect(await turn.bodies()).toEqual([text("found")]);
  });
});
