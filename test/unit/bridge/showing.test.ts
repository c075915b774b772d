import { describe, expect, test } from "bun:test";
import type { LiveCard } from "../../../src/core/bridge/live-card.ts";
import { createShowings, type Shown } from "../../../src/core/bridge/showing.ts";
import { parseRobotMessage } from "../../../src/core/inbound/robot-message.ts";
import type { Message } from "../../../src/core/message.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { arrivalOf, groupData, words } from "../../support/fake-messages.ts";

interface Given {
  readonly mode?: "text" | "markdown" | "card" | "auto";
  readonly slowNoticeMs?: number;
  /** No card is to be had. */
  readonly refused?: boolean;
  /** The card is in the chat as soon as it is shown. */
  readonly visible?: boolean;
}

function showing(given: Given = {}) {
  const clock = createFakeClock();
  const cards: { shown: string[]; ended: string | undefined; abandoned: boolean }[] = [];
  const marks: string[] = [];
  const notices: { message: Message; since: number }[] = [];
  const begin = (): LiveCard | undefined => {
    if (given.refused === true) return undefined;
    const card = {
      shown: [] as string[],
      ended: undefined as string | undefined,
      abandoned: false,
    };
    cards.push(card);
    return {
      outTrackIds: ["card1"],
      get visible() {
        return given.visible !== false && card.shown.length > 0;
      },
      show: (text) => void card.shown.push(text),
      async finish(text) {
        card.ended = text;
        return given.visible === false ? undefined : [words(`card: ${text}`)];
      },
      abandon() {
        card.abandoned = true;
      },
    };
  };
  const showings = createShowings({
    mode: () => given.mode ?? "card",
    cards: { begin },
    reactions: {
      begin({ msgId }) {
        marks.push(`begin ${msgId}`);
        return { end: () => void marks.push(`end ${msgId}`) };
      },
      forget: async ({ msgId }) => void marks.push(`forget ${msgId}`),
      quiet: async () => undefined,
    },
    store: {
      async notify(_session, { message }, since) {
        notices.push({ message, since });
        return true;
      },
    },
    slow: words("slow"),
    slowNoticeMs: given.slowNoticeMs ?? 0,
    onNotice: () => undefined,
    clock,
  });
  return { clock, cards, marks, notices, showings };
}

function turnOf(fields: { readonly id?: number; readonly asks?: number } = {}): Shown {
  const data = groupData({ msgId: "msg1" });
  const parsed = parseRobotMessage(data);
  if (!parsed.ok) throw new Error(parsed.reason);
  const { chat, session } = arrivalOf(data);
  return {
    entry: {
      id: fields.id ?? 1,
      account: "default",
      session,
      msgId: "msg1",
      data,
      receivedAt: 77,
      outageMs: 0,
      asked: undefined,
      asks: fields.asks ?? 0,
    },
    message: parsed.message,
    chat,
    mention: undefined,
    log: createFakeLog(),
  };
}

const never = new AbortController().signal;

