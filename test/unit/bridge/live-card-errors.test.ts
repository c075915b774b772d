import { describe, expect, test } from "bun:test";
import { createFakeLog } from "../../support/fake-log.ts";
import { carding, direct, lost, ok, refused, tooFast } from "./_cards.ts";

describe("a card that cannot be made", () => {
  test("is forgotten, and the answer goes as messages", async () => {
    const { begin, clock, stop, rows, counters, calls } = carding({ answer: () => refused() });
    const card = begin();
    card.show("a");
    await clock.advance(5000);
    card.show("ab");
    await clock.advance(5000);
    expect(card.visible).toBe(false);
    expect(card.outTrackIds).toEqual([]);
    expect(await card.finish("abc", stop.signal)).toBeUndefined();
    expect(rows.size).toBe(0);
    expect(calls).toHaveLength(1);
    expect(counters.read().cards_failed).toBe(1);
  });

  test("is not even tried when it could not be committed", async () => {
    const { begin, clock, stop, calls } = carding({
      cardOpened: () => Promise.reject(new Error("disk full")),
    });
    const card = begin();
    card.show("a");
    await clock.advance(5000);
    expect(await card.finish("a", stop.signal)).toBeUndefined();
    expect(calls).toHaveLength(0);
  });

  test("is tried once more under the same id when nobody knows what became of it", async () => {
    const { begin, clock, stop, said, chat } = carding({
      answer: (_call, calls) => (calls.length === 1 ? lost() : ok),
    });
    const card = begin();
    card.show("a");
    await clock.advance(3000);
    expect(said()).toEqual(["create id1 a", "create id1 a"]);
    expect(chat.size).toBe(1);
    expect(await card.finish("ab", stop.signal)).toMatchObject([{ format: "card", text: "ab" }]);
  });

  test("may be there all the same: the text goes as a message, and the card is finished besides", async () => {
    const { begin, clock, stop, words, rows, calls } = carding({ answer: lost });
    const card = begin();
    card.show("a");
    await clock.advance(30_000);
    card.show("ab");
    await clock.advance(30_000);
    expect(calls).toHaveLength(2);
    expect(card.visible).toBe(false);
    // Who presses its stop button is heard.
    expect(card.outTrackIds).toEqual(["id1"]);
    expect(await card.finish("abc", stop.signal)).toEqual([
      words("abc"),
      { format: "card", outTrackId: "id1", text: "abc" },
    ]);
    expect([...rows]).toEqual(["id1"]);
  });

  test("waits as long as DingTalk says, if that is not long", async () => {
    const { begin, clock, calls } = carding({
      answer: (_call, made) => (made.length === 1 ? tooFast() : ok),
    });
    begin().show("a");
    await clock.advance(3000);
    const [first, second] = calls;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test("costs only its own piece when it is not the first", async () => {
    const { begin, clock, stop, words } = carding({
      maxChars: 4,
      answer: ({ what, id }) => (what === "create" && id !== "id1" ? refused() : undefined),
    });
    const card = begin();
    card.show("1111\n2222");
    await clock.advance(3000);
    expect(card.visible).toBe(true);
    const left = await card.finish("1111\n2222\n3333", stop.signal);
    // The first has its last state already.
    expect(left).toEqual([words("2222"), words("3333")]);
  });
});

describe("a card that cannot be updated", () => {
  test("is tried again at the next tick, and left alone after three in a row", async () => {
    const { begin, clock, stop, calls, log } = carding({
      answer: ({ what }) => (what === "stream" ? refused({ failure: "retry" }) : undefined),
    });
    const card = begin();
    for (let n = 0; n < 100; n++) {
      card.show(`text ${n}`);
      await clock.advance(100);
    }
    expect(calls.map(({ what }) => what)).toEqual(["create", "stream", "stream", "stream"]);
    expect(log.entries.filter(({ level }) => level === "error")).toEqual([]);
    // It is there, so its last state is still worth trying.
    expect(await card.finish("end", stop.signal)).toMatchObject([{ format: "card", text: "end" }]);
  });

  test("goes on after failures that are not in a row", async () => {
    const { begin, clock, seen } = carding({
      answer: ({ what }, { length }) =>
        what === "stream" && length % 3 !== 0 ? lost() : undefined,
    });
    const card = begin();
    for (let n = 0; n < 100; n++) {
      card.show(`text ${n}`);
      await clock.advance(100);
    }
    await clock.advance(5000);
    expect(seen()).toEqual(["text 99"]);
  });

  test("is updated less and less often while DingTalk says too often, then not at all", async () => {
    const { begin, cards, clock, calls } = carding({
      answer: ({ what }) => (what === "stream" ? tooFast() : undefined),
    });
    const card = begin();
    for (let n = 0; n < 600; n++) {
      card.show(`text ${n}`);
      await clock.advance(100);
    }
    const times = calls.map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps).toHaveLength(5);
    for (const [index, gap] of gaps.entries())
      expect(gap).toBeGreaterThanOrEqual(Math.min(10_000, 800 * 2 ** index));
    // Nobody else begins a card meanwhile.
    expect(cards.begin(direct, undefined, createFakeLog())).toBeUndefined();
    await clock.advance(5 * 60_000);
    expect(cards.begin(direct, undefined, createFakeLog())).toBeDefined();
  });

  test("slows the others down too", async () => {
    const { begin, clock, calls } = carding({
      answer: ({ what, id }) => (what === "stream" && id === "id1" ? tooFast(20_000) : undefined),
    });
    const [first, second] = [begin(), begin()];
    first.show("a");
    await clock.advance(100);
    second.show("a");
    first.show("ab");
    await clock.advance(750);
    second.show("ab");
    await clock.advance(15_000);
    expect(calls.map(({ what, id }) => `${what} ${id}`)).toEqual([
      "create id1",
      "create id2",
      "stream id1",
    ]);
    await clock.advance(10_000);
    expect(calls.some(({ what, id }) => what === "stream" && id === "id2")).toBe(true);
  });
});

describe("a missing permission or a wrong template", () => {
  const setting = { failure: "blocked", setting: true, reason: "lacks Card.Streaming.Write" };

  test("ends cards for good, says so once, and costs no answer", async () => {
    const { begin, cards, clock, stop, log, said, words } = carding({
      answer: ({ what }) => (what === "stream" ? refused(setting) : undefined),
    });
    const open = [begin(), begin()];
    for (const card of open) {
      card.show("a");
      await clock.advance(400);
    }
    for (let n = 0; n < 50; n++) {
      for (const card of open) card.show(`a ${n}`);
      await clock.advance(100);
    }
    expect(said().filter((line) => line.startsWith("stream"))).toHaveLength(1);
    const errors = log.entries.filter(({ level }) => level === "error");
    expect(errors.map(({ fields }) => fields["reason"])).toEqual(["lacks Card.Streaming.Write"]);
    await clock.advance(24 * 60 * 60_000);
    expect(cards.begin(direct, undefined, createFakeLog())).toBeUndefined();
    for (const card of open)
      expect(await card.finish("end", stop.signal)).toMatchObject([{ instead: words("end") }]);
  });

  test("makes no further card for what is left of an answer", async () => {
    const { begin, clock, stop, words } = carding({
      maxChars: 4,
      answer: ({ what }) => (what === "finish" ? refused(setting) : undefined),
    });
    const card = begin();
    card.show("1111");
    await clock.advance(100);
    card.show("1111\n2222");
    await clock.advance(3000);
    const left = await card.finish("1111\n2222\n3333", stop.signal);
    expect(left).toMatchObject([{ text: "1111" }, { text: "2222" }, words("3333")]);
  });

  test("is not the same as a used-up quota, which may end", async () => {
    const { begin, cards, clock } = carding({ answer: () => refused({ failure: "blocked" }) });
    begin().show("a");
    await clock.advance(100);
    expect(cards.begin(direct, undefined, createFakeLog())).toBeUndefined();
    await clock.advance(5 * 60_000);
    expect(cards.begin(direct, undefined, createFakeLog())).toBeDefined();
  });
});
