import { describe, expect, test } from "bun:test";
import type { Message } from "../../../src/core/message.ts";
import type { Store } from "../../../src/core/store.ts";
import { never } from "../../support/fake-fetch.ts";
import { USAGE, WEBHOOK } from "../../support/fake-messages.ts";
import { createWorld, errcode, ok, said, sending } from "./_sending.ts";

const MINUTE = 60_000;
const conversation = { account: "default", conversationId: "a" };
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
const group = (nick: string, text: string): Message => ({
  format: "text",
  title: "",
  parts: [{ text, mention: { userId: nick, nick } }],
});

describe("createOutbox(), many answers for one conversation", () => {
  test("sends the first at once and each by itself, then what waits in one message", async () => {
    const { outbox, clock, calls, texts, left, counted } = await sending(ok, {
      a: numbers(1, 60),
    });
    await outbox.resume();
    await clock.settle();
    expect(texts()).toEqual(numbers(1, calls.length));
    expect(calls.length).toBeGreaterThanOrEqual(9);
    const atOnce = calls.length;
    await clock.advance(15_000);
    expect(calls.length).toBeGreaterThan(atOnce);
    await clock.advance(MINUTE);
    expect(texts().flatMap((text) => text.split("\n\n"))).toEqual(numbers(1, 60));
    expect(await left()).toBe(0);
    expect(counted()).toEqual({
      replies_sent: calls.length,
      replies_merged: 60 - calls.length,
    });
  });

  test("never sends more than the limit in any minute, retries and other ways counted", async () => {
    const times: number[] = [];
    const { outbox, clock, left, reply } = await sending(
      (_call, at) => {
        times.push(clock.now());
        return at % 3 === 0 ? errcode(-1) : at % 7 === 0 ? errcode(300001) : ok();
      },
      {},
      { perMinute: 7 },
    );
    for (let at = 0; at < 200; at++) {
      await reply("a", String(at));
      outbox.wake(conversation);
      await clock.advance(1500);
    }
    await clock.advance(10 * MINUTE);
    expect(await left()).toBe(0);
    for (const [at, time] of times.entries()) {
      const until = times[at + 7];
      if (until !== undefined) expect(until - time).toBeGreaterThanOrEqual(MINUTE);
    }
  });

  test("a steady stream of answers never waits longer than 15 s for the next message", async () => {
    const times: number[] = [];
    const { outbox, clock, reply } = await sending(() => (times.push(clock.now()), ok()), {});
    for (let second = 0; second < 300; second++) {
      await reply("a", `${second}`);
      outbox.wake(conversation);
      await clock.advance(1000);
    }
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(15_000);
  });

  test("goes on counting where an earlier process stopped", async () => {
    const world = createWorld(ok);
    await world.reply("a", ...numbers(1, 9));
    const first = world.boot();
    await first.resume();
    await world.clock.settle();
    await first.drain();
    await world.reply("a", ...numbers(10, 30));
    const second = world.boot();
    const before = world.calls.length;
    await second.resume();
    await world.clock.settle();
    expect(world.calls.length - before).toBeLessThanOrEqual(1);
    await world.clock.advance(MINUTE);
    expect(world.calls.length).toBeLessThanOrEqual(20);
    expect(world.texts().flatMap((text) => text.split("\n\n"))).toEqual(numbers(1, 30));
  });

  test("a busy conversation takes nothing from another one's minute", async () => {
    const { outbox, clock, texts } = await sending(ok, { a: numbers(1, 40), b: ["x", "y"] });
    await outbox.resume();
    await clock.settle();
    expect(texts()).toContain("y");
  });

  test("a merged message mentions everyone it answers", async () => {
    const texts = numbers(1, 12).map((text) => group(`staff${text}`, text));
    const { outbox, clock, calls } = await sending(ok, { a: texts }, { group: true });
    await outbox.resume();
    await clock.advance(MINUTE);
    const last = JSON.parse(calls.at(-1)?.body ?? "") as {
      text: { content: string };
      at: { atUserIds: string[] };
    };
    expect(last.at.atUserIds.length).toBeGreaterThan(1);
    for (const id of last.at.atUserIds) {
      expect(last.text.content).toContain(`@${id} ${id.replace("staff", "")}`);
    }
  });
});

