import { describe, expect, test } from "bun:test";
import { StopError, createStops } from "../../../src/core/desk/stops.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";

const chat: Chat = {
  account: "default",
  kind: "direct",
  conversationId: "cidOne==",
  userId: "staff1",
};
const group: Chat = {
  account: "default",
  kind: "group",
  conversationId: "cidGroup==",
  userId: undefined,
};

const begun = (cards: readonly string[] = [], isWelcome = () => true) => {
  const stops = createStops();
  const turn = {
    session: "session",
    ids: [1],
    chat,
    asker: "staff1",
    isWelcome,
    cards: () => cards,
  };
  return { stops, running: stops.begin(turn) };
};

describe("createStops()", () => {
  test("a turn under way is found by its chat, and ends when told to", () => {
    const { stops, running } = begun();
    const [turn] = stops.running({ ...chat, conversationId: "cidAnother==" });
    expect(turn).toMatchObject({ session: "session", asker: "staff1", inCard: false });
    turn?.stop();
    expect(running.signal.reason).toBeInstanceOf(StopError);
  });

  test.each<[string, Chat]>([
    ["another person's chat", { ...chat, userId: "staff2" }],
    ["a group of the same name", { ...group, conversationId: "staff1" }],
  ])("it is not found in %s", (_what, other) => {
    expect(begun().stops.running(other)).toEqual([]);
  });

  test("several turns of one chat are all found", () => {
    const stops = createStops();
    for (const session of ["one", "two"]) {
      stops.begin({
        session,
        ids: [],
        chat: group,
        asker: "staff1",
        isWelcome: () => true,
        cards: () => [],
      });
    }
    expect(stops.running(group).map(({ session }) => session)).toEqual(["one", "two"]);
  });

  test("it is found by each of its cards, also those that come later", () => {
    const cards = ["card1"];
    const { stops, running } = begun(cards);
    cards.push("card2");
    expect(stops.ofCard("card3")).toBeUndefined();
    const turn = stops.ofCard("card2");
    expect(turn?.inCard).toBe(true);
    turn?.stop();
    expect(running.signal.aborted).toBe(true);
  });

  test("a turn of somebody who may not talk any more ends when that is looked at", () => {
    let isWelcome = true;
    const { stops, running } = begun([], () => isWelcome);
    const other = stops.begin({
      session: "other",
      ids: [2],
      chat: group,
      asker: "staff2",
      isWelcome: () => true,
      cards: () => [],
    });
    stops.review();
    expect(running.signal.aborted).toBe(false);
    isWelcome = false;
    stops.review();
    expect(running.signal.reason).toBeInstanceOf(StopError);
    expect(other.signal.aborted).toBe(false);
  });

  test("a turn ends whose message was taken back, before it began or after", () => {
    const { stops, running } = begun();
    const begin = (ids: readonly number[]) =>
      stops.begin({
        session: "two",
        ids,
        chat,
        asker: "staff1",
        isWelcome: () => true,
        cards: () => [],
      });
    stops.withdraw([3]);
    expect(running.signal.aborted).toBe(false);
    expect(begin([2]).signal.aborted).toBe(false);
    const ended = begin([3, 4]);
    expect(ended.signal.reason).toBeInstanceOf(StopError);
    stops.withdraw([1]);
    expect(running.signal.aborted).toBe(true);
    expect([1, 2, 3].map(stops.isWithdrawn)).toEqual([true, false, true]);
    ended.over();
    expect(stops.isWithdrawn(3)).toBe(false);
  });

  test("a turn that is over is not found, says so, and does not take the next one with it", async () => {
    const { stops, running } = begun();
    const [turn] = stops.running(chat);
    const next = stops.begin({
      session: "session",
      ids: [2],
      chat,
      asker: "staff1",
      isWelcome: () => true,
      cards: () => [],
    });
    running.over();
    await turn?.over;
    expect(stops.running(chat)).toHaveLength(1);
    next.over();
    expect(stops.running(chat)).toEqual([]);
  });
});
