import { describe, expect, test } from "bun:test";
import { CUT_OFF } from "../../../src/core/bridge/prompt.ts";
import type { Answer } from "../../../src/core/gateway/client.ts";
import type { Found } from "../../../src/core/gateway/history.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { traceOf } from "../../../src/core/trace.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { KINDS, payloadData } from "../../support/robot-payloads.ts";
import { WINDOW_MS, fails, says, text, turning, type Ask, type Options } from "./_turning.ts";

const words = (content: string, at: number) =>
  robotData({ msgId: `m${at}`, createAt: at, text: { content } });
const picture = (at: number) => payloadData(KINDS.picture, { msgId: `m${at}`, createAt: at });

async function burst(answer: Ask | Answer, data: readonly string[], options: Options = {}) {
  const turn = turning(answer, options);
  for (const each of data) await turn.takeIn(each);
  return turn;
}

const times = async (turn: ReturnType<typeof turning>) =>
  (await turn.waiting()).map(({ asked }) => asked?.at);

describe("createTurn(), several messages together", () => {
  test("are one question with one answer, and over together", async () => {
    const turn = await burst(says("hello"), [words("one", 1), words("two", 2), words("three", 3)]);
    expect(await turn.step()).toBe("again");
    expect(turn.asked.map((question) => question.text)).toEqual(["one\n\ntwo\n\nthree"]);
    expect(turn.order).toEqual(["asking", "ask", "settle"]);
    expect(await turn.bodies()).toEqual([text("hello")]);
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(turn.counters.read()).toEqual({ turns: 1, turns_answered: 1 });
    expect(await turn.step()).toBe("idle");
  });

  test("are all named where the gateway is asked", async () => {
    const turn = await burst(says("hello"), [words("one", 1), words("two", 2)]);
    await turn.step();
    const traces = ["m1", "m2"].map((msgId) => traceOf("default", msgId));
    expect(turn.log.entries.find(({ message }) => message === "asking the gateway")).toMatchObject({
      fields: { trace: traces[0], traces },
    });
  });

  test("are committed as asked together before the gateway is asked", async () => {
    const before: (number | undefined)[][] = [];
    const turn = await burst(async () => {
      before.push(await times(turn));
      return says("hello");
    }, [words("one", 1), words("two", 2)]);
    const now = turn.clock.now();
    await turn.step();
    expect(before).toEqual([[now, now]]);
  });

  test("let their files go together", async () => {
    const turn = await burst(says("hello"), [picture(1), words("?", 2), picture(3), picture(4)]);
    await turn.step();
    expect(turn.done).toEqual(["m1", "m3", "m4"]);
  });

  test("mention the person who wrote them once", async () => {
    const data = [1, 2].map((at) => groupData({ msgId: `m${at}`, createAt: at }));
    const turn = await burst(says("hello"), data);
    await turn.step();
    expect(await turn.bodies()).toEqual([
      { ...text("@staff1 hello"), at: { atUserIds: ["staff1"] } },
    ]);
  });

  test("are taken back together where the gateway took nothing, and what came later joins them", async () => {
    const answers: Answer[] = [fails("unreachable"), says("hello")];
    const turn = await burst(
      () => answers.shift() ?? fails("internal"),
      [words("one", 1), words("two", 2)],
    );
    await turn.step();
    expect(turn.order.at(-1)).toBe("not asked");
    expect(await times(turn)).toEqual([undefined, undefined]);
    expect((await turn.waiting()).map(({ asks }) => asks)).toEqual([0, 0]);
    await turn.takeIn(words("three", 3));
    await turn.clock.advance(1000);
    await turn.step();
    expect(turn.asked.at(-1)?.text).toBe("one\n\ntwo\n\nthree");
    expect((await turn.store.counts()).inbox).toBe(0);
  });

  test("fail together, in words said once", async () => {
    const turn = await burst(fails("rejected"), [words("one", 1), words("two", 2)]);
    await turn.step();
    expect(await turn.bodies()).toEqual([text(TEXTS.zh.failures.rejected)]);
    expect((await turn.store.counts()).inbox).toBe(0);
  });

  test("leave a mention alone to itself, in its place", async () => {
    const turn = await burst(says("hello"), [words("one", 1), words(" ", 2), words("two", 3)]);
    for (let steps = 0; steps < 3; steps++) await turn.step();
    expect(turn.asked.map((question) => question.text)).toEqual(["one", "two"]);
    expect(await turn.bodies()).toEqual([text("hello"), text(TEXTS.zh.help), text("hello")]);
  });

  test("are as many as were read: what cannot be read ends them, and is ended itself", async () => {
    const turn = await burst(says("hello"), [words("one", 1), words("two", 2), words("three", 3)]);
    const waiting = await turn.waiting();
    const [, two] = waiting;
    if (two === undefined) throw new Error("nothing was taken in");
    const broken = waiting.with(1, { ...two, data: "broken" });
    expect(await turn.run(broken, turn.halt.signal)).toBe("again");
    expect(await turn.run(broken.slice(1), turn.halt.signal)).toBe("again");
    expect(await turn.run(broken.slice(2), turn.halt.signal)).toBe("again");
    expect(turn.asked.map((question) => question.text)).toEqual(["one", "three"]);
    expect((await turn.store.counts()).inbox).toBe(0);
  });

  test("is the same answer the next time, if its end could not be committed, and only theirs", async () => {
    let broken = true;
    const turn = await burst(says("hello"), [words("one", 1), words("two", 2)], {
      store: (real) => ({
        settle: (...given) =>
          broken ? Promise.reject(new Error("disk full")) : real.settle(...given),
      }),
    });
    expect(await turn.step()).toEqual(new Error("disk full"));
    await turn.takeIn(words("three", 3));
    broken = false;
    expect(await turn.step()).toBe("again");
    expect(await turn.bodies()).toEqual([text("hello")]);
    expect((await turn.waiting()).map(({ msgId }) => msgId)).toEqual(["m3"]);
  });

  test("end no message with the words that were another's, whose end could not be committed", async () => {
    let broken = true;
    let made = 0;
    const turn = await burst(says("hello"), [words("one", 1)], {
      store: (real) => ({
        settle: (...given) =>
          broken ? Promise.reject(new Error("disk full")) : real.settle(...given),
      }),
      compose: async () => {
        if (++made === 1) throw new Error("our own fault");
        return { text: "two", images: [] };
      },
    });
    expect(await turn.step()).toEqual(new Error("disk full"));
    await turn.takeIn(words("two", 2));
    broken = false;
    await turn.step();
    await turn.step();
    expect(await turn.bodies()).toEqual([text(TEXTS.zh.failures.internal), text("hello")]);
  });

  test("goes on where a file cannot be removed: the turn is over", async () => {
    const turn = await burst(says("hello"), [picture(1), words("?", 2)], {
      onFilesDone: () => Promise.reject(new Error("EACCES")),
    });
    expect(await turn.step()).toBe("again");
    expect(await turn.bodies()).toEqual([text("hello")]);
  });
});