/** Writes down in which order things happen. */
const recording = (events: string[]) => (real: Store) => ({
  merge: async (...args: Parameters<Store["merge"]>) => {
    await real.merge(...args);
    events.push(`merge ${args[0].length}`);
  },
  sending: async (...args: Parameters<Store["sending"]>) => {
    const going = await real.sending(...args);
    events.push("sending");
    return going;
  },
  sent: async (...args: Parameters<Store["sent"]>) => {
    await real.sent(...args);
    events.push("sent");
  },
});

/** A conversation whose minute is half used up, so that what waits is merged. */
async function scarce(
  answer: Parameters<typeof createWorld>[0],
  options: Parameters<typeof createWorld>[1] = {},
) {
  const world = createWorld(answer, options);
  await world.reply("a", "filler");
  const [head] = await world.store.nextReplies(conversation, 1);
  if (head === undefined) throw new Error("no filler");
  for (let at = 0; at < 12; at++) {
    await world.store.sending(head, "stream", USAGE, world.clock.now() - 40_000);
  }
  await world.store.sent(head, {}, world.clock.now());
  return world;
}

describe("createOutbox(), a merged message", () => {
  test("is committed before it is sent", async () => {
    const events: string[] = [];
    const world = await scarce((call) => (events.push(`post ${said(call)}`), ok()), {
      wrap: recording(events),
    });
    await world.reply("a", "1", "2", "3");
    const outbox = world.boot();
    await outbox.resume();
    await world.clock.settle();
    expect(events).toEqual(["merge 3", "sending", "post 1\n\n2\n\n3", "sent"]);
    expect(await world.left()).toBe(0);
  });

  test("comes again as one after a failure, and what came later does not join it", async () => {
    const world = await scarce((_call, at) => (at === 0 ? errcode(-1) : ok()));
    await world.reply("a", "1", "2");
    const outbox = world.boot();
    await outbox.resume();
    await world.clock.settle();
    await world.reply("a", "3");
    await world.clock.advance(MINUTE);
    expect(world.texts()).toEqual(["1\n\n2", "1\n\n2", "3"]);
  });

  test("comes again as one after a crash in mid-air", async () => {
    const world = await scarce((_call, at) => (at === 0 ? never() : ok()));
    await world.reply("a", "1", "2");
    await world.boot().resume();
    await world.clock.settle();
    // Killed here: nobody hears the first outbox again.
    await world.boot().resume();
    await world.clock.advance(9000);
    expect(world.texts()).toEqual(["1\n\n2", "1\n\n2"]);
    expect(world.counted()).toMatchObject({ replies_uncertain: 1 });
  });

  test("nor does anything join it after a crash in mid-air", async () => {
    const world = await scarce((_call, at) => (at === 0 ? never() : ok()));
    await world.reply("a", "1");
    await world.boot().resume();
    await world.clock.settle();
    await world.reply("a", "2", "3");
    await world.boot().resume();
    await world.clock.advance(9000);
    expect(world.texts().slice(0, 2)).toEqual(["1", "1"]);
  });

  test("is not merged with one that was tried before", async () => {
    const world = await scarce(ok);
    await world.reply("a", "1", "2", "3", "4");
    const [, , third] = await world.store.nextReplies(conversation, 9);
    await world.store.postpone(third?.id ?? 0, 1, 0);
    await world.boot().resume();
    await world.clock.advance(MINUTE);
    expect(world.texts()).toEqual(["1\n\n2", "3", "4"]);
  });

  test("never grows too large: the rest goes in the next one", async () => {
    const world = await scarce(ok);
    const long = "x".repeat(6000);
    await world.reply("a", `1${long}`, `2${long}`, `3${long}`);
    await world.boot().resume();
    await world.clock.advance(MINUTE);
    expect(world.texts().map((text) => text.replaceAll("x", ""))).toEqual(["1\n\n2", "3"]);
  });

  test("goes whole by the OpenAPI when the webhook turns out to be dead", async () => {
    const world = await scarce(({ url }) => (url.startsWith(WEBHOOK) ? errcode(300001) : ok()));
    await world.reply("a", "1", "2");
    await world.boot().resume();
    await world.clock.advance(15_000);
    expect(world.texts()).toEqual(["1\n\n2", "1\n\n2"]);
    expect(await world.left()).toBe(0);
  });

  test("one refused for good takes its answers with it, and the next one goes", async () => {
    const world = await scarce((_call, at) => (at === 0 ? errcode(430102) : ok()));
    await world.reply("a", "1", "2");
    const outbox = world.boot();
    await outbox.resume();
    await world.clock.settle();
    await world.reply("a", "3");
    outbox.wake(conversation);
    await world.clock.advance(15_000);
    expect(world.texts()).toEqual(["1\n\n2", "3"]);
    expect(await world.reasons()).toHaveLength(1);
  });
});

