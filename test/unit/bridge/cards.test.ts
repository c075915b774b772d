import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Message } from "../../../src/core/message.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { carding, direct, group, lost, refused, tooFast, type Carding } from "./_cards.ts";

describe("begin()", () => {
  test("gives no card to who cannot be sent one", () => {
    const { cards } = carding();
    const outsider = { ...direct, userId: "$:LWCP_v1:$x" };
    expect(cards.begin(outsider, undefined, createFakeLog())).toBeUndefined();
    expect(
      cards.begin({ ...direct, userId: undefined }, undefined, createFakeLog()),
    ).toBeUndefined();
    expect(cards.begin(group, undefined, createFakeLog())).toBeDefined();
  });

  test("gives none when the month's API calls are needed for answers", () => {
    let allows = true;
    const { cards } = carding({ allows: () => allows });
    expect(cards.begin(direct, undefined, createFakeLog())).toBeDefined();
    allows = false;
    expect(cards.begin(direct, undefined, createFakeLog())).toBeUndefined();
  });
});

/** Sends what is left as the outbox would: each card one call after another, no failure. */
async function send(world: ReturnType<typeof carding>, left: readonly Message[] | undefined) {
  for (const message of left ?? []) {
    if (message.format !== "card") continue;
    await world.throttle.take("card", world.stop.signal);
    await world.api.finish(message.outTrackId, message.text, world.stop.signal);
  }
}

const mostInASecond = (times: readonly number[]) =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));

describe("200 answers at once", () => {
  test("keep to 15 calls a second, are all updated, and all end right", async () => {
    const world = carding();
    const { clock, begin, chat, left, stop } = world;
    const open = Array.from({ length: 200 }, () => begin());
    for (let n = 1; n <= 60; n++) {
      for (const [index, card] of open.entries())
        card.show(`answer ${index}: ${"word ".repeat(n)}`);
      await clock.advance(1000);
    }
    expect(chat.size).toBe(200);
    // Each in its turn: nobody's card stands still while others are updated again and again.
    const updates = new Map<string, number>();
    for (const { what, id } of world.calls)
      if (what === "stream") updates.set(id, (updates.get(id) ?? 0) + 1);
    expect(updates.size).toBe(200);
    const counts = [...updates.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);

    const ending = Promise.all(
      open.map(async (card, index) => send(world, await card.finish(`end ${index}`, stop.signal))),
    );
    await clock.advance(40_000);
    await ending;
    const texts = open.map((card) => chat.get(card.outTrackIds[0] ?? ""));
    expect(texts).toEqual(open.map((_, index) => ({ text: `end ${index}`, finished: true })));
    expect(mostInASecond(left)).toBeLessThanOrEqual(15);
    expect(clock.pending).toBe(0);
  });

  test("keep no card waiting for updates of others", async () => {
    const { clock, begin, calls, left } = carding();
    const open = Array.from({ length: 50 }, () => begin());
    for (let n = 0; n < 10; n++) {
      for (const card of open) card.show(`text ${n}`);
      await clock.advance(1000);
    }
    const before = calls.length;
    const late = Array.from({ length: 10 }, () => begin());
    for (const card of late) card.show("late");
    await clock.advance(1100);
    const made = calls.slice(before).filter(({ what }) => what === "create");
    expect(made).toHaveLength(10);
    expect(mostInASecond(left)).toBeLessThanOrEqual(15);
  });
});

describe("whatever DingTalk says", () => {
  test("each piece is in a confirmed card or left to be sent, and nothing goes on by itself", async () => {
    const answers: NonNullable<Carding["answer"]>[] = [
      () => undefined,
      () => lost(),
      () => refused(),
      () => tooFast(),
      () => refused({ failure: "blocked" }),
      () => refused({ failure: "blocked", setting: true }),
    ];
    const scripts = fc.array(fc.integer({ min: 0, max: answers.length - 1 }), { maxLength: 8 });
    const steps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(scripts, steps, async (script, gaps) => {
        const world = carding({
          maxChars: 12,
          answer: (call, calls) => answers[script[calls.length - 1] ?? 0]?.(call, calls),
        });
        const { clock, begin, stop, chat } = world;
        const card = begin();
        const lines: string[] = [];
        for (const [index, gap] of gaps.entries()) {
          lines.push(`line ${index}`);
          card.show(lines.join("\n"));
          await clock.advance(gap);
        }
        let left: readonly Message[] | undefined;
        let over = false;
        void card.finish(lines.join("\n"), stop.signal).then((messages) => {
          left = messages;
          over = true;
        });
        await clock.advance(120_000);
        expect(over).toBe(true);
        expect(clock.pending).toBe(0);
        const calls = world.calls.length;
        await clock.advance(600_000);
        expect(world.calls.length).toBe(calls);
        if (left === undefined) {
          expect(chat.size).toBe(0);
          expect(world.rows.size).toBe(0);
          return;
        }
        for (const line of lines) {
          const confirmed = [...chat.values()].some((each) => each.finished && each.text === line);
          const sent = left.some((message) =>
            message.format === "card"
              ? message.text === line && message.instead !== undefined
              : "parts" in message && message.parts.some((part) => part.text === line),
          );
          expect(confirmed || sent).toBe(true);
        }
        // Nothing that is, or may be, in the chat is forgotten before it has its last state.
        const unfinished = [...chat].filter(([, each]) => !each.finished).map(([id]) => id);
        const closing = left.flatMap((each) => (each.format === "card" ? [each.outTrackId] : []));
        expect([...world.rows].toSorted()).toEqual(closing.toSorted());
        for (const id of unfinished) expect(closing).toContain(id);
      }),
      { numRuns: 60 },
    );
  });
});
