import { describe, expect, test } from "bun:test";
import { TEXTS } from "../../../src/core/texts.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { SESSION, fails, says, text, turnOf, turning, type Ask } from "./_turning.ts";

const { stopped, nothingToStop } = TEXTS.zh;

/** A turn that lasts until it is stopped. */
const endless: Ask = (_question, _events, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

describe("a turn that somebody stops", () => {
  test("ends at once, without an answer of its own, and is not asked again", async () => {
    const turn = turning(endless);
    await turn.takeIn(robotData());
    const step = turn.step();
    await turn.clock.settle();
    turn.stops.byWord(SESSION, "staff1", "msg2==");
    expect(await step).toBe("again");
    expect(turn.order).toEqual(["asking", "ask", "settle"]);
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(await turn.replies()).toEqual([]);
    expect(turn.counters.read().turns_stopped).toBe(1);
  });

  test("the word that did it is answered", async () => {
    const turn = turning(endless);
    await turn.takeIn(robotData());
    const step = turn.step();
    await turn.takeIn(robotData({ msgId: "msg2==", createAt: 2, text: { content: "停止" } }));
    await turn.clock.settle();
    turn.stops.byWord(SESSION, "staff1", "msg2==");
    await step;
    await turn.step();
    expect(await turn.bodies()).toEqual([text(stopped)]);
  });

  test.each(["停止", "stop", "STOP", "/stop", "Stop.", " 停止。 ", "esc"])(
    "%j with nothing to stop says so and asks nobody",
    async (content) => {
      const { bodies, asked } = await turnOf(robotData({ text: { content } }), says("no"));
      expect(bodies).toEqual([text(nothingToStop)]);
      expect(asked).toEqual([]);
    },
  );

  test.each(["停止服务怎么操作？", "don't stop", "stop it", "escape"])(
    "%j is a question like any other",
    async (content) => {
      const { asked } = await turnOf(robotData({ text: { content } }), says("yes"));
      expect(asked).toHaveLength(1);
    },
  );

  test("what was shown of the answer stays, with a line that it was stopped", async () => {
    const ends: string[] = [];
    const turn = turning(
      (question, events, signal) => {
        events.onContent("Half an ans");
        return endless(question, events, signal);
      },
      {
        mode: "card",
        cards: {
          begin: () => ({
            outTrackIds: ["card1"],
            visible: true,
            show: () => undefined,
            async finish(said) {
              ends.push(said);
              return [];
            },
            abandon: () => undefined,
          }),
        },
      },
    );
    await turn.takeIn(groupData());
    const step = turn.step();
    await turn.clock.settle();
    expect(turn.stops.byCard("card1", "staff1")).toBe(true);
    await step;
    expect(ends).toEqual([`Half an ans\n\n${stopped}`]);
    expect(await turn.replies()).toEqual([]);
  });

  test("what was about to be shown is not lost where its card is still being made", async () => {
    const ends: string[] = [];
    const turn = turning(
      (question, events, signal) => {
        events.onContent("The beginning");
        return endless(question, events, signal);
      },
      {
        mode: "card",
        cards: {
          begin: () => ({
            outTrackIds: ["card1"],
            visible: false,
            show: () => undefined,
            async finish(said) {
              ends.push(said);
              return [];
            },
            abandon: () => undefined,
          }),
        },
      },
    );
    await turn.takeIn(robotData());
    const step = turn.step();
    await turn.clock.settle();
    turn.stops.byWord(SESSION, "staff1", "msg2==");
    await step;
    expect(ends).toEqual([`The beginning\n\n${stopped}`]);
  });

  test("a stop of the worker is none of the turn's: it is parked", async () => {
    const turn = turning(endless);
    await turn.takeIn(robotData());
    const step = turn.step();
    await turn.clock.settle();
    turn.halt.abort(new Error("stopping"));
    expect(await step).toEqual(new Error("stopping"));
    expect((await turn.store.counts()).inbox).toBe(1);
  });

  test("a word after the end of the turn stops nothing", async () => {
    const { stops, bodies } = await turnOf(robotData(), fails("internal"));
    stops.byWord(SESSION, "staff1", "msg2==");
    expect(stops.hasStopped("msg2==")).toBe(false);
    expect(bodies).toHaveLength(1);
  });
});
