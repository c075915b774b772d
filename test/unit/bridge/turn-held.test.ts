import { describe, expect, test } from "bun:test";
import type { Answer } from "../../../src/core/gateway/client.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { robotData } from "../../support/fake-messages.ts";
import { KINDS, payloadData } from "../../support/robot-payloads.ts";
import { fails, says, text, turning, type Ask, SESSION, turnOf } from "./_turning.ts";

describe("createTurn(), a gateway that took nothing", () => {
  test.each(["unreachable", "busy", "needs-restart"] as const)(
    "holds the message and has no question to look for: %s",
    async (kind) => {
      const answer: Ask = async (_question, events) => {
        // A turn that stood in line when the gateway was told to stop had a run id already.
        events.onRun("chatcmpl_7");
        return fails(kind);
      };
      const { step, bodies, order, gate, hold, inbox, nextTurn, counters, log } = await turnOf(
        robotData(),
        answer,
      );
      expect(step).toEqual({ laterMs: 15_000 });
      expect(bodies).toEqual([]);
      expect(inbox).toBe(1);
      expect(order).toEqual(["asking", "ask", "answering", "not asked"]);
      expect((await nextTurn())?.asked).toBeUndefined();
      expect(gate.state).toBe("shut");
      expect(hold.first()).toBe(SESSION);
      expect(counters).toMatchObject({ gateway_outages: 1 });
      const level = kind === "needs-restart" ? "error" : "warn";
      expect(log.entries.filter((each) => each.level === level)).toHaveLength(1);
    },
  );

  test("is not asked while the gate is shut, and nothing is committed", async () => {
    const turn = turning(says("hello"), { health: () => "away" });
    turn.gate.shut({ kind: "unreachable", reason: "because" });
    await turn.takeIn(robotData());
    expect(await turn.step()).toEqual({ laterMs: 15_000 });
    expect(turn.order).toEqual([]);
    expect(await turn.bodies()).toEqual([]);
  });

  test.each([
    ["nothing but a mention", robotData({ text: { content: "" } }), [text(TEXTS.zh.help)]],
    ["nothing that DingTalk gave out", robotData({ text: undefined, errorCode: "20001" }), []],
  ])("does not keep others from an answer of our own: to %s", async (_what, data, bodies) => {
    const turn = turning(says("never asked"));
    turn.gate.shut({ kind: "unreachable", reason: "because" });
    await turn.takeIn(data);
    expect(await turn.step()).toBe("again");
    expect(await turn.bodies()).toEqual(bodies);
  });

  test("holds a picture as it holds words, and makes no question of it meanwhile", async () => {
    let made = 0;
    const compose = async () => ({ text: `${++made}`, images: [] });
    const turn = turning(says("hello"), { windowMs: 0, compose, health: () => "away" });
    turn.gate.shut({ kind: "unreachable", reason: "because" });
    await turn.takeIn(payloadData(KINDS.picture));
    expect(await turn.step()).toEqual({ laterMs: 15_000 });
    expect(made).toBe(0);
    expect(turn.hold.first()).toBe(SESSION);
  });

  test("is told to people when they have waited 15 s", async () => {
    const turn = turning(fails("unreachable"), { health: () => "away" });
    await turn.takeIn(robotData());
    await turn.step();
    await turn.clock.advance(15_000);
    expect(await turn.step()).toEqual({ laterMs: 3_600_000 - 15_000 });
    expect(await turn.bodies()).toEqual([text(TEXTS.zh.queued)]);
  });

  test("fails the message when it has been held long enough, in words that say so", async () => {
    for (const locale of ["zh", "en"] as const) {
      const turn = turning(fails("unreachable"), { health: () => "away", locale });
      await turn.takeIn(robotData());
      await turn.step();
      await turn.clock.advance(3_600_000);
      expect(await turn.step()).toBe("again");
      expect(await turn.bodies()).toEqual([text(TEXTS[locale].failures["held-too-long"])]);
      expect((await turn.store.counts()).inbox).toBe(0);
      expect(turn.hold.size).toBe(0);
      expect(turn.counters.read()).toMatchObject({ turns_failed: 1 });
    }
  });

  test("is asked by one turn when it says it is back, and answers", async () => {
    let away = true;
    const turn = turning(() => (away ? fails("unreachable") : says("hello")));
    await turn.takeIn(robotData());
    await turn.step();
    away = false;
    await turn.clock.advance(1000);
    expect(turn.gate.state).toBe("ready");
    expect(await turn.step()).toBe("again");
    expect(await turn.bodies()).toEqual([text("hello")]);
    expect(turn.gate.state).toBe("open");
    expect(turn.hold.size).toBe(0);
    // Nothing had been taken, so nothing was looked for.
    expect(turn.looked).toEqual([]);
  });

  test.each([
    ["answers", says("hello"), "open"],
    ["fails at the model", fails("model-failed"), "open"],
    ["refuses this message", fails("rejected"), "open"],
    ["breaks off", fails("broken"), "ready"],
    ["is away after all", fails("busy"), "shut"],
  ] as const)("is known by the turn that tries: it %s", async (_what, answer, state) => {
    const answers: Answer[] = [fails("unreachable"), answer];
    const turn = turning(() => answers.shift() ?? says("more"));
    await turn.takeIn(robotData());
    await turn.step();
    await turn.clock.advance(1000);
    await turn.step();
    expect(turn.gate.state).toBe(state);
    // Whatever became of it, the next one may try.
    expect(turn.gate.probing).toBe(false);
  });

  test("lets the next one try when a try could not even be committed", async () => {
    let broken = false;
    const turn = turning(fails("unreachable"), {
      store: (real) => ({
        asking: (...given) =>
          broken ? Promise.reject(new Error("disk full")) : real.asking(...given),
      }),
    });
    await turn.takeIn(robotData());
    await turn.step();
    await turn.clock.advance(1000);
    broken = true;
    expect(await turn.step()).toEqual(new Error("disk full"));
    expect(turn.gate.probing).toBe(false);
  });

  test("is no try that counts against the message", async () => {
    let away = true;
    const turn = turning(() => (away ? fails("needs-restart") : says("hello")));
    await turn.takeIn(robotData());
    for (let tries = 0; tries < 20; tries++) {
      await turn.step();
      await turn.clock.advance(15_000);
      expect(turn.gate.state).toBe("ready");
    }
    expect(turn.asked).toHaveLength(20);
    expect((await turn.nextTurn())?.asks).toBe(0);
    away = false;
    await turn.step();
    expect(await turn.bodies()).toEqual([text("hello")]);
  });
});
