import { describe, expect, test } from "bun:test";
import { TEXTS } from "../../../src/core/texts.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { fails, says, turnOf, turning, type Ask } from "./_turning.ts";

const { stopped } = TEXTS.zh;

const CHAT = {
  account: "default",
  kind: "direct",
  conversationId: "cidDirect==",
  userId: "staff1",
} as const;

const stop = ({ stops }: ReturnType<typeof turning>) => {
  for (const each of stops.running(CHAT)) each.stop();
};

/** A turn that lasts until it is stopped. */
const endless: Ask = (_question, _events, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

describe("a turn of somebody who is shut out meanwhile", () => {
  test("ends at once, and they get nothing of it", async () => {
    let isWelcome = true;
    const turn = turning(
      (question, events, signal) => {
        events.onContent("Half an ans");
        return endless(question, events, signal);
      },
      { isWelcome: () => isWelcome },
    );
    await turn.takeIn(robotData());
    const step = turn.step();
    await turn.clock.settle();
    isWelcome = false;
    turn.stops.review();
    expect(await step).toBe("again");
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(await turn.replies()).toEqual([]);
  });

  test("ends without an answer, also where that came first", async () => {
    let isWelcome = true;
    const turn = turning(
      async () => {
        isWelcome = false;
        return says("all of it");
      },
      { isWelcome: () => isWelcome },
    );
    await turn.takeIn(robotData());
    expect(await turn.step()).toBe("again");
    expect(await turn.replies()).toEqual([]);
  });
});

describe("a turn that somebody stops", () => {
  test("ends at once, without an answer of its own, and is not asked again", async () => {
    const turn = turning(endless);
    await turn.takeIn(robotData());
    const step = turn.step();
    await turn.clock.settle();
    stop(turn);
    expect(await step).toBe("again");
    expect(turn.order).toEqual(["asking", "ask", "settle"]);
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(await turn.replies()).toEqual([]);
    expect(turn.counters.read().turns_stopped).toBe(1);
  });

  test("one that broke off and is taken back is neither looked for nor asked again", async () => {
    const turn = turning(fails("broken"));
    await turn.takeIn(robotData());
    expect(await turn.step()).toBe("again");
    const entry = await turn.nextTurn();
    turn.stops.withdraw([entry?.id ?? 0]);
    expect(await turn.step()).toBe("again");
    expect(turn.looked).toEqual([]);
    expect(turn.asked).toHaveLength(1);
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(await turn.replies()).toEqual([]);
  });

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
    turn.stops.ofCard("card1")?.stop();
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
    stop(turn);
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

  test("nothing is left to stop after its end", async () => {
    const { stops, bodies } = await turnOf(robotData(), fails("internal"));
    expect(stops.running(CHAT)).toEqual([]);
    expect(bodies).toHaveLength(1);
  });
});
