import { describe, expect, test } from "bun:test";
import { networkError, never } from "../../support/fake-fetch.ts";
import { errcode, isApi, ok, refusal, said, sending } from "./_sending.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const conversation = { account: "default", conversationId: "a" };

describe("createOutbox(), what keeps failing", () => {
  test("goes on trying for a day, and then lets others pass", async () => {
    const { outbox, clock, texts, left, reasons } = await sending(
      (call) => (said(call) === "2" ? ok() : isApi(call) ? refusal("systemBusy") : errcode(-1)),
      { a: ["1", "2"] },
    );
    await outbox.resume();
    await clock.advance(24 * HOUR - MINUTE);
    expect(await left()).toBe(2);
    await clock.advance(3 * MINUTE);
    expect(await left()).toBe(0);
    expect(texts().at(-1)).toBe("2");
    expect(await reasons()).toEqual([expect.stringContaining("systemBusy")]);
  });

  test("what only a person can mend is tried every minute, for a day", async () => {
    const { outbox, clock, calls, left, counted } = await sending(() => errcode(60020), {
      a: ["1"],
    });
    await outbox.resume();
    await clock.advance(10 * MINUTE + 30_000);
    expect(calls).toHaveLength(11);
    await clock.advance(24 * HOUR - 11 * MINUTE);
    expect(await left()).toBe(1);
    await clock.advance(3 * MINUTE);
    expect(await left()).toBe(0);
    expect(counted()).toMatchObject({ replies_failed: 1 });
  });

  test("is sent the moment a person has mended it", async () => {
    let mended = false;
    const { outbox, clock, left } = await sending(() => (mended ? ok() : errcode(60020)), {
      a: ["1"],
    });
    await outbox.resume();
    await clock.advance(5 * HOUR);
    mended = true;
    await clock.advance(MINUTE);
    expect(await left()).toBe(0);
  });

  test("is not given up for its age alone: it has waited a day and was hardly tried", async () => {
    const { outbox, clock, left, calls } = await sending(
      (_call, at) => (at < 3 ? errcode(-1) : ok()),
      { a: ["1"] },
    );
    // No worker ran for two days.
    await clock.advance(48 * HOUR);
    await outbox.resume();
    await clock.advance(MINUTE);
    expect(calls).toHaveLength(4);
    expect(await left()).toBe(0);
  });

  const unlisted = async () => {
    const run = await sending((call) => (said(call) === "1" ? errcode(987654) : ok()), {
      a: ["1", "2"],
    });
    await run.outbox.resume();
    await run.clock.advance(HOUR);
    return run;
  };

  test("a refusal nobody has heard of is believed within minutes: others wait behind it", async () => {
    const { texts, left, reasons } = await unlisted();
    expect(texts().filter((text) => text === "1").length).toBeLessThanOrEqual(9);
    expect(texts().at(-1)).toBe("2");
    expect(await left()).toBe(0);
    expect(await reasons()).toEqual([expect.stringContaining("987654")]);
  });

  test("after exactly 8 tries", async () => {
    const { texts } = await unlisted();
    expect(texts().filter((text) => text === "1")).toHaveLength(8);
  });

  test("is not believed the first time it is heard, after an outage", async () => {
    const { outbox, clock, counted } = await sending(
      (_call, at) => (at < 12 ? networkError("ECONNREFUSED") : at === 12 ? errcode(987654) : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.advance(HOUR);
    expect(counted().replies_sent).toBe(1);
  });
});

describe("createOutbox(), when the store does not work", () => {
  const full = () => Promise.reject(new Error("database or disk is full"));

  test("does not send again what DingTalk has confirmed, and lets it go when the store works", async () => {
    let broken = true;
    const { outbox, clock, texts, left, counted } = await sending(
      ok,
      { a: ["1", "2"] },
      { wrap: (real) => ({ sent: (...given) => (broken ? full() : real.sent(...given)) }) },
    );
    await outbox.resume();
    await clock.advance(60_000);
    expect(texts()).toEqual(["1"]);
    broken = false;
    await clock.advance(10_000);
    expect(texts()).toEqual(["1", "2"]);
    expect(await left()).toBe(0);
    expect(counted()).toEqual({ replies_sent: 2 });
  });

  test.each(["sending", "recentSends", "nextReplies", "webhook", "merge"] as const)(
    "sends nothing while %s() fails, and all of it in order afterwards",
    async (method) => {
      let broken = true;
      const run = await sending(
        ok,
        { a: [] },
        {
          wrap: (real) => ({
            [method]: (...args: never[]) =>
              broken ? full() : (real[method] as (...args: never[]) => Promise<unknown>)(...args),
          }),
        },
      );
      const { outbox, clock, texts, left, reply, store } = run;
      await reply("a", "1", "2", "3");
      // Scarce, so that what waits is merged.
      const [head] = await store.nextReplies(conversation, 1);
      for (let at = 0; at < 12; at++) {
        if (head !== undefined) {
          await store.sending(
            head,
            "stream",
            { account: "default", month: "m" },
            clock.now() - 40_000,
          );
        }
      }
      // It is not the one that was being sent after all.
      await store.postpone(head?.id ?? 0, 0, 0);
      await outbox.resume();
      await clock.advance(20_000);
      expect(texts()).toEqual([]);
      broken = false;
      await clock.advance(MINUTE);
      expect(texts().join("\n\n")).toBe("1\n\n2\n\n3");
      expect(await left()).toBe(0);
    },
  );

  test("tries a refused reply again that could not be postponed", async () => {
    let broken = true;
    const { outbox, clock, texts, left } = await sending(
      (_call, at) => (at === 0 ? errcode(-1) : ok()),
      { a: ["1", "2"] },
      {
        wrap: (real) => ({
          postpone: (...args) => (broken ? full() : real.postpone(...args)),
        }),
      },
    );
    await outbox.resume();
    await clock.settle();
    broken = false;
    await clock.advance(10_000);
    expect(texts()).toEqual(["1", "1", "2"]);
    expect(await left()).toBe(0);
  });
});

describe("Outbox.drain()", () => {
  test("breaks off what is being sent when told to stop: it stays for the next start", async () => {
    const { outbox, clock, halt, left, log, counted, boot, texts } = await sending(
      (_call, at) => (at === 0 ? never() : ok()),
      { a: ["1"] },
    );
    await outbox.resume();
    await clock.settle();
    const drained = outbox.drain();
    halt.abort(new Error("dingbridge is stopping"));
    await clock.settle();
    await drained;
    expect(await left()).toBe(1);
    expect(counted()).toMatchObject({ replies_uncertain: 1 });
    expect(log.entries.filter(({ level }) => level === "error")).toEqual([]);
    const next = boot(new AbortController().signal);
    await next.resume();
    await clock.advance(2000);
    expect(texts()).toEqual(["1", "1"]);
    expect(await left()).toBe(0);
  });

  test("does not wait for what sleeps", async () => {
    const { outbox, clock, left } = await sending(() => errcode(-1), { a: ["1"] });
    await outbox.resume();
    await clock.settle();
    await outbox.quiet();
    await outbox.drain();
    await clock.advance(HOUR);
    expect(await left()).toBe(1);
  });
});
