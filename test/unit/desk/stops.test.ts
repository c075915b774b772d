import { describe, expect, test } from "bun:test";
import { StopError, createStops } from "../../../src/core/bridge/stops.ts";

const begun = (cards: readonly string[] = []) => {
  const stops = createStops();
  return { stops, running: stops.begin("session", "asker", () => cards) };
};

describe("createStops()", () => {
  test("who has asked ends the turn with a word, and the word is remembered", () => {
    const { stops, running } = begun();
    stops.byWord("session", "asker", "msg2");
    expect(running.signal.reason).toBeInstanceOf(StopError);
    expect(stops.hasStopped("msg2")).toBe(true);
  });

  test.each([
    ["somebody else", "session", "other"],
    ["nobody known", "session", ""],
    ["the same person in another chat", "elsewhere", "asker"],
  ])("%s does not end it", (_who, session, userId) => {
    const { stops, running } = begun(["card1"]);
    stops.byWord(session, userId, "msg2");
    expect(running.signal.aborted).toBe(false);
    expect(stops.hasStopped("msg2")).toBe(false);
  });

  test("whoever asked anonymously is not everybody who is anonymous", () => {
    const stops = createStops();
    const { signal } = stops.begin("session", "", () => []);
    stops.byWord("session", "", "msg2");
    expect(signal.aborted).toBe(false);
  });

  test("the button of one of its cards ends it, for who has asked only", () => {
    const cards = ["card1"];
    const { stops, running } = begun(cards);
    cards.push("card2");
    expect(stops.byCard("card3", "asker")).toBe(false);
    expect(stops.byCard("card2", "other")).toBe(false);
    expect(running.signal.aborted).toBe(false);
    expect(stops.byCard("card2", "asker")).toBe(true);
    expect(running.signal.aborted).toBe(true);
  });

  test("a turn that is over cannot be ended, and does not take the next one with it", () => {
    const { stops, running } = begun();
    const next = stops.begin("session", "asker", () => []);
    running.over();
    stops.byWord("session", "asker", "msg3");
    expect(next.signal.aborted).toBe(true);
    expect(running.signal.aborted).toBe(false);
    next.over();
    stops.byWord("session", "asker", "msg4");
    expect(stops.hasStopped("msg4")).toBe(false);
  });

  test("does not remember words for ever", () => {
    const stops = createStops();
    for (let at = 0; at <= 1000; at++) {
      const { over } = stops.begin("session", "asker", () => []);
      stops.byWord("session", "asker", `msg${at}`);
      over();
    }
    expect(stops.hasStopped("msg0")).toBe(false);
    expect(stops.hasStopped("msg1000")).toBe(true);
  });
});
