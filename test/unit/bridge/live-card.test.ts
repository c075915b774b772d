import { describe, expect, test } from "bun:test";
import { carding, direct, group } from "./_cards.ts";

describe("a live card", () => {
  test("is made at once with the first text, after it was committed", async () => {
    const { begin, clock, said, chat, rows } = carding();
    const card = begin();
    expect(rows.size).toBe(0);
    card.show("hel");
    await clock.settle();
    // The fake API throws if the card's row is not there yet.
    expect(said()).toEqual(["create id1 hel"]);
    expect(card.visible).toBe(false);
    await clock.advance(50);
    expect(card.visible).toBe(true);
    expect(card.outTrackIds).toEqual(["id1"]);
    expect(chat.get("id1")?.text).toBe("hel");
  });

  test("shows the latest text, not more often than every interval", async () => {
    const { begin, clock, calls } = carding();
    const card = begin();
    let text = "";
    for (let at = 0; at < 4000; at += 100) {
      text += `${at} `;
      card.show(text);
      await clock.advance(100);
    }
    const [first, ...updates] = calls;
    expect(first?.what).toBe("create");
    expect(updates).toHaveLength(5);
    let before = first?.at ?? 0;
    for (const { what, at, text: shown } of updates) {
      expect(what).toBe("stream");
      expect(at - before).toBe(800);
      // All that was written until then.
      expect(shown.split(" ").at(-2)).toBe(String(at - 100));
      before = at;
    }
  });

  test("has one call in flight at most", async () => {
    const world = carding({ latencyMs: 3000 });
    const card = world.begin();
    for (let n = 0; n < 100; n++) {
      card.show(`text ${n}`);
      await world.clock.advance(100);
      expect(world.inFlight).toBeLessThanOrEqual(1);
    }
    expect(world.calls.length).toBe(4);
  });

  test("does not send again what is there already", async () => {
    const { begin, clock, calls } = carding();
    const card = begin();
    card.show("a");
    await clock.advance(5000);
    card.show("a");
    await clock.advance(5000);
    expect(calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("takes the newest text when its slot comes", async () => {
    const { begin, clock, said, throttle } = carding({ perSecond: 1 });
    expect(throttle.tryTake("card")).toBe(true);
    const card = begin();
    card.show("a");
    await clock.advance(500);
    card.show("ab");
    await clock.advance(600);
    expect(said()).toEqual(["create id1 ab"]);
    await clock.advance(1000);
    expect(throttle.tryTake("card")).toBe(false);
    await clock.advance(100);
    expect(throttle.tryTake("card")).toBe(true);
    card.show("abc");
    await clock.advance(600);
    card.show("abcd");
    await clock.advance(600);
    expect(said()).toEqual(["create id1 ab", "stream id1 abcd"]);
  });

  test("says under a text that more will come, outside of any code", async () => {
    const { begin, clock, chat, stop } = carding({ hint: "(writing)" });
    const card = begin();
    card.show("see\n```ts\nlet a = 1;");
    await clock.advance(100);
    expect(chat.get("id1")?.text).toBe("see\n```ts\nlet a = 1;\n```\n\n(writing)");
    card.show("see\n```ts\nlet a = 1;\n```\nThere.");
    await clock.advance(1000);
    expect(chat.get("id1")?.text).toBe("see\n```ts\nlet a = 1;\n```\nThere.\n\n(writing)");
    expect(await card.finish("done", stop.signal)).toMatchObject([{ text: "done" }]);
  });

  test("mentions the asker once", async () => {
    const { begin, clock, calls, stop } = carding({ maxChars: 4 });
    const card = begin(group);
    card.show("1111\n2222");
    await clock.advance(3000);
    await card.finish("1111\n2222", stop.signal);
    const made = calls.filter(({ what }) => what === "create");
    expect(made.map(({ asker }) => asker)).toEqual(["小明", undefined]);
  });

  test("spends one API call of the month for each it makes", async () => {
    const world = carding({ maxChars: 4 });
    const card = world.begin();
    card.show("1111");
    await world.clock.advance(1000);
    card.show("1111\n22");
    await world.clock.advance(3000);
    expect(world.said()).toEqual(["create id1 1111", "finish id1 1111", "create id2 22"]);
    expect(world.spent).toBe(world.left.length);
  });
});

describe("finish()", () => {
  test("leaves the last state to the outbox, with what stands for it", async () => {
    const { begin, clock, stop, words, calls, rows } = carding();
    const card = begin();
    card.show("a");
    await clock.advance(100);
    const left = await card.finish("a, done", stop.signal);
    expect(left).toEqual([
      {
        format: "card",
        outTrackId: "id1",
        text: "a, done",
        key: "key-id1",
        instead: words("a, done"),
      },
    ]);
    expect(calls).toHaveLength(1);
    // Whoever settles the turn closes it.
    expect([...rows]).toEqual(["id1"]);
  });

  test("says so when there never was a card", async () => {
    const { begin, stop, calls } = carding();
    expect(await begin().finish("a", stop.signal)).toBeUndefined();
    expect(calls).toHaveLength(0);
  });

  test("waits for the call in flight, and begins none after it", async () => {
    const { begin, clock, stop, said } = carding({ latencyMs: 500 });
    const card = begin();
    card.show("a");
    await clock.advance(500);
    card.show("ab");
    await clock.advance(400);
    expect(said()).toEqual(["create id1 a", "stream id1 ab"]);
    card.show("abc");
    let left: unknown;
    void card.finish("abcd", stop.signal).then((messages) => (left = messages));
    await clock.advance(300);
    expect(left).toBeUndefined();
    await clock.advance(200);
    expect(left).toMatchObject([{ text: "abcd" }]);
    card.show("abcde");
    await clock.advance(60_000);
    expect(said()).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test("finds a card that still waits for its slot made, with the last text", async () => {
    const { begin, clock, stop, said, throttle } = carding({ perSecond: 1 });
    throttle.tryTake("card");
    const card = begin();
    card.show("a");
    await clock.settle();
    const finishing = card.finish("a, done", stop.signal);
    await clock.advance(1200);
    expect(said()).toEqual(["create id1 a, done"]);
    expect(await finishing).toMatchObject([{ outTrackId: "id1", text: "a, done" }]);
  });

  test("waits 3 s for that and no longer: the answer goes as a message", async () => {
    const { begin, clock, stop, said, throttle, rows } = carding({ perSecond: 1 });
    for (let ahead = 0; ahead < 4; ahead++) void throttle.take("card", stop.signal);
    const card = begin();
    card.show("a");
    await clock.settle();
    const finishing = card.finish("a, done", stop.signal);
    await clock.advance(3000);
    expect(await finishing).toBeUndefined();
    await clock.advance(10_000);
    expect(said()).toEqual([]);
    expect(rows.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("comes to an end when it is broken off", async () => {
    const { begin, clock, stop, throttle, rows, calls } = carding({ perSecond: 1 });
    throttle.tryTake("card");
    const card = begin();
    card.show("a");
    await clock.settle();
    const finishing = card.finish("a", stop.signal);
    stop.abort(new Error("stopping"));
    expect(await finishing).toBeUndefined();
    expect(calls).toHaveLength(0);
    // Nothing was sent, so there is nothing to look after.
    expect(rows.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe("abandon()", () => {
  test("stops at once and leaves the card to whoever finds it in the store", async () => {
    const { begin, clock, said, rows } = carding();
    const card = begin();
    card.show("a");
    await clock.advance(100);
    card.show("ab");
    card.abandon();
    card.show("abc");
    await clock.advance(60_000);
    expect(said()).toEqual(["create id1 a"]);
    expect([...rows]).toEqual(["id1"]);
    expect(clock.pending).toBe(0);
  });

  test("does not forget a card that may be on its way", async () => {
    const { begin, clock, rows } = carding();
    const card = begin();
    card.show("a");
    await clock.advance(20);
    card.abandon();
    await clock.advance(60_000);
    expect([...rows]).toEqual(["id1"]);
    expect(clock.pending).toBe(0);
  });
});

describe("an answer too long for one card", () => {
  const code = (lines: number) =>
    ["Look:", "```", ...Array.from({ length: lines }, (_, n) => `line ${n}`)].join("\n");

  test("goes on in another one; the first gets its last state", async () => {
    const { begin, clock, chat, stop, rows, seen } = carding({ maxChars: 30 });
    const card = begin();
    for (let lines = 1; lines <= 6; lines++) {
      card.show(code(lines));
      await clock.advance(1000);
    }
    const whole = `${code(6)}\n\`\`\``;
    const left = await card.finish(whole, stop.signal);
    expect(chat.get("id1")).toEqual({
      text: "Look:\n```\nline 0\nline 1\nline 2\n```",
      finished: true,
    });
    expect(seen()[1]).toStartWith("```\nline 3\nline 4");
    expect(card.outTrackIds).toEqual([...chat.keys()]);
    // Confirmed already, so only the last one is left.
    expect(left).toMatchObject([{ format: "card", outTrackId: card.outTrackIds.at(-1) }]);
    expect([...rows]).toEqual(card.outTrackIds.slice(-1));
  });

  test("has its cards made one after the other", async () => {
    const world = carding({ maxChars: 4, latencyMs: 400 });
    const card = world.begin();
    card.show("1111\n2222\n3333");
    await world.clock.advance(10_000);
    const made = world.calls.filter(({ what }) => what === "create");
    expect(made.map(({ text }) => text)).toEqual(["1111", "2222", "3333"]);
    for (const [index, { at }] of made.entries())
      expect(at).toBeGreaterThanOrEqual((made[index - 1]?.at ?? -Infinity) + 400);
  });

  test("gets the cards it still lacks at its end", async () => {
    const { begin, clock, seen, stop, said } = carding({ maxChars: 4 });
    const card = begin();
    card.show("1111");
    await clock.advance(100);
    const finishing = card.finish("1111\n2222\n3333", stop.signal);
    await clock.advance(1000);
    expect(seen()).toEqual(["1111", "2222", "3333"]);
    expect(said()).toHaveLength(3);
    expect((await finishing)?.map((message) => message.format)).toEqual(["card", "card", "card"]);
  });

  test("gets no further card when the month has no calls to spare any more", async () => {
    let allows = true;
    const { begin, clock, stop, said, words } = carding({ maxChars: 4, allows: () => allows });
    const card = begin();
    card.show("1111");
    await clock.advance(100);
    allows = false;
    card.show("1111\n2222");
    await clock.advance(3000);
    expect(await card.finish("1111\n2222", stop.signal)).toEqual([words("2222")]);
    expect(said()).toEqual(["create id1 1111", "finish id1 1111"]);
  });

  test("is set right where the end cuts it differently", async () => {
    const { begin, clock, stop } = carding({ maxChars: 4 });
    const card = begin();
    card.show("1111\n2222");
    await clock.advance(3000);
    expect(await card.finish("111\n2222", stop.signal)).toMatchObject([
      { outTrackId: "id1", text: "111" },
      { outTrackId: "id2", text: "2222" },
    ]);
  });

  test("leaves no old words in cards it needs no more", async () => {
    const { begin, clock, stop } = carding({ maxChars: 4 });
    const card = begin(direct);
    card.show("1111\n2222");
    await clock.advance(3000);
    const left = await card.finish("1111", stop.signal);
    expect(left).toEqual([{ format: "card", outTrackId: "id2", text: "…" }]);
  });
});