describe("createTurn(), a message without words", () => {
  test("waits for the words about it, from its arrival, and nothing is done meanwhile", async () => {
    const turn = await burst(says("hello"), [picture(1)]);
    expect(await turn.step()).toEqual({ laterMs: WINDOW_MS, orNews: true });
    await turn.clock.advance(1000);
    expect(await turn.step()).toEqual({ laterMs: WINDOW_MS - 1000, orNews: true });
    expect(turn.order).toEqual([]);
    expect(await turn.bodies()).toEqual([]);
  });

  test("is asked with them when they come", async () => {
    const turn = await burst(says("hello"), [picture(1)]);
    await turn.step();
    await turn.clock.advance(2000);
    await turn.takeIn(words("what is this?", 2));
    expect(await turn.step()).toBe("again");
    expect(turn.asked.map((question) => question.text)).toEqual(["[media]\n\nwhat is this?"]);
  });

  test("is asked alone when they do not", async () => {
    const turn = await burst(says("hello"), [picture(1)]);
    await turn.step();
    await turn.clock.advance(WINDOW_MS);
    expect(await turn.step()).toBe("again");
    expect(turn.asked.map((question) => question.text)).toEqual(["[media]"]);
  });

  test("is not held for the gateway before, nor kept from it after", async () => {
    const turn = await burst(says("hello"), [picture(1)]);
    turn.gate.shut({ kind: "unreachable", reason: "because" });
    expect(await turn.step()).toEqual({ laterMs: WINDOW_MS, orNews: true });
    expect(turn.hold.size).toBe(0);
    await turn.clock.advance(WINDOW_MS);
    await turn.step();
    expect(turn.asked.length + turn.hold.size).toBe(1);
  });
});