describe("createOutbox(), notices", () => {
  test("goes out at once while there is plenty", async () => {
    const world = createWorld(ok);
    await world.notify("a", "please wait");
    await world.boot().resume();
    await world.clock.settle();
    expect(world.texts()).toEqual(["please wait"]);
  });

  test("waits while the minute is scarce, and goes when it is not", async () => {
    const world = await scarce(ok);
    await world.notify("a", "please wait");
    await world.boot().resume();
    await world.clock.advance(15_000);
    expect(world.texts()).toEqual([]);
    await world.clock.advance(45_000);
    expect(world.texts()).toEqual(["please wait"]);
  });

  test("that waits is dropped by the answer", async () => {
    const world = await scarce(ok);
    await world.notify("a", "please wait");
    const outbox = world.boot();
    await outbox.resume();
    await world.clock.advance(1000);
    await world.reply("a", "answer");
    outbox.wake(conversation);
    await world.clock.advance(MINUTE);
    expect(world.texts()).toEqual(["answer"]);
    expect(await world.left()).toBe(0);
  });

  test("that waits does not keep the answer waiting", async () => {
    const world = await scarce(ok);
    await world.notify("a", "please wait");
    const outbox = world.boot();
    await outbox.resume();
    await world.clock.advance(1000);
    await world.reply("a", "answer");
    outbox.wake(conversation);
    await world.clock.settle();
    expect(world.texts()).toEqual(["answer"]);
  });

  test("is never merged with answers", async () => {
    const world = await scarce(ok);
    await world.reply("a", "1", "2");
    await world.notify("a", "please wait");
    await world.boot().resume();
    await world.clock.settle();
    expect(world.texts()).toEqual(["1\n\n2"]);
    await world.clock.advance(2 * MINUTE);
    expect(world.texts()).toEqual(["1\n\n2", "please wait"]);
  });

  /** A notice that is on its way when the answer comes; `go` lets the outbox reach for the next one. */
  async function overtaken() {
    const gates: (() => void)[] = [];
    const world = createWorld(ok, {
      wrap: (real) => ({
        // Stands for any wait between looking and sending, like that for the limit per second.
        webhook: async (ref) => {
          await new Promise<void>((resolve) => gates.push(resolve));
          return await real.webhook(ref);
        },
      }),
    });
    await world.notify("a", "please wait");
    const outbox = world.boot();
    await outbox.resume();
    await world.clock.settle();
    await world.reply("a", "answer");
    outbox.wake(conversation);
    for (let at = 0; at < 3; at++) {
      gates.shift()?.();
      await world.clock.settle();
    }
    return world;
  }

  test("a notice overtaken by its answer does not take it away with it", async () => {
    const world = await overtaken();
    expect(world.texts()).toContain("answer");
  });

  test("a notice overtaken by its answer is not sent after all", async () => {
    const world = await overtaken();
    expect(world.texts()).not.toContain("please wait");
  });
});