describe("createShowings()", () => {
  test("a card is asked for with the first words, shows what came since, and ends with the answer", async () => {
    const { clock, cards, showings } = showing();
    const one = showings.of(turnOf());
    one.asked();
    expect(cards).toEqual([]);
    one.text("Hello");
    expect(cards[0]?.shown).toEqual(["Hello"]);
    one.text("Hello wor");
    one.text("Hello world");
    await clock.advance(1000);
    expect(cards[0]?.shown.at(-1)).toBe("Hello world");
    expect(one.shown).toBe("Hello world");
    expect(await one.end("Hello world.", never)).toEqual([words("card: Hello world.")]);
    expect(cards).toHaveLength(1);
    one.text("later");
    await clock.advance(1000);
    expect(cards[0]?.shown.at(-1)).toBe("Hello world");
  });

  test("words that may yet mean silence are not shown", async () => {
    const { clock, cards, showings } = showing();
    const one = showings.of(turnOf());
    one.text("DINGTALK_");
    await clock.advance(1000);
    one.text("DINGTALK_SILENT");
    await clock.advance(1000);
    expect(cards).toEqual([]);
  });

  test("a thousand pieces a second are not looked at a thousand times", async () => {
    const { clock, cards, showings } = showing();
    const one = showings.of(turnOf());
    for (let at = 1; at <= 1000; at++) {
      one.text("x".repeat(at));
      await clock.advance(1);
    }
    await clock.advance(200);
    expect(cards[0]?.shown.length).toBeLessThan(20);
    expect(cards[0]?.shown.at(-1)).toHaveLength(1000);
  });

  test.each(["markdown", "text"] as const)("no card in mode %s", async (mode) => {
    const { clock, cards, showings } = showing({ mode });
    const one = showings.of(turnOf());
    one.text("Hello");
    await clock.advance(60_000);
    expect(await one.end("Hello", never)).toBeUndefined();
    expect(cards).toEqual([]);
    expect(one.shown).toBe("");
  });

  test("auto: only an answer that takes long to write gets one", async () => {
    const { clock, cards, showings } = showing({ mode: "auto" });
    const quick = showings.of(turnOf({ id: 1 }));
    quick.text("Hi");
    await clock.advance(2000);
    await quick.end("Hi", never);
    await clock.advance(60_000);
    expect(cards).toEqual([]);
    const slow = showings.of(turnOf({ id: 2 }));
    await clock.advance(10_000);
    slow.text("A long");
    await clock.advance(2900);
    expect(cards).toEqual([]);
    // Nothing new has come: what is there already is worth showing.
    await clock.advance(300);
    expect(cards[0]?.shown).toEqual(["A long"]);
  });

  test("a turn that is taken up again goes on in the same card", async () => {
    const { cards, showings } = showing();
    showings.of(turnOf()).text("Hel");
    showings.of(turnOf()).pause();
    await showings.of(turnOf()).end("Hello", never);
    expect(cards).toHaveLength(1);
    expect(cards[0]?.ended).toBe("Hello");
    expect(showings.size).toBe(0);
  });

  test("a stop of the worker leaves the card to the next one", async () => {
    const { clock, cards, showings } = showing();
    const one = showings.of(turnOf());
    one.text("Hel");
    one.leave();
    one.text("Hello");
    await clock.advance(10_000);
    expect(cards[0]).toMatchObject({ shown: ["Hel"], ended: undefined, abandoned: true });
  });

  test("without a card there is one notice after a while", async () => {
    const { clock, notices, showings } = showing({ mode: "markdown", slowNoticeMs: 30_000 });
    const one = showings.of(turnOf());
    one.asked();
    one.asked();
    await clock.advance(29_000);
    expect(notices).toEqual([]);
    await clock.advance(60_000);
    expect(notices).toEqual([{ message: words("slow"), since: 77 }]);
  });

  test.each([
    ["it ended before", { mode: "markdown" }, "end"],
    ["it waits for something", { mode: "markdown" }, "pause"],
    ["a card shows how far it is", { mode: "card" }, "text"],
  ] as const)("no notice where %s", async (_why, given, event) => {
    const { clock, notices, showings } = showing({ ...given, slowNoticeMs: 30_000 });
    const one = showings.of(turnOf());
    one.asked();
    if (event === "end") await one.end("x", never);
    else if (event === "pause") one.pause();
    else one.text("Hello");
    await clock.advance(60_000);
    expect(notices).toEqual([]);
  });

  test("a card that never came into sight spares nobody the notice, nor the message", async () => {
    const { clock, notices, showings } = showing({ visible: false, slowNoticeMs: 30_000 });
    const one = showings.of(turnOf());
    one.asked();
    one.text("Hello");
    await clock.advance(60_000);
    expect(notices).toHaveLength(1);
    expect(await one.end("Hello", never)).toBeUndefined();
  });

  test("the message is marked from the question to the end", async () => {
    const { marks, showings } = showing({ mode: "markdown" });
    const one = showings.of(turnOf());
    expect(marks).toEqual([]);
    one.asked();
    one.asked();
    await one.end("x", never);
    expect(marks).toEqual(["begin msg1", "end msg1"]);
  });

  test("the mark goes as soon as a card shows how far it is", () => {
    const { marks, showings } = showing();
    const one = showings.of(turnOf());
    one.asked();
    one.text("Hello");
    expect(marks).toEqual(["begin msg1", "end msg1"]);
  });

  test("a mark that an earlier process left is looked for where a turn is taken up again", () => {
    const { marks, showings } = showing();
    showings.of(turnOf({ asks: 1 }));
    expect(marks).toEqual(["forget msg1"]);
  });
});