describe("createTurn(), several messages whose turn broke off", () => {
  const answered: Found = {
    kind: "answered",
    text: "found",
    truncated: false,
    shortened: false,
    media: [],
    runId: "chatcmpl_9",
  };

  async function broken(found: Found) {
    const answers: Answer[] = [fails("broken"), says("second"), says("third")];
    const turn = await burst(
      () => answers.shift() ?? fails("internal"),
      [picture(1), words("one", 2)],
      { look: () => found },
    );
    await turn.step();
    // More has come meanwhile: it is no part of what was asked.
    await turn.takeIn(words("two", 3));
    await turn.clock.advance(10_000);
    return turn;
  }

  test("are answered once with what is found, and what came later is asked for itself", async () => {
    const turn = await broken(answered);
    expect(await turn.step()).toBe("again");
    expect(turn.looked).toMatchObject([{ text: "[media]\n\none" }]);
    expect(await turn.bodies()).toEqual([text("found")]);
    expect((await turn.waiting()).map(({ msgId }) => msgId)).toEqual(["m3"]);
    expect(turn.done).toEqual(["m1"]);
    await turn.step();
    expect(turn.asked.map((question) => question.text)).toEqual(["[media]\n\none", "two"]);
    expect(await turn.bodies()).toEqual([text("found"), text("second")]);
  });

  test("are asked again as they were, without what came later", async () => {
    const turn = await broken({ kind: "cut-off" });
    expect(await turn.step()).toBe("again");
    expect(turn.asked.at(-1)?.text).toBe(`${CUT_OFF}\n[media]\n\none`);
    await turn.step();
    expect(turn.asked.at(-1)?.text).toBe("two");
    expect(await turn.bodies()).toEqual([text("second"), text("third")]);
    expect((await turn.store.counts()).inbox).toBe(0);
  });

  test("wait together while the gateway is at it", async () => {
    const turn = await broken({ kind: "running" });
    expect(await turn.step()).toMatchObject({ laterMs: expect.any(Number) });
    expect((await turn.store.counts()).inbox).toBe(3);
    expect(turn.asked).toHaveLength(1);
  });

  test("are looked for by what is known of the run, also when the first has been held too long", async () => {
    let away = true;
    const MINUTE = 60_000;
    const turn = turning(
      (_question, events) => {
        if (away) return fails("unreachable");
        events.onRun("chatcmpl_1");
        away = true;
        return fails("broken");
      },
      {
        holdMs: 10 * MINUTE,
        health: () => (away ? "away" : undefined),
        look: () => (away ? { kind: "unreachable", reason: "ECONNREFUSED" } : answered),
      },
    );
    await turn.takeIn(words("one", 1));
    await turn.step();
    await turn.clock.advance(5 * MINUTE);
    await turn.takeIn(words("two", 2));
    away = false;
    await turn.clock.advance(MINUTE);
    // Asked together, and broken off.
    await turn.step();
    expect(turn.asked.at(-1)?.text).toBe("one\n\ntwo");
    await turn.step();
    await turn.clock.advance(6 * MINUTE);
    await turn.step();
    away = false;
    await turn.clock.advance(MINUTE);
    const looks = turn.looked.length;
    await turn.step();
    if (turn.looked.length > looks) {
      expect(turn.looked.at(-1)).toMatchObject({ text: "one\n\ntwo", runId: "chatcmpl_1" });
    }
    expect((await turn.store.counts()).inbox).toBe(0);
  });
});
